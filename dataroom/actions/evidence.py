"""Appending to the audit log. Only the gate calls this; nothing else in the service writes an entry.

The head row of the log is locked first, so entries of one log are numbered without gaps in commit order.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Uuid, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from dataroom.actions import pins
from dataroom.actions.context import Principal, Services
from dataroom.actions.deputising import Represented
from dataroom.actions.personal import actor_of, keep, share
from dataroom.actions.proofs import completed
from dataroom.audit.entry import seal_entry
from dataroom.audit.tree import Frontier
from dataroom.clock import stamp
from dataroom.errors import Unavailable
from dataroom.ids import new_id
from dataroom.model import AuditEntry, AuditLog, AuditNode, Base, Matter

_LOCKING: Select[AuditLog] = select(AuditLog).with_for_update(of=AuditLog).execution_options(populate_existing=True)
_ADD_NODES = insert(AuditNode)
_ADD_ENTRY = insert(AuditEntry)
_GROW = (
    update(AuditLog)
    .where(AuditLog.id == bindparam("log"), AuditLog.size == bindparam("from"))
    .values(size=bindparam("to"), frontier=bindparam("hashes"))
)


@dataclass
class Record:
    """What an entry will say: filled while the action runs, written as its last statement.

    `about` is the person whom the action was done to, `represented` for whom it was done by their deputy; whatever
    tells of them is sealed under their key.
    """

    act: str
    principal: Principal
    target_kind: str = ""
    target_id: uuid.UUID | None = None
    matter_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    document_id: uuid.UUID | None = None
    outcome: str = "done"
    policies: tuple[str, ...] = ()
    params: str = ""
    code: str = ""
    hidden: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    about: uuid.UUID | None = None
    represented: Represented | None = None

    def fields(self) -> dict[str, Any]:
        """The members of the entry, each of which becomes a salted field; empty ones are left out."""
        who = self.principal
        members: dict[str, Any] = {
            "act": self.act,
            "outcome": self.outcome,
            "code": self.code,
            "role": who.role,
            "org": str(who.organisation or ""),
            "who": str(who.user or who.role),
            "name": who.name,
            "mail": who.email,
            "ip": who.address,
            "via": who.via,
            "for": _spoken(self.represented) if self.represented is not None else {},
            "target": f"{self.target_kind}:{self.target_id}" if self.target_id else self.target_kind,
            "document": str(self.document_id or ""),
            "owner": str(self.owner_id or ""),
            "policies": list(self.policies),
            "params": self.params,
            "facts": self.facts,
        }
        return {name: value for name, value in members.items() if value}


def _spoken(away: Represented) -> dict[str, str]:
    """For whom a deputy acted, and until when they are one."""
    return {"who": str(away.user), "name": away.name, "until": stamp(away.until)}


def digest_of(params: Mapping[str, Any]) -> str:
    """SHA-256 of the parameters in canonical JSON, so an entry pins them without holding their contents."""
    text = json.dumps(params, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def open_log(session: Session, matter_id: uuid.UUID | None, origin: str) -> None:
    """Creates the empty log of a matter (or of the deployment), with its head row."""
    name = f"{origin}/{matter_id or 'deployment'}"
    session.add(AuditLog(id=new_id(), matter_id=matter_id, origin=name, size=0, frontier=Frontier().to_bytes()))
    session.flush()


def lock_head(session: Session, matter_id: uuid.UUID | None) -> AuditLog:
    """The head row of the matter's log (None: the deployment's), locked until the transaction ends."""
    criterion = AuditLog.matter_id.is_(None) if matter_id is None else AuditLog.matter_id == matter_id
    return session.scalars(_LOCKING.where(criterion)).one()


def lock_head_of(session: Session, table: type[Base] | None, row_id: uuid.UUID | None) -> AuditLog:
    """The locked head of the log that tells of a row: its matter's, or the deployment's if it has none or is none."""
    if not in_a_matter(table) or row_id is None:
        return lock_head(session, None)
    return session.scalars(_head_of_row(table), {"row": row_id}).one()


def in_a_matter(table: type[Base] | None) -> bool:
    """Whether rows of a table belong to a matter, whose log tells of them."""
    return table is Matter or hasattr(table, "matter_id")


@cache
def _head_of_row(table: Any) -> Select[AuditLog]:
    """In one question, so that a row that is not there costs what one costs that is."""
    column = Matter.id if table is Matter else table.matter_id
    matter = select(column).where(table.id == bindparam("row", type_=Uuid)).scalar_subquery()
    return _LOCKING.where(or_(AuditLog.matter_id == matter, and_(AuditLog.matter_id.is_(None), matter.is_(None))))


def append(
    services: Services, session: Session, record: Record, moment: datetime, held: AuditLog | None = None
) -> tuple[uuid.UUID, int]:
    """Writes the entry as the next of its log; returns the log's id and the entry's number (from 0).

    `held` is the head this transaction has locked already; another is locked when the entry belongs elsewhere.
    """
    session.flush()
    head = held if held is not None and held.matter_id == record.matter_id else lock_head(session, record.matter_id)
    seq, who = head.size, record.principal
    sealed = seal_entry(head.origin, seq, moment, services.law.digest, {**record.fields(), **_pinned(session)})
    before = Frontier.from_bytes(head.frontier)
    after = before.append(sealed.leaf).to_bytes()
    connection = session.connection()
    nodes = [
        {"log_id": head.id, "level": level, "index": index, "hash": root}
        for level, index, root in completed(before.hashes, seq, sealed.leaf)
    ]
    if nodes:
        connection.execute(_ADD_NODES, nodes)
    entry = {
        "log_id": head.id,
        "seq": seq,
        "entry": sealed.data,
        "leaf": sealed.leaf,
        "at": moment,
        "matter_id": record.matter_id,
        "act": record.act,
        "outcome": "hidden" if record.hidden else record.outcome,
        "actor_id": who.user,
        "actor_organisation_id": who.organisation,
        "owner_organisation_id": record.owner_id,
        "target_kind": record.target_kind,
        "target_id": record.target_id,
        "document_id": record.document_id,
    }
    connection.execute(_ADD_ENTRY, entry)
    texts = [(item.name, item.text) for item in sealed.disclosures]
    away = record.represented.user if record.represented is not None else None
    parts, persons = share(record.act, actor_of(session, who), record.about, texts, away)
    keep(services, session, (head.id, seq), parts, persons)
    if connection.execute(_GROW, {"log": head.id, "from": seq, "to": seq + 1, "hashes": after}).rowcount != 1:
        raise Unavailable("The log's head changed under its lock.")
    set_committed_value(head, "size", seq + 1)
    set_committed_value(head, "frontier", after)
    return head.id, seq


def _pinned(session: Session) -> dict[str, Any]:
    """The fields that pin the rows the action has touched: how many, and their digests."""
    found = pins.taken(session)
    return {"pins": pins.count_of(found), pins.FIELD: found} if found else {}
