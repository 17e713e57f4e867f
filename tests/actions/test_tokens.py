"""API tokens: each does what it was made for, in its matter, and never more than its person."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from dataroom.actions import identity
from dataroom.actions.accounts import SCOPES
from dataroom.actions.catalogue import ACTIONS
from dataroom.actions.context import Principal
from dataroom.actions.gate import TOKEN_RULE, TOKEN_RULES
from dataroom.api.routes import BY_ACTION
from dataroom.errors import Invalid, NotFound, Refused
from dataroom.model import Token
from policies.engine.law import PACKAGED
from tests.actions.house import House

RULE = (PACKAGED / "access" / "tokens.cedar").read_text(encoding="utf-8")
WIDE = {
    "authenticator.list",
    "authenticator.remove",
    "matter.create",
    "matter.close",
    "club.create",
    "club.add",
    "club.remove",
    "club.end",
    "document.limit",
    "document.lift",
    "redaction.approve",
    "redaction.return",
    "disposal.approve",
    "disposal.reject",
    "access.request",
    "access.break-glass",
    "access.grant",
    "access.refuse",
    "access.end",
    "access.confirm",
    "access.contest",
    "review.start",
    "review.confirm",
    "agreement.set",
    "agreement.accept",
    "training.record",
    "policy.approve",
    "policy.compare",
    "policy.export",
    "policy.list",
    "policy.propose",
    "policy.read",
    "policy.reject",
    "policy.show",
    "policy.withdraw",
    "visit.state",
    "document.assess",
    "transfer.record",
    "transfer.suspend",
    "transfer.resume",
    "transfer.confirm",
    "transfer.confirm-resumption",
    "leave.announce",
    "leave.end",
    "transfer.end",
    "person.list",
    "person.erase",
    "person.restore",
}
"""What only tokens made for everything do: founding and closing, walls, a second person's approval, access of single people and
its reviews, agreements, training and borders, erasing people, keys of one's own."""


def bearer(house: House, who: str, *scopes: str, matter: uuid.UUID | None = None) -> Principal:
    """Somebody by a fresh token."""
    made = house.do(who, "token.create", scopes=list(scopes), matter=matter, name="of a script")
    return identity.by_token(house.world.services, made.secret, "192.0.2.9")


def does(house: House, who: Principal, action: str, target: uuid.UUID | None = None, **params: Any) -> Any:
    """Performs an action by a token."""
    return house.world.gate.perform(who, action, target, params)


def refused(house: House, who: Principal, action: str, target: uuid.UUID | None = None, **params: Any) -> Refused:
    """The refusal of a token."""
    with pytest.raises(Refused) as caught:
        does(house, who, action, target, **params)
    assert caught.value.code == "token-scope"
    return caught.value


def listed() -> dict[str, set[str]]:
    """By scope: the actions the rule names for it."""
    parts = re.findall(r'contains\("(\w+)"\) &&\s+action in\s+\[(.*?)\]', RULE, re.DOTALL)
    return {name: set(re.findall(r'Action::"([^"]+)"', names)) for name, names in parts}


def test_every_action_with_an_address_is_in_a_scope_or_wide_on_purpose() -> None:
    named = listed()
    assert set(named) | {"everything"} == set(SCOPES)
    assert set.union(*named.values()) | WIDE == set(BY_ACTION)
    assert not set.union(*named.values()) & WIDE


def test_reading_changes_nothing_by_its_name() -> None:
    changing = {name for name in listed()["read"] if BY_ACTION[name].method != "GET"}
    assert changing == {"page.search"}


@pytest.mark.parametrize("scope", [name for name in SCOPES if name != "everything"])
def test_a_token_does_only_what_it_is_for(house: House, scope: str) -> None:
    who, named = bearer(house, "ada", scope), listed()[scope]
    before, nothing = house.dump(), uuid.uuid4()
    for name, route in BY_ACTION.items():
        if name in named or ACTIONS[name].params.model_fields:
            continue
        there = refused(house, who, name, house.world.matter if route.target else None)
        missing = refused(house, who, name, nothing if route.target else None)
        assert (there.detail, there.facts) == (missing.detail, missing.facts), name
    assert house.dump() == before


def test_a_token_never_does_more_than_its_person(house: House) -> None:
    line = house.world.published(tier=3)
    reader = bearer(house, "petra", "everything")
    with pytest.raises(NotFound):
        does(house, reader, "document.read", line.document)
    uploader = bearer(house, "petra", "upload")
    with pytest.raises(Refused) as caught:
        does(house, uploader, "document.upload", house.world.matter, path="a.pdf")
    assert caught.value.code == "refused"


def test_the_refusal_of_a_token_is_recorded_with_its_rule_and_its_id(house: House) -> None:
    who, sizes = bearer(house, "ada", "read"), house.log_sizes()
    said = refused(house, who, "user.list")
    (entry,) = house.entries_since(sizes)
    assert said.detail == house.world.services.law.policies[TOKEN_RULE].sentence
    assert entry.fields["via"] == f"token:{who.token}"
    assert entry.fields["policies"] == [TOKEN_RULE]
    assert (entry.fields["outcome"], entry.fields["code"]) == ("refused", "token-scope")


def test_what_a_token_did_names_the_token(house: House) -> None:
    who, sizes = bearer(house, "ada", "read"), house.log_sizes()
    does(house, who, "matter.read", house.world.matter)
    (entry,) = [one for one in house.entries_since(sizes) if one.fields["act"] == "matter.read"]
    assert entry.fields["via"] == f"token:{who.token}"
    sizes = house.log_sizes()
    house.do("ada", "matter.read", house.world.matter)
    (entry,) = house.entries_since(sizes)
    assert "via" not in entry.fields


def test_a_list_is_refused_and_not_merely_empty(house: House) -> None:
    refused(house, bearer(house, "cleo", "read"), "audit.list", house.world.matter)
    assert does(house, bearer(house, "cleo", "audit"), "audit.list", house.world.matter).items


def test_a_token_for_one_matter_reaches_no_other(house: House) -> None:
    other, line = house.other_matter(), house.world.published()
    who = bearer(house, "ada", "everything", matter=house.world.matter)
    assert [matter.id for matter in does(house, who, "matter.list")] == [house.world.matter]
    assert does(house, who, "document.read", line.document).id == line.document
    for action in ("matter.read", "document.list", "matter.close"):
        with pytest.raises(NotFound):
            does(house, who, action, other)
    apart = bearer(house, "ada", "everything", matter=other)
    with pytest.raises(NotFound):
        does(house, apart, "document.read", line.document)
    assert not does(house, apart, "document.list", other).items


def test_a_token_for_one_matter_does_nothing_outside_matters(house: House) -> None:
    who, before = bearer(house, "ada", "everything", matter=house.world.matter), house.dump()
    refused(house, who, "matter.create", name="Elsewhere", reference="E-1")
    refused(house, who, "user.list")
    with pytest.raises(NotFound):
        does(house, who, "user.deactivate", house.person("petra").user)
    assert house.dump() == before


def test_a_token_is_made_for_something_and_for_a_matter_of_its_person(house: House) -> None:
    for scopes in ([], ["all"], ["read", "everything else"]):
        with pytest.raises(Invalid, match="scopes"):
            house.do("ada", "token.create", scopes=scopes, name="odd")
    for matter in (uuid.uuid4(), house.world.matter):
        with pytest.raises(Invalid, match="matter"):
            house.do("stray", "token.create", scopes=["read"], matter=matter, name="odd")


def test_a_row_without_scopes_is_for_nothing(house: House) -> None:
    who = bearer(house, "ada", "read")
    with house.writing() as session:
        session.get(Token, who.token).scopes = None
    blank = Principal(**{**vars(who), "scopes": ()})
    refused(house, blank, "matter.read", house.world.matter)


def test_the_rules_are_where_the_gate_looks_for_them(house: House) -> None:
    assert set(house.world.services.law.policies) >= TOKEN_RULES
    assert Path(house.world.services.law.policies[TOKEN_RULE].file).name == "tokens.cedar"
