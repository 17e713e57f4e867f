// Pictures of places: pieces of a page's image, drawn when they come into sight. A page's image is fetched once for all
// its places, and recorded as this person's view of the page, as everywhere else.

import { el } from "./dom.js";
import { around, sizeOf, toShown } from "./geometry.js";
import { picture } from "./net.js";

const WIDTH = 1200;
const KEPT = 24;
const SETTLE = 250;

/** The pictures inside the scrolling element `root` (none: the window) of places in `version`. */
export class Crops {
  constructor(version, root = null) {
    this.version = version;
    this.images = new Map();
    this.wanted = new Map();
    this.queue = Promise.resolve();
    this.ended = false;
    this.watch = new IntersectionObserver((seen) => seen.forEach((one) => this.seen(one)), { root, rootMargin: "80px" });
  }

  /** An element that will show the place on `page` with `boxes`, once it is in sight for a moment. */
  of(page, boxes, frame) {
    const part = around(boxes, frame);
    const node = el("canvas", { class: "crop", "aria-hidden": "true", width: 2 * Math.round(part.width), height: 2 * Math.round(part.height) });
    this.wanted.set(node, { page, boxes, frame, part, waiting: 0 });
    this.watch.observe(node);
    return node;
  }

  seen({ target, isIntersecting }) {
    const want = this.wanted.get(target);
    if (!want) return;
    clearTimeout(want.waiting);
    if (!isIntersecting) return;
    want.waiting = setTimeout(() => {
      this.watch.unobserve(target);
      this.queue = this.queue.then(() => this.draw(target, want));
    }, SETTLE);
  }

  async draw(node, { page, boxes, frame, part }) {
    if (this.ended || !this.wanted.delete(node) || !node.isConnected) return;
    try {
      const image = await this.image(page);
      const scale = image.width / sizeOf(frame)[0];
      const pen = node.getContext("2d");
      const grow = node.width / part.width;
      pen.drawImage(image, part.x * scale, part.y * scale, part.width * scale, part.height * scale, 0, 0, node.width, node.height);
      pen.lineWidth = 3;
      pen.strokeStyle = "#9c1f24";
      for (const box of boxes) {
        const at = toShown(box, frame);
        pen.strokeRect((at.x - part.x) * grow - 2, (at.y - part.y) * grow - 2, at.width * grow + 4, at.height * grow + 4);
      }
      node.classList.add("drawn");
    } catch (problem) {
      node.remove();
      if (problem.gone) this.end();
    }
  }

  /** A page's image; the last few are kept, as long as this page of ours is open. */
  async image(page) {
    if (!this.images.has(page)) {
      const blob = await picture(`${this.version.pages}${page}.jpg?w=${WIDTH}`);
      this.images.set(page, await createImageBitmap(blob));
    }
    const image = this.images.get(page);
    this.images.delete(page);
    this.images.set(page, image);
    for (const old of [...this.images.keys()].slice(0, -KEPT)) {
      this.images.get(old).close();
      this.images.delete(old);
    }
    return image;
  }

  /** Takes every picture away: the document can no longer be had. */
  end() {
    this.ended = true;
    this.clear();
    for (const node of document.querySelectorAll("canvas.crop")) node.remove();
    for (const image of this.images.values()) image.close();
    this.images.clear();
  }

  /** Forgets the places; images already fetched are kept. */
  clear() {
    this.watch.disconnect();
    for (const { waiting } of this.wanted.values()) clearTimeout(waiting);
    this.wanted.clear();
  }
}
