// Looking for a term in the document being read, where that is permitted: its places are walked one after the other.

import { byId } from "./dom.js";
import { send } from "./net.js";
import { Overlay, Pages } from "./overlay.js";

/** The form `seek` of the viewer's tool bar; `on` has `turn(page)` and `say(text, bad)`. */
export class Seeking {
  constructor(stage, on) {
    this.stage = stage;
    this.on = on;
    this.overlay = new Overlay();
    this.pages = new Pages(stage.version);
    this.places = [];
    this.at = -1;
    this.term = "";
    byId("seek").addEventListener("submit", (event) => {
      event.preventDefault();
      this.next();
    });
    byId("seek-back").addEventListener("click", () => this.step(-1));
    byId("seek-forth").addEventListener("click", () => this.step(1));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      byId("seek-term").focus();
    });
  }

  /** Looks for what is typed, or goes on to the next place of what was looked for already. */
  async next() {
    const term = byId("seek-term").value.trim();
    if (term === this.term && this.places.length) return this.step(1);
    if (term.length < 2) return this.on.say("Write at least two characters.");
    this.on.say("Searching…");
    try {
      this.places = await send("POST", byId("seek").dataset.url, { term });
      this.term = term;
    } catch (problem) {
      return this.on.say(problem.message, true);
    }
    this.at = this.places.findIndex((place) => place.page >= this.stage.page) - 1;
    for (const id of ["seek-back", "seek-forth"]) byId(id).disabled = !this.places.length;
    if (this.places.length) return this.step(1);
    this.overlay.node.remove();
    return this.on.say(`“${term}” stands nowhere in the text of this document.`);
  }

  /** Goes `way` places on, around the end. */
  async step(way) {
    this.at = (this.at + way + this.places.length) % this.places.length;
    const { page } = this.places[this.at];
    if (page === this.stage.page) await this.lay(page);
    else await this.on.turn(page);
  }

  /** Lays the places over the page that stands there; whether there was something to say about it. */
  async lay(page) {
    const here = this.places.filter((place) => place.page === page);
    this.overlay.node.remove();
    if (!here.length) return;
    try {
      const frame = await this.pages.of(page);
      if (page !== this.stage.page || this.stage.ended) return;
      this.overlay.reset(frame);
      for (const place of here) {
        const look = place === this.places[this.at] ? "hit now" : "hit";
        for (const box of place.boxes) this.overlay.box(box, { class: look });
      }
      this.stage.paper.node.append(this.overlay.node);
      this.overlay.node.querySelector(".now")?.scrollIntoView({ block: "center" });
      this.on.say(`Place ${this.at + 1} of ${this.places.length} of “${this.term}”. Every page you open is recorded.`);
    } catch (problem) {
      this.on.say(problem.message, true);
    }
  }

  /** Forgets everything: the document can no longer be had. */
  end() {
    this.places = [];
    this.overlay.node.remove();
  }
}
