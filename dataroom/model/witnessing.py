"""Witnessing: the logs of partners this installation keeps an eye on, the witnesses it asks, and what they said.

Also what the own logs need for it: roots of complete subtrees, so that proofs need not read every leaf, and the
logs whose signing stopped because the database is older than what was signed.
"""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from dataroom.model.base import At, Base, Id, MaybeAt, refers


class WitnessedLog(Base):
    """A partner's log and the newest state of it that this installation has cosigned.

    `covers` is `log`, or `matters` for a deployment's log whose key also vouches for the logs of its matters.
    `cosigned_at` is in seconds since 1970. `conflict` keeps the first note, signed by the log, that contradicts `note`.
    """

    __tablename__ = "witnessed_log"
    id: Mapped[Id]
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    key: Mapped[str] = mapped_column(String(400))
    covers: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes]
    note: Mapped[str] = mapped_column(Text)
    cosigned_at: Mapped[int] = mapped_column(BigInteger)
    conflict: Mapped[str] = mapped_column(Text)
    added_at: Mapped[At]


class Witness(Base):
    """A partner's server that is asked to cosign our checkpoints; `key` is its verifier key."""

    __tablename__ = "witness"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    key: Mapped[str] = mapped_column(String(400))
    url: Mapped[str] = mapped_column(String(2000))
    added_at: Mapped[At]


class WitnessStanding(Base):
    """How far a witness has followed one of our logs: the size it last cosigned, and when."""

    __tablename__ = "witness_standing"
    witness_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("witness.id", ondelete="CASCADE"), primary_key=True)
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    cosigned_at: Mapped[MaybeAt]


class AuditCosignature(Base):
    """A witness's line below one of our checkpoints; `time` is what it says, in seconds since 1970."""

    __tablename__ = "audit_cosignature"
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    time: Mapped[int] = mapped_column(BigInteger)


class AuditAnchor(Base):
    """A checkpoint handed to somebody outside: `anchor` is `time-stamp` or `locked-bucket`.

    `token` is the authority's answer (RFC 3161 TimeStampResp), empty for a bucket; `time` what the token says, or
    until when the note is locked at `place`; `at` when we got it.
    """

    __tablename__ = "audit_anchor"
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    anchor: Mapped[str] = mapped_column(String(20), primary_key=True)
    token: Mapped[bytes]
    time: Mapped[At]
    place: Mapped[str] = mapped_column(String(300))
    at: Mapped[At]


class AuditNode(Base):
    """The root of the complete subtree over the leaves [index << level, index + 1 << level), for levels from 8."""

    __tablename__ = "audit_node"
    log_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    level: Mapped[int] = mapped_column(Integer, primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes]


class AuditHalt(Base):
    """A log that is no longer signed: its rows contradict the note of `signed_size` kept outside the database."""

    __tablename__ = "audit_halt"
    log_id: Mapped[uuid.UUID] = refers("audit_log.id", primary_key=True)
    signed_size: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[At]
