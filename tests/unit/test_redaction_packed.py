"""Pictures that are only deflated stay packed as they are, unless their packing holds more or less than their samples."""

import random
import zlib
from collections.abc import Iterator

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from redaction.graphics.copier import Copier
from redaction.images import clean_copy

WIDTH, HEIGHT = 20, 10
SAMPLES = random.Random(7).randbytes(WIDTH * HEIGHT * 3)
ROWS = [SAMPLES[at : at + WIDTH * 3] for at in range(0, len(SAMPLES), WIDTH * 3)]
PNG = Dictionary(Predictor=12, Colors=3, BitsPerComponent=8, Columns=WIDTH)


@pytest.fixture
def files() -> Iterator[tuple[pikepdf.Pdf, pikepdf.Pdf]]:
    """A source and an output."""
    with pikepdf.new() as source, pikepdf.new() as out:
        yield source, out


def _copied(files: tuple[pikepdf.Pdf, pikepdf.Pdf], raw: bytes, parms: Dictionary | None = None) -> pikepdf.Stream:
    source, out = files
    image = pikepdf.Stream(source, b"")
    image.Subtype, image.Width, image.Height = Name.Image, WIDTH, HEIGHT
    image.ColorSpace, image.BitsPerComponent = Name.DeviceRGB, 8
    image.write(raw, filter=Name.FlateDecode, decode_parms=parms)
    copy = clean_copy(image, Copier(out), None)
    assert isinstance(copy, pikepdf.Stream)
    return copy


def test_what_holds_the_samples_alone_stays_packed(files: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    raw = zlib.compress(SAMPLES)
    copy = _copied(files, raw)
    assert copy.read_raw_bytes() == raw
    assert copy.read_bytes() == SAMPLES
    assert "/DecodeParms" not in copy


def test_bytes_behind_the_packing_go(files: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    raw = zlib.compress(SAMPLES)
    assert _copied(files, raw + b"secret").read_raw_bytes() == raw
    assert _copied(files, raw + bytes(100_000) + b"secret").read_raw_bytes() == raw


def test_rows_with_a_filter_of_png_stay_packed(files: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    raw = zlib.compress(b"".join(b"\0" + row for row in ROWS))
    copy = _copied(files, raw, PNG)
    assert copy.read_raw_bytes() == raw
    assert copy.read_bytes() == SAMPLES
    assert dict(copy.DecodeParms.items()) == {**dict(PNG.items()), "/Predictor": 15}


@pytest.mark.parametrize(
    ("raw", "parms"),
    [
        (zlib.compress(SAMPLES + b"secret"), None),
        (zlib.compress(SAMPLES) + zlib.compress(b"secret"), None),
        (zlib.compress(SAMPLES[:-4]), None),
        (zlib.compress(b"".join(b"\x09" + row for row in ROWS)), PNG),
        (zlib.compress(SAMPLES, level=0), Dictionary(Predictor=2, Colors=3, BitsPerComponent=8, Columns=WIDTH)),
        (zlib.compress(b"".join(b"\0" + row for row in ROWS)), Dictionary(Predictor=15, Colors=1, Columns=WIDTH * 3)),
    ],
)
def test_nothing_but_samples_is_in_the_copy(
    files: tuple[pikepdf.Pdf, pikepdf.Pdf], raw: bytes, parms: Dictionary | None
) -> None:
    copy = _copied(files, raw, parms)
    assert len(copy.read_bytes()) == len(SAMPLES)
    assert b"secret" not in copy.read_bytes()
    assert b"secret" not in copy.read_raw_bytes()


def test_a_packing_of_many_empty_blocks_is_written_anew(files: tuple[pikepdf.Pdf, pikepdf.Pdf]) -> None:
    raw = zlib.compress(SAMPLES, level=0)
    long = raw[:2] + b"\0\0\0\xff\xff" * 2000 + raw[2:]
    assert zlib.decompress(long) == SAMPLES
    assert len(_copied(files, long).read_raw_bytes()) < len(SAMPLES) + 100
