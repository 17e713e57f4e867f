"""Directories of the cast's companies, and people they keep."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from dataroom.actions import identity
from dataroom.actions.context import Principal
from dataroom.model import User
from tests.actions.house import House, enrol

OFFICERS = {"aldermoor": "cleo", "borealis": "corin"}
MINE, THEIRS = "directory-aldermoor", "directory-borealis"


def admitted(house: House) -> None:
    """Lets the directories of two companies in, once; they are called `directory-aldermoor` and `directory-borealis`."""
    for slug, officer in OFFICERS.items():
        name = f"directory-{slug}"
        if name not in house.world.people:
            secret = house.world.do(officer, "directory.add", name=f"Directory of {slug}").secret
            house.world.people[name] = identity.by_directory(house.world.services, secret, "192.0.2.40")


def filed(house: House, **more: Any) -> uuid.UUID:
    """Somebody new whom Aldermoor's directory has filed."""
    admitted(house)
    mail = f"f-{uuid.uuid4().hex[:8]}@aldermoor.example"
    found: uuid.UUID = house.do(MINE, "account.create", **({"email": mail, "name": "Faye Filed"} | more)).id
    return found


def working(house: House, matter: uuid.UUID | None = None, club: uuid.UUID | None = None) -> str:
    """Somebody of Aldermoor who is signed in, with a token and a part in a matter, perhaps a place in a club."""
    admitted(house)
    who = f"w-{uuid.uuid4().hex[:8]}"
    enrol(house.world, who, "aldermoor", "partner")
    house.token(who)
    mail = f"{who}@aldermoor.example"
    house.world.do("ada", "member.add", matter or house.matter, email=mail, tier=2)
    if club is not None:
        house.world.do("ada", "club.add", club, email=mail)
    return who


def account(house: House, who: str) -> uuid.UUID:
    """The id of somebody of the cast."""
    found = house.person(who).user
    assert found is not None
    return found


def departed_from(house: House) -> uuid.UUID:
    """A fresh matter in which somebody had a part whose account their directory has ended."""
    matter = house.other_matter()
    leaver = account(house, working(house, matter))
    house.do(MINE, "account.remove", leaver)
    return matter


def arrives(house: House, mail: str, subject: str, *, proven: bool = True, slug: str = "aldermoor") -> Principal:
    """Somebody signs in at their company under an address; returns who they are here."""
    issuer, secret = house.world.issuer(slug), secrets.token_urlsafe(48)
    told = mail if proven else ""
    person = identity.arriving(house.world.services, issuer, subject, "partner", "Noor Vane", mail, "192.0.2.3", told)
    given = {"issuer": issuer.id, "subject": subject, "name": "Noor Vane", "email": mail, "role": "partner"}
    house.world.gate.perform(person, "session.start", None, given | {"secret": secret, "proven": told})
    return identity.by_session(house.world.services, secret, "192.0.2.3")


def row_of(house: House, user: uuid.UUID) -> User:
    """The row of an account."""
    found: User = house.row(User, user)
    return found
