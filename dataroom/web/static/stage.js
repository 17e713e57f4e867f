// One page after another with zoom and keys: what the viewer, the editor and the review have in common.

import { byId, typing } from "./dom.js";
import { Paper } from "./paper.js";

const POINT = 96 / 72;
const STEPS = ["fit", "1", "1.5", "2"];
const WIDEST_FIT = 1100;

/**
 * Turns pages in the scrolling element `sheet`. Calls `shown(page)` when a page stands there and `failed(problem)` when
 * one cannot be had; afterwards nothing more is shown if it is gone for good.
 */
export class Stage {
  constructor(sheet, version, { shown = () => {}, failed = () => {} } = {}) {
    this.sheet = sheet;
    this.version = version;
    this.paper = new Paper(version);
    this.page = 1;
    this.zoom = "fit";
    this.ended = false;
    this.shown = shown;
    this.failed = failed;
    sheet.replaceChildren(this.paper.node);
    let last = sheet.clientWidth;
    new ResizeObserver(() => {
      if (this.zoom === "fit" && Math.abs(sheet.clientWidth - last) > 40 && !this.ended) {
        last = sheet.clientWidth;
        clearTimeout(this.later);
        this.later = setTimeout(() => this.paper.measure(this.page, this.width()), 120);
      }
    }).observe(sheet);
  }

  get last() {
    return this.version.sizes.length;
  }

  /** The page's width in CSS pixels at the present zoom. */
  width() {
    const style = getComputedStyle(this.sheet);
    const room = this.sheet.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (this.zoom === "fit") return Math.max(120, Math.min(room, WIDEST_FIT));
    return Math.round(this.version.sizes[this.page - 1][0] * POINT * Number(this.zoom));
  }

  /** Goes to a page and fetches it; at first to the one the address names (`#page-7`), if it does. */
  async go(page) {
    if (this.ended) return;
    const named = this.begun ? null : /^#page-(\d{1,6})$/.exec(window.location.hash);
    this.begun = true;
    this.page = Math.min(Math.max(1, named ? Number(named[1]) : page), this.last);
    this.sheet.scrollTop = 0;
    await this.draw();
  }

  async draw() {
    const page = this.page;
    try {
      if (await this.paper.show(page, this.width())) this.shown(page);
    } catch (problem) {
      this.ended = Boolean(problem.gone);
      this.paper.fail(problem);
      this.failed(problem);
    }
  }

  async enlarge(zoom) {
    this.zoom = zoom;
    await this.draw();
  }

  /** Page field, arrows, zoom and keys of the tool bar; `turn(page)` and `enlarge(zoom)` default to this stage alone. */
  controls(turn = (page) => this.go(page), enlarge = (zoom) => this.enlarge(zoom)) {
    const field = byId("page");
    byId("back").addEventListener("click", () => turn(this.page - 1));
    byId("forth").addEventListener("click", () => turn(this.page + 1));
    field.addEventListener("change", () => turn(Number.parseInt(field.value, 10) || this.page));
    field.addEventListener("focus", () => field.select());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") field.blur();
    });
    const zoom = document.getElementById("zoom");
    const step = (by) => {
      const next = STEPS[Math.min(Math.max(STEPS.indexOf(this.zoom) + by, 0), STEPS.length - 1)];
      if (zoom && next !== this.zoom) {
        zoom.value = next;
        enlarge(next);
      }
    };
    zoom?.addEventListener("change", () => enlarge(zoom.value));
    document.getElementById("smaller")?.addEventListener("click", () => step(-1));
    document.getElementById("larger")?.addEventListener("click", () => step(1));
    document.addEventListener("keydown", (event) => this.key(event, turn, step, field));
  }

  /** Shows in the tool bar which page stands there. */
  mark() {
    byId("page").value = String(this.page);
    byId("back").disabled = this.page <= 1 || this.ended;
    byId("forth").disabled = this.page >= this.last || this.ended;
  }

  key(event, turn, step, field) {
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const atEnd = this.sheet.scrollTop + this.sheet.clientHeight >= this.sheet.scrollHeight - 2;
    const screen = this.sheet.clientHeight * 0.9;
    const keys = {
      ArrowRight: () => turn(this.page + 1),
      ArrowLeft: () => turn(this.page - 1),
      PageDown: () => (atEnd ? turn(this.page + 1) : this.sheet.scrollBy(0, screen)),
      PageUp: () => (this.sheet.scrollTop < 2 ? turn(this.page - 1) : this.sheet.scrollBy(0, -screen)),
      ArrowDown: () => this.sheet.scrollBy(0, 60),
      ArrowUp: () => this.sheet.scrollBy(0, -60),
      Home: () => turn(1),
      End: () => turn(this.last),
      "+": () => step(1),
      "=": () => step(1),
      "-": () => step(-1),
      g: () => field.focus(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
}
