"""What an organisation's directory can do with its people's accounts, and what it cannot."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dataroom.actions import identity
from dataroom.actions.checks.run import shallow
from dataroom.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated, Unavailable
from dataroom.model import Authenticator, ClubMember, Directory, Grant, Membership, Session, Token, User
from dataroom.model.people import AWAITED
from tests.actions.cases_access import asked
from tests.actions.directories import MINE, account, admitted, arrives, filed, row_of, working
from tests.actions.house import House, enrol


@pytest.fixture(autouse=True)
def _admitted(house: House) -> None:
    admitted(house)


def live(house: House, who: uuid.UUID) -> dict[str, int]:
    """How much of what could act for a person holds."""
    return {
        "sessions": house.count(Session, Session.user_id == who, Session.ended_at.is_(None)),
        "tokens": house.count(Token, Token.user_id == who, Token.revoked_at.is_(None)),
        "keys": house.count(Authenticator, Authenticator.user_id == who, Authenticator.removed_at.is_(None)),
        "parts": house.count(Membership, Membership.user_id == who, Membership.removed_at.is_(None)),
        "places": house.count(ClubMember, ClubMember.user_id == who, ClubMember.removed_at.is_(None)),
        "access": house.count(Grant, Grant.user_id == who, Grant.state.in_(("asked", "granted"))),
    }


def key_for(house: House, who: uuid.UUID) -> None:
    """Gives somebody a key of their own, past the gate."""
    made, now = uuid.uuid4(), house.world.clock.now()
    row = {"id": made, "user_id": who, "name": "key", "credential": made.bytes, "credential_hash": made.hex}
    with house.writing() as session:
        session.add(Authenticator(**row, public_key=made.bytes, count=1, created_at=now))


def test_the_filed_are_awaited_and_become_that_person_by_a_verified_address(house: House) -> None:
    mail = "noor.vane@aldermoor.example"
    user = house.do(MINE, "account.create", email=mail, external_id="e-1", name="Noor").id
    row = row_of(house, user)
    assert (row.active, row.role, row.subject.startswith(AWAITED)) == (False, "partner", True)
    house.do("ada", "member.add", house.matter, email=mail, tier=2)
    with pytest.raises(Refused, match="directory keeps an account of this address"):
        arrives(house, mail, "noor", proven=False)
    assert house.count(User, User.email == mail) == 1
    assert arrives(house, mail.title(), "noor").user == user
    assert row_of(house, user).active
    view = house.do(MINE, "account.read", user)
    assert (view.active, view.external_id, view.role, view.name) == (True, "e-1", "partner", "Noor Vane")


def test_ending_an_account_ends_everything_it_had_and_nothing_comes_back_with_it(house: House) -> None:
    club = house.do("ada", "club.create", house.matter, name="Rates", kind="confidentiality_club").id
    wall = house.do("ada", "club.create", house.matter, name="Apart", kind="ethical_wall").id
    who = working(house, club=club)
    user, mail = account(house, who), f"{who}@aldermoor.example"
    house.do("ada", "club.add", wall, email=mail)
    key_for(house, user)
    asked(house, house.line(), who)
    before = {"sessions": 1, "tokens": 1, "keys": 1, "parts": 1, "places": 2, "access": 1}
    assert live(house, user) == before
    sizes = house.log_sizes()
    assert not house.do(MINE, "account.change", user, active=False).active
    (entry,) = house.entries_since(sizes)
    facts = entry.fields["facts"]
    assert {name: facts[name] for name in ("sessions", "tokens", "keys", "matters")} == {
        "sessions": 1,
        "tokens": 1,
        "keys": 1,
        "matters": 1,
    }
    assert live(house, user) == before | {"sessions": 0, "tokens": 0, "keys": 0}
    with pytest.raises(NotFound):
        house.do(who, "matter.read", house.matter)
    with pytest.raises(NotFound):
        arrives(house, mail, who)
    with pytest.raises(Unavailable):
        house.do(MINE, "account.change", user, active=True)
    house.world.worker.drain("member.lapse")
    assert live(house, user) == dict.fromkeys(before, 0) | {"places": 1}
    assert house.do(MINE, "account.change", user, active=True).active
    house.world.people[who] = arrives(house, mail, who)
    with pytest.raises(NotFound):
        house.do(who, "matter.read", house.matter)
    assert house.do(who, "token.list") == () or all(view.revoked_at for view in house.do(who, "token.list"))


def test_ending_twice_is_ending_once(house: House) -> None:
    user = account(house, working(house))
    first = house.do(MINE, "account.change", user, active=False)
    assert house.do(MINE, "account.change", user, active=False) == first
    house.world.worker.drain("member.lapse")


def test_what_a_colleague_took_away_the_directory_does_not_give_back(house: House) -> None:
    user = account(house, working(house))
    house.do("cleo", "user.deactivate", user)
    with pytest.raises(Conflict, match="a colleague gives it back"):
        house.do(MINE, "account.change", user, active=True)
    house.do("cleo", "user.reactivate", user)
    invited = house.do("ada", "user.invite", email="withdrawn@aldermoor.example").id
    house.do("ada", "user.deactivate", invited)
    with pytest.raises(Conflict, match="a colleague gives it back"):
        house.do(MINE, "account.change", invited, active=True)


def test_ending_and_opening_gives_nothing_back_that_a_colleague_took_away(house: House) -> None:
    user = account(house, working(house))
    house.do("cleo", "user.deactivate", user)
    house.do(MINE, "account.change", user, active=False)
    house.world.worker.drain("member.lapse")
    with pytest.raises(Conflict, match="a colleague gives it back"):
        house.do(MINE, "account.change", user, active=True)
    house.do("cleo", "user.reactivate", user)
    assert not row_of(house, user).active
    assert house.do(MINE, "account.change", user, active=True).active


def test_whoever_is_awaited_with_a_part_keeps_their_address(house: House) -> None:
    user = filed(house)
    house.do("ada", "member.add", house.matter, email=row_of(house, user).email, tier=2)
    with pytest.raises(Conflict, match="under this address"):
        house.do(MINE, "account.change", user, email="other@aldermoor.example")


def test_that_somebody_left_tells_other_companies_nothing_of_what_they_had(house: House) -> None:
    who = working(house)
    asked(house, house.line(), who)
    house.do(MINE, "account.remove", account(house, who))
    house.world.worker.drain("member.lapse")
    assert house.do("cleo", "audit.list", house.matter, act="member.lapse").items
    for other in ("bodil", "corin"):
        assert not house.do(other, "audit.list", house.matter, act="member.lapse").items


def test_what_the_directory_ended_a_colleague_gives_back_only_when_there_is_no_directory(house: House) -> None:
    user, awaited = account(house, working(house)), filed(house)
    for each in (user, awaited):
        house.do(MINE, "account.remove", each)
    house.world.worker.drain("member.lapse")
    mail = row_of(house, awaited).email
    assert "user.reactivate" not in next(view.can for view in house.do("cleo", "user.list") if view.id == user)
    with pytest.raises(Conflict, match="it gives it back"):
        house.do("cleo", "user.reactivate", user)
    with pytest.raises(Conflict, match="it gives it back"):
        house.do("ada", "user.invite", email=mail)
    kept = house.person(MINE).token
    for row in house.rows(Directory, Directory.organisation_id == house.person("cleo").organisation):
        if row.revoked_at is None:
            house.world.do("cleo", "directory.revoke", row.id)
    assert "user.reactivate" in next(view.can for view in house.do("cleo", "user.list") if view.id == user)
    house.do("cleo", "user.reactivate", user)
    assert house.do("ada", "user.invite", email=mail).id == awaited
    with pytest.raises(NotFound):
        house.do(MINE, "account.list")
    assert house.row(Directory, kept).revoked_at is not None
    del house.world.people[MINE]
    admitted(house)
    assert {house.do(MINE, "account.read", each).active for each in (user, awaited)} == {True}


def test_a_deleted_account_is_gone_for_the_directory_and_can_be_filed_again(house: House) -> None:
    user = filed(house, external_id="gone-1")
    mail = row_of(house, user).email
    house.do(MINE, "account.remove", user)
    for name, params in (("account.read", {}), ("account.change", {"active": True}), ("account.remove", {})):
        with pytest.raises(NotFound):
            house.do(MINE, name, user, **params)
    assert house.do(MINE, "account.list", external_id="gone-1").total == 0
    with pytest.raises(Refused):
        arrives(house, mail, "gone-1")
    again = house.do(MINE, "account.create", email=mail.upper(), external_id="gone-2")
    assert (again.id, again.external_id, again.active) == (user, "gone-2", True)


def test_an_account_may_be_filed_closed_and_opened_later(house: House) -> None:
    user = filed(house, active=False)
    mail = row_of(house, user).email
    with pytest.raises(Refused):
        arrives(house, mail, "early")
    assert house.do(MINE, "account.change", user, active=True).active
    assert arrives(house, mail, "early").user == user


@pytest.mark.parametrize("mail", ["eve@borealis.example", "eve@evil-aldermoor.example", "eve@aldermoor.example.org"])
def test_mail_domains_of_the_organisation_are_held_to(house: House, mail: str) -> None:
    user, before = filed(house), house.dump()
    for name, target in (("account.create", None), ("account.change", user)):
        with pytest.raises(Invalid, match="no address of your organisation"):
            house.do(MINE, name, target, email=mail)
    assert house.dump() == before


def test_nobody_gets_the_address_of_somebody_else(house: House) -> None:
    user, before = filed(house), house.dump()
    for taken in ("ADA@aldermoor.example", "cleo@aldermoor.example"):
        with pytest.raises(Conflict) as refused:
            house.do(MINE, "account.change", user, email=taken)
        assert refused.value.code == "uniqueness"
        with pytest.raises(Conflict):
            house.do(MINE, "account.create", email=taken)
    assert house.dump() == before


def test_a_change_of_address_holds_for_who_is_awaited(house: House) -> None:
    user = filed(house)
    mail = f"married-{uuid.uuid4().hex[:8]}@aldermoor.example"
    assert house.do(MINE, "account.change", user, email=mail, name="Mara Winter").email == mail
    assert arrives(house, mail, mail).user == user


def test_a_version_that_has_passed_changes_nothing(house: House) -> None:
    user = filed(house)
    seen = house.do(MINE, "account.read", user).version
    house.do(MINE, "account.change", user, name="Other Name", known=[seen])
    before = house.dump()
    for name, more in (("account.change", {"active": False}), ("account.remove", {})):
        with pytest.raises(Conflict) as refused:
            house.do(MINE, name, user, known=[seen], **more)
        assert refused.value.code == "stale"
    assert house.dump() == before


def test_who_is_being_erased_is_out_of_its_reach_and_what_it_called_them_is_forgotten(house: House) -> None:
    user = filed(house, external_id="employee-77")
    mail = row_of(house, user).email
    house.do("cleo", "person.erase", user, ground="request", days=0)
    with pytest.raises(NotFound):
        house.do(MINE, "account.read", user)
    with pytest.raises(Conflict):
        house.do(MINE, "account.create", email=mail)
    house.do("service", "person.destroy", user)
    row = row_of(house, user)
    assert (row.external_id, row.email) == (None, "")


def test_a_secret_that_was_revoked_or_is_over_lets_nobody_in_not_even_on_the_way(house: House) -> None:
    made = house.world.do("corin", "directory.add", name="Short", days=1)
    on_the_way = identity.by_directory(house.world.services, made.secret, "192.0.2.41")
    assert house.row(Directory, made.id).used_at is not None
    house.world.gate.perform(on_the_way, "account.list")
    house.do("corin", "directory.revoke", made.id)
    with pytest.raises(NotFound):
        house.world.gate.perform(on_the_way, "account.list")
    with pytest.raises(Unauthenticated):
        identity.by_directory(house.world.services, made.secret, "192.0.2.41")


def test_an_organisation_has_few_ways_in_and_makes_them_at_the_pages(house: House) -> None:
    made = [house.world.do("corin", "directory.add", name=f"Way {n}").id for n in range(2)]
    with pytest.raises(Invalid, match="revoke one first"):
        house.world.do("corin", "directory.add", name="One more")
    for each in made:
        house.do("corin", "directory.revoke", each)
    secret = house.do("corin", "token.create", scopes=["everything"], name="script").secret
    script = identity.by_token(house.world.services, secret, "192.0.2.42")
    with pytest.raises(Refused):
        house.world.gate.perform(script, "directory.add", None, {"name": "By script"})


def test_the_nightly_check_finds_what_directories_did_in_order_and_what_others_did_not(house: House) -> None:
    enrol(house.world, "nila", "aldermoor", "partner")
    user = account(house, "nila")
    house.do(MINE, "account.change", user, name="Nila Ray-Stone", external_id="n-1")
    assert found(house, user) == []
    for column, value in (("external_id", "n-2"), ("name", "Somebody Else"), ("email", "x@aldermoor.example")):
        kept = getattr(row_of(house, user), column)
        put(house, user, **{column: value})
        assert ("person-changed", f"user_account {user}") in found(house, user)
        put(house, user, **{column: kept})
    put(house, user, filed_at=None)
    assert ("row-changed", f"user_account {user}") in found(house, user)


def put(house: House, user: uuid.UUID, **values: Any) -> None:
    """Writes to an account past the gate."""
    with house.writing() as session:
        row = session.get(User, user)
        for name, value in values.items():
            setattr(row, name, value)


def found(house: House, user: uuid.UUID) -> list[tuple[str, str]]:
    """What the check says of an account."""
    report = shallow(house.world.services, None, lambda _text: None)
    return [(one.kind, one.id) for one in report.findings if str(user) in one.id]
