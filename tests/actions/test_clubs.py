"""What a club keeps to its people, and a wall from them: lists, counts, pages, searches, copies, links."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.model import Redaction, Version
from tests.actions.cases_clubs import club
from tests.actions.house import House, mark, terms

PEOPLE = ("ada", "bram", "petra", "cleo", "bodil", "pia", "corin", "cass", "paolo", "stray", "lena", "gone")
PAGES = ("page.view", "page.words", "page.search", "version.download", "version.scans")


def reached(house: House, who: str, line: Any) -> set[str]:
    """What somebody may do with a document's version: asked of the gate, and of the list and the count."""
    gate = house.world.gate
    found = {
        name for name in (*PAGES, "version.read", "redaction.start") if gate.may(house.person(who), name, line.version)
    }
    try:
        items = house.do(who, "document.list", house.matter, q=line.number).items
        items = house.do(who, "document.list", house.matter, limit=100).items
    except NotFound:
        return found
    return found | ({"list"} if line.version in {item.id for item in items} else set())


def count(house: House, who: str) -> int:
    """How many documents of the matter somebody is told there are."""
    return int(house.do(who, "matter.read", house.matter).documents)


def test_a_published_document_is_seen_by_the_club_alone(house: House) -> None:
    line = house.world.published(path="club/one.pdf")
    before = {who: reached(house, who, line) for who in PEOPLE}
    assert "page.view" in before["pia"]
    counts = {who: count(house, who) for who in ("ada", "petra", "pia", "bodil")}
    circle = club(house, "confidentiality_club", "bram", "pia")
    house.do("ada", "document.limit", line.document, club=circle)
    for who in PEOPLE:
        expected = before[who] if who in {"bram", "pia"} else before[who] & {"list", "version.read"}
        assert reached(house, who, line) == (expected if who in {"bram", "pia", "cleo"} else set()), who
    assert count(house, "pia") == counts["pia"]
    for who in ("ada", "petra", "bodil"):
        assert count(house, who) == counts[who] - 1
    for who in ("petra", "bodil", "cass"):
        with pytest.raises(NotFound):
            house.do(who, "page.view", line.version, page=1, width=600)
    house.do("ada", "club.remove", circle, email="pia@borealis.example")
    assert reached(house, "pia", line) == set()


def test_a_disclosure_does_not_reach_past_the_club(house: House) -> None:
    line = house.world.ready(path="club/two.pdf")
    house.world.disclosed(line.version)
    assert "page.view" in reached(house, "pia", line)
    house.do("ada", "document.limit", line.document, club=club(house, "confidentiality_club", "bodil"))
    assert reached(house, "pia", line) == set()
    assert "page.view" in reached(house, "bodil", line)
    with pytest.raises(NotFound):
        house.do("ada", "disclosure.grant", line.version, **terms(house, recipient="cassini"))


def test_the_place_in_a_club_ends_with_its_day(house: House) -> None:
    line = house.world.published(path="club/three.pdf")
    circle = club(house)
    until = house.world.clock.now().replace(microsecond=0)
    with pytest.raises(Invalid):
        house.do("ada", "club.add", circle, email="pia@borealis.example", valid_until=until)
    from_now = terms(house)["expires_at"]
    house.do("ada", "club.add", circle, email="pia@borealis.example", valid_until=from_now)
    house.do("ada", "document.limit", line.document, club=circle)
    assert "page.view" in reached(house, "pia", line)
    house.later(days=31)
    assert reached(house, "pia", line) == set()


def test_redactions_of_limited_documents_are_the_clubs(house: House) -> None:
    redaction = house.draft()
    document = house.row(Version, house.row(Redaction, redaction).version_id).document_id
    house.do("ada", "document.limit", document, club=club(house, "confidentiality_club", "bram"))
    for name, params in (("redaction.read", {}), ("redaction.mark", {"marks": [mark()]}), ("redaction.submit", {})):
        with pytest.raises(NotFound):
            house.do("ada", name, redaction, **params)
    assert house.do("bram", "redaction.read", redaction).id == redaction
    assert redaction not in {row.id for row in house.do("ada", "redaction.list", house.matter)}


def test_searches_find_nothing_in_limited_documents(house: House) -> None:
    line = house.world.ready(path="club/four.pdf")
    found = house.do("ada", "search.start", house.matter, terms=[{"text": "Lumen"}])
    house.world.worker.drain()
    search = found.id
    assert line.version in {part.version for part in house.do("ada", "search.read", search).parts}
    house.do("ada", "document.limit", line.document, club=club(house, "confidentiality_club", "bram"))
    assert line.version not in {part.version for part in house.do("ada", "search.read", search).parts}
    with pytest.raises(NotFound):
        house.do("ada", "search.hits", search, version=line.version)


def test_an_ended_club_lets_nobody_in_until_compliance_lifts_it(house: House) -> None:
    line = house.world.published(path="club/five.pdf")
    circle = club(house, "confidentiality_club", "bram")
    house.do("ada", "document.limit", line.document, club=circle)
    for who in ("ada", "bram"):
        with pytest.raises((NotFound, Refused)):
            house.do(who, "document.lift", line.document, club=circle)
    house.do("ada", "club.end", circle)
    assert reached(house, "bram", line) == set()
    assert house.do("cleo", "document.read", line.document).limits[0].ended
    house.do("cleo", "document.lift", line.document, club=circle)
    assert "page.view" in reached(house, "ada", line)
    assert "page.view" in reached(house, "pia", line)


def test_a_wall_keeps_its_people_out_whatever_their_role(house: House) -> None:
    line = house.world.published(path="wall/one.pdf")
    wall = club(house, "ethical_wall", "bram", "pia", "carl")
    house.do("ada", "document.limit", line.document, club=wall)
    for who in ("bram", "pia", "carl"):
        assert reached(house, who, line) == set()
        with pytest.raises(NotFound):
            house.do(who, "document.read", line.document)
    assert "page.view" in reached(house, "ada", line)
    assert "page.view" in reached(house, "bodil", line)
    with pytest.raises(Refused):
        house.do("ada", "club.end", wall)
    with pytest.raises(Refused):
        house.do("ada", "club.remove", wall, email="bram@aldermoor.example")
    for email in ("carl@aldermoor.example", "bram@aldermoor.example"):
        with pytest.raises(Refused):
            house.do("carl", "club.remove", wall, email=email)
    with pytest.raises(NotFound):
        house.do("carl", "document.lift", line.document, club=wall)
    house.do("cleo", "club.remove", wall, email="bram@aldermoor.example")
    assert "page.view" in reached(house, "bram", line)


def test_club_and_wall_at_once_and_only_one_of_each(house: House) -> None:
    line = house.world.published(path="wall/two.pdf")
    circle, wall = club(house, "confidentiality_club", "ada", who="bram"), club(house, "ethical_wall", "pia")
    house.do("ada", "document.limit", line.document, club=circle)
    house.do("ada", "document.limit", line.document, club=wall)
    for again in (club(house), club(house, "ethical_wall")):
        with pytest.raises(Conflict):
            house.do("ada", "document.limit", line.document, club=again)
    assert "page.view" in reached(house, "ada", line)
    house.do("bram", "club.add", circle, email="pia@borealis.example")
    assert reached(house, "pia", line) == set()


def test_nobody_names_themselves(house: House) -> None:
    with pytest.raises(Refused):
        house.do("ada", "club.add", club(house), email="ada@aldermoor.example")


def test_counsels_club_is_counsels(house: House) -> None:
    circle = club(house, "outside_counsel", "bodil")
    with pytest.raises(Invalid):
        house.do("ada", "club.add", circle, email="pia@borealis.example")
    for email in ("stray@cassini.example", "nobody@borealis.example"):
        with pytest.raises(Invalid):
            house.do("ada", "club.add", circle, email=email)


Wrong = Callable[[House], uuid.UUID]


def _ended(house: House) -> uuid.UUID:
    made = club(house)
    house.do("ada", "club.end", made)
    return made


@pytest.mark.parametrize(
    "wrong", [_ended, lambda h: uuid.uuid4(), lambda h: club(h, who="bodil")], ids=["ended", "unknown", "foreign"]
)
def test_only_a_live_club_of_the_owner_limits(house: House, wrong: Wrong) -> None:
    with pytest.raises(Invalid):
        house.do("ada", "document.limit", house.line().document, club=wrong(house))


def test_competition_rules_hold_inside_a_club(house: House) -> None:
    line = house.world.published(path="club/royalty.pdf", category="royalty")
    circle = club(house, "confidentiality_club", "pia", "bodil")
    house.do("ada", "document.limit", line.document, club=circle)
    assert reached(house, "pia", line) == set()
    assert "page.view" in reached(house, "bodil", line)


def test_people_see_the_clubs_they_are_in(house: House) -> None:
    circle = club(house, "confidentiality_club", "pia")
    wall = club(house, "ethical_wall", "pia")
    seen = {view.id: view for view in house.do("pia", "club.list", house.matter)}
    assert {person.email for person in seen[circle].people} == {"pia@borealis.example"}
    assert seen[circle].can == frozenset()
    assert wall not in seen
    assert not [view for view in house.do("bodil", "club.list", house.matter) if view.id in {circle, wall}]
    assert {"club.add", "club.end"} <= {v.id: v for v in house.do("ada", "club.list", house.matter)}[circle].can


def test_an_ended_club_takes_nobody(house: House) -> None:
    made = _ended(house)
    for name, params in (("club.add", {"email": "pia@borealis.example"}), ("club.end", {})):
        with pytest.raises(DataroomError) as caught:
            house.do("ada", name, made, **params)
        assert type(caught.value) is Conflict
