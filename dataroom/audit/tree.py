"""The Merkle tree of RFC 6962: hashes, the frontier a log keeps, proofs, and their verification.

A hash is always 32 bytes (SHA-256). Indexes start at 0. Verification raises and never returns a verdict
that a caller could forget to read: `Tampered` when a proof does not prove, `Invalid` when an argument is
malformed.

Proofs are planned as lists of leaf ranges, apart from where hashes come from: `hashes_of` reads them from a
list of leaf hashes; a log that stores complete subtrees passes its own `node(level, index)` to `range_root`
instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataroom.errors import Invalid, Tampered

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""`node(level, index)`: the root of the complete subtree over leaves [index << level, index + 1 << level)."""

Range = tuple[int, int]
"""Leaves [start, end); start is a multiple of the smallest power of two that is not below end - start."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry: SHA-256 of a zero byte and the entry's bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two nodes: SHA-256 of a one byte, the left and the right hash."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that a log needs of its tree in order to grow: the roots of its complete subtrees, widest first.

    There is one hash for every 1 bit of `size`; anything else is `Invalid`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        _check_size(self.size, 0)
        if len(self.hashes) != self.size.bit_count():
            raise Invalid(
                f"a frontier of {self.size} leaves has {self.size.bit_count()} hashes, not {len(self.hashes)}"
            )
        for one in self.hashes:
            _check_hash(one)

    def append(self, leaf: bytes) -> Frontier:
        """The frontier after one more leaf hash."""
        _check_hash(leaf)
        hashes, size = list(self.hashes), self.size
        while size & 1:
            leaf = node_hash(hashes.pop(), leaf)
            size >>= 1
        return Frontier(self.size + 1, (*hashes, leaf))

    def root(self) -> bytes:
        """The root hash at this size; of no leaves, the hash of nothing."""
        return _fold(self.hashes) if self.hashes else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """The size as 8 bytes big-endian, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """The frontier written by `to_bytes`; any other length is `Invalid`."""
        if len(data) < 8 or (len(data) - 8) % HASH_BYTES:
            raise Invalid("a stored frontier is 8 bytes and whole hashes")
        hashes = tuple(data[at : at + HASH_BYTES] for at in range(8, len(data), HASH_BYTES))
        return cls(int.from_bytes(data[:8], "big"), hashes)


def completed_by(index: int) -> tuple[tuple[int, int], ...]:
    """The (level, index) of every subtree that leaf `index` completes, level 0 (the leaf) first."""
    _check_size(index + 1, 1)
    widths = range((~index & (index + 1)).bit_length())
    return tuple((level, index >> level) for level in widths)


def hashes_of(leaves: Sequence[bytes]) -> Node:
    """A `node` that computes each subtree from leaf hashes held in memory."""
    for leaf in leaves:
        _check_hash(leaf)

    def node(level: int, index: int) -> bytes:
        row = list(leaves[index << level : (index + 1) << level])
        if len(row) != 1 << level:
            raise Invalid(f"there is no complete subtree {index} at level {level}")
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    return node


def range_root(part: Range, node: Node) -> bytes:
    """The root over the leaves of `part`, read from at most one `node` a level."""
    start, end = part
    hashes = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(node(level, start >> level))
        start += 1 << level
    return _fold(hashes)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over all `leaves` (leaf hashes)."""
    return range_root((0, len(leaves)), hashes_of(leaves)) if leaves else EMPTY_ROOT


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots prove that leaf `index` is in the tree of `size` leaves (RFC 6962 section
    2.1.1).
    """
    _check_size(size, 1)
    if not 0 <= index < size:
        raise Invalid(f"there is no leaf {index} in a tree of {size}")
    start, end, path = 0, size, list[Range]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `old` leaves begins the tree of `new` (RFC 6962 section
    2.1.2).

    Empty when the sizes are equal, and when `old` is 0: every tree continues the empty one.
    """
    _check_size(new, 0)
    if not 0 <= old <= new:
        raise Invalid(f"a tree of {new} leaves cannot continue one of {old}")
    if old in (0, new):
        return []
    start, end, path = 0, new, list[Range]()
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [*([(start, end)] if start else []), *path[::-1]]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree over all `leaves`."""
    node = hashes_of(leaves)
    return [range_root(part, node) for part in inclusion_ranges(index, len(leaves))]


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the tree over all `leaves` continues the one over the first `old`."""
    node = hashes_of(leaves)
    return [range_root(part, node) for part in consistency_ranges(old, len(leaves))]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that `leaf` stands at `index` of the tree of `size` leaves with this root, or raise
    `Tampered`.
    """
    _check_hashes(leaf, root, *proof)
    ranges = inclusion_ranges(index, size)
    _check_length(proof, len(ranges))
    found = leaf
    for (start, _), other in zip(ranges, proof, strict=True):
        found = node_hash(found, other) if start > index else node_hash(other, found)
    if found != root:
        raise Tampered("the inclusion proof leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Prove that the tree of `new` leaves begins with the whole tree of `old`, or raise `Tampered`.

    For `old` 0 the proof is empty and `old_root` is the root of no leaves.
    """
    _check_hashes(old_root, new_root, *proof)
    _check_size(new, 0)
    if old == 0 <= new:
        _check_length(proof, 0)
        if old_root != EMPTY_ROOT or (new == 0 and new_root != EMPTY_ROOT):
            raise Tampered("the root of an empty tree is another")
        return
    verify_subtree_consistency((0, old), new, old_root, new_root, proof)


def verify_subtree_inclusion(leaf: bytes, index: int, part: Range, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that `leaf` stands at `index` of the log, given the root over the aligned leaves of `part`."""
    start, end = _check_range(part)
    verify_inclusion(leaf, index - start, end - start, proof, root)


def verify_subtree_consistency(part: Range, size: int, part_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Prove that the aligned leaves of `part` are those of the tree of `size` leaves, or raise `Tampered`.

    Walks from the right edge of `part` to the top, folding every hash of the proof into the root of the
    tree, and those to the left and within `part` into the root of the part.
    """
    _check_hashes(part_root, root, *proof)
    start, end = _check_range(part)
    _check_size(size, 1)
    if end > size:
        raise Invalid(f"a tree of {size} leaves cannot continue one of {end}")
    left, right, last = start, end - 1, size - 1
    while left != right and (right & 1 or right == last):
        left, right, last = left >> 1, right >> 1, last >> 1
    rest = list(proof)
    if left != right and not rest:
        raise Tampered("the consistency proof is too short")
    found = whole = part_root if left == right else rest.pop(0)
    for other in rest:
        if last == 0:
            raise Tampered("the consistency proof is too long")
        if right & 1 or right == last:
            if left < right:
                found = node_hash(other, found)
            whole = node_hash(other, whole)
            while not right & 1:
                left, right, last = left >> 1, right >> 1, last >> 1
        else:
            whole = node_hash(whole, other)
        left, right, last = left >> 1, right >> 1, last >> 1
    if last:
        raise Tampered("the consistency proof is too short")
    if found != part_root or whole != root:
        raise Tampered("the consistency proof leads to another root")


def _fold(hashes: Sequence[bytes]) -> bytes:
    *rest, found = hashes
    for left in reversed(rest):
        found = node_hash(left, found)
    return found


def _split(width: int) -> int:
    """The largest power of two below `width`, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _check_range(part: Range) -> Range:
    start, end = part
    _check_size(end, 1)
    if not 0 <= start < end or start % (1 << (end - start - 1).bit_length()):
        raise Invalid(f"[{start}, {end}) is not a subtree")
    return part


def _check_size(size: int, least: int) -> None:
    if not least <= size <= MAX_SIZE:
        raise Invalid(f"{size} is not a tree size")


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise Tampered(f"the proof has {len(proof)} hashes where {length} are needed")


def _check_hashes(*hashes: bytes) -> None:
    for one in hashes:
        _check_hash(one)


def _check_hash(one: bytes) -> None:
    if len(one) != HASH_BYTES:
        raise Invalid(f"a hash has {HASH_BYTES} bytes, not {len(one)}")
