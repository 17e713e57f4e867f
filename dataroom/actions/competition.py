"""Certifying for a period that the rules of competition law held, counted from the matter's log and signed.

Counted is what the organisation that asks may read: what its people did, and what was done with its documents. Each
entry is judged by the category its document had at that moment, as the log tells it, and by the categories as they are
in the policies now; which policies were in force then is told by their digests.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from dataroom.actions.attributes_keeping import HIDDEN
from dataroom.actions.checkpoints import LOG_KEY, Shown, shown, sign_head
from dataroom.actions.context import Desk, Download, Services
from dataroom.actions.personal import BATCH, openings
from dataroom.actions.proofs import inclusion
from dataroom.actions.redaction_log import spreadsheet
from dataroom.actions.registry import ACTIONS, Params, action
from dataroom.actions.work import Work
from dataroom.audit.competition import KIND, TOLD, tally_of
from dataroom.audit.entry import name_of, open_fields, read_entry
from dataroom.audit.statement import sign_statement
from dataroom.clock import stamp
from dataroom.errors import Conflict, Invalid, NotFound
from dataroom.model import AuditDisclosure, AuditEntry, AuditLog, Document, Matter, Organisation, Version
from dataroom.model.clubs import TEAM
from dataroom.vault.sealed import Kind
from policies.engine import Law

HEADER = ("Category", "Audience", "Allowed", "Refused", "Failed")
GIVING = frozenset({"disclosure.grant", "document.publish"})
EXPORT = "production.export"
CHANGING = frozenset({"document.classify", "redaction.approve"})
NOT_COUNTED = "titles in lists, indexes of productions, and access granted to single people before they used it"
OWN, COUNSEL, BUSINESS, OFFICERS, GIVEN = "own organisation", "counsel", "business people", "compliance", "given away"
CLEAN, GIVEN_CLEAN = "clean team", "given to a clean team"
FOR_TEAMS = frozenset({"clean-team-reads-in-place", "clean-team-states-its-purpose"})
"""The rules by which something reaches somebody as one of a clean team; an entry names the rules that decided."""
AUDIENCES = {"custodian": COUNSEL, "partner": BUSINESS, "compliance": OFFICERS}
COLUMN = {"done": 0, "refused": 1, HIDDEN: 1}


class Span(Params):
    """From when (included) until when (excluded), and the form: signed JSON, or a table as CSV or PDF."""

    since: AwareDatetime
    until: AwareDatetime
    form: Annotated[str, Field(pattern="^(json|csv|pdf)$")] = "json"


@dataclass(frozen=True)
class Counted:
    """What a period's entries come to; `cells` by category and audience: done, refused, failed."""

    cells: Mapping[tuple[str, str], tuple[int, int, int]]
    rules: Mapping[str, int]
    breaches: tuple[dict[str, Any], ...]
    laws: Mapping[str, int]
    acts: frozenset[str]
    reclassified: tuple[dict[str, Any], ...]

    @property
    def entries(self) -> int:
        """How many acts on a version were counted; the export of a production counts for each version in it."""
        return sum(sum(cell) for cell in self.cells.values())

    def body(self) -> dict[str, Any]:
        """What is signed of it."""
        return {
            "held": not self.breaches,
            "entries": self.entries,
            "cells": [
                {"category": category, "audience": audience, "done": done, "refused": refused, "failed": failed}
                for (category, audience), (done, refused, failed) in sorted(self.cells.items())
            ],
            "refused_by_rule": dict(sorted(self.rules.items())),
            "breaches": list(self.breaches),
            "policies_in_force": dict(sorted(self.laws.items())),
            "acts_counted": sorted(self.acts),
            "not_counted": NOT_COUNTED,
            "reclassified": list(self.reclassified),
        }


@dataclass(frozen=True)
class Certified:
    """A tally, for whom it was made, and the number of the entry that tells of it."""

    matter: uuid.UUID
    reference: str
    seq: int
    body: dict[str, Any]
    form: str


class Categories:
    """Which category a version or document had when an entry was written."""

    def __init__(self, session: Session, log: uuid.UUID, matter: uuid.UUID):
        self._now: dict[uuid.UUID, str] = {
            row.id: row.category for row in session.execute(_DOCUMENTS.where(Document.matter_id == matter))
        }
        versions = session.execute(_VERSIONS.where(Version.matter_id == matter)).all()
        self._copies: dict[uuid.UUID, str] = {r.id: r.category for r in versions if r.kind != int(Kind.ORIGINAL)}
        self._documents: dict[uuid.UUID, uuid.UUID] = {row.id: row.document_id for row in versions}
        self._changes: dict[uuid.UUID, list[tuple[int, str, str]]] = {}
        done = (AuditEntry.act == "document.classify", AuditEntry.outcome == "done")
        for row, fields in _entries(session, log, *done):
            facts = fields.get("facts")
            if isinstance(facts, dict) and row.document_id is not None:
                change = (row.seq, str(facts["before"][1]), str(facts["category"]))
                self._changes.setdefault(row.document_id, []).append(change)

    def of(self, row: Any, fields: Mapping[str, Any]) -> list[str]:
        """The categories an entry is judged by: one, or one for each version that a production's export held."""
        told = fields.get("facts")
        facts: dict[str, Any] = told if isinstance(told, dict) else {}
        if row.act == EXPORT:
            return [self._at(uuid.UUID(one), None, row.seq) for one in facts.get("versions", ())]
        given = facts.get("version") if row.act in GIVING else None
        return [self._at(uuid.UUID(given) if given else row.target_id, row.document_id, row.seq)]

    def change(self, row: Any, facts: Mapping[str, Any]) -> tuple[str, str]:
        """What a reclassification or the release of a redacted copy led from, and to."""
        if row.act == "document.classify":
            return str(facts["before"][1]), str(facts["category"])
        copy = uuid.UUID(str(facts["result"]))
        original = self._at(row.target_id, row.document_id or self._documents.get(copy), row.seq)
        return original, self._copies.get(copy, "unclassified")

    def _at(self, target: uuid.UUID, document: uuid.UUID | None, seq: int) -> str:
        if target in self._copies:
            return self._copies[target]
        known = document or self._documents.get(target)
        if known is None:
            return "unclassified"
        changes = self._changes.get(known, [])
        before = [after for place, _, after in changes if place < seq]
        if before:
            return before[-1]
        return changes[0][1] if changes else self._now.get(known, "unclassified")


def _tally(desk: Desk, matter: Matter, params: Span, _stream: Any) -> Counted:
    """Counts outside the transaction, so that nobody waits for it."""
    services, own = desk.services, desk.principal.organisation
    if not params.since < params.until <= services.clock.now():
        raise Invalid("until: must come after since, and be past")
    with services.database.snapshot() as session:
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id == matter.id)).one()
        mine = or_(
            AuditEntry.owner_organisation_id == own,
            and_(AuditEntry.actor_organisation_id == own, AuditEntry.outcome != HIDDEN),
        )
        period = (AuditEntry.at >= params.since, AuditEntry.at < params.until, mine)
        rows = _entries(session, log.id, AuditEntry.act.in_(reaching(services.law)), *period)
        categories = Categories(session, log.id, matter.id)
        done = (AuditEntry.act.in_(CHANGING), AuditEntry.outcome == "done")
        lowered = tuple(_lowered(services.law, categories, _entries(session, log.id, *done, *period)))
        return _count(services.law, categories, rows, lowered)


def _lowered(law: Law, categories: Categories, rows: Iterator[tuple[Any, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The entries by which a document, or a redacted copy of it, left a category that is closed to somebody."""
    for row, fields in rows:
        facts = fields.get("facts")
        if isinstance(facts, dict):
            before, after = categories.change(row, facts)
            known = law.categories.get(before)
            if before != after and known is not None and known.audience != "everyone":
                yield {"entry": row.seq, "from": before, "to": after}


def reaching(law: Law) -> frozenset[str]:
    """The acts that are counted: those that show a version or something of it, and those that give it away."""
    shows = {
        name
        for name, shape in law.actions.items()
        if "reaches-a-version" in shape.groups and name in ACTIONS and ACTIONS[name].target is Version
    }
    return frozenset(shows | GIVING | {EXPORT})


def _count(
    law: Law,
    categories: Categories,
    rows: Iterator[tuple[Any, dict[str, Any]]],
    lowered: tuple[dict[str, Any], ...],
) -> Counted:
    cells: dict[tuple[str, str], list[int]] = {}
    rules, laws = Counter[str](), Counter[str]()
    breaches: list[dict[str, Any]] = []
    walls = {name for name, policy in law.policies.items() if policy.audience is not None}
    for row, fields in rows:
        audience, deciding = audience_of(row, fields), fields.get("policies")
        if row.outcome != "done":
            rules.update(walls & set(deciding if isinstance(deciding, list) else ()))
        for category in categories.of(row, fields):
            cells.setdefault((category, audience), [0, 0, 0])[COLUMN.get(row.outcome, 2)] += 1
            laws[read_entry(row.entry).law] += 1
            if row.outcome == "done" and not permitted(law, category, audience):
                breaches.append({"entry": row.seq, "act": row.act, "category": category, "audience": audience})
    tallied = {key: (done, refused, failed) for key, (done, refused, failed) in cells.items()}
    return Counted(tallied, rules, tuple(breaches), laws, reaching(law), lowered)


def audience_of(row: Any, fields: Mapping[str, Any]) -> str:
    """Whom an entry's act reached, or would have: by the role its actor had then, and the rules that let them."""
    if row.act in GIVING:
        facts = fields.get("facts")
        return GIVEN_CLEAN if isinstance(facts, dict) and facts.get("kind") == TEAM else GIVEN
    if row.actor_organisation_id == row.owner_organisation_id:
        return OWN
    deciding = fields.get("policies")
    if row.outcome == "done" and isinstance(deciding, list) and FOR_TEAMS & set(deciding):
        return CLEAN
    return AUDIENCES.get(str(fields.get("role", "")), BUSINESS)


def permitted(law: Law, category: str, audience: str) -> bool:
    """Whether the categories let information reach an audience; an unknown category reaches nobody."""
    known = law.categories.get(category)
    if audience == OWN:
        return True
    if known is None or known.audience == "organisation":
        return False
    if audience in {CLEAN, GIVEN_CLEAN}:
        return True
    return known.audience == "everyone" or (known.audience == "counsel" and audience in {GIVEN, COUNSEL})


def _entries(session: Session, log: uuid.UUID, *criteria: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Entries in order with those of their fields that tell of no person; memory holds one batch at a time."""
    after = -1
    while True:
        batch = _ENTRIES.where(AuditEntry.log_id == log, AuditEntry.seq > after, *criteria).limit(BATCH)
        rows = session.execute(batch.order_by(AuditEntry.seq)).all()
        if not rows:
            return
        after = rows[-1].seq
        told = select(AuditDisclosure.seq, AuditDisclosure.disclosure).where(
            AuditDisclosure.log_id == log, AuditDisclosure.seq.in_([row.seq for row in rows]), _FACTS
        )
        texts = {row.seq: row.disclosure.split("\n") for row in session.execute(told)}
        for row in rows:
            yield row, open_fields(read_entry(row.entry), [one for one in texts.get(row.seq, []) if one])


def said(body: Mapping[str, Any]) -> str:
    """In a sentence, whether it held."""
    if not body["entries"]:
        return "Nothing was asked for in this period, so nothing was let through."
    if body["held"]:
        return "The rules held: no act that is counted reached an audience that its category is closed to."
    return f"THE RULES DID NOT HOLD: {len(body['breaches'])} entries reached an audience their category is closed to."


def _signed(desk: Desk, made: Certified) -> Download:
    """Signs the log's head, and then the certificate, which names the checkpoint it is bound to."""
    services = desk.services
    sign_head(services, made.matter)
    with services.database.reading() as session:
        found = shown(session, made.matter, least=made.seq + 1)
        if found.checkpoint.size <= made.seq:
            raise Conflict("The entry of this certificate is not signed yet; ask again in a minute.")
        proof = _proof(services, session, found, made.seq)
    body = {**made.body, "said": said(made.body), "checkpoint": found.note.decode(), "proof": proof}
    name = "competition-" + "".join(c if c.isalnum() else "-" for c in made.reference)
    rows = [
        tuple(str(cell[part]) for part in ("category", "audience", "done", "refused", "failed"))
        for cell in body["cells"]
    ]
    if made.form == "csv":
        return _file(f"{name}.csv", "text/csv; charset=utf-8", spreadsheet(HEADER, (*rows, *_further_rows(body))))
    if made.form == "pdf":
        data = services.paper.table("Certificate of competition rules", _facts(body), HEADER, rows)
        return _file(f"{name}.pdf", "application/pdf", data)
    public = services.kms.public_key(LOG_KEY)
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    data = sign_statement(KIND, text, public, lambda message: services.kms.sign(LOG_KEY, message))
    return _file(f"{name}.json", "application/json", data)


def _proof(services: Services, session: Session, found: Shown, seq: int) -> dict[str, Any]:
    """The certificate's own entry with what it tells of the tally, and its way to the checkpoint's root."""
    row = session.get(AuditEntry, (found.log.id, seq))
    if row is None:
        raise NotFound()
    texts = openings(services, session, found.log.id, [seq]).get(seq, [])
    hashes = inclusion(session, found.log.id, seq, found.checkpoint.size)
    return {
        "entry": base64.b64encode(row.entry).decode(),
        "disclosures": [text for text in texts if name_of(text) in TOLD],
        "hashes": [base64.b64encode(one).decode() for one in hashes],
    }


def _further_rows(body: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What a table says beneath its cells: each breach, the statement, and for what period."""
    breaches = [
        (one["category"], one["audience"], f"NOT PERMITTED: entry {one['entry']}, {one['act']}", "", "")
        for one in body["breaches"]
    ]
    span = f"{body['since']} to {body['until']}"
    return [*breaches, ("Statement", body["said"], "", "", ""), ("Period", span, "", "", "")]


def _facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    log = body["recorded_as"]
    return [
        ("Statement", body["said"]),
        ("Matter", f"{body['matter']['name']} ({body['matter']['reference']})"),
        ("For", body["organisation"]["name"]),
        ("Period", f"{body['since']} to {body['until']}"),
        ("Counted", f"{body['entries']} acts of its people and on its documents: {', '.join(body['acts_counted'])}"),
        ("Not counted", body["not_counted"]),
        *(
            (f"Entry {one['entry']}", f"a document of category {one['from']} became {one['to']}")
            for one in body["reclassified"]
        ),
        *((f"Entry {one['entry']}", f"{one['act']}: {one['category']}, {one['audience']}") for one in body["breaches"]),
        *((f"Refused by {rule}", f"{times} times") for rule, times in body["refused_by_rule"].items()),
        *(
            ("Policies in force", f"{digest} for {times} entries")
            for digest, times in body["policies_in_force"].items()
        ),
        ("Recorded as", f"entry {log['entry']} of {log['log']}"),
        ("Signature", "on the JSON form of this certificate"),
    ]


def _file(name: str, media_type: str, data: bytes) -> Download:
    return Download(name, media_type, iter((data,)), len(data))


@action("competition.certify", on=Matter, prepare=_tally, reveal=_signed)
def certify(work: Work, matter: Matter, params: Span, counted: Counted) -> Certified:
    """A signed certificate for a period: whom the matter's information of each category reached, and what was refused.

    It says plainly whether the rules of competition law held, and each entry with which they did not.
    """
    own = work.get(Organisation, work.organisation)
    body = {
        "format": KIND,
        "issued_at": stamp(work.now),
        "matter": {"id": str(matter.id), "name": matter.name, "reference": matter.reference},
        "organisation": {"slug": own.slug, "name": own.name},
        "since": params.since.isoformat(),
        "until": params.until.isoformat(),
        **counted.body(),
        "policies_now": work.services.law.digest,
        "rules_now": {
            name: policy.sentence for name, policy in work.services.law.policies.items() if policy.audience is not None
        },
        "recorded_as": {"log": work.place[0], "entry": work.place[1]},
    }
    work.state(held=not counted.breaches, entries=counted.entries, tally=tally_of(body))
    return Certified(matter.id, matter.reference, work.place[1], body, params.form)


_FACTS = AuditDisclosure.name == "fact"
_DOCUMENTS = select(Document.id, Document.category)
_VERSIONS = select(Version.id, Version.category, Version.kind, Version.document_id)
_ENTRIES = select(
    AuditEntry.seq,
    AuditEntry.entry,
    AuditEntry.act,
    AuditEntry.outcome,
    AuditEntry.actor_organisation_id,
    AuditEntry.owner_organisation_id,
    AuditEntry.target_id,
    AuditEntry.document_id,
)
