"""What the PDF child tells for a survey of marks: which words marks hide, and a sketch of a document's text.

A sketch is the least values of many hash functions over all runs of five words (minhash: A. Broder, 1997): the part of
places in which two sketches agree estimates how much of their text two documents share.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pypdfium2 as pdfium

import redaction

VALUES = 128
"""How many values a sketch has."""
RUN = 5
"""Words in a run."""
PHRASE = 6
"""Most words of a mark that are looked for as they stand; of longer ones, names and numbers alone are."""
MOST_PHRASES = 200
_WORD = re.compile(r"\w+")
_FACTORS, _OFFSETS = (
    [
        np.uint64(int.from_bytes(hashlib.blake2b(b"%d %d" % (which, n), digest_size=8).digest()) | 1)
        for n in range(VALUES)
    ]
    for which in (0, 1)
)
Box = Sequence[float]


def hidden(data: bytes, marks: Mapping[int, Sequence[Box]]) -> list[str]:
    """The phrases that boxes on pages (from 1) cover, each once, in reading order."""
    found: dict[str, None] = {}
    for page in sorted(marks):
        words = redaction.words(data, page)
        for box in marks[page]:
            covered = [word.text for word in words if _covers(box, word.box)]
            found.update(dict.fromkeys(_phrases(covered)))
    return list(found)[:MOST_PHRASES]


def _covers(box: Box, word: Box) -> bool:
    across = min(box[2], word[2]) - max(box[0], word[0])
    up = min(box[3], word[3]) - max(box[1], word[1])
    area = (word[2] - word[0]) * (word[3] - word[1])
    return across > 0 and up > 0 and across * up >= 0.5 * area


def _phrases(words: Sequence[str]) -> Iterator[str]:
    plain = [word.strip(".,;:!?()[]{}\"'“”‘’") for word in words]
    plain = [word for word in plain if word]
    if len(plain) <= PHRASE:
        phrase = " ".join(plain)
        if len(phrase) >= 3:
            yield phrase
        return
    for before, word in itertools.pairwise(plain):
        number = len(word) >= 3 and any(c.isdigit() for c in word)
        if number or (len(word) >= 4 and word[0].isupper() and before[-1] not in ".!?"):
            yield word


def sketch(document: pdfium.PdfDocument) -> list[int]:
    """The sketch of a document's text; empty where there are too few words to tell."""
    runs = np.fromiter(set(_runs(_words(document))), dtype=np.uint64)
    if not len(runs):
        return []
    hashed = ((runs * factor + offset) >> np.uint64(32) for factor, offset in zip(_FACTORS, _OFFSETS, strict=True))
    return [int(values.min()) for values in hashed]


def _words(document: pdfium.PdfDocument) -> Iterator[str]:
    for index in range(len(document)):
        page = document[index]
        try:
            yield from (word.casefold() for word in _WORD.findall(page.get_textpage().get_text_range()))
        finally:
            page.close()


def _runs(words: Iterable[str]) -> Iterator[int]:
    held: list[str] = []
    for word in words:
        held = [*held[1 - RUN :], word] if len(held) >= RUN else [*held, word]
        if len(held) == RUN:
            yield int.from_bytes(hashlib.blake2b(" ".join(held).encode(), digest_size=8).digest())
