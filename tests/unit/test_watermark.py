"""The mark is in the pixels, readable on white and on dark, and never empty."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from dataroom.adapters import watermark

LINES = (
    "Ada Vance <ada@borealis.example>",
    "Borealis Photonics",
    "2026-11-21 22:10:05 UTC",
    "Chart, version 2",
)


def _page(shade: int, size: tuple[int, int] = (800, 1100)) -> Image.Image:
    return Image.new("RGBA", size, (shade, shade, shade, 255))


@pytest.mark.parametrize("shade", [0, 60, 128, 200, 255])
def test_mark_shows_on_every_shade(shade: int) -> None:
    marked = watermark.burn(_page(shade), LINES).convert("L")
    changed = ImageChops.difference(marked, _page(shade).convert("L")).point(lambda v: 255 if v > 18 else 0)
    for quarter in ((0, 0, 400, 550), (400, 0, 800, 550), (0, 550, 400, 1100), (400, 550, 800, 1100)):
        share = changed.crop(quarter).histogram()[255] / (400 * 550)
        assert share > 0.01


def test_mark_leaves_black_text_readable() -> None:
    page = _page(255)
    page.paste((0, 0, 0, 255), (100, 100, 700, 1000))
    marked = watermark.burn(page, LINES).convert("L")
    above_foot = marked.crop((0, 0, 800, 1060))
    assert above_foot.crop((100, 100, 700, 1000)).getextrema()[1] < 90
    assert above_foot.crop((0, 0, 800, 100)).getextrema()[0] > 150


def test_every_line_changes_the_picture() -> None:
    plain = watermark.burn(_page(255), LINES)
    for index in range(len(LINES)):
        other = tuple("Other words" if at == index else line for at, line in enumerate(LINES))
        assert ImageChops.difference(plain, watermark.burn(_page(255), other)).getbbox() is not None


@pytest.mark.parametrize("lines", [(), ("",), ("  ", "\t")])
def test_an_empty_mark_is_an_error(lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="text"):
        watermark.burn(_page(255), lines)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zoë Łukasz-Müller", "Zoe Lukasz-Muller"),
        ("Jürgen Groß", "Jurgen Gross"),
        ("Søren Ærø", "Soren AEro"),
        ("Ольга Щукина", "Ol'ga Shchukina"),
        ("Παπαδόπουλος", "Papadopoulos"),
        ("李", "[U+674E]"),
        ("a\u202eb\x07c", "a b c"),
    ],
)
def test_letters_a_font_lacks_are_written_out(name: str, expected: str) -> None:
    ascii_only = frozenset(range(32, 127))
    assert watermark.drawable(name, ascii_only) == expected


def test_a_font_that_has_the_letters_keeps_them() -> None:
    _, points = watermark.face_for("Zoë Müller")
    assert watermark.drawable("Zoë Müller", points) == "Zoë Müller"


@pytest.mark.parametrize("size", [(16, 16), (1, 4000), (4000, 1), (64, 90), (3000, 200)])
def test_any_size_of_picture_can_be_marked(size: tuple[int, int]) -> None:
    assert watermark.burn(_page(255, size), LINES).size == size


def test_a_small_picture_carries_the_mark_too() -> None:
    marked = watermark.burn(_page(255, (180, 250)), LINES)
    assert ImageChops.difference(marked, _page(255, (180, 250)).convert("RGB")).getbbox() is not None


def test_the_overlay_is_made_once_for_the_same_text_and_size() -> None:
    assert watermark.overlay(LINES, (400, 500)) is watermark.overlay(LINES, (400, 500))
