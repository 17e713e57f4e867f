"""Proofs over the stored tree of a log: from subtree roots kept at append, and a few leaves at the edge.

What is proved is what the rows say now. Whoever hands a proof out verifies it against a signed root first.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.audit.tree import (
    EMPTY_ROOT,
    Node,
    Range,
    consistency_ranges,
    hashes_of,
    inclusion_ranges,
    node_hash,
    range_root,
)
from dataroom.errors import Tampered
from dataroom.model import AuditEntry, AuditNode

KEPT_LEVEL = 8
"""Roots of complete subtrees are kept from this level on: one row for 256 entries, and fewer above."""


def completed(frontier: Sequence[bytes], index: int, leaf: bytes) -> list[tuple[int, int, bytes]]:
    """The (level, index, root) to keep when `leaf` is appended at `index` behind the hashes of `frontier`."""
    if (index + 1) % (1 << KEPT_LEVEL):
        return []
    hashes, size, level, kept = list(frontier), index, 0, list[tuple[int, int, bytes]]()
    while size & 1:
        leaf, size, level = node_hash(hashes.pop(), leaf), size >> 1, level + 1
        if level >= KEPT_LEVEL:
            kept.append((level, index >> level, leaf))
    return kept


def nodes_of(session: Session, log: uuid.UUID) -> Node:
    """The roots of a log's complete subtrees; those not kept (of older entries) are computed from the leaves."""
    blocks: dict[int, list[bytes]] = {}

    def block(number: int) -> list[bytes]:
        if number not in blocks:
            blocks[number] = _leaves(session, log, (number << KEPT_LEVEL, (number + 1) << KEPT_LEVEL))
        return blocks[number]

    def node(level: int, index: int) -> bytes:
        if level >= KEPT_LEVEL:
            kept = session.get(AuditNode, (log, level, index))
            if kept is not None:
                return kept.hash
            if level > KEPT_LEVEL:
                return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
        shift = KEPT_LEVEL - level
        return hashes_of(block(index >> shift))(level, index & ((1 << shift) - 1))

    return node


def root_at(session: Session, log: uuid.UUID, size: int) -> bytes:
    """The root over the first `size` entries of a log, as its rows are now."""
    return range_root((0, size), nodes_of(session, log)) if size else EMPTY_ROOT


def consistency(session: Session, log: uuid.UUID, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of `new` entries continues that of `old`."""
    return _roots(session, log, consistency_ranges(old, new))


def inclusion(session: Session, log: uuid.UUID, seq: int, size: int) -> tuple[bytes, ...]:
    """The proof that entry `seq` is in the tree of `size` entries."""
    return _roots(session, log, inclusion_ranges(seq, size))


def _roots(session: Session, log: uuid.UUID, parts: list[Range]) -> tuple[bytes, ...]:
    node = nodes_of(session, log)
    return tuple(range_root(part, node) for part in parts)


def _leaves(session: Session, log: uuid.UUID, part: Range) -> list[bytes]:
    rows = session.execute(
        select(AuditEntry.seq, AuditEntry.leaf)
        .where(AuditEntry.log_id == log, AuditEntry.seq >= part[0], AuditEntry.seq < part[1])
        .order_by(AuditEntry.seq)
    ).all()
    if [row.seq for row in rows] != list(range(part[0], part[0] + len(rows))):
        raise Tampered("Entries of the log are missing.")
    return [row.leaf for row in rows]
