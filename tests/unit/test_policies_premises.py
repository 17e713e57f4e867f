"""What comes before everything in a matter, and what crosses which border, asked of the law and of transfers.toml."""

from __future__ import annotations

import shutil
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dataroom.actions.reach import Borders
from policies.engine import ADEQUACY, Law, LawError, Ref, Value
from policies.engine.law import PACKAGED
from policies.engine.transfers import is_country
from tests.unit.test_policies_cast import LAW, OTHER, OWN, changed, may, member, question, thing
from tests.unit.test_policies_matrix import ALLOWED, asker, in_state

FIRST = {"agreement.read", "agreement.accept", "agreement.set"}
NOBODY: frozenset[Ref] = frozenset()
SEEING = ("document.list", "version.read", "page.view", "version.download")


@pytest.mark.parametrize("lacking", ["agreed", "trained"])
def test_agreement_and_training_come_before_every_allowed_cell(lacking: str) -> None:
    for kind, role, side, state, action in ALLOWED:
        what = in_state(kind, state)
        found = may(asker(role, side, what, **{lacking: False}), action, what, **question(action))
        assert found is (action in FIRST), (kind, role, side, state, action)


def test_training_is_recorded_by_a_compliance_officer_of_the_same_company() -> None:
    person = thing("Person")
    assert may(member("compliance"), "training.record", person)
    assert not may(member("custodian"), "training.record", person)
    assert not may(member("compliance", OTHER), "training.record", person)
    assert not may(member("compliance", user="bob"), "training.record", person)


@pytest.mark.parametrize("action", SEEING)
def test_nothing_of_others_crosses_an_uncovered_border(action: str) -> None:
    theirs = thing("Version", state="published", organisation=OTHER, export="free")
    mine = changed(theirs, organisation=OWN)
    who = member("custodian")
    assert may(who, action, theirs)
    assert not may(changed(who, receives=NOBODY), action, theirs)
    assert not may(changed(who, receives=frozenset({OWN})), action, theirs)
    assert may(changed(who, receives=NOBODY, compatriots=NOBODY), action, mine)


@pytest.mark.parametrize("export", ["free", "unassessed", "controlled"])
def test_what_export_control_does_not_leave_free_stays_in_its_country(export: str) -> None:
    abroad: dict[str, Value] = {"compatriots": NOBODY, "neighbours": NOBODY}
    theirs = thing("Version", state="published", organisation=OTHER, export=export)
    mine = changed(theirs, organisation=OWN)
    who = member("custodian")
    for action in SEEING:
        assert may(who, action, theirs)
        assert may(changed(who, **abroad), action, theirs) is (export == "free")
        opens = action in {"page.view", "version.download"}
        assert may(changed(who, **abroad), action, mine) is not (export == "controlled" and opens)
    assert may(who, "disclosure.grant", mine, recipient=OTHER, circle="none")
    assert may(changed(who, **abroad), "disclosure.grant", mine, recipient=OTHER, circle="none") is (export == "free")
    assert not may(changed(who, sends=NOBODY), "disclosure.grant", mine, recipient=OTHER, circle="none")


def test_mechanisms_are_switched_by_the_companys_compliance_officers() -> None:
    for action in ("transfer.suspend", "transfer.resume"):
        for role in ("custodian", "partner", "compliance"):
            company = changed(thing("Organisation"))
            assert may(member(role), action, company) is (role == "compliance")
            assert not may(member(role, OTHER), action, company)


A, B, C = (uuid.UUID(int=n) for n in (1, 2, 3))
TODAY = datetime(2026, 11, 22, tzinfo=UTC)


def between(origin: str, destination: str, *recorded: str, adequacy: bool = True, day: datetime = TODAY) -> Borders:
    """Two companies in two countries; what was recorded for the second in which countries."""
    ways = frozenset((A, B, country) for country in recorded)
    return Borders(LAW.transfers, day, {A: origin, B: destination}, ways, frozenset() if adequacy else frozenset({A}))


@pytest.mark.parametrize(
    ("origin", "home", "place", "recorded", "reached"),
    [
        ("DE", "DE", "DE", (), True),
        ("DE", "SE", "NO", (), True),
        ("DE", "CH", "CH", (), True),
        ("DE", "CH", "US", (), False),
        ("DE", "US", "US", (), False),
        ("DE", "US", "US", ("US",), True),
        ("DE", "US", "DE", (), False),
        ("DE", "DE", "", (), False),
        ("DE", "DE", "unknown", (), False),
        ("", "DE", "DE", (), False),
        ("", "", "", (), False),
        ("DE", "", "DE", (), False),
        ("US", "DE", "DE", (), False),
        ("US", "US", "US", (), True),
        ("GB", "FR", "FR", (), True),
        ("CN", "CN", "DE", ("DE",), True),
    ],
)
def test_ways(origin: str, home: str, place: str, recorded: tuple[str, ...], reached: bool) -> None:
    assert between(origin, home, *recorded).reaches(A, B, place) is reached


def test_a_decision_of_adequacy_ends_and_can_be_left_aside() -> None:
    assert between("DE", "GB").covered(A, B, "GB")
    assert not between("DE", "GB", adequacy=False).covered(A, B, "GB")
    assert between("DE", "GB", "GB", adequacy=False).covered(A, B, "GB")
    assert not between("DE", "GB", day=datetime(2032, 1, 1, tzinfo=UTC)).covered(A, B, "GB")
    assert LAW.transfers.adequate("DE", "GB", date(2031, 12, 27))


def test_only_whom_a_version_reaches_states_a_purpose_for_it() -> None:
    asking = thing("Version", organisation=OTHER, asking=frozenset({OWN}), export="free")
    who = member("partner")
    assert not may(who, "visit.state", asking)
    for more in ({"state": "published"}, {"audience": frozenset({OWN})}, {"named": frozenset({"ada"})}):
        assert may(who, "visit.state", changed(asking, **more))


def test_codes_that_no_country_has_are_none() -> None:
    assert [
        code for code in ("DE", "US", "XX", "ZZ", "AP", "EU", "XK", "QZ", "AA", "de", "D1") if is_country(code)
    ] == [
        "DE",
        "US",
    ]


def test_what_was_recorded_for_one_company_carries_no_other() -> None:
    found = between("DE", "US", "US")
    three = Borders(LAW.transfers, TODAY, {**found.countries, C: "US"}, found.recorded, found.without)
    assert three.covered(A, B, "US")
    assert not three.covered(A, C, "US")
    assert not three.covered(B, A, "DE")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('area = "gb"', 'area = "nowhere"'),
        ("until = 2031-12-27", 'until = "2031-12-27"'),
        ('members = ["GB"]', 'members = ["UK1"]'),
        ('id = "scc"', f'id = "{ADEQUACY}"'),
        ("days = 90", "days = 0"),
        ('id = "uk-idta"', 'id = "scc"'),
    ],
)
def test_transfers_that_say_something_else_stop_the_start(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / "law"
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("engine", "__pycache__", "*.py"))
    path = folder / "transfers.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(LawError, match=r"transfers\.toml"):
        Law.load(folder)
