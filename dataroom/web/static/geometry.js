// Where a box of a PDF page lies on the page as it is shown, and back. The one place that knows about rotation.
//
// A PDF box is [x0, y0, x1, y1] in points of the page's own space, before the page is turned. A frame is what is seen
// of the page: `box`, the visible part in that same space, and `rotation`, by how much it is turned clockwise (0, 90,
// 180, 270). A shown rectangle is {x, y, width, height} in points from the top left corner of the page as it is seen.

/** Width and height of a frame as it is seen. */
export function sizeOf({ box, rotation }) {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  return rotation % 180 ? [height, width] : [width, height];
}

function there(x, y, { box: [left, bottom, right, top], rotation }) {
  switch (rotation) {
    case 90: return [y - bottom, x - left];
    case 180: return [right - x, y - bottom];
    case 270: return [top - y, right - x];
    default: return [x - left, top - y];
  }
}

function back(x, y, { box: [left, bottom, right, top], rotation }) {
  switch (rotation) {
    case 90: return [left + y, bottom + x];
    case 180: return [right - x, bottom + y];
    case 270: return [right - y, top - x];
    default: return [left + x, top - y];
  }
}

/** The rectangle in which a PDF box is shown. */
export function toShown(box, frame) {
  const [ax, ay] = there(box[0], box[1], frame);
  const [bx, by] = there(box[2], box[3], frame);
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
}

/** The PDF box of a shown rectangle, rounded to hundredths of a point. */
export function toBox(shown, frame) {
  const [ax, ay] = back(shown.x, shown.y, frame);
  const [bx, by] = back(shown.x + shown.width, shown.y + shown.height, frame);
  const edges = [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
  return edges.map((edge) => Math.round(edge * 100) / 100);
}

/** The smallest box around all boxes. */
export function union(boxes) {
  return [
    Math.min(...boxes.map((b) => b[0])),
    Math.min(...boxes.map((b) => b[1])),
    Math.max(...boxes.map((b) => b[2])),
    Math.max(...boxes.map((b) => b[3])),
  ];
}

/** A shown rectangle moved or cut so that it lies on a page of `size` and is at least `least` points wide and high. */
export function onPage(shown, size, least = 4) {
  const width = Math.min(Math.max(shown.width, least), size[0]);
  const height = Math.min(Math.max(shown.height, least), size[1]);
  return {
    x: Math.min(Math.max(shown.x, 0), size[0] - width),
    y: Math.min(Math.max(shown.y, 0), size[1] - height),
    width,
    height,
  };
}

const [LEAST_WIDE, LEAST_HIGH, AROUND] = [230, 34, 8];

/** The part of a page around boxes, as a shown rectangle, at least wide enough to read what stands beside. */
export function around(boxes, frame) {
  const [w, h] = sizeOf(frame);
  const at = toShown(union(boxes), frame);
  const [width, height] = [Math.min(w, Math.max(LEAST_WIDE, at.width + 2 * AROUND)), Math.min(h, Math.max(LEAST_HIGH, at.height + 2 * AROUND))];
  const inside = (middle, size, most) => Math.min(Math.max(middle - size / 2, 0), most - size);
  return { x: inside(at.x + at.width / 2, width, w), y: inside(at.y + at.height / 2, height, h), width, height };
}
