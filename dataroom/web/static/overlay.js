// Marks drawn over a page: saved ones, hits of a search, words, and the boxes being made.

import { svg } from "./dom.js";
import { toShown } from "./geometry.js";

/** A layer of SVG over a sheet of paper, in points of the page as shown. */
export class Overlay {
  constructor(version) {
    this.version = version;
    this.node = svg("svg", { class: "drawing", preserveAspectRatio: "none" });
    this.page = 1;
  }

  get size() {
    return this.version.sizes[this.page - 1];
  }

  get rotation() {
    return this.version.rotations[this.page - 1] ?? 0;
  }

  /** Empties the layer for a page. */
  reset(page) {
    this.page = page;
    this.node.setAttribute("viewBox", `0 0 ${this.size[0]} ${this.size[1]}`);
    this.node.replaceChildren();
  }

  /** Draws a PDF box (or, without one, the whole page). */
  box(box, attributes, ...children) {
    const place = box ? toShown(box, this.size, this.rotation) : { x: 0, y: 0, width: this.size[0], height: this.size[1] };
    return this.rect(place, attributes, ...children);
  }

  /** Draws a rectangle given in points as shown. */
  rect(place, attributes, ...children) {
    const node = svg("rect", { ...place, ...attributes }, ...children);
    this.node.append(node);
    return node;
  }

  /** Where a pointer is, in points as shown. */
  point(event) {
    const edges = this.node.getBoundingClientRect();
    return [
      ((event.clientX - edges.left) / edges.width) * this.size[0],
      ((event.clientY - edges.top) / edges.height) * this.size[1],
    ];
  }
}
