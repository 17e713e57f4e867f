"""The people of an organisation as persons with a right to be forgotten: finding them, erasing them, undoing it.

Erasing closes whatever the audit log tells of a person at once and ends their sessions and tokens. When the time to
undo it is over, the key of their fields is destroyed and name, address and subject go from their row; what remains is
an opaque number. Nothing is erased that a hold or an open duty of theirs still needs.
"""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, delete, func, or_, select, update

from dataroom.actions.context import Desk
from dataroom.actions.personal import BATCH, ERASED, LEGACY, STRANGERS, cleared, keep, key_of, share
from dataroom.actions.pins import FIELD
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.retiring import WINDOW_DAYS
from dataroom.actions.views import Done
from dataroom.actions.views_people import PersonView
from dataroom.actions.work import Work
from dataroom.audit.entry import name_of
from dataroom.errors import Conflict, KeyDestroyed, Refused
from dataroom.ids import new_id
from dataroom.model import (
    AuditDisclosure,
    AuditEntry,
    AuditLog,
    AuditPerson,
    AuditSealed,
    Authenticator,
    Disposal,
    DisposalApproval,
    Hold,
    HoldDocument,
    Leave,
    Matter,
    Membership,
    Redaction,
    Session,
    Token,
    User,
)

MOST = 200
PERSON_ACTIONS = ("person.erase", "person.restore")


class Find(Params):
    """A part of the name or address, or an id; empty: everybody. At most 200 people are shown."""

    find: Annotated[str, Field(max_length=100)] = ""
    id: uuid.UUID | None = None


class Erase(Params):
    """On what ground, and for how many days it can be undone."""

    ground: Literal["request", "no-longer-needed", "unlawful"]
    days: Annotated[int, Field(ge=0, le=365)] = WINDOW_DAYS


@action("person.list", on=None, kind="Person", lists=User)
def list_people(work: Work, _target: None, params: Find) -> tuple[PersonView, ...]:
    """The people of the own organisation, what stands against erasing each, and what this person may do."""
    part = params.find.lower()
    found = or_(*(func.lower(column).contains(part, autoescape=True) for column in (User.name, User.email)))
    query = select(User, AuditPerson).outerjoin(AuditPerson, AuditPerson.id == User.id)
    asked = [*([found] if part else []), *([User.id == params.id] if params.id else [])]
    query = query.where(work.narrowed(User), *asked).order_by(User.name, User.id).limit(MOST)
    rows = work.confirmed(User, work.record.act, work.rows(query), lambda row: row[0].id)
    ids = [user.id for user, _ in rows]
    against = obstacles(work, ids)
    offers = {name: {row[0] for row in work.rows(_allowed(work, name, ids))} for name in PERSON_ACTIONS}
    return tuple(
        PersonView(
            id=user.id,
            name=user.name,
            email=user.email,
            role=user.role,
            state=key.state if key else "active",
            destroy_at=key.destroy_at if key else None,
            against=tuple(against.get(user.id, ())),
            can=frozenset(name for name, allowed in offers.items() if user.id in allowed),
        )
        for user, key in rows
    )


def _allowed(work: Work, name: str, ids: list[uuid.UUID]) -> Select[uuid.UUID]:
    return select(User.id).where(User.id.in_(ids), work.narrowed(User, name))


def obstacles(work: Work, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """What stands against erasing each of these users, in sentences that name it."""
    found: dict[uuid.UUID, list[str]] = {}
    wanted = list(ids)
    for sentence, query in _questions(work, wanted):
        for person, reference in work.rows(query):
            found.setdefault(person, []).append(sentence.format(reference))
    return found


def _questions(work: Work, ids: list[uuid.UUID]) -> list[tuple[str, Select[*tuple[Any, ...]]]]:
    """Pairs of a sentence and the query of (user, the matter's reference) it is true of."""
    acted = select(AuditEntry.actor_id, Matter.reference).join(AuditLog, AuditLog.id == AuditEntry.log_id)
    held = (
        acted.join(Hold, Hold.matter_id == AuditLog.matter_id)
        .join(HoldDocument, _both(HoldDocument.hold_id == Hold.id, HoldDocument.document_id == AuditEntry.document_id))
        .join(Matter, Matter.id == AuditLog.matter_id)
        .where(AuditEntry.actor_id.in_(ids), Hold.released_at.is_(None))
    )
    placed = select(Hold.placed_by, Matter.reference).join(Matter, Matter.id == Hold.matter_id)
    parts = select(Membership.user_id, Matter.reference).join(Matter, Matter.id == Membership.matter_id)
    proposed = select(Disposal.proposed_by, Matter.reference).join(Matter, Matter.id == Disposal.matter_id)
    approved = (
        select(DisposalApproval.user_id, Matter.reference)
        .join(Disposal, Disposal.id == DisposalApproval.disposal_id)
        .join(Matter, Matter.id == Disposal.matter_id)
    )
    drafts = select(Redaction.author_id, Matter.reference).join(Matter, Matter.id == Redaction.matter_id)
    over, unfinished = Disposal.state.in_(("proposed", "approved")), Redaction.state.in_(_UNFINISHED)
    live = _both(Membership.removed_at.is_(None), Matter.state == "open")
    pairs: list[tuple[str, Select[*tuple[Any, ...]]]] = [
        ("A hold in matter {} covers documents they dealt with.", held),
        ("A hold they placed in matter {} is not released.", placed.where(Hold.released_at.is_(None))),
        ("They still take part in the open matter {}; a custodian ends that first.", parts.where(live)),
        ("A disposal they proposed in matter {} is not over.", proposed.where(over)),
        ("A disposal they approved in matter {} is not over.", approved.where(over)),
        ("A redaction they began in matter {} is not finished.", drafts.where(unfinished)),
    ]
    return [(text, query.where(query.selected_columns[0].in_(ids)).distinct()) for text, query in pairs]


_UNFINISHED = ("draft", "applying", "in_review", "returned", "failed")


def _both(one: Any, other: Any) -> Any:
    return one & other


@action("person.erase", on=User)
def erase(work: Work, user: User, params: Erase) -> Done:
    """Closes what the log tells of a person and ends their access; after the days to undo it they are forgotten."""
    key = _key(work, user)
    against = obstacles(work, [user.id]).get(user.id, [])
    if against:
        raise Refused(" ".join(against), facts={"against": against})
    if work.one(AuditDisclosure, AuditDisclosure.name == LEGACY) is not None:
        raise Conflict("The log's older personal fields are still being sealed; try again in some minutes.")
    key.state, key.destroy_at = "shredding", work.now + timedelta(days=params.days)
    for session in work.all(Session, Session.user_id == user.id, Session.ended_at.is_(None)):
        session.ended_at = work.now
    for token in work.all(Token, Token.user_id == user.id, Token.revoked_at.is_(None)):
        token.revoked_at = work.now
    work.services.keks.forget(user.id)
    work.state(ground=params.ground, days=params.days)
    return Done(user.id)


@action("person.restore", on=User)
def restore(work: Work, user: User, params: Nothing) -> Done:
    """Takes an erasure back while that is possible; the person signs in again as before."""
    key = _key(work, user)
    key.state, key.destroy_at = "active", None
    return Done(user.id)


@action("person.destroy", on=User, performer="service")
def destroy(work: Work, user: User, params: Nothing) -> Done:
    """Forgets a person: the key of their fields, their name, address, sessions, tokens and own keys."""
    key = _key(work, user)
    key.state, key.kek_blob, key.destroy_at = "tombstone", None, None
    clear(work, user)
    work.owe("person.forget", user.id)
    return Done(user.id)


def clear(work: Work, user: User) -> None:
    """Leaves of a user's row an opaque number, and of what is theirs alone nothing."""
    for name, value in cleared(user.id).items():
        setattr(user, name, value)
    for row in (
        *work.all(Session, Session.user_id == user.id),
        *work.all(Token, Token.user_id == user.id),
        *work.all(Authenticator, Authenticator.user_id == user.id),
    ):
        work.remove(row)
    for part in work.all(Membership, Membership.user_id == user.id, Membership.removed_at.is_(None)):
        part.removed_at = work.now
    work.session.execute(update(Leave).where(Leave.user_id == user.id).values(reason=ERASED))
    work.session.execute(delete(AuditSealed).where(AuditSealed.person_id == user.id))
    work.services.keks.forget(user.id)


def _key(work: Work, user: User) -> AuditPerson:
    key_of(work.services, work.session, user.id)
    return work.get(AuditPerson, user.id)


def _forget(desk: Desk, user: User, params: Nothing, stream: object) -> None:
    with desk.services.database.reading() as session:
        key = session.get(AuditPerson, user.id)
    if key is None or key.state != "tombstone":
        raise KeyDestroyed("There is no key to forget.")
    desk.services.kms.destroy(key.kms_key)


@action("person.forget", on=User, prepare=_forget, performer="service")
def forget(work: Work, user: User, params: Nothing, _done: None) -> Done:
    """Removes the key of a forgotten person from the key service; its name is never given again."""
    return Done(user.id)


@action("person.seal", on=None, kind="Service", performer="service")
def seal(work: Work, _target: None, params: Nothing) -> Done:
    """Seals the personal fields of entries written before there were keys of persons; some hundred, then the rest."""
    query = (
        select(AuditEntry)
        .join(
            AuditDisclosure, _both(AuditEntry.log_id == AuditDisclosure.log_id, AuditEntry.seq == AuditDisclosure.seq)
        )
        .where(AuditDisclosure.name == LEGACY)
        .limit(BATCH)
    )
    rows = [row[0] for row in work.rows(query)]
    known = {row[0] for row in work.rows(select(User.id).where(User.id.in_({entry.actor_id for entry in rows})))}
    for entry in rows:
        _seal(work, entry, known)
    if len(rows) == BATCH:
        work.owe("person.seal", None)
    work.state(entries=len(rows))
    return Done(new_id())


def _seal(work: Work, entry: AuditEntry, known: set[uuid.UUID]) -> None:
    rows = work.all(
        AuditDisclosure,
        AuditDisclosure.log_id == entry.log_id,
        AuditDisclosure.seq == entry.seq,
        AuditDisclosure.name != FIELD,
    )
    both = [text for row in rows for text in row.disclosure.split("\n") if text]
    texts = [(name_of(text), text) for text in both]
    actor = entry.actor_id if entry.actor_id in known else STRANGERS
    persons_own = any(name == "org" for name, _ in texts)
    for row in rows:
        work.remove(row)
    parts, persons = share(entry.act, actor if persons_own else None, _about(texts), texts)
    keep(work.services, work.session, (entry.log_id, entry.seq), parts, persons)


def _about(texts: list[tuple[str, str]]) -> uuid.UUID | None:
    """The person whom an entry of before says it was done to."""
    for name, text in texts:
        if name == "facts":
            value = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))[2]
            member = value.get("member")
            return uuid.UUID(member) if member else None
    return None
