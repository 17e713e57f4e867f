"""What cannot be undone takes a strong sign-in not older than the law says; who lacks more is told no more than before."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dataroom.actions import identity
from dataroom.actions.strength import STRONG_SECONDS
from dataroom.errors import Conflict, NeedsStrength, NotFound, Refused
from dataroom.model import Session, Token
from dataroom.problems import problem_of
from tests.actions.cases import CASES
from tests.actions.cases_access import asked, granting, number_of
from tests.actions.house import House, terms
from tests.cast import REASON, STRONG

Make = Callable[[House], "tuple[str, str, uuid.UUID | None, dict[str, Any]]"]
ORDER = {"ground": "zpo", "reason": REASON, "notice": REASON}
STRONG_ACTS: dict[str, Make] = {
    "redaction.approve": lambda h: ("bram", "redaction.approve", h.in_review(), {}),
    "disclosure.grant": lambda h: ("ada", "disclosure.grant", h.line().version, terms(h)),
    "access.grant": lambda h: to_grant(h),
    "access.break-glass": lambda h: ("petra", "access.break-glass", h.matter, to_break(h)),
    "disclosure.claw-back": lambda h: ("ada", "disclosure.claw-back", disclosed(h), ORDER),
    "production.make": lambda h: ("ada", "production.make", h.matter, volume(h)),
    "disposal.approve": lambda h: ("bram", "disposal.approve", h.proposed(), {}),
    "directory.add": lambda h: ("cleo", "directory.add", None, {"name": "Entra ID"}),
    "disposal.execute": lambda h: ("carl", "disposal.execute", h.approved(), {}),
}
BY_CASE = (
    "access.confirm",
    "access.contest",
    "document.assess",
    "leave.announce",
    "policy.approve",
    "policy.propose",
    "transfer.confirm",
    "transfer.confirm-resumption",
    "transfer.record",
    "transfer.resume",
)
"""Acts that are tried as their case in `cases` does them."""


def disclosed(house: House) -> uuid.UUID:
    """A version that Borealis was given."""
    version: uuid.UUID = house.line().version
    house.world.disclosed(version)
    return version


def to_grant(house: House) -> tuple[str, str, uuid.UUID, dict[str, Any]]:
    """A request of pia's that ada can grant."""
    line = house.line()
    return "ada", "access.grant", asked(house, line), granting(house, line.version)


def to_break(house: House) -> dict[str, Any]:
    """A document of petra's company that was not released."""
    return {"number": number_of(house.line()), "reason": REASON}


def volume(house: House) -> dict[str, Any]:
    """A production of such a version."""
    return {"title": "Volume", "versions": [disclosed(house)], "recipients": ["borealis"], "prefix": "STRONG-"}


def aged(house: House, who: str, seconds: int) -> None:
    """Somebody's strong sign-in, as old as told."""
    with house.writing() as session:
        row = session.get(Session, house.person(who).session)
        row.strong_at = house.world.clock.now() - timedelta(seconds=seconds)


def test_the_law_names_exactly_the_acts_tried_here(house: House) -> None:
    shapes = house.world.services.law.shape.action_entities
    named = {ref.id for ref, entity in shapes.items() if any(up.id == "needs-strength" for up in entity.parents)}
    assert named == {*STRONG_ACTS, *BY_CASE, "authenticator.remove"}


def by_case(house: House, act: str) -> tuple[str, str, Any, dict[str, Any]]:
    """An act as its case does it."""
    case = CASES[act]
    target = case.target(house)
    return case.who, act, target, case.params(house, target)


@pytest.mark.parametrize("act", [*STRONG_ACTS, *BY_CASE])
def test_an_old_sign_in_is_not_enough_and_a_fresh_one_is(house: House, act: str) -> None:
    who, name, target, params = STRONG_ACTS[act](house) if act in STRONG_ACTS else by_case(house, act)
    aged(house, who, STRONG_SECONDS + 2)
    before, sizes = house.dump(), house.log_sizes()
    with pytest.raises(NeedsStrength) as refused:
        house.do(who, name, target, **params)
    assert refused.value.facts == {"max_age": STRONG_SECONDS, "acr_values": [STRONG], "strong": True}
    assert house.dump() == before
    (entry,) = house.entries_since(sizes)
    assert (entry.fields["outcome"], entry.fields["code"]) == ("refused", NeedsStrength.code)
    assert "strong-sign-in" in entry.fields["policies"]
    aged(house, who, STRONG_SECONDS - 20)
    house.do(who, name, target, **params)


def test_what_is_refused_for_other_reasons_asks_for_no_sign_in(house: House) -> None:
    redaction = house.in_review()
    for who in ("ada", "cleo", "stray", "bodil", "lena"):
        aged(house, who, STRONG_SECONDS + 60)
    for who, error in (("ada", Refused), ("stray", NotFound), ("bodil", NotFound), ("lena", NotFound)):
        with pytest.raises(error) as caught:
            house.do(who, "redaction.approve", redaction)
        assert type(caught.value) is error
        assert "strong" not in caught.value.detail
    for who in ("ada", "stray", "bodil", "lena"):
        house.world.confirm(who) if who in {"ada", "stray", "bodil"} else aged(house, who, 0)


def test_pages_offer_what_a_confirmation_would_permit(house: House) -> None:
    redaction = house.in_review()
    aged(house, "bram", STRONG_SECONDS + 60)
    assert "redaction.approve" in house.do("bram", "redaction.read", redaction).can
    house.world.confirm("bram")


def test_a_class_that_does_not_count_confirms_nothing(house: House) -> None:
    aged(house, "bram", STRONG_SECONDS + 60)
    row = house.person("bram").session
    house.world.confirm("bram", acr="urn:test:password")
    kept = house.row(Session, row)
    assert kept.acr == "urn:test:password"
    assert (house.world.clock.now() - kept.auth_at).total_seconds() < 60
    assert (house.world.clock.now() - kept.strong_at).total_seconds() > STRONG_SECONDS
    house.world.confirm("bram", auth_time=None)
    assert (house.world.clock.now() - house.row(Session, row).strong_at).total_seconds() > STRONG_SECONDS
    house.world.confirm("bram", auth_time=2**52)
    assert house.row(Session, row).strong_at <= house.world.clock.now()


def test_confirming_gives_the_session_a_new_secret_and_the_old_one_ends(house: House) -> None:
    first, second = house.world.confirm("ada"), house.world.confirm("ada")
    assert identity.by_session(house.world.services, second, "").session == house.person("ada").session
    with pytest.raises(Exception, match="Sign in"):
        identity.by_session(house.world.services, first, "")


def test_nobody_else_confirms_a_session(house: House) -> None:
    issuer = house.world.issuer("aldermoor").id
    own = {"issuer": issuer, "subject": "ada", "secret": secrets.token_urlsafe(48), **house.world.strongly()}
    with pytest.raises(Refused, match="Somebody else") as refused:
        house.do("ada", "session.confirm", house.person("ada").session, **{**own, "subject": "bram"})
    assert refused.value.code == "another-person"
    other = {**own, "issuer": house.world.issuer("borealis").id}
    with pytest.raises(Refused, match="Somebody else"):
        house.do("ada", "session.confirm", house.person("ada").session, **other)
    with pytest.raises(Conflict, match="within itself"):
        house.do("ada", "session.confirm", house.session_of("ada"), **own)


def test_a_token_is_as_strong_as_the_session_it_was_made_in(house: House) -> None:
    strong, weak = _token(house, 0), _token(house, STRONG_SECONDS + 60)
    line = house.line()
    services = house.world.services
    for secret, done in ((strong, True), (weak, False)):
        person = identity.by_token(services, secret, "")
        if done:
            assert house.world.gate.perform(person, "disclosure.grant", line.version, terms(house)).id
            continue
        with pytest.raises(NeedsStrength) as refused:
            house.world.gate.perform(person, "disclosure.grant", line.version, terms(house, recipient="cassini"))
        told = problem_of(refused.value, "urn:uuid:1").headers()["WWW-Authenticate"]
        assert 'error="insufficient_user_authentication"' in told
        assert f'acr_values="{STRONG}", max_age="{STRONG_SECONDS}"' in told
    house.world.confirm("ada")


def _token(house: House, age: int) -> str:
    aged(house, "ada", age)
    made = house.do("ada", "token.create", name="nightly export", scopes=["everything"])
    assert house.row(Token, made.id).strong_at is not None
    return str(made.secret)
