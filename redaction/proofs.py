"""The proof document: what anybody may hold to re-run the public checks. Signing (`signing`) is for whoever issues it.

It tells nothing that the result does not show: no rationale, no place of a word before a line was laid out anew, no
hash of the original (short documents could be guessed), but a commitment that only the holder of the salt can open.
"""

import hmac
import platform
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version

from .checks import added, verify
from .geometry import Polygon
from .report import ENGINE_VERSION, Check, FinalMark, Result
from .signing import FORMAT, is_signed

TOOLS = ("pikepdf", "pypdfium2", "pdfminer.six", "fonttools", "pillow", "numpy")
MIN_SALT = 16


def proof(result: Result, original: bytes, salt: bytes) -> dict[str, object]:
    """The proof of one run as plain JSON values. `salt` (at least 16 random bytes) stays with the original."""
    if len(salt) < MIN_SALT:
        raise ValueError("the salt is too short")
    report = result.report
    return {
        "format": FORMAT,
        "engine": report.engine,
        "tools": {name: version(name) for name in TOOLS} | {"python": platform.python_version()},
        "output": {
            "sha256": sha256(result.output).hexdigest(),
            "size": len(result.output),
            "pages": report.pages,
            "title": report.title,
        },
        "original": {"commitment": commitment(original, salt)},
        "marks": [_public(mark) for mark in report.marks],
        "removed": dict(report.removed),
        "notes": list(report.notes),
        "checks": [{"name": check.name, "passed": check.passed} for check in report.checks],
    }


def commitment(original: bytes, salt: bytes) -> str:
    """HMAC-SHA-256 of the document's SHA-256 under the salt, in hexadecimal."""
    return hmac.new(salt, sha256(original).digest(), "sha256").hexdigest()


def _public(mark: FinalMark) -> dict[str, object]:
    return {"id": mark.id, "page": mark.page, "quad": mark.quad, "level": mark.level, "code": mark.code}


def verify_proof(output: bytes, held: Mapping[str, object], key: str | None = None) -> tuple[Check, ...]:
    """The public tier: the checks that need the result and its proof alone, and with `key` the signature by it.

    What follows the proven bytes, as the stamp of a download does, must add to the pages and change nothing. Raises
    ValueError for another format, or when `key` is not a verifier key.
    """
    if held.get("format") != FORMAT:
        raise ValueError("this is not a proof of a redaction")
    listed, stated = held.get("marks"), held.get("output")
    if not isinstance(listed, list) or not isinstance(stated, Mapping):
        raise ValueError("the proof is incomplete")
    found = []
    if key is not None:
        found.append(Check("signature", is_signed(held, key), "The proof is signed by the key given."))
    proven = proven_part(output, held)
    same = hmac.compare_digest(str(stated.get("sha256")), sha256(proven).hexdigest())
    found.append(Check("same-file", same, "The file is the one the proof speaks of."))
    if same and len(proven) < len(output):
        found.append(added.check(proven, output))
    told = held.get("checks")
    passed = isinstance(told, list) and bool(told) and all(item.get("passed") is True for item in told)
    found.append(Check("all-passed", passed, "Every check the proof lists was passed when the copy was made."))
    engine = held.get("engine") == ENGINE_VERSION
    found.append(Check("same-engine", engine, "The proof was made by this version of the engine."))
    return (*found, *verify(proven, [_mark(item) for item in listed], title=str(stated.get("title", ""))))


def proven_part(output: bytes, held: Mapping[str, object]) -> bytes:
    """The bytes the proof speaks of: `output` without what was appended to it."""
    stated = held.get("output")
    size = stated.get("size") if isinstance(stated, Mapping) else None
    return output[:size] if isinstance(size, int) and size >= 0 else output


def opens(held: Mapping[str, object], original: bytes, salt: bytes) -> Check:
    """Whether the proof commits to this original under this salt."""
    stated = held.get("original")
    value = stated.get("commitment") if isinstance(stated, Mapping) else None
    same = hmac.compare_digest(str(value), commitment(original, salt))
    return Check("commitment", same, "The proof commits to this original.")


def _mark(item: Mapping[str, object]) -> FinalMark:
    corners = item["quad"]
    if not isinstance(corners, list | tuple):
        raise ValueError("the proof has a mark without corners")
    quad: Polygon = tuple((float(x), float(y)) for x, y in corners)
    level = str(item["level"])
    return FinalMark(str(item["id"]), int(str(item["page"])), quad, level, level, str(item["code"]), "")
