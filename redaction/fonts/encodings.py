"""The one-byte encodings of simple fonts: which glyph name a code has, which character a name means."""

import pikepdf
from fontTools import agl
from fontTools.encodings import MacRoman, StandardEncoding

from ..arrays import codes


def _winansi() -> list[str]:
    names: list[str] = []
    for code in range(256):
        try:
            char = bytes([code]).decode("cp1252")
        except UnicodeDecodeError:
            char = "\u2022"
        names.append(agl.UV2AGL.get(ord(char), ".notdef") if code >= 32 else ".notdef")
    names[0xA0], names[0xAD], names[0x7F] = "space", "hyphen", "bullet"
    return names


STANDARD: list[str] = [str(name) for name in StandardEncoding.StandardEncoding]
MACROMAN: list[str] = [str(name) for name in MacRoman.MacRoman]
WINANSI: list[str] = _winansi()
NAMED = {
    "/WinAnsiEncoding": WINANSI,
    "/MacRomanEncoding": MACROMAN,
    "/StandardEncoding": STANDARD,
}


def character(name: str) -> str:
    """The text a glyph name stands for, or an empty text."""
    known = agl.AGL2UV.get(name)
    if known is not None:
        return chr(known)
    try:
        return str(agl.toUnicode(name))
    except (ValueError, OverflowError):
        return ""


def glyph_names(encoding: pikepdf.Object | None, base: list[str] | None) -> list[str]:
    """The 256 glyph names of a simple font from its /Encoding; `base` is used where it names no other."""
    names = list(base or [".notdef"] * 256)
    if isinstance(encoding, pikepdf.Name):
        return list(NAMED.get(str(encoding), names))
    if isinstance(encoding, pikepdf.Dictionary):
        stated = encoding.get("/BaseEncoding")
        if stated is not None and str(stated) in NAMED:
            names = list(NAMED[str(stated)])
        for code, name in differences(encoding).items():
            names[code] = name
    return names


def differences(encoding: pikepdf.Object | None) -> dict[int, str]:
    """The code to name pairs of an encoding's /Differences."""
    found: dict[int, str] = {}
    if not isinstance(encoding, pikepdf.Dictionary):
        return found
    code = 0
    listed = encoding.get("/Differences")
    for item in _items(listed) if isinstance(listed, pikepdf.Array) else ():
        if isinstance(item, str):
            if 0 <= code < 256:
                found[code] = item
            code += 1
        else:
            code = item
    return found


def _items(listed: pikepdf.Array) -> list[int | str]:
    """Codes and names, the names without their slash."""
    quick = codes(listed)
    if quick is not None:
        return quick
    return [str(item)[1:] if isinstance(item, pikepdf.Name) else int(item) for item in listed]
