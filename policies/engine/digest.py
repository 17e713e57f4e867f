"""Which files are the law, and one digest over all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from policies.engine.errors import LawError

LISTS = ("categories.toml", "rationales.toml", "tiers.toml", "transfers.toml")


def law_files(folder: Path) -> list[Path]:
    """Every file that is law, sorted by its path relative to `folder`. Files that look like law in the wrong
    place are refused, so that nobody believes in a rule that is not read."""
    found = [folder / name for name in LISTS]
    found += [folder / "access" / "schema.cedarschema"]
    found += [*(folder / "access").glob("*.cedar"), *(folder / "retention").glob("*.toml")]
    stray = [*folder.rglob("*.cedar"), *folder.rglob("*.cedarschema"), *folder.rglob("*.toml")]
    for path in stray:
        if path not in found:
            raise LawError(f"{path.relative_to(folder)}: not a file the law consists of")
    for path in found:
        if not path.is_file() or path.is_symlink():
            raise LawError(f"{path.relative_to(folder)}: missing, or not a plain file")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def law_contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every law file by its path relative to `folder`."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in law_files(folder)}


def digest_of(folder: Path) -> str:
    """The digest of the law in a folder."""
    return digest_over(law_contents(folder))


def digest_over(contents: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over, for each law file in order of its relative path: that path, a zero byte, its length as
    eight bytes big-endian, its bytes."""
    total = hashlib.sha256()
    for name in sorted(contents):
        total.update(name.encode() + b"\0")
        total.update(len(contents[name]).to_bytes(8, "big") + contents[name])
    return total.hexdigest()
