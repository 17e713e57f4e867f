"""People: clearance, closing a matter, sessions, tokens, and who may speak for whom."""

from __future__ import annotations

import io
import secrets
from typing import Any

import pytest
from sqlalchemy import update

from dataroom.actions import identity
from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused, Unauthenticated
from dataroom.model import Document, Membership, Session, Token, User
from tests.actions.house import House, enrol, pdf


def arrive(house: House, who: str, role: str = "custodian", **more: Any) -> str:
    """Signs somebody of Aldermoor in once more; returns the session's secret."""
    issuer = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == "aldermoor")
    mail, secret = f"{who}@aldermoor.example", secrets.token_urlsafe(48)
    principal = identity.arriving(house.world.services, issuer, who, role, who.title(), mail, "192.0.2.3")
    arrival = {"issuer": issuer.id, "subject": who, "name": who.title(), "email": mail, "role": role, "secret": secret}
    house.world.gate.perform(principal, "session.start", None, arrival | more)
    return secret


def known(house: House, secret: str) -> Any:
    """Whom a session's secret belongs to."""
    return identity.by_session(house.world.services, secret, "192.0.2.3")


def test_nobody_is_cleared_higher_than_who_clears_them(house: House) -> None:
    matter = house.other_matter()
    house.do("ada", "member.add", matter, email="bram@aldermoor.example", tier=2)
    with pytest.raises(Invalid, match="up to tier 2"):
        house.do("bram", "member.add", matter, email="petra@aldermoor.example", tier=3)
    with pytest.raises(Invalid):
        house.do("ada", "member.add", matter, email="petra@aldermoor.example", tier=5)
    with pytest.raises(Refused, match="their own part"):
        house.do("bram", "member.add", matter, email="bram@aldermoor.example", tier=4)


@pytest.mark.parametrize("mail", ["bodil@borealis.example", "pia@borealis.example", "nobody@nowhere.example"])
def test_a_custodian_names_own_people_alone(house: House, mail: str) -> None:
    before = house.dump()
    for name, more in (("member.add", {"tier": 1}), ("member.remove", {})):
        with pytest.raises(Refused):
            house.do("ada", name, house.matter, email=mail, **more)
    assert house.dump() == before


def test_removal_takes_effect_at_the_next_request(house: House) -> None:
    matter = house.other_matter()
    house.do("petra", "matter.read", matter)
    house.do("ada", "member.remove", matter, email="petra@aldermoor.example")
    with pytest.raises(NotFound):
        house.do("petra", "matter.read", matter)
    house.do("ada", "member.add", matter, email="petra@aldermoor.example", tier=1)
    assert house.do("petra", "matter.read", matter).tier == 1


def test_a_membership_ends_by_itself(house: House) -> None:
    matter = house.other_matter()
    until = house.world.clock.now().replace(microsecond=0)
    with pytest.raises(Invalid):
        house.do("ada", "member.add", matter, email="petra@aldermoor.example", tier=1, valid_until=until)
    part = house.do("ada", "member.add", matter, email="petra@aldermoor.example", tier=1).id
    with house.writing() as session:
        session.execute(update(Membership).where(Membership.id == part).values(valid_until=house.world.clock.now()))
    with pytest.raises(NotFound):
        house.do("petra", "matter.read", matter)


def test_a_closed_matter_is_read_only_but_holds_and_retention_go_on(house: House) -> None:
    matter = house.other_matter()
    house.do("ada", "member.add", matter, email="cleo@aldermoor.example", tier=4)
    more = {"tier": 2, "category": "claim-chart", "schedule": "work-product"}
    line = house.do("ada", "document.upload", matter, stream=io.BytesIO(pdf()), path="a.pdf", **more)
    house.do("ada", "matter.close", matter)
    row = house.row(Document, line.document)
    assert row.trigger_on == house.world.clock.now().date()
    assert row.due_on.year == row.trigger_on.year + 7
    with pytest.raises((Refused, Conflict)):
        house.do("ada", "matter.close", matter)
    for name, target, params in (
        ("document.upload", matter, {"path": "b.pdf"}),
        ("document.publish", line.document, {}),
        ("member.add", matter, {"email": "carl@aldermoor.example", "tier": 1}),
        ("redaction.start", line.version, {"title": "Late", "tier": 1, "category": "claim-chart"}),
    ):
        with pytest.raises(Refused):
            house.do("ada", name, target, stream=io.BytesIO(pdf()), **params)
    house.do("ada", "page.view", line.version, page=1, width=60)
    hold = house.do("cleo", "hold.place", line.document, kind="audit", reason="Audit of the licence years.").id
    house.do("cleo", "hold.release", hold, reason="The audit has ended.")


def test_an_issuer_never_speaks_for_another_organisation(house: House) -> None:
    users, sessions = house.count(User), house.count(Session)
    foreign = next(row for row in identity.issuers(house.world.services) if row.organisation_slug == "borealis")
    with pytest.raises(Refused):
        arrive(house, "mallory", issuer=foreign.id)
    with pytest.raises(Refused):
        arrive(house, "mallory", role="operator")
    assert (house.count(User), house.count(Session)) == (users, sessions)


def test_a_session_ends_when_idle_and_lives_when_used(house: House) -> None:
    secret, idle = arrive(house, "sam"), house.world.config.session_idle
    house.later(seconds=idle - 30)
    known(house, secret)
    house.later(seconds=idle - 30)
    known(house, secret)
    house.later(seconds=idle + 1)
    with pytest.raises(Unauthenticated):
        known(house, secret)


def test_a_session_ends_however_much_it_is_used(house: House) -> None:
    secret = arrive(house, "sam")
    for _ in range(house.world.config.session_absolute // 1200 - 1):
        house.later(seconds=1200)
        known(house, secret)
    house.later(seconds=1201)
    with pytest.raises(Unauthenticated):
        known(house, secret)


def test_an_ended_session_is_over(house: House) -> None:
    secret = arrive(house, "sam")
    principal = known(house, secret)
    house.world.gate.perform(principal, "session.end", principal.session)
    with pytest.raises(Unauthenticated):
        known(house, secret)


def test_a_deactivated_user_is_out_at_once(house: House) -> None:
    secret = arrive(house, "tom")
    house.world.people["tom"] = known(house, secret)
    token = house.do("tom", "token.create", scopes=["everything"], name="script").secret
    with house.writing() as session:
        session.execute(update(User).where(User.subject == "tom").values(active=False))
    with pytest.raises(Unauthenticated):
        known(house, secret)
    with pytest.raises(Unauthenticated):
        identity.by_token(house.world.services, token, "192.0.2.3")
    with pytest.raises(DataroomError):
        house.do("tom", "token.create", scopes=["everything"], name="script")
    with pytest.raises(DataroomError):
        arrive(house, "tom")


def test_a_role_follows_the_provider_at_the_next_sign_in(house: House) -> None:
    assert known(house, arrive(house, "uma", "partner")).role == "partner"
    assert known(house, arrive(house, "uma", "compliance")).role == "compliance"
    assert house.count(User, User.subject == "uma") == 1


def test_a_token_acts_until_it_is_revoked_or_expires(house: House) -> None:
    made = house.do("petra", "token.create", scopes=["everything"], name="script", days=1)
    assert identity.by_token(house.world.services, made.secret, "192.0.2.3").user == house.person("petra").user
    assert all(view.secret is None for view in house.do("petra", "token.list"))
    with pytest.raises(NotFound):
        house.do("ada", "token.revoke", made.id)
    house.do("petra", "token.revoke", made.id)
    with pytest.raises(Unauthenticated):
        identity.by_token(house.world.services, made.secret, "192.0.2.3")
    with pytest.raises(Conflict):
        house.do("petra", "token.revoke", made.id)
    short = house.do("petra", "token.create", scopes=["everything"], name="script", days=1).secret
    house.later(days=1, seconds=1)
    with pytest.raises(Unauthenticated):
        identity.by_token(house.world.services, short, "192.0.2.3")


def test_nobody_hoards_tokens(house: House) -> None:
    enrol(house.world, "vic", "aldermoor", "partner")
    for number in range(20):
        house.do("vic", "token.create", scopes=["everything"], name=f"script {number}")
    with pytest.raises(Invalid, match="20 live tokens"):
        house.do("vic", "token.create", scopes=["everything"], name="one more")
    assert house.count(Token, Token.user_id == house.person("vic").user) == 20


def test_a_matter_is_opened_with_custodians_of_known_participants(house: House) -> None:
    before = house.dump()
    for more in (
        {"participants": ["dunmore-unknown"]},
        {"participants": ["borealis"], "invite": ["pia@borealis.example"]},
        {"participants": ["borealis"], "invite": ["cass@cassini.example"]},
    ):
        with pytest.raises(Invalid):
            house.do("ada", "matter.create", name="Wrong matter", reference="W-1", **more)
    assert house.dump() == before
