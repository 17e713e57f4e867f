// A box being made: it can be drawn, moved and resized with mouse, finger or keys before it becomes a mark.

import { svg } from "./dom.js";
import { onPage, toBox, toShown } from "./geometry.js";

const HANDLE = 7;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** One box on `overlay`; `changed(box)` is told the PDF box after every change. */
export class DraftBox {
  constructor(overlay, box, changed) {
    this.overlay = overlay;
    this.changed = changed;
    this.place = toShown(box, overlay.frame);
    this.node = overlay.rect(this.place, {
      class: "fresh",
      tabindex: "0",
      role: "img",
      "aria-label": "New box. Arrow keys move it, Shift with arrow keys resizes it.",
    });
    this.handle = svg("rect", { class: "handle" });
    overlay.node.append(this.handle);
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.node.addEventListener("pointerdown", (event) => this.drag(event, this.moved));
    this.handle.addEventListener("pointerdown", (event) => this.drag(event, this.sized));
    this.draw();
  }

  draw() {
    this.place = onPage(this.place, this.overlay.size);
    for (const [name, value] of Object.entries(this.place)) this.node.setAttribute(name, value);
    const corner = { x: this.place.x + this.place.width - HANDLE / 2, y: this.place.y + this.place.height - HANDLE / 2 };
    for (const [name, value] of Object.entries({ ...corner, width: HANDLE, height: HANDLE })) this.handle.setAttribute(name, value);
  }

  set(place) {
    this.place = place;
    this.draw();
    this.changed(toBox(this.place, this.overlay.frame));
  }

  moved(from, [dx, dy]) {
    return { ...from, x: from.x + dx, y: from.y + dy };
  }

  sized(from, [dx, dy]) {
    return { ...from, width: from.width + dx, height: from.height + dy };
  }

  key(event) {
    const way = MOVES[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const by = event.altKey ? 0.5 : 3;
    this.set((event.shiftKey ? this.sized : this.moved)(this.place, [way[0] * by, way[1] * by]));
  }

  drag(event, change) {
    event.preventDefault();
    event.stopPropagation();
    this.node.focus({ preventScroll: true });
    const [x, y] = this.overlay.point(event);
    const from = this.place;
    follow(event, (later) => {
      const [nx, ny] = this.overlay.point(later);
      this.set(change(from, [nx - x, ny - y]));
    });
  }
}

/** Follows a pointer until it is lifted. */
export function follow(event, moved, lifted = () => {}) {
  const move = (later) => later.pointerId === event.pointerId && moved(later);
  const up = (later) => {
    if (later.pointerId !== event.pointerId) return;
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", up);
    document.removeEventListener("pointercancel", up);
    lifted(later);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", up);
  document.addEventListener("pointercancel", up);
}
