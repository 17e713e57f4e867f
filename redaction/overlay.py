"""The drawn boxes: constant black, with the code in white where it fits. A function of box and code only."""

from pdfminer.fontmetrics import FONT_METRICS

from .content.writing import num, points
from .geometry import Polygon, bounds

WIDTHS = FONT_METRICS["Helvetica"][1]
LARGEST, SMALLEST, PADDING = 9.0, 4.0, 1.0
ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ()-.,/:&+")
FONT_NAME = "/RedactionLabel"


def overlay(marks: list[tuple[Polygon, str]]) -> bytes:
    """The content stream that covers each quad and prints its code. Starts from the default graphics state."""
    parts: list[bytes] = []
    for quad, code in marks:
        parts.append(b"q 0 g")
        parts.append(points(quad[0]) + b" m")
        parts += [points(point) + b" l" for point in quad[1:]]
        parts.append(b"h f")
        parts.append(label(quad, code))
        parts.append(b"Q")
    return b"\n".join(part for part in parts if part) + b"\n"


def label(quad: Polygon, code: str) -> bytes:
    """The text operators of a code centred in an upright box; empty when it has no room."""
    x0, y0, x1, y1 = bounds(quad)
    if not code or set(code) - ALLOWED or set(quad) != {(x0, y0), (x1, y0), (x1, y1), (x0, y1)}:
        return b""
    unit = sum(WIDTHS.get(char, 556) for char in code) / 1000
    size = min(LARGEST, (y1 - y0 - PADDING) / 0.95, (x1 - x0 - 2 * PADDING) / unit)
    if size < SMALLEST:
        return b""
    size = int(size * 2) / 2
    x, y = (x0 + x1 - unit * size) / 2, (y0 + y1) / 2 - 0.36 * size
    safe = code.replace("(", "\\(").replace(")", "\\)").encode("ascii")
    place = num(round(x, 2)) + b" " + num(round(y, 2))
    return b"BT 1 g " + FONT_NAME.encode() + b" " + num(size) + b" Tf " + place + b" Td (" + safe + b") Tj ET"
