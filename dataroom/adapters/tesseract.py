"""Where Tesseract's library and language data are on this machine, for whoever asks and for the child that reads.

Nothing is loaded here. Both are optional: where one is missing, `languages` is empty and nothing is read.
Every installed language takes part, English first, at most three.
"""

from __future__ import annotations

import glob
from functools import cache
from pathlib import Path

DATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract/tessdata", "/usr/share/tessdata")
"""Folders where distributions keep language data."""
_LIBRARIES = ("/usr/lib/*/libtesseract.so.5*", "/usr/lib/libtesseract.so.5*", "/usr/lib64/libtesseract.so.5*")
_MOST_LANGUAGES = 3


@cache
def library() -> str:
    """The path of the shared library; empty where it is not installed."""
    return next((path for pattern in _LIBRARIES for path in sorted(glob.glob(pattern))), "")


@cache
def data() -> str:
    """The folder of the language data; empty where there is none."""
    return next((folder for folder in DATA if Path(folder, "eng.traineddata").is_file()), "")


@cache
def languages() -> tuple[str, ...]:
    """The languages that can be read, by Tesseract's names; none where it is not installed."""
    if not library() or not data():
        return ()
    found = {path.stem for path in Path(data()).glob("*.traineddata")} - {"osd", "equ"}
    return tuple(sorted(found, key=lambda name: (name != "eng", name))[:_MOST_LANGUAGES])
