"""The list of attacks is whole, and every test it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LIST = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[a-z_/0-9]+\.py)::(test_[a-z0-9_]+)`", LIST)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_the_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_list_is_whole() -> None:
    objects, log = LIST.split("## Log")
    rows = [line for line in objects.splitlines() if re.match(r"\| \d+ \|", line)]
    assert {int(line.split("|")[1]) for line in rows} == set(range(1, 18))
    played = [line for line in log.splitlines() if line.startswith("| ")][1:]
    assert all(re.search(r"`tests/.*::test_.*` \|$", line) for line in rows + played)
    assert len(NAMED) == len(rows) + len(played)
