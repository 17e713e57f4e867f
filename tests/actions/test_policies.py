"""The law changed while the service runs: by two people of two organisations, at once, and never past what holds."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataroom.actions.gate import Gate
from dataroom.actions.inforce import check_law
from dataroom.errors import Conflict, DataroomError, Invalid, NeedsStrength, NotFound, Refused, Tampered, Unavailable
from dataroom.model import PolicyChange
from policies.engine import Law
from policies.engine.law import PACKAGED
from tests.actions.cases_policies import FILE, REASON, approved, proposal, proposed, returned, shown, texts
from tests.actions.house import House

LISTS = (
    '@id("partners-see-drafts")\n@sentence("Partners see that versions of their own organisation exist.")\n'
    'permit (principal is Member, action in [Action::"document.list", Action::"version.read"], resource is Version)\n'
    'when { principal.role == "partner" && principal.organisation == resource.organisation };\n'
)
EVERYTHING = (
    '@id("all")\n@sentence("Everybody reads everything.")\npermit (principal is Member, action in\n'
    '[Action::"version.read", Action::"document.list", Action::"page.view"], resource is Version);\n'
)


@pytest.fixture(autouse=True)
def _delivered(house: House) -> Any:
    """Each story begins and ends with the delivered law."""
    yield
    if house.do("cleo", "policy.show").number:
        returned(house)


def refused(house: House, who: str, given: dict[str, str]) -> str:
    """Why a change cannot even be compared."""
    with pytest.raises(Invalid) as caught:
        house.do(who, "policy.compare", texts=given)
    return caught.value.detail


def test_a_change_holds_at_once_in_every_process_for_lists_and_decisions(house: House) -> None:
    line, other = house.line(), Gate(house.world.services)
    petra, delivered = house.person("petra"), house.do("cleo", "policy.show").digest

    def listed(gate: Gate) -> bool:
        found = gate.perform(petra, "document.list", house.matter, {"limit": 100})
        return line.version in {row.id for row in found.items}

    with pytest.raises(NotFound):
        other.perform(petra, "version.read", line.version)
    assert not listed(other)
    sizes = house.log_sizes()
    change = approved(house, given={FILE: LISTS})
    digest = house.row(PolicyChange, change).digest
    assert listed(house.world.gate)
    assert listed(other)
    assert other.perform(petra, "version.read", line.version).id == line.version
    assert house.do("cleo", "access.explain", line.document, person=petra.user, do="version.read").allowed
    written = house.entries_since(sizes)
    assert {e.law for e in written if e.fields["act"].startswith("policy.")} == {delivered}
    assert {e.law for e in written if e.fields["act"] == "document.list"} == {digest}
    facts = [e.fields["facts"] for e in written if e.fields["act"] == "policy.approve"]
    assert facts == [{"number": 1, "base": delivered, "digest": digest, "rules": ["added partners-see-drafts"]}] or (
        facts[0]["digest"] == digest
    )
    returned(house)
    assert not listed(other)
    with pytest.raises(NotFound):
        other.perform(petra, "version.read", line.version)


def test_a_rule_that_permits_everything_opens_nothing_that_was_promised(house: House) -> None:
    line = house.line()
    for who in ("pia", "bodil", "corin"):
        with pytest.raises(NotFound):
            house.do(who, "version.read", line.version)
    approved(house, given={FILE: EVERYTHING})
    for who in ("pia", "bodil", "corin"):
        with pytest.raises(NotFound):
            house.do(who, "version.read", line.version)
        seen = house.do(who, "document.list", house.matter, limit=100) if who != "corin" else None
        assert seen is None or line.version not in {row.id for row in seen.items}
    with pytest.raises(Refused):
        house.do("cleo", "page.view", line.version, page=1, width=200)


def test_two_people_of_two_organisations_who_proved_who_they_are(house: House) -> None:
    change = proposed(house)
    for who in ("cleo", "carl"):
        with pytest.raises(Refused, match="another organisation"):
            house.do(who, "policy.approve", change, **shown(house, change))
    with pytest.raises(NotFound):
        house.do("bodil", "policy.approve", change, **shown(house, change))
    house.later(minutes=16)
    stale = {name: house.person(name) for name in ("cleo", "corin")}
    house.world.clock.forward(minutes=16)
    gate = house.world.gate
    with pytest.raises(NeedsStrength):
        gate.perform(stale["corin"], "policy.approve", change, shown(house, change))
    with pytest.raises(NeedsStrength):
        gate.perform(stale["cleo"], "policy.propose", None, proposal(texts()))
    house.later(seconds=1)
    house.do("corin", "policy.approve", change, **shown(house, change))
    for name in ("policy.approve", "policy.reject"):
        given = shown(house, change) if name == "policy.approve" else {"reason": REASON}
        with pytest.raises(Refused):
            house.do("corin", name, change, **given)


def test_nothing_but_what_was_shown_comes_into_force(house: House) -> None:
    change, other = proposed(house), proposed(house)
    with pytest.raises(Conflict, match="not the law you were shown"):
        house.do("corin", "policy.approve", change, **shown(house, other))
    given = proposal(texts())
    with pytest.raises(Conflict, match="not the law you were shown"):
        house.do("cleo", "policy.propose", **(given | {"texts": texts()}))
    house.do("corin", "policy.approve", other, **shown(house, other))
    view = house.do("corin", "policy.read", change)
    assert view.stale
    assert "policy.approve" not in view.can
    with pytest.raises(Conflict, match="changed since"):
        house.do("corin", "policy.approve", change, **shown(house, change))
    assert refused(house, "cleo", house.row(PolicyChange, other).texts) == "texts: they change nothing"


def test_of_two_approvals_at_the_same_moment_one_counts(house: House) -> None:
    changes = [proposed(house), proposed(house)]

    def approve(change: uuid.UUID) -> str:
        try:
            house.do("corin", "policy.approve", change, **shown(house, change))
        except DataroomError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(approve, changes * 2))
    assert said.count("done") == 1
    assert len([row for row in house.rows(PolicyChange, PolicyChange.id.in_(changes)) if row.state == "in_force"]) == 1


def test_an_approval_that_is_not_recorded_changes_no_law(house: House) -> None:
    change, before = proposed(house), house.do("cleo", "policy.show").digest
    with house.failing_log(), pytest.raises(Unavailable):
        house.do("corin", "policy.approve", change, **shown(house, change))
    for gate in (house.world.gate, Gate(house.world.services)):
        assert gate.perform(house.person("cleo"), "policy.show").digest == before


def test_what_others_did_is_told_without_names(house: House) -> None:
    change = proposed(house)
    mine, theirs = (house.do(who, "policy.read", change) for who in ("carl", "corin"))
    assert (mine.own, mine.proposed_by) == (True, "Cleo Hart")
    assert (theirs.own, theirs.proposed_by) == (False, "")
    house.do("corin", "policy.reject", change, reason=REASON)
    told = house.do("cleo", "policy.read", change)
    assert (told.state, told.decision, told.decided_own, told.decided_by) == ("rejected", REASON, False, "")


def test_the_operator_takes_no_change_back_alone(house: House) -> None:
    approved(house)
    with pytest.raises(Conflict, match="nobody alone"):
        house.do("service", "policy.reset", reason=REASON)


def moved(tmp_path: Path) -> Law:
    """The law of a release that delivers other rules."""
    folder = tmp_path / "release"
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("*.py", "README.md", "__pycache__"))
    path = folder / "access" / "versions.cedar"
    path.write_text(path.read_text() + "// A later release.\n")
    return Law.load(folder)


def test_an_upgrade_keeps_a_change_unless_its_own_texts_moved(house: House, tmp_path: Path) -> None:
    services = replace(house.world.services, law=moved(tmp_path))
    approved(house)
    check_law(services)
    returned(house)
    own = {"versions.cedar": Law.load().texts["versions.cedar"] + "\n" + LISTS}
    approved(house, given=own)
    with pytest.raises(Conflict, match=r"versions\.cedar.*policy-reset"):
        check_law(services)
    gate = Gate(services)
    with pytest.raises(Unavailable):
        gate.perform(house.person("cleo"), "policy.show")
    gate.perform(house.person("service"), "policy.reset", None, {"reason": REASON})
    assert gate.perform(house.person("cleo"), "policy.show").number == 0
    (row,) = house.rows(PolicyChange, PolicyChange.organisation_id.is_(None))
    assert (row.state, row.texts, row.decided_by) == ("in_force", {}, None)
    view = house.do("corin", "policy.read", row.id)
    assert (view.by_operator, view.reason, view.can) == (True, REASON, frozenset())


@pytest.mark.parametrize(
    "insider",
    [
        {"digest": "0" * 64},
        {"number": 1000},
        {"texts": {FILE: EVERYTHING}, "digest": "1" * 64},
        {"approval": None, "digest": "1" * 64},
        {"state": "withdrawn", "number": None},
    ],
    ids=["digest", "number", "texts", "approval", "undone"],
)
def test_a_row_changed_past_the_service_leaves_no_law_in_force(house: House, insider: dict[str, Any]) -> None:
    change = approved(house)
    row = house.row(PolicyChange, change)
    before = {name: getattr(row, name) for name in insider}
    put(house, change, insider)
    running, fresh = house.world.gate, Gate(house.world.services)
    for gate in (running, fresh):
        with pytest.raises(Unavailable):
            gate.perform(house.person("ada"), "matter.read", house.matter)
        assert not gate.may(house.person("ada"), "matter.read", house.matter)
    with pytest.raises(Tampered):
        check_law(house.world.services)
    put(house, change, before)
    assert house.do("ada", "matter.read", house.matter).id == house.matter


def test_texts_swapped_in_the_database_are_noticed_when_a_process_starts(house: House) -> None:
    change = approved(house)
    row = house.row(PolicyChange, change)
    put(house, change, {"texts": {FILE: EVERYTHING}})
    with pytest.raises(Tampered, match="as it was proposed"):
        check_law(house.world.services)
    put(house, change, {"texts": row.texts})
    check_law(house.world.services)


def test_a_proposal_changed_past_the_service_is_not_approved(house: House) -> None:
    change = proposed(house)
    law = Law.load().changed({FILE: EVERYTHING})
    put(house, change, {"texts": {FILE: EVERYTHING}, "digest": law.digest})
    for name, params in (("policy.read", {}), ("policy.approve", {"digest": law.digest})):
        with pytest.raises(Tampered):
            house.do("corin", name, change, **params)


def put(house: House, change: uuid.UUID, values: dict[str, Any]) -> None:
    """Writes to a change past the gate."""
    with house.writing() as session:
        row = session.get(PolicyChange, change)
        for name, value in values.items():
            setattr(row, name, value)
