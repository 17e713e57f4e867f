"""The drawings and the scanned form of the demonstration documents."""

from __future__ import annotations

import io
import random
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.shapes import (
    Circle,
    Drawing,
    Line,
    Polygon,
    PolyLine,
    Rect,
    String,
)
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from dataroom.cli import seed_layout as layout
from dataroom.cli import seed_texts as texts


def fall(drive: float) -> float:
    """Share by which the current of a zone falls when its neighbours stand at `drive` (0 to 1)."""
    return 0.114 * (1.32 * drive - 0.32 * drive * drive)


def section() -> Drawing:
    """Two zones in section: board, light sources, walls, diffuser plate, dimensions."""
    drawing, foot = Drawing(376, 128), 24.0
    drawing.add(
        Rect(
            30,
            foot - 8,
            270,
            8,
            fillColor=colors.HexColor("#d7e3d5"),
            strokeColor=layout.INK,
            strokeWidth=0.6,
        )
    )
    for middle in (30, 165, 300):
        points = [middle - 6, foot, middle + 6, foot, middle + 2.5, foot + 31, middle - 2.5, foot + 31]
        drawing.add(Polygon(points, fillColor=colors.white, strokeColor=layout.INK, strokeWidth=0.8))
    for middle in (74, 121, 209, 256):
        drawing.add(Rect(middle - 5, foot, 10, 5, fillColor=layout.BRAND, strokeColor=None))
        for reach in (-26, 0, 26):
            ray = Line(middle, foot + 6, middle + reach, foot + 76, strokeColor=layout.RULE, strokeDashArray=[2, 2])
            drawing.add(ray)
    drawing.add(Rect(20, foot + 80, 290, 12, fillColor=layout.TINT, strokeColor=layout.INK, strokeWidth=0.6))
    for left, top, words in ((318, 31.0, "3.1 mm"), (346, 80.0, "8.0 mm")):
        drawing.add(Line(left, foot, left, foot + top, strokeColor=layout.INK, strokeWidth=0.5))
        for end in (foot, foot + top):
            drawing.add(Line(left - 3, end, left + 3, end, strokeColor=layout.INK, strokeWidth=0.5))
        drawing.add(String(left + 3, foot + top / 2 - 2, words, fontSize=6.5))
    for x, y, words in (
        (165, foot + 84, "diffuser plate"),
        (165, foot - 19, "circuit board with light sources"),
    ):
        drawing.add(String(x, y, words, fontSize=6.5, textAnchor="middle"))
    return drawing


def zones() -> Drawing:
    """A 7 by 5 cut of the zone array."""
    side, drawing = 22.0, Drawing(7 * 22.0 + 8, 5 * 22.0 + 20)
    for column in range(7):
        for row in range(5):
            near = abs(column - 3) + abs(row - 2)
            fill = {0: layout.BRAND, 1: colors.HexColor("#b9c9dc")}.get(near, colors.white)
            left, foot = 4 + column * side, 4 + row * side
            drawing.add(Rect(left, foot, side, side, fillColor=fill, strokeColor=layout.RULE, strokeWidth=0.6))
            if abs(column - 3) == abs(row - 2) == 1:
                for step in (5, 11, 17):
                    drawing.add(Line(left + step, foot + 3, left + 3, foot + step, strokeColor=layout.QUIET))
                    drawing.add(
                        Line(
                            left + side - 3,
                            foot + step,
                            left + step,
                            foot + side - 3,
                            strokeColor=layout.QUIET,
                        )
                    )
    drawing.add(String(4 + 3 * side + 3, 4 + 2 * side + 8, "12, 6", fontSize=7, fillColor=colors.white))
    drawing.add(String(4, 5 * side + 9, "column 9", fontSize=6.5, fillColor=layout.QUIET))
    drawing.add(String(4 + 6 * side - 6, 5 * side + 9, "column 15", fontSize=6.5, fillColor=layout.QUIET))
    return drawing


def curve() -> Drawing:
    """Current against the drive of the neighbours."""
    wide, high, drawing = 300.0, 130.0, Drawing(370, 178)
    left, foot = 44.0, 34.0
    for step in range(6):
        x, y = left + wide * step / 5, foot + high * step / 5
        drawing.add(Line(left, y, left + wide, y, strokeColor=layout.TINT, strokeWidth=0.8))
        drawing.add(String(x, foot - 11, f"{step * 20}", fontSize=7, textAnchor="middle", fillColor=layout.QUIET))
        drawing.add(String(left - 5, y - 2.5, f"{52 + step * 2}", fontSize=7, textAnchor="end", fillColor=layout.QUIET))
    drawing.add(Line(left, foot, left + wide, foot, strokeColor=layout.INK))
    drawing.add(Line(left, foot, left, foot + high, strokeColor=layout.INK))

    def at(drive: float, current: float) -> tuple[float, float]:
        return left + wide * drive, foot + high * (current - 52) / 10

    points = [at(step / 20, 61.40 * (1 - fall(step / 20))) for step in range(21)]
    drawing.add(PolyLine([value for point in points for value in point], strokeColor=layout.BRAND, strokeWidth=1.4))
    for x, y in points[::2]:
        drawing.add(Circle(x, y, 2, fillColor=colors.white, strokeColor=layout.BRAND, strokeWidth=1))
    drawing.add(Line(*at(0, 61.4), *at(1, 61.42), strokeColor=layout.QUIET, strokeDashArray=[4, 3]))
    drawing.add(String(left + wide / 2, 8, "drive of the four neighbours (%)", fontSize=7.5, textAnchor="middle"))
    drawing.add(String(4, foot + high + 8, "channel current (mA)", fontSize=7.5))
    return drawing


_FILLED_IN = frozenset({2, 3, 4, 5, 15, 17, 18, 20})
_PRINTED = frozenset({"Item", "Serial no.", "Our mark", "Bought at", "Receipt no.", "Price paid", "Signed", "Witness"})


def scanned_page() -> bytes:
    """One page that is a picture alone: a filled-in form as a scanner leaves it, without a text layer."""
    chance, size = random.Random(7), (1240, 1754)  # noqa: S311
    sheet = Image.new("L", size, 247)
    draw = ImageDraw.Draw(sheet)
    folder = Path(reportlab.__file__).parent / "fonts"
    print_, hand = (ImageFont.truetype(str(folder / name), 24) for name in ("Vera.ttf", "VeraIt.ttf"))
    draw.rectangle((90, 120, 1150, 1560), outline=60, width=3)
    for number, line in enumerate(texts.SCAN_LINES):
        top = 170 + number * 62
        for offset, word in _columns(line):
            font = hand if 8 <= number <= 13 or (number in _FILLED_IN and word not in _PRINTED) else print_
            draw.text(
                (130 + offset * 14.6, top + chance.randint(-2, 2)),
                word,
                font=font,
                fill=chance.randint(30, 70),
            )
        if 7 <= number <= 13:
            draw.line((110, top + 42, 1130, top + 42), fill=130, width=1)
    for left in (290, 780):
        draw.line([(left + x * 4, 1462 + chance.randint(-13, 13)) for x in range(50)], fill=45, width=3)
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).point([value // 14 for value in range(256)])
    sheet = Image.composite(sheet, Image.new("L", size, 214), noise.point([255 - value * 4 for value in range(256)]))
    sheet = sheet.rotate(-0.7, Image.Resampling.BICUBIC, fillcolor=238)
    picture, out = io.BytesIO(), io.BytesIO()
    sheet.save(picture, "JPEG", quality=62, dpi=(150, 150))
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("Scan")
    canvas.drawImage(ImageReader(io.BytesIO(picture.getvalue())), 0, 0, *A4)
    canvas.save()
    return out.getvalue()


def _columns(line: str) -> list[tuple[int, str]]:
    """Runs of text between gaps of two spaces or more, with the column each starts at."""
    found, start = [], 0
    for part in line.split("  "):
        if part.strip():
            found.append((start + len(part) - len(part.lstrip()), part.strip()))
        start += len(part) + 2
    return found
