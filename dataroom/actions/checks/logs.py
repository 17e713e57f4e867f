"""A log held against itself: stored bytes, leaves, subtree roots, head, checkpoints, openings, index columns."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from dataroom.actions import outside
from dataroom.actions.checks.findings import UNREADABLE, WARNING, Report
from dataroom.actions.checks.rows import PAGE, Pinned, pages
from dataroom.actions.context import Services
from dataroom.actions.outside import LOG_KEY, RolledBack
from dataroom.actions.personal import PERSON_FIELDS, PERSONAL_ACTS, SUBJECT_FIELDS, UNKEPT_PARAMS, unsealed
from dataroom.actions.pins import FIELD, count_of
from dataroom.actions.proofs import completed
from dataroom.audit.entry import Entry, open_fields, read_entry
from dataroom.audit.notes import LOG, WITNESS, VerifierKey, open_checkpoint
from dataroom.audit.tree import Frontier, leaf_hash
from dataroom.errors import Invalid, Tampered
from dataroom.model import (
    AuditCheckpoint,
    AuditCosignature,
    AuditDisclosure,
    AuditEntry,
    AuditLog,
    AuditNode,
    AuditPerson,
    AuditSealed,
    Base,
    User,
    Witness,
)
from dataroom.model.people import AWAITED, SET_ASIDE

ADOPTED = "rows.adopt"
ERASE, KEEP = "person.erase", "person.restore"
FILED = frozenset({"account.create", "account.change", "account.remove"})
_ENTRIES: Table = Base.metadata.tables["audit_entry"]
_OPENINGS: Table = Base.metadata.tables["audit_disclosure"]


@dataclass(frozen=True)
class Arrived:
    """Who somebody is by their last sign-in, or by what their company's directory has said of them since.

    Entries of older releases tell no subject, nor do those of people who have not signed in yet.
    """

    name: str
    email: str
    subject: object
    external: str = ""

    def is_of(self, user: User) -> bool:
        """Whether a user's row says the same; an account set aside for another provider has a longer subject."""
        mark = f"{str(self.subject)[:200]}{SET_ASIDE}"
        subject = self.subject is None or user.subject == self.subject or user.subject.startswith(mark)
        told = (self.name, self.email, self.external)
        return subject and (user.name, user.email, user.external_id or "") == told


@dataclass
class _Walk:
    """One log while it is read from its first entry."""

    services: Services
    session: Session
    log: AuditLog
    out: Report
    key: VerifierKey
    frontier: Frontier = field(default_factory=Frontier)
    pinned: Pinned = field(default_factory=Pinned)
    arrived: dict[str, Arrived] = field(default_factory=dict)
    leaving: dict[str, datetime] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    kept: int = 0
    people: frozenset[uuid.UUID] = frozenset()

    def wrong(self, kind: str, where: object, text: str) -> None:
        """Keeps a finding about a place in this log."""
        self.out.add(kind, f"{self.log.origin} {where}", text)

    def once(self, kind: str, where: object, text: str) -> None:
        """The same for what follows from one damage again and again: only the first is kept."""
        if kind not in self.told:
            self.told.add(kind)
            self.wrong(kind, where, text)


@dataclass
class Read:
    """What a log says: the newest pins; by person's id how they last signed in, and when they are to be forgotten."""

    pinned: Pinned
    arrived: dict[str, Arrived]
    leaving: dict[str, datetime]


def check_log(services: Services, session: Session, log: AuditLog, out: Report) -> Read:
    """Reads a whole log in order; memory is that of one page and the pins."""
    walk = _Walk(services, session, log, out, VerifierKey(log.origin, LOG, services.kms.public_key(LOG_KEY)))
    walk.people = frozenset(session.scalars(select(AuditPerson.id).where(AuditPerson.state == "active")))
    checkpoints = _checkpoints(session, log)
    awaited = next(checkpoints, None)
    for number in range(0, log.size, PAGE):
        out.say(f"{log.origin}: {number} of {log.size} entries")
        for row, openings in _page(walk, number):
            while awaited is not None and awaited.size <= walk.frontier.size:
                _check_checkpoint(walk, awaited)
                awaited = next(checkpoints, None)
            _check_entry(walk, row, openings)
    while awaited is not None:
        _check_checkpoint(walk, awaited)
        awaited = next(checkpoints, None)
    _check_head(walk)
    _check_surplus(walk)
    _check_cosignatures(walk)
    return Read(walk.pinned, walk.arrived, walk.leaving)


def check_outside(services: Services, session: Session, log: AuditLog, notes: Sequence[bytes], out: Report) -> None:
    """Holds a log against its newest notes outside the database, which were read before the log's rows."""
    try:
        outside.compare(services, session, log, notes)
    except RolledBack as error:
        text = f"The log has {error.size} entries and does not continue the {error.signed} signed outside the database."
        out.add("log-rolled-back", log.origin, text)
    except (Tampered, Invalid) as error:
        out.add("note-forged", log.origin, f"The note kept outside the database does not hold: {error.detail}")


def _page(walk: _Walk, start: int) -> Iterator[tuple[Mapping[str, Any], dict[str, str]]]:
    """The entries of one page with their openings by part; missing and unreadable ones are told."""
    span = (start, min(start + PAGE, walk.log.size))
    openings: dict[int, dict[str, str]] = {}
    for row in pages(walk.session, _OPENINGS, _within(_OPENINGS, walk.log.id, span)):
        if isinstance(row, Exception):
            walk.wrong("fields-forged", span[0], "The opening of an entry holds bytes the service never wrote.")
            continue
        openings.setdefault(row["seq"], {})[row["name"]] = str(row["disclosure"])
    for seq, told in unsealed(
        walk.services, walk.session, walk.log.id, AuditSealed.seq >= span[0], AuditSealed.seq < span[1]
    ):
        if isinstance(told, Tampered):
            walk.wrong("fields-forged", seq, f"The sealed fields of entry {seq} were changed.")
        else:
            parts = openings.setdefault(seq, {})
            parts["person"] = "\n".join([*parts.get("person", "").split(), *told])
    seen = set()
    for row in pages(walk.session, _ENTRIES, _within(_ENTRIES, walk.log.id, span)):
        if isinstance(row, Exception):
            walk.wrong("entry-unreadable", span[0], "An entry's row holds bytes the service never wrote.")
            continue
        seen.add(row["seq"])
        yield row, openings.pop(row["seq"], {})
    for seq in sorted(set(range(*span)) - seen):
        walk.wrong("entry-missing", seq, f"Entry {seq} is not there.")


def _within(table: Table, log: uuid.UUID, span: tuple[int, int]) -> tuple[Any, ...]:
    return table.c.log_id == log, table.c.seq >= span[0], table.c.seq < span[1]


def _check_entry(walk: _Walk, row: Mapping[str, Any], openings: dict[str, str]) -> None:
    seq, data = row["seq"], bytes(row["entry"])
    walk.out.looked_at["entries"] += 1
    leaf = leaf_hash(data)
    if leaf != row["leaf"]:
        walk.wrong("entry-changed", seq, f"The bytes of entry {seq} are not those its leaf was made from.")
    _check_nodes(walk, leaf)
    walk.frontier = walk.frontier.append(leaf)
    try:
        entry = read_entry(data)
    except Invalid as error:
        walk.wrong("entry-changed", seq, f"Entry {seq} is not an entry: {error.detail}")
        return
    if (entry.origin, entry.seq) != (walk.log.origin, seq):
        walk.wrong("entry-moved", seq, f"Entry {seq} was written as number {entry.seq} of {entry.origin}.")
    fields = _fields(walk, entry, seq, openings)
    if fields is not None:
        _check_index(walk, row, entry, fields)
        _learn(walk, seq, fields)
        _learn_filed(walk, fields)
        _learn_erasure(walk, entry, fields)


def _fields(walk: _Walk, entry: Entry, seq: int, openings: dict[str, str]) -> dict[str, Any] | None:
    texts = [text for part in openings.values() for text in part.split("\n") if text]
    try:
        fields = open_fields(entry, texts)
    except (Tampered, Invalid) as error:
        walk.wrong("fields-forged", seq, f"What is opened of entry {seq} is not what it holds: {error.detail}")
        return None
    closed = len(entry.digests) - len(fields)
    persons = 0 if openings.get("person") else len(PERSON_FIELDS)
    persons += len(SUBJECT_FIELDS) if fields.get("act") in PERSONAL_ACTS else 0
    persons += int(fields.get("act") in UNKEPT_PARAMS - PERSONAL_ACTS)
    gone = "act" not in fields or (fields.get("pins") and FIELD not in fields)
    if closed > persons or gone or set(openings) - {"fact", "person", FIELD}:
        walk.wrong("fields-missing", seq, f"Fields of entry {seq} cannot be opened any more, beyond those of persons.")
        return None if "act" not in fields else fields
    return fields


def _check_index(walk: _Walk, row: Mapping[str, Any], entry: Entry, fields: Mapping[str, Any]) -> None:
    """The columns that only index an entry, against what the entry says itself."""
    who, target = (
        fields.get("who"),
        f"{row['target_kind']}:{row['target_id']}" if row["target_id"] else row["target_kind"],
    )
    told = {
        "at": (row["at"], entry.at),
        "matter_id": (row["matter_id"], walk.log.matter_id),
        "act": (row["act"], fields.get("act")),
        "outcome": (row["outcome"], _outcome(row["outcome"], fields)),
        "target": (target, fields.get("target", "")),
        "document_id": (str(row["document_id"] or ""), fields.get("document", "")),
        "owner_organisation_id": (str(row["owner_organisation_id"] or ""), fields.get("owner", "")),
        "actor_organisation_id": (str(row["actor_organisation_id"] or ""), fields.get("org", "")),
    }
    if fields.get("act") in PERSONAL_ACTS and "target" not in fields:
        del told["target"]
    if who is None and row["actor_id"] in walk.people:
        text = f"Who wrote entry {row['seq']} cannot be opened any more, though nobody erased that person."
        walk.out.add("person-closed", f"{walk.log.origin} {row['seq']}", text, WARNING)
    if who is not None:
        told["actor_id"] = (str(row["actor_id"] or fields.get("role")), who)
    for name, (stored, said) in told.items():
        if stored != said:
            walk.wrong("index-changed", row["seq"], f"Column {name} of entry {row['seq']} contradicts the entry.")


def _outcome(stored: str, fields: Mapping[str, Any]) -> str:
    """What the column must say: a refusal that hides another owner's thing is `hidden` there."""
    said, owner = str(fields.get("outcome", "")), fields.get("owner", "")
    foreign = said == "refused" and bool(owner) and owner != fields.get("org", "")
    if foreign and (fields.get("code") == "not-found" or stored == "hidden"):
        return "hidden"
    return said


def _learn(walk: _Walk, seq: int, fields: Mapping[str, Any]) -> None:
    """Takes the pins of an entry, and who signed in."""
    if fields.get("act") == ADOPTED and fields.get("outcome") == "done" and walk.pinned.rows:
        text = f"Entry {seq} adopted rows as they were then, although earlier entries had pinned some."
        walk.out.add("adopted-again", f"{walk.log.origin} {seq}", text, WARNING)
    pins = fields.get(FIELD)
    if isinstance(pins, dict):
        try:
            if count_of(pins) != fields.get("pins"):
                walk.wrong("fields-missing", seq, f"Entry {seq} pins another number of rows than it says.")
            walk.pinned.take(pins, seq)
        except UNREADABLE:
            walk.wrong("fields-forged", seq, f"The pins of entry {seq} are none.")
    if fields.get("act") == "session.start" and fields.get("outcome") == "done" and "name" in fields:
        facts, who = fields.get("facts"), str(fields["who"])
        subject = facts.get("subject") if isinstance(facts, dict) else None
        external = walk.arrived[who].external if who in walk.arrived else ""
        walk.arrived[who] = Arrived(str(fields["name"]), str(fields.get("mail", "")), subject, external)


def _learn_filed(walk: _Walk, fields: Mapping[str, Any]) -> None:
    """Takes from an entry how a company's directory describes one of its people."""
    facts = fields.get("facts")
    described = facts.get("described") if isinstance(facts, dict) else None
    if fields.get("act") not in FILED or fields.get("outcome") != "done" or not isinstance(described, dict):
        return
    who = str(facts["member"]) if isinstance(facts, dict) else ""
    known = walk.arrived[who].subject if who in walk.arrived else f"{AWAITED}{who}"
    name, mail, external = (str(described.get(each, "")) for each in ("name", "mail", "external"))
    walk.arrived[who] = Arrived(name, mail, known, external)


def _learn_erasure(walk: _Walk, entry: Entry, fields: Mapping[str, Any]) -> None:
    """Takes from an entry when somebody is to be forgotten, or that they are not."""
    act, person = fields.get("act"), str(fields.get("target", "")).rpartition(":")[2]
    if fields.get("outcome") != "done" or act not in {ERASE, KEEP}:
        return
    walk.leaving.pop(person, None)
    facts = fields.get("facts")
    if act == ERASE and isinstance(facts, dict) and isinstance(facts.get("days"), int):
        walk.leaving[person] = entry.at + timedelta(days=facts["days"])


def _check_nodes(walk: _Walk, leaf: bytes) -> None:
    for level, index, root in completed(walk.frontier.hashes, walk.frontier.size, leaf):
        kept = walk.session.execute(
            select(AuditNode.hash).where(
                AuditNode.log_id == walk.log.id, AuditNode.level == level, AuditNode.index == index
            )
        ).scalar()
        walk.kept += kept is not None
        if kept is not None and kept != root:
            walk.once("node-changed", f"{level}/{index}", "A stored subtree root is not that of its entries.")


def _checkpoints(session: Session, log: AuditLog) -> Iterator[AuditCheckpoint]:
    query = select(AuditCheckpoint).where(AuditCheckpoint.log_id == log.id).order_by(AuditCheckpoint.size)
    yield from session.scalars(query.execution_options(yield_per=PAGE))


def _check_checkpoint(walk: _Walk, row: AuditCheckpoint) -> None:
    walk.out.looked_at["checkpoints"] += 1
    try:
        checkpoint, _ = open_checkpoint(row.note.encode(), [walk.key])
    except (Tampered, Invalid) as error:
        walk.wrong("checkpoint-forged", row.size, f"The checkpoint of {row.size} entries does not hold: {error.detail}")
        return
    if (checkpoint.origin, checkpoint.size) != (walk.log.origin, row.size):
        walk.wrong("checkpoint-moved", row.size, f"The checkpoint kept for {row.size} entries is another one.")
    elif checkpoint.size != walk.frontier.size:
        walk.wrong("log-rolled-back", row.size, f"{row.size} entries were signed; {walk.frontier.size} are there.")
    elif checkpoint.root != walk.frontier.root():
        walk.once("log-rewritten", row.size, f"The first {row.size} entries are not those that were signed.")


def _check_head(walk: _Walk) -> None:
    later = select(AuditEntry.seq).where(AuditEntry.log_id == walk.log.id, AuditEntry.seq >= walk.log.size)
    for seq in walk.session.scalars(later.limit(1)):
        walk.wrong("head-changed", seq, f"The log's head says {walk.log.size} entries, but entry {seq} is there.")
    if walk.log.frontier != walk.frontier.to_bytes():
        walk.wrong("head-changed", "head", "The head of the log is not that of its entries.")


def _check_surplus(walk: _Walk) -> None:
    """Openings beside every entry, and subtree roots of no subtree."""
    for table in (AuditDisclosure, AuditSealed):
        beside = (table.seq >= walk.log.size) | (table.seq < 0)
        for seq in walk.session.scalars(select(table.seq).where(table.log_id == walk.log.id, beside).limit(1)):
            walk.wrong("fields-forged", seq, "An opening belongs to no entry.")
    stored = select(func.count()).select_from(AuditNode).where(AuditNode.log_id == walk.log.id)
    if walk.session.scalar(stored) != walk.kept:
        walk.wrong("node-changed", "nodes", "A stored subtree root belongs to no complete subtree of the log.")


def _check_cosignatures(walk: _Walk) -> None:
    """Each witness's line against the checkpoint it stands below, for the witnesses still known."""
    query = (
        select(AuditCosignature, AuditCheckpoint.note, Witness.key)
        .join(
            AuditCheckpoint,
            (AuditCheckpoint.log_id == AuditCosignature.log_id) & (AuditCheckpoint.size == AuditCosignature.size),
        )
        .join(Witness, Witness.name == AuditCosignature.witness)
        .where(AuditCosignature.log_id == walk.log.id)
    )
    for row, note, key in walk.session.execute(query):
        if not _holds(note.encode() + row.line.encode(), [walk.key, VerifierKey.parse(key)], row.time):
            walk.wrong(
                "cosignature-forged", row.size, f"The line of {row.witness} below {row.size} entries is not its own."
            )


def _holds(note: bytes, keys: Iterable[VerifierKey], time: int) -> bool:
    try:
        _, signatures = open_checkpoint(note, keys)
    except (Tampered, Invalid):
        return False
    return any(one.key.kind == WITNESS and one.time == time for one in signatures)
