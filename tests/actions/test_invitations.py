"""People invited before their first sign-in: bound by their company's verified address alone, ending, withdrawn."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import pytest

from dataroom.actions import identity
from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.model import Membership, User
from dataroom.model.people import AWAITED
from tests.actions.house import House


def invite(house: House, who: str, *, days: int = 14, matter: uuid.UUID | None = None) -> uuid.UUID:
    """Ada invites somebody of Aldermoor and adds them to a matter; returns their id."""
    mail = f"{who}@aldermoor.example"
    made: uuid.UUID = house.do("ada", "user.invite", email=mail, days=days).id
    house.do("ada", "member.add", matter or house.world.matter, email=mail, tier=2)
    return made


def arrive(house: House, who: str, slug: str = "aldermoor", *, proven: bool = True, subject: str = "") -> uuid.UUID:
    """Somebody signs in for the first time; returns whose session it is."""
    issuer = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == slug)
    mail, secret, sub = f"{who}@{slug}.example", secrets.token_urlsafe(48), subject or f"sub-{who}"
    told = mail if proven else ""
    principal = identity.arriving(house.world.services, issuer, sub, "partner", who.title(), mail, "192.0.2.3", told)
    given = {"issuer": issuer.id, "subject": sub, "name": who.title(), "email": mail, "role": "partner"}
    house.world.gate.perform(principal, "session.start", None, given | {"secret": secret, "proven": told})
    found = identity.by_session(house.world.services, secret, "192.0.2.3")
    house.world.people[who] = found
    assert found.user
    return found.user


def listed(house: House, user: uuid.UUID) -> Any:
    """How the matter's list of people shows somebody."""
    return next(view for view in house.do("ada", "member.list", house.world.matter) if view.user == user)


def test_the_invited_takes_part_from_the_first_sign_in_on(house: House) -> None:
    user = invite(house, "ines")
    assert not listed(house, user).signed_in
    assert listed(house, user).invited_until > house.world.clock.now()
    assert any(view.id == user and view.invited_until for view in house.do("ada", "user.list"))
    assert arrive(house, "ines") == user
    assert house.do("ines", "matter.read", house.world.matter).tier == 2
    assert (listed(house, user).signed_in, listed(house, user).invited_until) == (True, None)


def test_case_of_the_address_does_not_matter(house: House) -> None:
    assert invite(house, "Jonas") == arrive(house, "jonas")


def test_an_address_that_is_not_verified_binds_nobody(house: House) -> None:
    user = invite(house, "kurt")
    assert arrive(house, "kurt", proven=False) != user
    with pytest.raises(NotFound):
        house.do("kurt", "matter.read", house.world.matter)
    assert house.row(User, user).subject.startswith(AWAITED)


def test_another_companys_provider_binds_nobody(house: House) -> None:
    user = invite(house, "lars")
    issuer = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == "borealis")
    mail = "lars@aldermoor.example"
    principal = identity.arriving(house.world.services, issuer, "x", "partner", "Lars", mail, "192.0.2.3", mail)
    assert principal.user != user
    given = {"issuer": issuer.id, "subject": "x", "name": "Lars", "email": mail, "role": "partner", "proven": mail}
    with pytest.raises(Refused):
        house.world.gate.perform(principal, "session.start", None, given | {"secret": secrets.token_urlsafe(48)})
    assert not house.row(User, user).active


def test_nobody_signs_in_as_the_placeholder(house: House) -> None:
    user = invite(house, "mona")
    with pytest.raises(DataroomError):
        arrive(house, "mona", subject=f"{AWAITED}{user}")
    assert not house.row(User, user).active


def test_an_invitation_ends_by_itself(house: House) -> None:
    user = invite(house, "nils", days=1)
    house.later(days=1, seconds=1)
    assert arrive(house, "nils") != user
    with pytest.raises(NotFound):
        house.do("nils", "matter.read", house.world.matter)


def test_an_invitation_is_withdrawn(house: House) -> None:
    user = invite(house, "olga")
    house.do("cleo", "user.deactivate", user)
    assert house.row(User, user).invited_until is None
    assert arrive(house, "olga") != user
    with pytest.raises(NotFound):
        house.do("olga", "matter.read", house.world.matter)


def test_a_part_is_taken_from_somebody_invited(house: House) -> None:
    user = invite(house, "otto")
    house.do("ada", "member.remove", house.world.matter, email="otto@aldermoor.example")
    assert arrive(house, "otto") == user
    with pytest.raises(NotFound):
        house.do("otto", "matter.read", house.world.matter)


def test_an_invitation_to_a_second_matter_keeps_the_person(house: House) -> None:
    user, other = invite(house, "paul"), house.other_matter()
    assert invite(house, "paul", matter=other) == user
    house.do("ada", "member.remove", house.world.matter, email="paul@aldermoor.example")
    assert arrive(house, "paul") == user
    assert [part.matter_id for part in house.rows(Membership, Membership.user_id == user) if not part.removed_at] == [
        other
    ]


def test_a_second_person_with_the_address_does_not_take_the_place(house: House) -> None:
    user = invite(house, "rosa")
    assert arrive(house, "rosa") == user
    with pytest.raises(Refused):
        arrive(house, "rosa", subject="another")


def test_nobody_is_invited_beyond_the_rules(house: House) -> None:
    wrong = (
        "x@borealis.example",
        "x@nowhere.example",
        "petra@aldermoor.example",
        "no-address",
        "a@b@aldermoor.example",
    )
    for email in wrong:
        with pytest.raises(Invalid):
            house.do("ada", "user.invite", email=email)
    with pytest.raises(Invalid):
        house.do("ada", "user.invite", email="s@aldermoor.example", days=400)
    user = house.do("cleo", "user.invite", email="tilda@aldermoor.example").id
    with pytest.raises(Refused):
        house.do("bodil", "member.add", house.world.matter, email="tilda@aldermoor.example", tier=1)
    with pytest.raises(Invalid):
        house.do("ada", "member.add", house.world.matter, email="tilda@aldermoor.example", tier=5)
    assert house.count(Membership, Membership.user_id == user) == 0


def test_who_never_signed_in_is_not_reactivated(house: House) -> None:
    user = invite(house, "sven")
    house.do("cleo", "user.deactivate", user)
    with pytest.raises(Conflict):
        house.do("cleo", "user.reactivate", user)
    with pytest.raises(Conflict):
        house.do("cleo", "user.deactivate", user)


def test_a_withdrawal_or_invitation_during_the_sign_in_binds_nobody_wrongly(house: House) -> None:
    issuer = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == "aldermoor")
    for who in ("tove", "ulf"):
        mail = f"{who}@aldermoor.example"
        user = invite(house, who) if who == "tove" else None
        principal = identity.arriving(house.world.services, issuer, who, "partner", who, mail, "192.0.2.3", mail)
        if user is not None:
            house.do("cleo", "user.deactivate", user)
        else:
            user = invite(house, who)
        given = {"issuer": issuer.id, "subject": who, "name": who, "email": mail, "role": "partner", "proven": mail}
        with pytest.raises((Refused, NotFound)):
            house.world.gate.perform(principal, "session.start", None, given | {"secret": secrets.token_urlsafe(48)})
        assert not house.row(User, user).active
        assert (arrive(house, who) == user) is (who == "ulf")
