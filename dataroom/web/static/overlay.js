// Marks drawn over a page: saved ones, hits of a search, words, and the boxes being made.

import { svg } from "./dom.js";
import { sizeOf, toShown } from "./geometry.js";
import { get } from "./net.js";

/** How pages lie and which words they have, asked once for each page: `{words, box, rotation}`. */
export class Pages {
  constructor(version) {
    this.version = version;
    this.known = new Map();
  }

  /** What is known of a page; asks the server the first time and throws its Problem. */
  async of(page) {
    if (!this.known.has(page)) this.known.set(page, await get(`${this.version.pages}${page}/words`));
    return this.known.get(page);
  }
}

/** A layer of SVG over a sheet of paper, in points of the page as it is seen. */
export class Overlay {
  constructor() {
    this.node = svg("svg", { class: "drawing", preserveAspectRatio: "none" });
    this.frame = null;
    this.size = [1, 1];
  }

  /** Empties the layer for a page that lies as `frame` says. */
  reset(frame) {
    this.frame = frame;
    this.size = sizeOf(frame);
    this.node.setAttribute("viewBox", `0 0 ${this.size[0]} ${this.size[1]}`);
    this.node.replaceChildren();
  }

  /** Draws a PDF box (or, without one, the whole page). */
  box(box, attributes, ...children) {
    return this.rect(toShown(box ?? this.frame.box, this.frame), attributes, ...children);
  }

  /** Draws a rectangle given in points as seen. */
  rect(place, attributes, ...children) {
    const node = svg("rect", { ...place, ...attributes }, ...children);
    this.node.append(node);
    return node;
  }

  /** Where a pointer is, in points as seen. */
  point(event) {
    const edges = this.node.getBoundingClientRect();
    return [
      ((event.clientX - edges.left) / edges.width) * this.size[0],
      ((event.clientY - edges.top) / edges.height) * this.size[1],
    ];
  }
}
