// The fields for what a chosen reason asks to be recorded.

import { el } from "./dom.js";

const PREFIX = "particular-";

/**
 * Draws the fields the codes `chosen` ask for into `node`, inside the details element `box`. What is typed stays, or
 * else `given`. `attributes(name)` may name each field for a form.
 */
export function draw(box, node, chosen, given = stated(node), attributes = () => ({})) {
  const must = new Set(chosen.filter((code) => code.all).flatMap((code) => code.record));
  const names = [...new Set(chosen.flatMap((code) => code.record))].sort((a, b) => must.has(b) - must.has(a));
  box.hidden = !names.length;
  box.open = must.size > 0 || names.some((name) => given[name]);
  node.replaceChildren(
    ...names.map((name, number) =>
      el(
        "div",
        { class: "field" },
        el("label", { for: PREFIX + number }, name[0].toUpperCase() + name.slice(1), must.has(name) ? "" : el("span", { class: "quiet" }, " (optional)")),
        el("input", { id: PREFIX + number, "data-particular": name, value: given[name] ?? "", maxlength: "300", autocomplete: "off", ...attributes(name) }),
      ),
    ),
  );
}

/** What is typed there, by name, without what was left empty. */
export function stated(node) {
  const typed = [...node.querySelectorAll("[data-particular]")].map((one) => [one.dataset.particular, one.value.trim()]);
  return Object.fromEntries(typed.filter(([, value]) => value));
}
