"""Proofs of transparency-dev/merkle, mostly hostile: the tree code accepts and refuses what they say.

One rule is stricter here and is applied to the expectation: a hash has 32 bytes, a subtree is not empty.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dataroom.audit import tree
from dataroom.errors import DataroomError

FOLDER = Path(os.environ["DATAROOM_ORACLES"]) / "rfc6962"
CASES = sorted(FOLDER.glob("**/*.json"))


def b64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def verify(case: dict[str, Any]) -> None:
    """Run the verification that the members of the case ask for."""
    proof = [b64(one) for one in case["proof"] or []]
    if "leafIdx" in case and "start" in case:
        part = (case["start"], case["end"])
        tree.verify_subtree_inclusion(b64(case["leafHash"]), case["leafIdx"], part, proof, b64(case["root"]))
    elif "leafIdx" in case:
        place = (case["leafIdx"], case["treeSize"])
        tree.verify_inclusion(b64(case["leafHash"]), *place, proof, b64(case["root"]))
    elif "start" in case:
        part = (case["start"], case["end"])
        roots = (b64(case["root1"]), b64(case["root2"]))
        tree.verify_subtree_consistency(part, case["size"], *roots, proof)
    else:
        roots = (b64(case["root1"]), b64(case["root2"]))
        tree.verify_consistency(case["size1"], case["size2"], *roots, proof)


def stricter_here(case: dict[str, Any]) -> bool:
    hashes = [b64(case[name]) for name in ("root", "root1", "root2", "leafHash") if name in case]
    return any(len(one) != 32 for one in hashes) or case.get("start", 0) == case.get("end", 1)


def test_the_vectors_are_there() -> None:
    kinds = {path.relative_to(FOLDER).parts[0] for path in CASES}
    assert {"inclusion", "consistency"} <= kinds
    assert len(CASES) > 190


@pytest.mark.parametrize("path", CASES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_vector(path: Path) -> None:
    case = json.loads(path.read_text())
    if case["wantErr"] or stricter_here(case):
        with pytest.raises(DataroomError):
            verify(case)
    else:
        verify(case)
