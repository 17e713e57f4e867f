// Choosing words: from the one pressed to the one released, in reading order, as one box for each line.

import { union } from "./geometry.js";

/** The boxes of words `from` to `to` (positions in either order), one for each line. */
export function lines(words, from, to) {
  const chosen = words.slice(Math.min(from, to), Math.max(from, to) + 1);
  const byLine = new Map();
  for (const word of chosen) byLine.set(word.line, [...(byLine.get(word.line) ?? []), word.box]);
  return [...byLine.values()].map(union);
}

const WAYS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up" };

/** The position an arrow key leads to from position `now` (-1: none yet); null for another key. */
export function stepped(words, now, key) {
  const way = WAYS[key];
  if (!way || !words.length) return null;
  if (now < 0) return 0;
  if (typeof way === "number") return Math.min(Math.max(now + way, 0), words.length - 1);
  const line = words[now].line;
  const others = words.map((word, index) => ({ word, index })).filter(({ index, word }) => word.line !== line && (way === "down") === index > now);
  if (!others.length) return now;
  const next = (way === "down" ? others[0] : others[others.length - 1]).word.line;
  const middle = (box) => (box[0] + box[2]) / 2;
  const far = ({ word }) => Math.abs(middle(word.box) - middle(words[now].box));
  return others.filter(({ word }) => word.line === next).reduce((best, one) => (far(one) < far(best) ? one : best)).index;
}

/** The position of the word at a point (in PDF points), or of the nearest one within `reach` points; -1 for none. */
export function at(words, [x, y], reach = 12) {
  let best = -1;
  let least = reach;
  words.forEach(({ box }, index) => {
    const dx = Math.max(box[0] - x, 0, x - box[2]);
    const dy = Math.max(box[1] - y, 0, y - box[3]);
    const distance = Math.hypot(dx, dy);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}
