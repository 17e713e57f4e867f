"""Generated logs: the frontier and the proofs agree with the definition, and nothing else passes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataroom.audit import tree, verifier
from dataroom.errors import DataroomError, Tampered

LEAVES = [tree.leaf_hash(one.to_bytes(2, "big")) for one in range(600)]
SIZES = st.integers(1, len(LEAVES))


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


@given(SIZES)
def test_three_ways_to_the_root_agree(size: int) -> None:
    frontier = tree.Frontier()
    for leaf in LEAVES[:size]:
        frontier = frontier.append(leaf)
    expected = defined_root(LEAVES[:size])
    assert frontier.root() == tree.root_of(LEAVES[:size]) == expected
    assert verifier.roots(b"".join(LEAVES[:size]), {size})[size] == expected
    assert tree.Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(SIZES, st.data())
def test_inclusion_is_proved_for_its_own_leaf_alone(size: int, data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    root, proof = tree.root_of(LEAVES[:size]), tree.inclusion_proof(LEAVES[:size], index)
    tree.verify_inclusion(LEAVES[index], index, size, proof, root)
    assume(index != other)
    for leaf, place in ((LEAVES[other], index), (LEAVES[index], other)):
        with pytest.raises(Tampered):
            tree.verify_inclusion(leaf, place, size, proof, root)


@given(SIZES, st.data())
def test_consistency_is_proved_for_its_own_sizes_alone(size: int, data: st.DataObject) -> None:
    old, other = (data.draw(st.integers(1, size)) for _ in range(2))
    old_root, root = tree.root_of(LEAVES[:old]), tree.root_of(LEAVES[:size])
    proof = tree.consistency_proof(LEAVES[:size], old)
    tree.verify_consistency(old, size, old_root, root, proof)
    assume(old != other)
    with pytest.raises(Tampered):
        tree.verify_consistency(other, size, old_root, root, proof)


@given(SIZES, st.data())
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    old_root, root = tree.root_of(LEAVES[:old]), tree.root_of(LEAVES[:size])
    proof = tree.consistency_proof(LEAVES[:size], old)
    assume(proof)
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
    for wrong in (
        [*proof[:place], changed, *proof[place + 1 :]],
        proof[:place] + proof[place + 1 :],
        [*proof[:place], proof[place], *proof[place:]],
    ):
        with pytest.raises(Tampered):
            tree.verify_consistency(old, size, old_root, root, wrong)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frontier_or_refused(data: bytes) -> None:
    try:
        frontier = tree.Frontier.from_bytes(data)
    except DataroomError:
        return
    assert frontier.to_bytes() == data
