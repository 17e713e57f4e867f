// The panel that finds: terms, expressions, patterns and the dictionary, with every place, its picture, and a choice.

import { Crops } from "./crops.js";
import { byId, el } from "./dom.js";
import { send } from "./net.js";
import { spans } from "./saying.js";

const STRETCH = 60;
const MOST = 5000;

/** What the panel's form asks for, as the server wants it. */
function asked() {
  const text = byId("term").value.trim();
  const kind = byId("find-kind").value;
  const option = (id) => byId(id).checked;
  const terms = text ? [{ text, kind, whole: option("find-whole"), case: option("find-case") }] : [];
  const patterns = [...document.querySelectorAll("[name=find-pattern]:checked")].map((box) => box.value);
  return { terms, patterns, dictionary: option("find-dictionary") };
}

/** Finds places and lets the person choose; `on` has `go(place)`, `mark(items, title)` and `changed()`. */
export class Finder {
  constructor(url, version, on) {
    this.url = url;
    this.version = version;
    this.on = on;
    this.crops = new Crops(version, byId("hits"));
    this.places = [];
    this.chosen = new Set();
    this.now = null;
    this.asking = 0;
    byId("find-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    byId("find-stop").addEventListener("click", () => this.stop());
    byId("mark-hits").addEventListener("click", () => this.mark());
    byId("all-hits").addEventListener("click", () => this.choose(this.places));
    byId("no-hits").addEventListener("click", () => this.choose([]));
  }

  /** Searches a stretch of pages after the other, so that it is seen how far it has come. */
  async ask() {
    const question = asked();
    if (!question.terms.length && !question.patterns.length && !question.dictionary) {
      byId("find-note").textContent = "Write a term, or choose patterns or the dictionary.";
      return;
    }
    this.clear();
    const [mine, last] = [++this.asking, this.version.sizes.length];
    const blank = [];
    let cut = false;
    this.busy(true);
    try {
      for (let first = 1; first <= last && !cut; first += STRETCH) {
        this.tell(first, last);
        const found = await send("POST", this.url, { ...question, first, last: Math.min(first + STRETCH - 1, last) });
        if (mine !== this.asking) return;
        blank.push(...found.blank);
        this.add(found);
        cut = found.cut || (this.places.length >= MOST && first + STRETCH <= last);
      }
      byId("find-note").textContent = this.told(blank, cut);
    } catch (problem) {
      if (mine === this.asking) byId("find-note").textContent = problem.message;
    } finally {
      if (mine === this.asking) this.busy(false);
    }
  }

  stop() {
    this.asking += 1;
    this.busy(false);
    byId("find-note").textContent = `Stopped. ${this.count()} so far.`;
  }

  busy(is) {
    byId("find-progress").hidden = !is;
    byId("find-form").setAttribute("aria-busy", String(is));
  }

  tell(first, last) {
    byId("find-bar").max = last;
    byId("find-bar").value = first - 1;
    const whole = last <= STRETCH ? "Searching every page…" : `Searching from page ${first} of ${last}; ${this.count()} so far.`;
    byId("find-note").textContent = whole;
  }

  count() {
    return this.places.length === 1 ? "1 place" : `${this.places.length} places`;
  }

  told(blank, cut) {
    const more = cut ? " There are more; only the first are shown." : "";
    const pictures = blank.length ? ` ${blank.length === 1 ? "Page" : "Pages"} ${spans(blank)} hold a picture instead of text: terms cannot be found there.` : "";
    return `${this.places.length ? `${this.count()}.` : "Found nowhere in the text."}${more}${pictures}`;
  }

  add({ places, queries, frames }) {
    const labels = new Map(queries.map((query) => [query.id, query.label]));
    const lies = new Map(frames.map((frame) => [frame.page, frame]));
    for (const place of places) {
      this.places.push(place);
      this.chosen.add(place);
      byId("hits").append(this.line(place, this.places.length, labels.get(place.query), lies.get(place.page)));
    }
    this.changed();
  }

  line(place, number, label, frame) {
    const box = el("input", { type: "checkbox", checked: true, "aria-label": `Choose place ${number}: ${place.text}` });
    box.addEventListener("change", () => {
      if (box.checked) this.chosen.add(place);
      else this.chosen.delete(place);
      this.changed();
    });
    const why = `Page ${place.page} · ${label}${place.read ? " · read from a picture" : ""}`;
    const text = el("span", {}, `… ${place.before}`, el("mark", {}, place.text), `${place.after} …`);
    const go = el("button", { type: "button", class: "go", onclick: () => this.go(place, go) }, el("span", { class: "quiet small" }, why), el("br"), text);
    if (frame) go.append(this.crops.of(place.page, place.boxes, frame));
    return el("li", {}, box, go);
  }

  go(place, button) {
    this.now = place;
    byId("hits").querySelector("[aria-current]")?.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    this.on.go(place);
  }

  /** The class a place has on the page: chosen or passed over, and the one gone to. */
  look(place) {
    return `hit${this.chosen.has(place) ? "" : " passed"}${place === this.now ? " now" : ""}`;
  }

  choose(places) {
    this.chosen = new Set(places);
    byId("hits").querySelectorAll("input").forEach((box, index) => (box.checked = this.chosen.has(this.places[index])));
    this.changed();
  }

  mark() {
    const some = this.places.filter((place) => this.chosen.has(place));
    const items = some.flatMap((hit) => hit.boxes.map((box) => ({ page: hit.page, box, kind: hit.read ? "scan" : "term" })));
    this.on.mark(items, some.length === 1 ? `New mark: “${some[0].text}”` : `${some.length} places`);
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
    this.crops.clear();
    byId("hits").replaceChildren();
    this.places = [];
    this.chosen = new Set();
    this.now = null;
    byId("find-note").textContent = "";
    this.changed();
  }
}
