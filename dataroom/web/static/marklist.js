// The marks of a redaction as a list by page.

import { el } from "./dom.js";

/** Draws the list into `node`; `on` has `show(mark)`, `edit(mark)` and `remove(mark)`. */
export function list(node, marks, codes, lit, on) {
  const pages = new Map();
  for (const mark of marks) pages.set(mark.page, [...(pages.get(mark.page) ?? []), mark]);
  if (!marks.length) {
    node.replaceChildren(el("p", { class: "quiet" }, "Nothing is marked yet. Draw a box on the page, choose words, or search for a term."));
    return;
  }
  node.replaceChildren(
    ...[...pages].map(([page, some]) =>
      el("div", { class: "marks-page" }, el("h3", {}, `Page ${page}`), el("ul", {}, ...some.map((mark) => line(mark, codes, lit, on)))),
    ),
  );
}

function line(mark, codes, lit, on) {
  const what = { page: "Whole page · ", term: "Term · ", words: "Words · " }[mark.kind] ?? "";
  const text = el("button", { type: "button", class: "show", onclick: () => on.show(mark) }, el("strong", {}, `${mark.code} ${codes[mark.code]?.label ?? ""}${mark.second_code ? ` + ${mark.second_code}` : ""}`), `${what}${mark.rationale}`);
  const edit = el("button", { type: "button", class: "small", onclick: () => on.edit(mark), "aria-label": `Change ${mark.code} on page ${mark.page}` }, "Edit");
  const remove = el("button", { type: "button", class: "small", onclick: () => on.remove(mark), "aria-label": `Delete ${mark.code} on page ${mark.page}` }, "✕");
  return el("li", { class: mark.id === lit ? "lit" : null }, text, edit, remove);
}
