// The panel that finds: terms, expressions, patterns and the dictionary, with every place and a choice of each.

import { byId, el } from "./dom.js";
import { send } from "./net.js";

/** What the panel's form asks for, as the server wants it. */
function asked() {
  const text = byId("term").value.trim();
  const kind = byId("find-kind").value;
  const option = (id) => byId(id).checked;
  const terms = text ? [{ text, kind, whole: option("find-whole"), case: option("find-case") }] : [];
  const patterns = [...document.querySelectorAll("[name=find-pattern]:checked")].map((box) => box.value);
  return { terms, patterns, dictionary: option("find-dictionary") };
}

/** Finds places and lets the person choose; `on` has `go(place)`, `mark(places)` and `changed()`. */
export class Finder {
  constructor(url, on) {
    this.url = url;
    this.on = on;
    this.places = [];
    this.chosen = new Set();
    byId("find-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    byId("mark-hits").addEventListener("click", () => this.on.mark(this.places.filter((place) => this.chosen.has(place))));
    byId("all-hits").addEventListener("click", () => this.choose(this.places));
    byId("no-hits").addEventListener("click", () => this.choose([]));
  }

  async ask() {
    const question = asked();
    if (!question.terms.length && !question.patterns.length && !question.dictionary) {
      byId("find-note").textContent = "Write a term, or choose patterns or the dictionary.";
      return;
    }
    byId("find-note").textContent = "Searching every page…";
    try {
      const found = await send("POST", this.url, question);
      this.show(found);
      if (found.blank.length) byId("scans").hidden = false;
      byId("find-note").textContent = this.told(found);
    } catch (problem) {
      this.show({ places: [], queries: [] });
      byId("find-note").textContent = problem.message;
    }
  }

  told({ places, blank, cut }) {
    const count = places.length === 1 ? "1 place." : `${places.length} places.`;
    const more = cut ? " There are more; only the first are shown." : "";
    const pictures = blank.length ? ` ${blank.length === 1 ? "Page" : "Pages"} ${blank.join(", ")} hold a picture instead of text: terms cannot be found there.` : "";
    return `${places.length ? count : "Found nowhere in the text."}${more}${pictures}`;
  }

  show({ places, queries }) {
    const labels = new Map(queries.map((query) => [query.id, query.label]));
    this.places = places;
    this.chosen = new Set(places);
    byId("hits").replaceChildren(...places.map((place, index) => this.line(place, index, labels.get(place.query))));
    this.changed();
  }

  line(place, index, label) {
    const box = el("input", { type: "checkbox", checked: true, "aria-label": `Choose place ${index + 1}: ${place.text}` });
    box.addEventListener("change", () => {
      if (box.checked) this.chosen.add(place);
      else this.chosen.delete(place);
      this.changed();
    });
    const why = `Page ${place.page} · ${label}${place.read ? " · read from a picture" : ""}`;
    const text = el("span", {}, `… ${place.before}`, el("mark", {}, place.text), `${place.after} …`);
    const go = el("button", { type: "button", class: "go", onclick: () => this.on.go(place) }, el("span", { class: "quiet small" }, why), el("br"), text);
    return el("li", {}, box, go);
  }

  choose(places) {
    this.chosen = new Set(places);
    byId("hits").querySelectorAll("input").forEach((box, index) => (box.checked = this.chosen.has(this.places[index])));
    this.changed();
  }

  changed() {
    const count = this.chosen.size;
    byId("choosing").hidden = this.places.length === 0;
    byId("mark-hits").disabled = count === 0;
    byId("mark-hits").textContent = count === this.places.length ? `Mark all hits (${count})` : `Mark chosen (${count})`;
    this.on.changed();
  }

  /** Forgets what was found. */
  clear() {
    this.show({ places: [], queries: [] });
    byId("find-note").textContent = "";
  }
}
