"""The personal fields of audit entries: which they are, whose key closes them, and opening them again.

An entry commits to every field by a salted digest. The openings of fields that tell of a person are kept sealed under
that person's key alone, so that destroying the key closes them wherever copies lie, and the log still verifies.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dataroom.actions import pins
from dataroom.actions.context import Principal, Services
from dataroom.errors import Conflict, KeyDestroyed, Tampered, Unavailable
from dataroom.model import AuditDisclosure, AuditEntry, AuditPerson, AuditSealed, User
from dataroom.vault.fields import open_fields_of, seal_fields
from dataroom.vault.keys import new_key, scope_key

STRANGERS = uuid.UUID(int=0)
"""Whose key closes the fields about people who were never let in: one for all of them."""
FACT = "fact"
LEGACY = "person"
"""The name of openings written before they were sealed."""
BATCH = 500
ERASED = "(erased)"

PERSON_FIELDS = frozenset({"who", "name", "mail", "ip", "via"})
"""The fields of the acting person."""
REPRESENTED = "for"
"""The field that tells for whom a deputy acted."""
_OF_THE_SUBJECT = frozenset({"params", "facts"})
_OWN_THINGS = frozenset(
    {"session.start", "session.confirm", "session.end", "token.create", "token.revoke"}
    | {"authenticator.add", "authenticator.use"}
)
_ABOUT_ANOTHER = frozenset(
    {"member.add", "member.remove", "member.lapse", "user.invite"}
    | {"account.create", "account.change", "account.remove"}
)
PERSONAL_ACTS = _OWN_THINGS | _ABOUT_ANOTHER
"""Acts of whose other fields, too, some tell of a person."""
UNKEPT_PARAMS = _ABOUT_ANOTHER | {"matter.create", "person.list", "account.list"}
"""Acts whose parameters name people by address: where nobody's key closes their digest, nobody keeps it."""
SUBJECT_FIELDS = _OF_THE_SUBJECT | {"target"}


def cleared(person: uuid.UUID) -> dict[str, Any]:
    """What is left of a forgotten person in their user row: an opaque number, and nothing to sign in with."""
    gone = {"name": ERASED, "email": "", "subject": f"erased-{person}", "active": False}
    return gone | {"invited_until": None, "external_id": None}


def share(
    act: str,
    actor: uuid.UUID | None,
    about: uuid.UUID | None,
    texts: Iterable[tuple[str, str]],
    represented: uuid.UUID | None = None,
) -> tuple[dict[str, list[str]], dict[uuid.UUID, list[str]]]:
    """Divides the (name, opening) of an entry's fields into those of nobody, by part, and those of each person.

    `actor` is None for the service itself, whose name is nobody's; `represented` is for whom a deputy acted. Where
    parameters hold addresses and the entry knows no person they are of, their digest is kept by nobody, since it could
    be guessed from an address.
    """
    parts, persons = {FACT: list[str]()}, dict[uuid.UUID, list[str]]()
    subject = actor if act in _OWN_THINGS else about
    own = _OF_THE_SUBJECT | ({"target"} if act in _OWN_THINGS else set())
    for name, text in texts:
        if actor is not None and name in PERSON_FIELDS:
            persons.setdefault(actor, []).append(text)
        elif name == REPRESENTED and represented is not None:
            persons.setdefault(represented, []).append(text)
        elif name in own and subject is not None:
            persons.setdefault(subject, []).append(text)
        elif name != "params" or act not in UNKEPT_PARAMS:
            parts.setdefault(pins.FIELD if name == pins.FIELD else FACT, []).append(text)
    return parts, persons


def actor_of(session: Session, who: Principal) -> uuid.UUID | None:
    """Under whose key the fields about the acting person go; None for the service itself."""
    if who.role in {"service", "directory"}:
        return None
    if who.user is None or (who.arriving and session.get(User, who.user) is None):
        return STRANGERS
    return who.user


def key_of(services: Services, session: Session, person: uuid.UUID) -> bytes | None:
    """The key of a person's fields, made when there is none; None when it is, or is to be, destroyed."""
    row = session.get(AuditPerson, person) or _made(services, session, person)
    return opening_key(services, row)


def opening_key(services: Services, row: AuditPerson) -> bytes | None:
    """The key in a person's row; None when it is, or is to be, destroyed."""
    if row.state != "active" or row.kek_blob is None:
        return None
    with suppress(KeyDestroyed):
        return services.keks.kek(row.id, 1, row.kek_blob)
    return None


def _made(services: Services, session: Session, person: uuid.UUID) -> AuditPerson:
    """A key for somebody who has none yet. A key whose row was rolled back is left over and taken up again.

    Whoever's key was destroyed before gets none: an older database does not know that they were forgotten.
    """
    name, kms, now = scope_key(person), services.kms, services.clock.now()
    row = AuditPerson(id=person, kms_key=name, state="active", created_at=now)
    try:
        with suppress(Conflict):
            kms.create(name)
        row.kek_blob = kms.wrap(name, new_key())
    except KeyDestroyed:
        if not kms.was_destroyed(name):
            raise
        row.state, row.destroy_at = "shredding", now
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = session.get(AuditPerson, person, populate_existing=True)
        if found is None:
            raise Unavailable("The key of a person could not be made; try again.") from None
        return found
    return row


def keep(
    services: Services,
    session: Session,
    place: tuple[uuid.UUID, int],
    parts: Mapping[str, list[str]],
    persons: Mapping[uuid.UUID, list[str]],
) -> None:
    """Keeps the openings of an entry at `place` (log, number): nobody's in the clear, each person's sealed."""
    log, seq = place
    session.connection().execute(
        insert(AuditDisclosure),
        [{"log_id": log, "seq": seq, "name": name, "disclosure": "\n".join(texts)} for name, texts in parts.items()],
    )
    for person, texts in persons.items():
        kek = key_of(services, session, person)
        if kek is not None:
            sealed = seal_fields(kek, person, log, seq, "\n".join(texts).encode())
            row = {"log_id": log, "seq": seq, "person_id": person, "sealed": sealed}
            session.connection().execute(insert(AuditSealed), row)


def openings(services: Services, session: Session, log: uuid.UUID, seqs: Sequence[int]) -> dict[int, list[str]]:
    """The openings that may be handed out of these entries (at most some hundred), by number; never those of pins."""
    found: dict[int, list[str]] = {}
    facts = select(AuditDisclosure.seq, AuditDisclosure.disclosure).where(
        AuditDisclosure.log_id == log, AuditDisclosure.seq.in_(seqs), AuditDisclosure.name != pins.FIELD
    )
    for seq, text in session.execute(facts.order_by(AuditDisclosure.seq, AuditDisclosure.name)):
        found.setdefault(seq, []).extend(one for one in text.split("\n") if one)
    for seq, told in unsealed(services, session, log, AuditSealed.seq.in_(seqs)):
        if isinstance(told, Tampered):
            raise told
        found.setdefault(seq, []).extend(told)
    return found


def unsealed(
    services: Services, session: Session, log: uuid.UUID, *which: ColumnElement[bool]
) -> Iterator[tuple[int, list[str] | Tampered]]:
    """By number the openings of personal fields whose key lives, or that they were changed."""
    sealed = select(AuditSealed.seq, AuditSealed.person_id, AuditSealed.sealed).where(AuditSealed.log_id == log, *which)
    rows = session.execute(sealed.order_by(AuditSealed.seq, AuditSealed.person_id)).all()
    people = session.scalars(select(AuditPerson).where(AuditPerson.id.in_({row.person_id for row in rows})))
    known = {row.id: row for row in people}
    keys: dict[uuid.UUID, bytes | Tampered | None] = {}
    for seq, person, data in rows:
        if person not in keys:
            keys[person] = _key_or_damage(services, known.get(person))
        kek = keys[person]
        if kek is None:
            continue
        try:
            yield (
                seq,
                kek if isinstance(kek, Tampered) else open_fields_of(kek, person, log, seq, data).decode().split("\n"),
            )
        except Tampered as error:
            yield seq, error


def _key_or_damage(services: Services, row: AuditPerson | None) -> bytes | Tampered | None:
    """A person's key, or that its row was changed: the fields of others are not closed by that."""
    try:
        return opening_key(services, row) if row else None
    except Tampered as error:
        return error


def opened(
    services: Services, session: Session, log: uuid.UUID, size: int, *criteria: ColumnElement[bool]
) -> Iterator[tuple[Any, list[str]]]:
    """Of the first `size` entries those that meet the criteria, in order: (seq, actor_organisation_id), openings.

    Memory holds one batch at a time.
    """
    for first in range(0, size, BATCH):
        stop = min(first + BATCH, size)
        query = (
            select(AuditEntry.seq, AuditEntry.actor_organisation_id)
            .where(AuditEntry.log_id == log, AuditEntry.seq >= first, AuditEntry.seq < stop, *criteria)
            .order_by(AuditEntry.seq)
        )
        rows = session.execute(query).all()
        texts = openings(services, session, log, [row.seq for row in rows])
        yield from ((row, texts.get(row.seq, [])) for row in rows)
