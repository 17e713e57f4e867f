"""Every test that docs/asvs.md and docs/sign-in.md name exists under that name, and no text holds a merge half done."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMED = re.compile(r"`([a-z]+/test_\w+\.py)(?:::(test_\w+))?`")


def test_every_named_test_exists() -> None:
    texts = [(TESTS.parent / "docs" / name).read_text(encoding="utf-8") for name in ("asvs.md", "sign-in.md")]
    named = [found for text in texts for found in NAMED.findall(text)]
    assert len(named) > 60
    for file, name in named:
        content = (TESTS / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"^def {name}\(", content, re.MULTILINE), f"{file}::{name}"


def test_no_text_holds_a_merge_half_done() -> None:
    root = TESTS.parent
    texts = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("policies/**/*.md"), *root.glob("redaction/*.md")]
    assert len(texts) > 20
    for path in texts:
        assert not re.search(r"^(<{7}|={7}$|>{7})", path.read_text(encoding="utf-8"), re.MULTILINE), path.name


def test_every_item_has_a_test_or_a_sentence() -> None:
    rows = re.findall(r"^\| (\d[^|]*) \| ([^|]+) \| ([^|]+) \|$", (TESTS.parent / "docs" / "asvs.md").read_text(), re.M)
    assert len(rows) > 35
    for item, _, answer in rows:
        assert NAMED.search(answer) or answer.strip().endswith("."), item
