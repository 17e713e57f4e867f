"""The Merkle tree: known roots, frontier, proofs from leaves and from stored subtrees, refused lengths."""

from __future__ import annotations

import hashlib

import pytest

from dataroom.audit import tree
from dataroom.errors import Invalid, Tampered

# The eight leaves used by the reference tests of certificate transparency, and the roots they publish.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [tree.leaf_hash(bytes.fromhex(one)) for one in INPUTS]
MANY = [tree.leaf_hash(bytes([one])) for one in range(70)]


def test_known_roots() -> None:
    assert tree.EMPTY_ROOT == tree.root_of([]) == tree.Frontier().root() == hashlib.sha256(b"").digest()
    frontier = tree.Frontier()
    for size, expected in enumerate(ROOTS, 1):
        frontier = frontier.append(LEAVES[size - 1])
        assert frontier.root().hex() == tree.root_of(LEAVES[:size]).hex() == expected


def test_leaf_and_node_hashes_are_kept_apart() -> None:
    assert tree.leaf_hash(LEAVES[0] + LEAVES[1]) != tree.node_hash(LEAVES[0], LEAVES[1])


def test_frontier_survives_its_bytes() -> None:
    frontier = tree.Frontier()
    for leaf in MANY:
        assert tree.Frontier.from_bytes(frontier.to_bytes()) == frontier
        frontier = frontier.append(leaf)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"\0" * 9,
        b"\0" * 40,
        (1).to_bytes(8, "big"),
        (1).to_bytes(8, "big") + b"\0" * 31,
        (1).to_bytes(8, "big") + b"\0" * 33,
        (2).to_bytes(8, "big") + b"\0" * 64,
        (3).to_bytes(8, "big") + b"\0" * 32,
        (2**63).to_bytes(8, "big") + b"\0" * 32,
    ],
)
def test_frontier_of_wrong_length_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        tree.Frontier.from_bytes(data)


@pytest.mark.parametrize("leaf", [b"", b"\0" * 31, b"\0" * 33])
def test_non_32_byte_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(Invalid):
        tree.Frontier().append(leaf)
    with pytest.raises(Invalid):
        tree.root_of([leaf])


def test_every_proof_of_small_trees_holds() -> None:
    for size in range(1, 34):
        root = tree.root_of(MANY[:size])
        for index in range(size):
            proof = tree.inclusion_proof(MANY[:size], index)
            tree.verify_inclusion(MANY[index], index, size, proof, root)
        for old in range(size + 1):
            proof = tree.consistency_proof(MANY[:size], old)
            tree.verify_consistency(old, size, tree.root_of(MANY[:old]), root, proof)


def test_proofs_from_stored_subtrees_equal_those_from_leaves() -> None:
    every = tree.hashes_of(MANY)
    stored = {place: every(*place) for index in range(len(MANY)) for place in tree.completed_by(index)}
    for size in (1, 2, 7, 8, 9, 64, 65, 70):
        for index in range(size):
            ranges = tree.inclusion_ranges(index, size)
            found = [tree.range_root(part, lambda level, at: stored[level, at]) for part in ranges]
            assert found == tree.inclusion_proof(MANY[:size], index)
        for old in range(size):
            ranges = tree.consistency_ranges(old, size)
            found = [tree.range_root(part, lambda level, at: stored[level, at]) for part in ranges]
            assert found == tree.consistency_proof(MANY[:size], old)


def test_completed_subtrees() -> None:
    assert tree.completed_by(0) == ((0, 0),)
    assert tree.completed_by(4) == ((0, 4),)
    assert tree.completed_by(7) == ((0, 7), (1, 3), (2, 1), (3, 0))
    with pytest.raises(Invalid):
        tree.hashes_of(LEAVES)(2, 2)


def test_inclusion_proof_too_long_or_too_short() -> None:
    root, proof = tree.root_of(LEAVES), tree.inclusion_proof(LEAVES, 3)
    for wrong in (proof[:-1], proof[1:], [*proof, root], [root, *proof], []):
        with pytest.raises(Tampered):
            tree.verify_inclusion(LEAVES[3], 3, 8, wrong, root)


def test_inclusion_of_another_leaf_place_or_root() -> None:
    root, proof = tree.root_of(LEAVES), tree.inclusion_proof(LEAVES, 3)
    for leaf, index, other in ((LEAVES[2], 3, root), (LEAVES[3], 2, root), (LEAVES[3], 3, LEAVES[0])):
        with pytest.raises(Tampered):
            tree.verify_inclusion(leaf, index, 8, proof, other)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4), (0, -1), (0, 2**63)])
def test_inclusion_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(Invalid):
        tree.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_consistency_proof_too_long_or_too_short() -> None:
    old, new = tree.root_of(LEAVES[:5]), tree.root_of(LEAVES)
    proof = tree.consistency_proof(LEAVES, 5)
    for wrong in (proof[:-1], proof[1:], [*proof, new], [old, *proof], []):
        with pytest.raises(Tampered):
            tree.verify_consistency(5, 8, old, new, wrong)


def test_consistency_of_a_rewritten_log() -> None:
    rewritten = [*LEAVES[:2], LEAVES[0], *LEAVES[3:]]
    with pytest.raises(Tampered):
        tree.verify_consistency(
            5, 8, tree.root_of(LEAVES[:5]), tree.root_of(rewritten), tree.consistency_proof(rewritten, 5)
        )


def test_size_0_is_held_to_the_empty_root() -> None:
    root = tree.root_of(LEAVES)
    tree.verify_consistency(0, 0, tree.EMPTY_ROOT, tree.EMPTY_ROOT, [])
    tree.verify_consistency(0, 8, tree.EMPTY_ROOT, root, [])
    for old_root, new, new_root, proof in (
        (root, 8, root, []),
        (tree.EMPTY_ROOT, 0, root, []),
        (tree.EMPTY_ROOT, 8, root, [root]),
    ):
        with pytest.raises(Tampered):
            tree.verify_consistency(0, new, old_root, new_root, proof)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    root = tree.root_of(LEAVES)
    tree.verify_consistency(8, 8, root, root, [])
    for other, proof in ((LEAVES[0], []), (root, [root])):
        with pytest.raises(Tampered):
            tree.verify_consistency(8, 8, root, other, proof)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 4), (-1, -1), (0, -1), (1, 0)])
def test_consistency_of_impossible_sizes(old: int, new: int) -> None:
    with pytest.raises(Invalid):
        tree.verify_consistency(old, new, tree.EMPTY_ROOT, tree.EMPTY_ROOT, [])
    with pytest.raises(Invalid):
        tree.consistency_ranges(old, new)


@pytest.mark.parametrize("bad", [b"", b"\0" * 31, b"\0" * 33])
def test_non_32_byte_hashes_in_proofs_are_refused(bad: bytes) -> None:
    good = LEAVES[0]
    for leaf, proof, root in ((bad, [good], good), (good, [bad], good), (good, [good], bad)):
        with pytest.raises(Invalid):
            tree.verify_inclusion(leaf, 0, 2, proof, root)
        with pytest.raises(Invalid):
            tree.verify_consistency(1, 2, leaf, root, proof)


def test_subtree_proofs() -> None:
    root = tree.root_of(LEAVES[:7])
    part = tree.root_of(LEAVES[4:6])
    tree.verify_subtree_inclusion(LEAVES[5], 5, (4, 6), [LEAVES[4]], part)
    rest = [LEAVES[6], tree.root_of(LEAVES[:4])]
    tree.verify_subtree_consistency((4, 6), 7, part, root, rest)
    with pytest.raises(Tampered):
        tree.verify_subtree_consistency((4, 6), 7, LEAVES[4], root, rest)
    for wrong in ((5, 7), (4, 4), (6, 4), (-2, 0), (4, 9)):
        with pytest.raises(Invalid):
            tree.verify_subtree_consistency(wrong, 7, part, root, rest)
