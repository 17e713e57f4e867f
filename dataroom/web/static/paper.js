// One page of a version as an image. A page is fetched when it is asked for and never before, because every fetch is
// recorded as this person's view of that page.

import { el } from "./dom.js";
import { picture } from "./net.js";

/** The width to ask for so that `pixels` are filled; one of the few widths the server is asked for. */
export function wide(widths, pixels) {
  return widths.find((width) => width >= pixels) ?? widths[widths.length - 1];
}

/** A sheet of paper on which pages of `version` are shown, one at a time. */
export class Paper {
  constructor(version) {
    this.version = version;
    this.node = el("div", { class: "paper" });
    this.image = el("img", { alt: "", draggable: "false" });
    this.address = null;
    this.turn = null;
  }

  /** Sets the size in CSS pixels before anything is there, so that nothing jumps. */
  measure(page, width) {
    const [w, h] = this.version.sizes[page - 1];
    this.node.style.width = `${width}px`;
    this.node.style.height = `${(width * h) / w}px`;
  }

  /** Shows a page `width` CSS pixels wide; throws the Problem when it cannot be had. */
  async show(page, width) {
    this.turn?.abort();
    const turn = (this.turn = new AbortController());
    this.clear();
    this.measure(page, width);
    this.node.classList.add("loading");
    this.node.setAttribute("aria-busy", "true");
    const asked = wide(this.version.widths, width * Math.min(window.devicePixelRatio || 1, 2));
    try {
      const blob = await picture(`${this.version.pages}${page}.jpg?w=${asked}`, turn.signal);
      if (turn.signal.aborted) return false;
      this.address = URL.createObjectURL(blob);
      this.image.src = this.address;
      this.image.alt = `Page ${page}`;
      await this.image.decode();
      if (turn.signal.aborted) return false;
      this.node.prepend(this.image);
    } catch (error) {
      if (error.name === "AbortError" || turn.signal.aborted) return false;
      this.clear();
      throw error;
    } finally {
      if (!turn.signal.aborted) {
        this.node.classList.remove("loading");
        this.node.removeAttribute("aria-busy");
      }
    }
    return true;
  }

  /** Takes away what is shown, and forgets its bytes. */
  clear() {
    this.image.remove();
    this.image.removeAttribute("src");
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.node.classList.remove("gone");
    this.node.querySelector(".why")?.remove();
  }

  /** Blank, with a sentence instead. */
  fail(problem) {
    this.turn?.abort();
    this.clear();
    this.node.classList.remove("loading");
    this.node.classList.add("gone");
    this.node.style.height = "auto";
    const out = problem.status === 401;
    const taken = problem.code === "clawed-back";
    const title = taken ? "Clawed back" : out ? "You are signed out" : problem.gone ? "No longer available" : "This page could not be shown";
    const text = taken ? problem.message : out ? "Load the page again to sign in." : problem.gone ? "It was withdrawn, or your access has ended." : problem.message;
    this.node.append(el("div", { class: "why", role: "alert" }, el("h2", {}, title), el("p", {}, text)));
  }
}
