"""The mark burned into every page image: who looks, for which company, when, at which version.

The lines are tiled across the page on a slant, dark with a light edge so that they read on white and on
dark alike, thin enough to leave the text below legible; a footer repeats them in one upright line. The font
is the first of a short list that has every letter of the text; where none has, the letters are
transliterated, at worst to their code points, so that a mark is never empty. Used in the limited PDF child
only.
"""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from pathlib import Path

import reportlab
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

SLANT = 28
"""Degrees the tiles rise from left to right."""
_INK, _EDGE = (52, 58, 72), (255, 255, 255)
_TILE_INK, _TILE_EDGE, _FOOT_INK, _FOOT_EDGE = 54, 44, 235, 200
_KEPT_PIXELS = 3_000_000  # larger overlays are made anew, so that four kept ones stay small
_FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
    Path("/usr/share/fonts/TTF/DejaVuSans.ttf"),
    Path(reportlab.__file__).parent / "fonts" / "Vera.ttf",
)
_LETTERS = dict(
    pair.split("=")
    for pair in (
        "ß=ss æ=ae œ=oe ø=o đ=d ł=l ħ=h ı=i þ=th ð=d ŋ=ng Æ=AE Œ=OE Ø=O Đ=D Ł=L Ħ=H Þ=TH Ð=D а=a б=b в=v"
        " г=g д=d е=e ё=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh"
        " щ=shch ъ=' ы=y ь=' э=e ю=yu я=ya і=i ї=yi є=ye ґ=g α=a β=b γ=g δ=d ε=e ζ=z η=e θ=th ι=i κ=k λ=l"
        " μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=u φ=f χ=ch ψ=ps ω=o"
    ).split()
)


@lru_cache(maxsize=1)
def _faces() -> tuple[tuple[bytes, frozenset[int]], ...]:
    """The fonts at hand with the code points they can draw; Pillow's own comes last and is always there."""
    files = [path.read_bytes() for path in _FONTS if path.is_file()]
    built_in = ImageFont.load_default(12)
    if isinstance(built_in, ImageFont.FreeTypeFont):
        files.append(built_in.font_bytes)
    return tuple((data, frozenset(TTFont(io.BytesIO(data), lazy=True).getBestCmap() or ())) for data in files)


def face_for(text: str) -> tuple[bytes, frozenset[int]]:
    """The first font that has every letter of `text`, else the one that has most of them: its file and code
    points."""
    wanted = {ord(letter) for letter in text}
    return max(_faces(), key=lambda face: len(wanted & face[1]))


def drawable(text: str, points: frozenset[int]) -> str:
    """`text` with every letter a font lacks replaced: without its accent, in Latin letters, or as
    `[U+4E2D]`."""
    return "".join(_drawable_letter(letter, points) for letter in unicodedata.normalize("NFC", text))


def _drawable_letter(letter: str, points: frozenset[int]) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return " "
    if ord(letter) in points:
        return letter
    lower = _LETTERS.get(letter) or _LETTERS.get(letter.lower())
    if lower:
        return lower if letter.islower() or letter in _LETTERS else lower.capitalize()
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    if plain and plain != letter:
        return "".join(_drawable_letter(part, points) for part in plain)
    return f"[U+{ord(letter):04X}]"


def burn(page: Image.Image, lines: tuple[str, ...]) -> Image.Image:
    """Return `page` (RGBA, opaque) with the mark in its pixels, as RGB. `lines` must say something."""
    if not any(line.strip() for line in lines):
        raise ValueError("a mark needs text")
    make = overlay if page.width * page.height <= _KEPT_PIXELS else overlay.__wrapped__
    return Image.alpha_composite(page, make(lines, page.size)).convert("RGB")


@lru_cache(maxsize=4)
def overlay(lines: tuple[str, ...], size: tuple[int, int]) -> Image.Image:
    """The transparent picture that is laid over a page of `size` pixels."""
    data, points = face_for("".join(lines))
    text = tuple(drawable(line, points) for line in lines if line.strip())
    sheet = Image.new("RGBA", size, (*_INK, 0))
    tile = _tile(text, data, max(9, round(min(size) / 50)))
    least = min(size) / 4
    across, down = round(max(least, tile.width * 0.98, 1)), round(max(least, tile.height * 0.86, 1))
    for row, top in enumerate(range(-tile.height // 3, size[1], down)):
        start = -tile.width // 4 - (across // 2 if row % 2 else 0)
        for left in range(start, size[0], across):
            _lay(sheet, tile, left, top)
    foot = _footer(text, data, size[0])
    _lay(sheet, foot, (size[0] - foot.width) // 2, size[1] - foot.height - max(2, size[1] // 220))
    return sheet


def _lay(sheet: Image.Image, piece: Image.Image, left: int, top: int) -> None:
    box = (
        max(0, -left),
        max(0, -top),
        min(piece.width, sheet.width - left),
        min(piece.height, sheet.height - top),
    )
    if box[0] < box[2] and box[1] < box[3]:
        sheet.alpha_composite(piece, (max(0, left), max(0, top)), box)


def _tile(text: tuple[str, ...], data: bytes, points: int) -> Image.Image:
    block = _written("\n".join(text), data, points, (_TILE_INK, _TILE_EDGE))
    return block.rotate(SLANT, Image.Resampling.BICUBIC, expand=True, fillcolor=(*_INK, 0))


def _footer(text: tuple[str, ...], data: bytes, width: int) -> Image.Image:
    """One line, shrunk until it fits; a very long one is narrowed rather than cut."""
    line, points = "  ·  ".join(text), max(8, round(width / 72))
    piece = _written(line, data, points, (_FOOT_INK, _FOOT_EDGE))
    while piece.width > width * 0.96 and points > 7:
        points -= 1
        piece = _written(line, data, points, (_FOOT_INK, _FOOT_EDGE))
    if piece.width > width:
        piece = piece.resize((max(1, round(width * 0.98)), piece.height), Image.Resampling.LANCZOS)
    return piece


def _written(text: str, data: bytes, points: int, opacity: tuple[int, int]) -> Image.Image:
    font, edge = ImageFont.truetype(io.BytesIO(data), points), max(1, points // 14)
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    box = probe.multiline_textbbox((0, 0), text, font=font, stroke_width=edge, align="center")
    size = (int(box[2] - box[0]) + 2, int(box[3] - box[1]) + 2)
    ink, wide = Image.new("L", size, 0), Image.new("L", size, 0)
    at = (1 - box[0], 1 - box[1])
    ImageDraw.Draw(wide).multiline_text(at, text, font=font, fill=255, stroke_width=edge, align="center")
    ImageDraw.Draw(ink).multiline_text(at, text, font=font, fill=255, align="center")
    piece = Image.new("RGBA", size, (*_EDGE, 0))
    piece.putalpha(wide.point([value * opacity[1] // 255 for value in range(256)]))
    letters = Image.new("RGBA", size, (*_INK, 0))
    letters.putalpha(ink.point([value * opacity[0] // 255 for value in range(256)]))
    return Image.alpha_composite(piece, letters)
