"""The law in force: the delivered rules with the newest approved change, established anew whenever that is another.

Each question begins with one small query for the number of the newest change. Only where it differs from what this
process knows is the change read, held to its two signatures and to the log, and made a law. What cannot be established
leaves nothing in force: everybody is refused, until two people or whoever runs the installation have found the cause.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dataroom.actions.context import Services
from dataroom.actions.outside import LOG_KEY
from dataroom.audit.statement import open_statement, sign_statement
from dataroom.audit.tree import leaf_hash
from dataroom.errors import Conflict, DataroomError, Tampered
from dataroom.model import AuditEntry, AuditLog, PolicyChange
from policies.changes import check_change, check_texts
from policies.engine import Law, LawError

log = logging.getLogger("dataroom.law")
APPROVE, RESET = "policy.approve", "policy.reset"
PROPOSAL, APPROVAL = "policy-proposal/v1", "policy-approval/v1"
WAY_OUT = (
    "Start the release the change was made for and take it back there, or put the delivered rules in force: "
    "dataroom operate policy-reset --reason ..."
)
_DONE = (
    AuditEntry.log_id == select(AuditLog.id).where(AuditLog.matter_id.is_(None)).scalar_subquery(),
    or_(AuditEntry.act == APPROVE, AuditEntry.act == RESET),
    AuditEntry.outcome == "done",
    AuditEntry.target_id.is_not(None),
)
_SAID = select(AuditEntry).where(*_DONE).order_by(AuditEntry.seq.desc()).limit(1)


def _last(column: Any) -> Any:
    """A column of the change in force with the highest number."""
    query = select(column).where(PolicyChange.number.is_not(None)).order_by(PolicyChange.number.desc())
    return query.limit(1).scalar_subquery()


_NEWEST = select(
    _last(PolicyChange.id).label("id"),
    _last(PolicyChange.number).label("number"),
    _last(PolicyChange.digest).label("digest"),
    select(AuditEntry.target_id).where(*_DONE).order_by(AuditEntry.seq.desc()).limit(1).scalar_subquery().label("said"),
)
Key = tuple[uuid.UUID | None, int, str, uuid.UUID | None] | None
"""Of the newest change in force: its id, number and digest as its row has them, and the id that the log names."""


class InForce:
    """Which law holds now, for one process; `services` are those of the house, with the delivered law."""

    def __init__(self, services: Services):
        self._delivered = services
        self._known: tuple[Key, Services] | None = None
        self._lock = threading.Lock()

    def of(self, session: Session, act: str = "") -> Services:
        """The services with the law in force as the session sees it.

        `Tampered` or `Conflict` when it cannot be established. The operator's return to the delivered rules is judged
        by these alone.
        """
        if act == RESET:
            return self._delivered
        key = newest(session)
        known = self._known
        if known is not None and known[0] == key:
            return known[1]
        with self._lock:
            return self._establish(session, key)

    def _establish(self, session: Session, key: Key) -> Services:
        try:
            known = self._known[0] if self._known else None
            if self._known is not None and known == key:
                return self._known[1]
            if self._known is not None and known is not None and (key is None or key[1] < known[1]):
                with self._delivered.database.reading() as fresh:
                    if newest(fresh) != known:
                        raise Tampered("A change of the rules that was in force is gone from the database.")
                return self._known[1]
            law = established(self._delivered, session, key)
        except DataroomError as error:
            log.error("the law in force cannot be established", extra={"why": error.detail})
            raise
        found = self._delivered if law is self._delivered.law else replace(self._delivered, law=law)
        self._known = (key, found)
        return found


def newest(session: Session) -> Key:
    """What tells whether another change is in force than before; None where the delivered law is as it was."""
    row = session.connection().execute(_NEWEST).one()
    return None if row.id is None and row.said is None else (row.id, row.number or 0, row.digest or "", row.said)


def established(services: Services, session: Session, key: Key) -> Law:
    """The law in force, whose newest change is `key`'s; `Tampered`, or `Conflict` where it no longer fits."""
    if key is None:
        return services.law
    said = session.scalars(_SAID).first()
    if said is None or key[0] is None or not key[0] == key[3] == said.target_id:
        raise Tampered("The log and the database name different changes of the rules as the newest.")
    if leaf_hash(said.entry) != said.leaf:
        raise Tampered("The entry about the newest change of the rules is not what was recorded.")
    row = session.get(PolicyChange, key[0], populate_existing=True)
    if row is None or (row.number, row.digest) != key[1:3]:
        raise Tampered("The newest change of the rules cannot be read.")
    check_signed(services, row)
    return law_with(services.law, row.texts, row.delivered)


def check_signed(services: Services, row: PolicyChange) -> None:
    """`Tampered` unless a change is as it was proposed and, where it is in force, as it was approved."""
    public = services.kms.public_key(LOG_KEY)
    if open_statement(PROPOSAL, row.proposal.encode(), public).body != proposal_of(row):
        raise Tampered("A change of the rules is not as it was proposed.")
    if row.number is None:
        return
    approved = open_statement(APPROVAL, (row.approval or "").encode(), public).body
    if approved != approval_of(row, row.number, row.decided_by):
        raise Tampered("A change of the rules is not as it was approved.")


def law_with(delivered: Law, texts: Mapping[str, str], under: Mapping[str, str]) -> Law:
    """The delivered law with changed texts; `Conflict` where these were made for other delivered texts."""
    moved = [name for name in sorted(texts) if fingerprint(delivered, name) != under.get(name)]
    if moved:
        raise Conflict(f"This release delivers other rules under changed ones: {', '.join(moved)}. {WAY_OUT}")
    try:
        return changed(delivered, delivered, texts)
    except LawError as problem:
        raise Conflict(f"The changed rules do not hold with this release: {problem}. {WAY_OUT}") from problem


def changed(delivered: Law, base: Law, texts: Mapping[str, str]) -> Law:
    """The delivered law with these texts, which change `base`; LawError where no change may do that."""
    if not texts:
        law = delivered
    else:
        check_texts(texts)
        try:
            law = delivered.changed(texts)
        except RecursionError as problem:
            raise LawError("a rule is nested too deeply to be read") from problem
    check_change(delivered, base, law)
    return law


def fingerprint(delivered: Law, name: str) -> str:
    """The SHA-256 of the delivered text of a file of rules; empty where there is none."""
    text = delivered.texts.get(name)
    return "" if text is None else _sha256(text)


def proposal_of(row: PolicyChange) -> str:
    """What the signature under a proposal is over."""
    return _canonical(
        {
            "change": str(row.id),
            "organisation": str(row.organisation_id or ""),
            "proposed_by": str(row.proposed_by or ""),
            "reason": row.reason,
            "base": row.base,
            "digest": row.digest,
            "delivered": row.delivered,
            "texts": {name: _sha256(text) for name, text in row.texts.items()},
            "told": _sha256(_canonical(row.told)),
        }
    )


def approval_of(row: PolicyChange, number: int, person: uuid.UUID | None) -> str:
    """What the signature under an approval is over."""
    proposal = _sha256(row.proposal)
    return _canonical({"change": str(row.id), "number": number, "approved_by": str(person or ""), "proposal": proposal})


def signed(services: Services, kind: str, body: str) -> str:
    """A statement about a change under the key of the logs."""
    sign: Callable[[bytes], bytes] = lambda message: services.kms.sign(LOG_KEY, message)  # noqa: E731
    return sign_statement(kind, body, services.kms.public_key(LOG_KEY), sign).decode()


def check_law(services: Services) -> None:
    """Refuses to start while the law in force cannot be established."""
    with services.database.reading() as session:
        InForce(services).of(session)


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
