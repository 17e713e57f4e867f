// Marks made on the page by hand: boxes with the pointer or the keys, words with the pointer or the keys.

import { follow } from "./draft.js";
import { toBox } from "./geometry.js";
import { at, lines, stepped } from "./words.js";

const LEAST = 3;
const NONE = { page: 0, first: -1, last: -1 };

/**
 * Listens on `overlay` and `stage`. `on` has `begin(items, title, focus)` for marks in the making, `say(text)` and
 * `paint()`, which draws everything but what is being chosen. `words` are those of the page that stands there.
 */
export class Drawing {
  constructor(overlay, stage, on) {
    this.overlay = overlay;
    this.stage = stage;
    this.on = on;
    this.words = [];
    this.tool = "box";
    this.typed = NONE;
    overlay.node.addEventListener("pointerdown", (event) => this.press(event));
    stage.sheet.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.take(button));
  }

  take(button) {
    this.tool = button.dataset.tool;
    for (const other of document.querySelectorAll("[data-tool]")) other.setAttribute("aria-pressed", String(other === button));
    this.overlay.node.classList.toggle("words", this.tool === "words");
    if (this.tool !== "words") return;
    if (this.words.length) this.on.say("Press on a word and draw to the last one; or use the arrow keys, with Shift to take more in, and Enter.");
    else this.on.say("This page has no words to choose; draw a box instead.");
  }

  press(event) {
    if (event.button !== 0) return;
    if (this.tool === "words") this.chooseFrom(event);
    else if (!event.target.classList.contains("saved") || event.shiftKey || event.detail <= 1) this.drawFrom(event);
  }

  /** The rectangle between two points, cut to the page. */
  between([x, y], [nx, ny]) {
    const [w, h] = this.overlay.size;
    const edge = (value, most) => Math.min(Math.max(value, 0), most);
    const [left, top] = [edge(Math.min(x, nx), w), edge(Math.min(y, ny), h)];
    return { x: left, y: top, width: edge(Math.max(x, nx), w) - left, height: edge(Math.max(y, ny), h) - top };
  }

  drawFrom(event) {
    const from = this.overlay.point(event);
    const place = (later) => this.between(from, this.overlay.point(later));
    let rubber = null;
    const moved = (later) => {
      rubber?.remove();
      rubber = this.overlay.rect(place(later), { class: "fresh" });
    };
    const lifted = (later) => {
      rubber?.remove();
      const drawn = place(later);
      if (later.type === "pointercancel" || drawn.width < LEAST || drawn.height < LEAST) return;
      this.box(drawn);
    };
    follow(event, moved, lifted);
  }

  box(shown, focus = false) {
    this.on.begin([{ page: this.stage.page, box: toBox(shown, this.overlay.frame), kind: "box" }], "New mark", focus);
  }

  wordAt(event) {
    const [x, y] = this.overlay.point(event);
    const [left, bottom] = toBox({ x, y, width: 0, height: 0 }, this.overlay.frame);
    return at(this.words, [left, bottom]);
  }

  chooseFrom(event) {
    const first = this.wordAt(event);
    if (first < 0) return;
    let last = first;
    let painted = this.preview(first, last);
    const moved = (later) => {
      const now = this.wordAt(later);
      if (now < 0 || now === last) return;
      last = now;
      painted.forEach((node) => node.remove());
      painted = this.preview(first, last);
    };
    follow(event, moved, () => this.chosen(first, last));
  }

  preview(first, last) {
    return lines(this.words, first, last).map((box) => this.overlay.box(box, { class: "fresh" }));
  }

  spoken(first, last) {
    return this.words.slice(Math.min(first, last), Math.max(first, last) + 1).map((word) => word.text).join(" ");
  }

  chosen(first, last) {
    this.typed = NONE;
    const items = lines(this.words, first, last).map((box) => ({ page: this.stage.page, box, kind: "words" }));
    this.on.begin(items, `New mark: “${this.spoken(first, last).slice(0, 60)}”`);
  }

  key(event) {
    if (event.target !== this.stage.sheet || !this.overlay.node.isConnected || event.ctrlKey || event.metaKey) return;
    if (this.tool === "words") {
      this.choose(event);
      return;
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [w, h] = this.overlay.size;
    this.box({ x: w / 2 - 60, y: h / 2 - 10, width: 120, height: 20 }, true);
  }

  /** Words with the keys: arrows go from word to word, with Shift they take more in, Enter marks, Escape lets go. */
  choose(event) {
    if (this.typed.page !== this.stage.page) this.typed = { ...NONE, page: this.stage.page };
    const { first, last } = this.typed;
    const next = stepped(this.words, last, event.key);
    if (next === null && (last < 0 || !["Enter", "Escape"].includes(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") this.chosen(first, last);
    else if (event.key === "Escape") this.letGo();
    else this.show(event.shiftKey && first >= 0 ? first : next, next);
  }

  letGo() {
    this.typed = NONE;
    this.on.paint();
    this.on.say("No words are chosen.");
  }

  show(first, last) {
    this.typed = { page: this.stage.page, first, last };
    this.on.paint();
    const boxes = this.preview(first, last);
    boxes[boxes.length - 1].scrollIntoView({ block: "nearest" });
    this.on.say(`“${this.spoken(first, last).slice(0, 120)}”. Enter marks it; Shift with the arrow keys takes more in.`);
  }
}
