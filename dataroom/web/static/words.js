// Choosing words: from the one pressed to the one released, in reading order, as one box for each line.

import { union } from "./geometry.js";

/** The boxes of words `from` to `to` (positions in either order), one for each line. */
export function lines(words, from, to) {
  const chosen = words.slice(Math.min(from, to), Math.max(from, to) + 1);
  const byLine = new Map();
  for (const word of chosen) byLine.set(word.line, [...(byLine.get(word.line) ?? []), word.box]);
  return [...byLine.values()].map(union);
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
