"""Access of single people: what a grant opens, to whom, for how long, and what it never opens."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from dataroom.errors import ClawedBack, Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.model import Grant
from tests.actions.cases_access import BASIS, WHY, asked, broken, granted, granting, number_of, until
from tests.actions.cases_clawbacks import ORDER
from tests.actions.cases_clubs import club
from tests.actions.house import House, terms


def views(house: House, who: str, version: uuid.UUID) -> bool:
    """Whether somebody is shown a page."""
    try:
        house.do(who, "page.view", version, page=1, width=60)
    except DataroomError:
        return False
    return True


def mine(house: House, who: str, grant: uuid.UUID) -> Any:
    """How somebody's list shows a grant; None where it does not."""
    return {row.id: row for row in house.do(who, "access.list", house.matter)}.get(grant)


def test_a_grant_opens_one_version_to_one_person_until_it_ends(house: House) -> None:
    line = house.line()
    assert not views(house, "pia", line.version)
    made = asked(house, line)
    assert not views(house, "pia", line.version)
    assert (mine(house, "pia", made).document, mine(house, "pia", made).can) == (None, {"access.end"})
    house.do("ada", "access.grant", made, **granting(house, line.version))
    assert views(house, "pia", line.version)
    assert line.version in {item.id for item in house.do("pia", "document.list", house.matter, limit=100).items}
    for who in ("bodil", "petra", "cass", "paolo", "cleo", "corin"):
        assert not views(house, who, line.version)
    with pytest.raises(Refused):
        house.do("pia", "version.download", line.version)
    shown = mine(house, "pia", made)
    assert (shown.live, shown.version, shown.decided_by) == (True, line.version, "")
    assert mine(house, "bram", made).decided_by == "Ada Quill"
    assert mine(house, "corin", made).live
    assert mine(house, "bodil", made) is None
    house.do("bram", "access.end", made)
    assert not views(house, "pia", line.version)
    with pytest.raises(NotFound):
        house.do("pia", "version.read", line.version)


def test_a_grant_ends_to_the_second_and_can_be_given_back(house: House) -> None:
    short, back = house.line(), house.line()
    made = granted(house, short, hours=1)
    given = granted(house, back)
    house.do("pia", "access.end", given)
    assert not views(house, "pia", back.version)
    house.later(minutes=59, seconds=50)
    assert views(house, "pia", short.version)
    house.later(seconds=11)
    assert not views(house, "pia", short.version)
    assert (mine(house, "ada", made).live, mine(house, "ada", made).can) == (False, frozenset())


def test_asking_tells_nothing(house: House) -> None:
    line = house.line()
    ask = {"organisation": "aldermoor", "purpose": WHY, "basis": BASIS, "until": until(house)}
    there = house.do("cass", "access.request", house.matter, number=number_of(line), **ask)
    nothing = house.do("cass", "access.request", house.matter, number=2**31 - 1, **ask)
    told = [mine(house, "cass", done.id) for done in (there, nothing)]
    assert {(row.state, row.document, row.version, row.remark) for row in told} == {("asked", None, None, "")}
    with pytest.raises(Conflict):
        house.do("cass", "access.request", house.matter, number=2**31 - 1, **ask)
    with pytest.raises(Invalid):
        house.do("cass", "access.request", house.matter, number=7, **ask | {"organisation": "elmira"})
    for wrong in (timedelta(days=91), timedelta(seconds=-1)):
        with pytest.raises(Invalid):
            house.do(
                "cass",
                "access.request",
                house.matter,
                number=7,
                **ask | {"until": until(house) - timedelta(10) + wrong},
            )
    house.do("ada", "access.refuse", nothing.id, remark="There is no such document of ours.")
    assert mine(house, "cass", nothing.id).remark.startswith("There is no")
    with pytest.raises(Refused):
        house.do("ada", "access.grant", nothing.id, **granting(house, line.version))


def test_only_a_version_of_the_document_that_was_asked_for_is_opened(house: House) -> None:
    line, other = house.line(), house.line()
    made = asked(house, line)
    for version in (other.version, uuid.uuid4()):
        with pytest.raises(Invalid):
            house.do("ada", "access.grant", made, **granting(house, version))
    with pytest.raises(Invalid):
        house.do("ada", "access.grant", made, **granting(house, line.version, days=91))
    assert house.row(Grant, made).state == "asked"


def test_what_no_rule_would_let_them_see_is_not_granted(house: House) -> None:
    above = house.line(tier=3)
    guarded = house.line()
    wall = club(house, "ethical_wall", "pia")
    house.do("ada", "document.limit", guarded.document, club=wall)
    counsel = house.line(category="royalty")
    for line, said in ((above, "clearance"), (guarded, "wall"), (counsel, "counsel")):
        with pytest.raises(Conflict) as caught:
            house.do("ada", "access.grant", asked(house, line), **granting(house, line.version))
        assert said in caught.value.detail
    walled = house.line(category="price-terms")
    with pytest.raises(Refused):
        house.do("ada", "access.grant", asked(house, walled), **granting(house, walled.version))
    raw = house.world.upload(tier=2, category="claim-chart")
    with pytest.raises(Conflict):
        house.do("ada", "access.grant", asked(house, raw), **granting(house, raw.version))


def test_the_lasting_rules_are_those_nobody_puts_right_for_themselves(house: House) -> None:
    policies = house.world.services.law.policies
    assert {name for name, policy in policies.items() if policy.lasting} == {
        "active-people-only",
        "clawed-back-is-closed",
        "clean-team-only",
        "clearance",
        "club-versions-for-the-club",
        "counsel-only",
        "own-matter-only",
        "own-organisation-only",
        "walled-off-from-versions",
    }


def test_a_wall_a_club_and_a_claw_back_close_what_was_granted(house: House) -> None:
    lines = [house.line() for _ in range(3)]
    grants = [granted(house, line) for line in lines]
    assert all(views(house, "pia", line.version) for line in lines)
    house.do("ada", "document.limit", lines[0].document, club=club(house, "ethical_wall", "pia"))
    house.do("ada", "document.limit", lines[1].document, club=club(house, "confidentiality_club", "bram"))
    taken = house.do("ada", "disclosure.claw-back", lines[2].version, **ORDER).id
    assert not any(views(house, "pia", line.version) for line in lines)
    with pytest.raises(ClawedBack):
        house.do("pia", "version.read", lines[2].version)
    parties = house.do("cleo", "claw-back.read", taken).parties
    assert [party.organisation.slug for party in parties] == ["borealis"]
    assert house.row(Grant, grants[2]).state == "ended"


def test_an_own_colleague_is_granted_what_is_not_classified_yet(house: House) -> None:
    raw = house.world.upload(tier=2, category="unclassified")
    made = asked(house, raw, "petra")
    house.do("ada", "access.grant", made, **granting(house, raw.version))
    assert views(house, "petra", raw.version)
    assert not views(house, "pia", raw.version)


def test_the_glass_opens_ones_own_company_alone_and_for_hours(house: House) -> None:
    line = house.line()
    made = broken(house, line)
    assert views(house, "petra", line.version)
    assert not views(house, "pia", line.version)
    assert mine(house, "cleo", made).emergency
    assert mine(house, "corin", made) is None
    with pytest.raises(Conflict):
        broken(house, line)
    with pytest.raises(Refused):
        house.do("petra", "version.download", line.version)
    house.later(hours=4, seconds=1)
    assert not views(house, "petra", line.version)
    assert "access.confirm" in mine(house, "bram", made).can


def test_what_the_glass_does_not_open_and_what_is_not_there_are_answered_alike(house: House) -> None:
    above, limited, guarded = house.line(tier=3), house.line(), house.line()
    house.do("ada", "document.limit", limited.document, club=club(house, "confidentiality_club", "bram"))
    house.do("ada", "document.limit", guarded.document, club=club(house, "ethical_wall", "petra"))
    answers = set()
    for number in (2**31 - 1, *(number_of(line) for line in (above, limited, guarded))):
        with pytest.raises(Invalid) as caught:
            house.do("petra", "access.break-glass", house.matter, number=number, reason=WHY)
        answers.add((caught.value.code, caught.value.detail))
    with pytest.raises(Invalid) as caught:
        house.do("pia", "access.break-glass", house.matter, number=number_of(house.line()), reason=WHY)
    answers.add((caught.value.code, caught.value.detail))
    assert len(answers) == 1


def test_breaking_the_glass_is_judged_once_by_a_second_person_or_overdue(house: House) -> None:
    fine, wrong = house.line(), house.line()
    first, second = broken(house, fine), broken(house, wrong)
    with pytest.raises(Refused):
        house.do("petra", "access.confirm", first, remark="I was right to do so.")
    house.do("cleo", "access.confirm", first, remark="Nobody could be reached.")
    with pytest.raises(Refused):
        house.do("bram", "access.contest", first, remark="I see it differently.")
    assert views(house, "petra", fine.version)
    house.later(days=3, seconds=1)
    assert mine(house, "cleo", second).overdue
    assert not mine(house, "cleo", first).overdue
    house.do("bram", "access.contest", second, remark="There was time to ask me.")
    shown = mine(house, "cleo", second)
    assert (shown.verdict, shown.overdue, shown.judged_by) == ("contested", False, "Bram Oakes")
    last = broken(house, house.line())
    house.do("bram", "access.contest", last, remark="There was time to ask me.")
    assert house.row(Grant, last).state == "ended"


def test_a_disclosure_to_a_club_reaches_the_recipients_people_in_it_alone(house: House) -> None:
    line = house.line()
    circle = club(house, "confidentiality_club", "pia", "cass")
    for wrong in (uuid.uuid4(), club(house, "ethical_wall"), club(house, who="bodil")):
        with pytest.raises(Invalid):
            house.do("ada", "disclosure.grant", line.version, **terms(house, club=wrong))
    made = house.do("ada", "disclosure.grant", line.version, **terms(house, club=circle)).id
    assert views(house, "pia", line.version)
    for who in ("bodil", "cass", "paolo", "petra"):
        assert not views(house, who, line.version)
    rows = {who: {r.id: r for r in house.do(who, "disclosure.list", house.matter)}[made] for who in ("ada", "bodil")}
    assert (rows["ada"].club, rows["bodil"].club) == ("Rates", "named people")
    assert rows["bodil"].document.title == "(above your clearance)"
    asked_for = {"title": "Volume", "versions": [line.version], "recipients": ["borealis"], "prefix": "C-"}
    with pytest.raises(Conflict):
        house.do("ada", "production.make", house.matter, **asked_for)
    house.do("ada", "club.remove", circle, email="pia@borealis.example")
    assert not views(house, "pia", line.version)
    house.do("ada", "club.add", circle, email="pia@borealis.example")
    assert views(house, "pia", line.version)
    house.do("ada", "disclosure.withdraw", made)
    assert not views(house, "pia", line.version)


def test_the_glass_is_broken_again_only_after_it_was_confirmed(house: House) -> None:
    line = house.line()
    first = broken(house, line)
    house.do("petra", "access.end", first)
    with pytest.raises(Conflict, match="not judged yet"):
        broken(house, line)
    house.do("bram", "access.confirm", first, remark="It had to be.")
    second = broken(house, line)
    house.do("bram", "access.contest", second, remark="It had not to be.")
    with pytest.raises(Conflict, match="contested"):
        broken(house, line)


def test_what_somebody_tries_in_vain_is_not_told_to_whoever_opened_the_matter(house: House) -> None:
    sizes = house.log_sizes()
    wanted = {"organisation": "cassini", "number": 7, "purpose": WHY, "basis": BASIS, "until": until(house, days=91)}
    with pytest.raises(Invalid):
        house.do("pia", "access.request", house.matter, **wanted)
    assert len(house.entries_since(sizes)) == 1
    at = sizes[house.matter]
    for who, shown in (("cleo", False), ("ada", False), ("corin", True)):
        found = [view.seq for view in house.do(who, "audit.list", house.matter, act="access.request", limit=50).items]
        assert (at in found) is shown, who


def test_an_audience_that_came_to_nothing_is_not_told_to_whoever_opened_the_matter(house: House) -> None:
    at = house.log_sizes()[house.matter]
    with pytest.raises(Invalid):
        house.do("bodil", "audience.create", house.matter, name="Outside counsel", organisations=["nobody"])
    for who, shown in (("cleo", False), ("corin", True)):
        found = [view.seq for view in house.do(who, "audit.list", house.matter, act="audience.create", limit=50).items]
        assert (at in found) is shown, who


def test_whoever_leaves_a_matter_leaves_what_they_were_granted(house: House) -> None:
    line = house.line()
    made = granted(house, line)
    house.do("bodil", "member.remove", house.matter, email="pia@borealis.example")
    house.do("bodil", "member.add", house.matter, email="pia@borealis.example", tier=2)
    assert house.row(Grant, made).state == "ended"
    assert not views(house, "pia", line.version)
