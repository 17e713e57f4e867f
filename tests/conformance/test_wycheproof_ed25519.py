"""The Ed25519 vectors of Wycheproof, against the verifier's own code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dataroom.audit.verifier import ed25519_verify

VECTORS = json.loads((Path(os.environ["DATAROOM_ORACLES"]) / "wycheproof" / "ed25519_test.json").read_text())
CASES = [(group["publicKey"]["pk"], one) for group in VECTORS["testGroups"] for one in group["tests"]]


def test_all_vectors_are_there() -> None:
    assert len(CASES) == VECTORS["numberOfTests"] >= 150


@pytest.mark.parametrize(("public", "case"), CASES, ids=[str(one["tcId"]) for _, one in CASES])
def test_vector(public: str, case: dict[str, str]) -> None:
    key, signature, message = (bytes.fromhex(one) for one in (public, case["sig"], case["msg"]))
    assert ed25519_verify(key, signature, message) == (case["result"] == "valid")
