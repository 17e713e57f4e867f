// Where a box of a PDF page lies on the page as it is shown, and back. The one place that knows about rotation.
//
// A PDF box is [x0, y0, x1, y1] in points, origin bottom left, before the page is turned. A shown rectangle is
// {x, y, width, height} in points, origin top left, after the page was turned clockwise by 0, 90, 180 or 270 degrees.
// `size` is [width, height] as shown.

function there([x, y], [width, height], rotation) {
  switch (rotation) {
    case 90: return [y, x];
    case 180: return [width - x, y];
    case 270: return [width - y, height - x];
    default: return [x, height - y];
  }
}

function back([x, y], [width, height], rotation) {
  switch (rotation) {
    case 90: return [y, x];
    case 180: return [width - x, y];
    case 270: return [height - y, width - x];
    default: return [x, height - y];
  }
}

/** The rectangle in which a PDF box is shown. */
export function toShown(box, size, rotation) {
  const [ax, ay] = there([box[0], box[1]], size, rotation);
  const [bx, by] = there([box[2], box[3]], size, rotation);
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
}

/** The PDF box of a shown rectangle, rounded to hundredths of a point. */
export function toBox(shown, size, rotation) {
  const [ax, ay] = back([shown.x, shown.y], size, rotation);
  const [bx, by] = back([shown.x + shown.width, shown.y + shown.height], size, rotation);
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

/** A shown rectangle moved or cut so that it lies on the page and is at least `least` points wide and high. */
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
