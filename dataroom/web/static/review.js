// Original and redacted copy side by side, turned and scrolled together, with the reasons of the marks.

import { byId, data, el } from "./dom.js";
import { Overlay, Pages } from "./overlay.js";
import { Stage } from "./stage.js";

const page = data();
const overlay = new Overlay();
const pages = new Pages(page.original);
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

function reasons() {
  const marks = here();
  byId("page-marks").replaceChildren(
    ...marks.map((mark) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "go", onclick: () => { lit = mark.id; paint(); } },
          el("span", {}, el("strong", {}, `${mark.code} ${page.codes[mark.code]?.label ?? ""}`), mark.box ? "" : " (whole page)", mark.second_code ? ` + ${mark.second_code}` : "", el("br"), mark.rationale, ...Object.entries(mark.details).flatMap(([name, text]) => [el("br"), el("span", { class: "quiet small" }, `${name}: ${text}`)])),
        ),
      ),
    ),
  );
  if (!marks.length) byId("page-marks").append(el("li", { class: "quiet" }, "None"));
  byId("here").textContent = `${marks.length} of ${page.marks.length} marks are on this page`;
}

async function turn(number) {
  lit = null;
  overlay.node.remove();
  const going = [left.go(number), right.go(Math.min(Math.max(1, number), left.last))];
  left.mark();
  reasons();
  byId("next-mark").disabled = !page.marks.some((mark) => mark.page > left.page);
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
    clearTimeout(turn.rest);
    turn.rest = setTimeout(() => { leading = null; }, 120);
  });
}

byId("next-mark").addEventListener("click", () => {
  const next = page.marks.find((mark) => mark.page > left.page);
  if (next) turn(next.page);
});
left.controls(turn);
await turn(page.marks[0]?.page ?? 1);
