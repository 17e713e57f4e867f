"""A list never trusts its own filter: each row on a page is asked about once more, and one the policy refuses is kept
back, told to the operator and counted in the log."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select
from sqlalchemy.exc import SAWarning

from dataroom.actions.catalogue import ACTIONS
from dataroom.actions.gate import Gate
from dataroom.api.routes import BY_ACTION
from dataroom.errors import NotFound, Refused
from policies.engine import Law, Policy
from policies.engine.narrowing import nothing
from tests.actions.house import House
from tests.actions.test_tokens import bearer, does, listed
from tests.bench.crowd import example
from tests.cast import World


def sabotaged(law: Law, rule: str) -> Law:
    """A law whose filters forget a rule that its decisions keep."""
    kept = {place: tuple(p for p in rules if p.id != rule) for place, rules in law._relevant.items()}
    return replace(law, _relevant=kept)


def test_a_row_the_policy_refuses_is_kept_back_and_told(house: House, caplog: pytest.LogCaptureFixture) -> None:
    high, low = house.world.published(tier=3), house.world.published(tier=1)
    services = house.world.services
    gate = Gate(replace(services, law=sabotaged(services.law, "clearance")))
    sizes = house.log_sizes()
    with caplog.at_level(logging.ERROR, "dataroom.work"):
        found = gate.perform(house.person("pia"), "document.list", house.matter, {"limit": 100})
    ids = {row.id for row in found.items}
    assert low.version in ids
    assert high.version not in ids
    (record,) = [each for each in caplog.records if each.name == "dataroom.work"]
    assert str(high.version) in record.__dict__["rows"]
    (entry,) = house.entries_since(sizes)
    assert entry.fields["facts"]["withheld"] == len(record.__dict__["rows"])


def test_a_true_filter_keeps_nothing_back(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.world.published(tier=3)
    sizes = house.log_sizes()
    house.do("pia", "document.list", house.matter, limit=100)
    (entry,) = house.entries_since(sizes)
    assert "withheld" not in entry.fields.get("facts", {})
    assert not [each for each in caplog.records if each.name == "dataroom.work"]


EVERYTHING = Policy(
    "everything",
    "permit",
    "Everybody may do everything.",
    "permit (principal, action, resource);",
    "",
    {**{name: {"op": "All"} for name in ("principal", "action", "resource")}, "conditions": [], "annotations": {}},
)
"""The worst filter there can be."""
LET_THROUGH = {"account.list", "audience.list", "audit.list", "club.list", "directory.list", "disclosure.list"}
"""Lists to which it lets more through than somebody may see."""


def open_wide(law: Law) -> Law:
    """A law whose filters let every row through, and whose decisions are as ever."""
    return replace(law, _relevant=dict.fromkeys(law._relevant, (EVERYTHING,)))


def named(found: Any) -> set[str]:
    """What tells the rows of a list apart."""
    rows = found.items if hasattr(found, "items") else found
    return {str(next(getattr(row, name) for name in ("id", "seq", "document") if hasattr(row, name))) for row in rows}


def test_no_list_shows_what_only_its_filter_lets_through(
    fresh_world: Callable[[], World], caplog: pytest.LogCaptureFixture
) -> None:
    world = fresh_world()
    example(world)
    world.do("bodil", "token.create", scopes=["everything"], name="another's")
    world.do("bodil", "club.create", world.matter, name="another's", kind="clean_team")
    wrong = Gate(replace(world.services, law=open_wide(world.services.law)))
    for name in sorted(each for each in ACTIONS if each.endswith(".list")):
        spec, params = ACTIONS[name], {"limit": 200} if name == "audit.list" else {}
        target = world.matter if spec.target is not None else None
        for who in ("directory",) if spec.performer == "directory" else ("ada", "cleo", "pia", "corin"):
            with suppress(NotFound, Refused):
                found = named(wrong.perform(world.people[who], name, target, params))
                assert found <= named(world.do(who, name, target, **params)), (name, who)
    let_through = {str(each.__dict__["act"]) for each in caplog.records if each.name == "dataroom.work"}
    assert not LET_THROUGH - let_through, sorted(let_through)
    world.worker.drain("list.mismatch")
    told = {who: world.do(who, "audit.list", world.matter, act="list.mismatch", limit=200) for who in ("cleo", "corin")}
    assert told["cleo"].mismatches == len(told["cleo"].items) > len(told["corin"].items) > 0
    kinds = {entry.facts["kind"] for entry in told["cleo"].items}
    assert kinds >= {"version", "disclosure", "hold", "production"}
    rows = {who: {row for entry in page.items for row in entry.facts["rows"]} for who, page in told.items()}
    assert not rows["cleo"] & rows["corin"], "each organisation is told of its own"


@pytest.mark.parametrize("scope", sorted(listed()))
def test_lists_of_narrow_tokens_multiply_no_tables(house: House, scope: str) -> None:
    who, asked = bearer(house, "ada", scope), 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", SAWarning)
        for name in sorted(listed()[scope]):
            spec, route = ACTIONS[name], BY_ACTION[name]
            needed = any(field.is_required() for field in spec.params.model_fields.values())
            if route.method == "GET" and not needed and route.target in {None, "matter"} and not route.streams:
                with suppress(NotFound, Refused):  # what is for compliance officers alone
                    does(house, who, name, house.matter if route.target else None)
                    asked += 1
    assert asked > 1


def test_nothing_keeps_the_other_conditions() -> None:
    first = Table("first", MetaData(), Column("id", Integer))
    second = Table("second", MetaData(), Column("id", Integer))
    query = select(first.c.id).where(first.c.id == second.c.id, nothing())
    assert "first.id = second.id" in str(query)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        assert connection.execute(select(1).where(nothing())).all() == []
    engine.dispose()
