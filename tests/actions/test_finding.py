"""Finding: terms survive the renewal of keys, scans are found once they were read, and what is found goes with its version."""

from __future__ import annotations

import pytest

from dataroom.errors import Conflict, Refused
from dataroom.model import Mark, SearchPart, Term
from tests.actions.cases_finding import searched, term
from tests.actions.house import House
from tests.integration.sandbox_files import scan


def test_terms_survive_a_new_key_of_their_scope(house: House) -> None:
    made = term(house, "Solheim Holding")
    scope = house.row(Term, made).scope_id
    before = house.row(Term, made).scope_epoch
    house.do("service", "key.rotate", keys="keks", scope=scope)
    house.world.worker.drain()
    assert house.row(Term, made).scope_epoch == before + 1
    assert "Solheim Holding" in {view.text for view in house.do("bram", "term.list", house.matter)}


def test_a_term_is_added_once_and_not_above_the_own_clearance(house: House) -> None:
    new = {"text": "Brightfall Optics", "kind": "party"}
    assert (
        len(house.do("ada", "term.add", house.matter, terms=[new, {**new, "text": "BRIGHTFALL optics"}], tier=2)) == 1
    )
    assert house.do("bram", "term.add", house.matter, terms=[new], tier=2) == ()


def test_a_scan_is_found_once_it_was_read_and_becomes_a_mark_of_its_own_kind(house: House) -> None:
    line = house.line(data=scan(["The licensee Solheim Holding"], dpi=150))
    redaction = house.do(
        "ada", "redaction.start", line.version, title="For partners", tier=1, category="claim-chart"
    ).id
    look = {"terms": [{"text": "solheim"}]}
    found = house.do("ada", "redaction.search", redaction, **look)
    assert (found.places, found.blank) == ((), (1,))
    house.do("ada", "version.recognise", line.version)
    with pytest.raises(Conflict, match="being read"):
        house.do("ada", "version.recognise", line.version)
    house.world.worker.drain()
    found = house.do("ada", "redaction.search", redaction, **look)
    assert [(place.text, place.read) for place in found.places] == [("Solheim", True)]
    assert found.blank == ()
    search = searched(house, "solheim")
    (part,) = house.rows(SearchPart, SearchPart.search_id == search, SearchPart.version_id == line.version)
    assert part.found == 1
    more = {"code": "TS", "rationale": "Names the licensee of the patent.", "title": "No licensee"}
    assert house.do("ada", "search.mark", search, version=line.version, **more).id == redaction
    (mark,) = house.rows(Mark, Mark.redaction_id == redaction)
    assert mark.kind == "scan"
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain()
    assert house.do("bram", "redaction.read", redaction).state == "in_review"


def test_what_was_found_goes_with_its_version(house: House) -> None:
    line = house.world.due()
    search = searched(house, "lumen")
    assert house.do("ada", "search.hits", search, version=line.version).places
    house.disposed(line)
    with pytest.raises(Refused):
        house.do("ada", "search.hits", search, version=line.version)
    parts = house.do("ada", "search.read", search).parts
    assert line.version not in {part.version for part in parts}
