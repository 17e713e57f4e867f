"""Hostile files handed to the redaction in the limited child: a copy or a refusal by name, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dataroom.adapters.sandbox import Sandbox
from dataroom.errors import Invalid
from tests.integration import sandbox_files as files

SECONDS = 4.0
SALT = bytes(32)
PLAN = {"marks": [{"page": 1, "box": [10, 10, 200, 200], "code": "TS", "rationale": "Nothing in particular."}]}
RESOURCES = b"<</Font<</F 9 0 R>>/Pattern<</P 8 0 R>>/XObject<</X 7 0 R>>/ExtGState<</G 10 0 R>>>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    room = Sandbox(size=1, heavy_size=1, heavy_memory=1200 << 20, heavy_seconds=SECONDS, patience=60.0)
    yield room
    room.close()


def pattern_loop() -> bytes:
    """A pattern that fills its own cell with itself."""
    cell = (
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9"
        b"/Resources<</Pattern<</P 8 0 R>>>>"
    )
    own = files.stream(b"/Pattern cs /P scn 0 0 9 9 re f", cell)
    return files.one_page(
        files.stream(b"/Pattern cs /P scn 0 0 300 300 re f"), RESOURCES, {7: FONT, 8: own, 9: FONT, 10: b"<<>>"}
    )


def font_loop() -> bytes:
    """A drawn font whose procedure shows a letter of the same font."""
    proc = files.stream(b"9 0 d0 BT /F 1 Tf (a) Tj ET")
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 8 0 R>>/FirstChar 97"
        b"/LastChar 97/Widths[9]/Encoding<</Differences[97/a]>>/Resources<</Font<</F 9 0 R>>>>>>"
    )
    return files.one_page(
        files.stream(b"BT /F 9 Tf 20 20 Td (aaa) Tj ET"), RESOURCES, {7: FONT, 8: proc, 9: font, 10: b"<<>>"}
    )


def mask_loop() -> bytes:
    """A soft mask whose group sets the same soft mask."""
    group = files.stream(
        b"/G gs 0 0 9 9 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Group<</S/Transparency>>/Resources<</ExtGState<</G 10 0 R>>>>",
    )
    state = b"<</SMask<</S/Alpha/G 7 0 R>>>>"
    return files.one_page(files.stream(b"/G gs 0 0 300 300 re f"), RESOURCES, {7: group, 8: FONT, 9: FONT, 10: state})


def many_operators() -> bytes:
    """More operators than are read, in some fifty kilobytes."""
    return files.one_page(files.stream(b"q Q " * (12 << 20)))


def deep_array(depth: int) -> bytes:
    """Arrays in arrays as an operand."""
    return files.one_page(files.stream(b"[" * depth + b"]" * depth + b" TJ"))


def deep_state(depth: int) -> bytes:
    """States saved and never taken back."""
    return files.one_page(files.stream(b"q " * depth + b"0 0 9 9 re f"))


def broken_table() -> bytes:
    """A file whose cross-references lead anywhere, with a page that names itself as its contents."""
    data = files.one_page(files.stream(b"0 0 9 9 re f"))
    cut = data[: data.rindex(b"startxref")].replace(b"00000 n", b"00001 n")
    return cut + b"startxref\n7\n%%EOF"


CASES = {
    "page-loop": files.page_loop,
    "form-loop": files.form_loop,
    "form-bomb": files.form_bomb,
    "flate-bomb": lambda: files.flate_bomb(100),
    "image-bomb": files.image_bomb,
    "pattern-loop": pattern_loop,
    "font-loop": font_loop,
    "mask-loop": mask_loop,
    "many-operators": many_operators,
    "deep-array": lambda: deep_array(100_000),
    "deep-state": lambda: deep_state(200_000),
    "broken-table": broken_table,
    "huge-page": lambda: files.letters(1).replace(b"/MediaBox [ 0 0 595 842 ]", b"/MediaBox [ 0 0 1e9 1e9 ]"),
    "no-page": lambda: files.letters(1).replace(b"/MediaBox [ 0 0 595 842 ]", b"/MediaBox [ 0 0 0 0 ]"),
    "locked": lambda: files.locked("sesame"),
}
UNDERSTOOD = {"broken-table", "deep-array", "huge-page"}
"""Files the engine may understand and redact all the same; the others are refused."""
NAMED = {
    "broken", "encrypted", "form", "content", "operand", "pattern", "soft-mask", "font", "image-data", "could-not-process",
    "redaction-failed", "outside",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_redacted_or_refused_by_name(sandbox: Sandbox, name: str) -> None:
    began = time.monotonic()
    source = files.source(CASES[name](), name)
    try:
        made = sandbox.redact(source, PLAN, SALT)
        checks = sandbox.verify(files.source(made.output, f"{name}-copy"), source, made.report, PLAN)
        assert all(check.passed for check in checks)
        outcome = "redacted"
    except Invalid as refused:
        outcome = refused.code
    assert outcome in NAMED or outcome.startswith("too-") or (outcome == "redacted" and name in UNDERSTOOD)
    assert time.monotonic() - began < 8 * SECONDS


def test_the_next_document_is_redacted_as_if_nothing_had_been(sandbox: Sandbox) -> None:
    with pytest.raises(Invalid):
        sandbox.redact(files.source(files.form_bomb(), "bomb"), PLAN, SALT)
    assert sandbox.redact(files.source(files.letters(1), "calm"), PLAN, SALT).output.startswith(b"%PDF-")
