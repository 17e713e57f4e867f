// Original and redacted copy side by side, turned and scrolled together, with the reasons of the marks.

import { byId, data, el, typing } from "./dom.js";
import { Overlay, Pages } from "./overlay.js";
import { Stage } from "./stage.js";

const page = data();
const overlay = new Overlay();
const pages = new Pages(page.original);
const seen = new Set();
let lit = null;

const failed = (problem) => {
  byId("here").textContent = problem.gone ? "No longer available to you." : problem.message;
};
const left = new Stage(byId("left"), page.original, {
  failed,
  shown: async (number) => {
    if (!here().length) return;
    try {
      const frame = await pages.of(number);
      if (number !== left.page) return;
      overlay.reset(frame);
      left.paper.node.append(overlay.node);
      paint();
      reach();
    } catch (problem) {
      failed(problem);
    }
  },
});
const right = new Stage(byId("right"), page.result, { failed });

function here() {
  return page.marks.filter((mark) => mark.page === left.page);
}

function paint() {
  if (!overlay.frame) return;
  overlay.reset(overlay.frame);
  for (const mark of here()) overlay.box(mark.box, { class: mark.id === lit ? "saved lit" : "saved" });
}

/** Brings the place of the lit mark into sight; the other side follows. */
function reach() {
  overlay.node.querySelector(".lit")?.scrollIntoView({ block: "center", inline: "center" });
}

/** Marks one and goes to its page, where it is not there already. */
async function light(mark) {
  if (mark.page !== left.page) await turn(mark.page);
  lit = mark.id;
  seen.add(mark.id);
  paint();
  reasons();
  reach();
  const place = byId("page-marks").querySelector(".lit");
  place?.scrollIntoView({ block: "nearest" });
}

/** The mark before (-1) or after (1) the one that is lit, or else before or after this page. */
function beside(way) {
  const at = page.marks.findIndex((mark) => mark.id === lit);
  if (at >= 0) return page.marks[at + way];
  const rest = page.marks.filter((mark) => (way > 0 ? mark.page >= left.page : mark.page < left.page));
  return way > 0 ? rest[0] : rest[rest.length - 1];
}

function reasons() {
  const marks = here();
  byId("page-marks").replaceChildren(
    ...marks.map((mark) =>
      el(
        "li",
        { class: mark.id === lit ? "lit" : null },
        el(
          "button",
          { type: "button", class: "go", onclick: () => light(mark) },
          el("span", {}, el("strong", {}, `${mark.code} ${page.codes[mark.code]?.label ?? ""}`), mark.box ? "" : " (whole page)", mark.second_code ? ` + ${mark.second_code}` : "", el("br"), mark.rationale, ...Object.entries(mark.details).flatMap(([name, text]) => [el("br"), el("span", { class: "quiet small" }, `${name}: ${text}`)])),
        ),
      ),
    ),
  );
  if (!marks.length) byId("page-marks").append(el("li", { class: "quiet" }, "None"));
  const at = page.marks.findIndex((mark) => mark.id === lit);
  const which = at >= 0 ? `Mark ${at + 1} of ${page.marks.length}. ` : "";
  byId("here").textContent = `${which}${marks.length} on this page. Looked at ${seen.size} of ${page.marks.length}.`;
  byId("next-mark").disabled = !beside(1);
  byId("previous-mark").disabled = !beside(-1);
}

async function turn(number) {
  lit = null;
  overlay.node.remove();
  const going = [left.go(number), right.go(Math.min(Math.max(1, number), left.last))];
  left.mark();
  reasons();
  await Promise.all(going);
}

let leading = null;
for (const [one, other] of [[left, right], [right, left]]) {
  one.sheet.addEventListener("scroll", () => {
    if (leading && leading !== one) return;
    leading = one;
    const room = one.sheet.scrollHeight - one.sheet.clientHeight;
    const part = room > 0 ? one.sheet.scrollTop / room : 0;
    other.sheet.scrollTop = part * (other.sheet.scrollHeight - other.sheet.clientHeight);
    other.sheet.scrollLeft = one.sheet.scrollLeft;
    clearTimeout(turn.rest);
    turn.rest = setTimeout(() => { leading = null; }, 120);
  });
}

for (const [id, way] of [["previous-mark", -1], ["next-mark", 1]]) {
  byId(id).addEventListener("click", () => {
    const mark = beside(way);
    if (mark) light(mark);
  });
}
document.addEventListener("keydown", (event) => {
  const way = { n: 1, p: -1 }[event.key];
  if (!way || typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const mark = beside(way);
  if (mark) light(mark);
});
left.controls(turn, (zoom) => [left, right].forEach((side) => side.enlarge(zoom)));
await turn(page.marks[0]?.page ?? 1);
