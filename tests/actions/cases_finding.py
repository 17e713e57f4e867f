"""Cases of the dictionary, of searches, and of reading scanned pages."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from typing import Any

from dataroom.model import Errand, Mark, Redaction, Search, SearchPart, Term, Transcript, TranscriptPage
from tests.actions.case import Case, Target
from tests.actions.house import House, pdf
from tests.integration.sandbox_files import scan

TERM = {"text": "Lumen panel", "kind": "product", "whole": True, "case": False}


def _version(house: House) -> Target:
    return house.line().version  # type: ignore[no-any-return]


def _scanned(house: House) -> Target:
    return house.line(data=scan(["The Lumen panel"], dpi=120)).version  # type: ignore[no-any-return]


def term(house: House, text: str = "") -> uuid.UUID:
    """A fresh term of Aldermoor at tier 2."""
    new = TERM | {"text": text or f"Term {uuid.uuid4()}"}
    return house.do("ada", "term.add", house.matter, terms=[new], tier=2)[0]  # type: ignore[no-any-return]


def small(house: House) -> uuid.UUID:
    """A matter of its own with one document in it: whatever reads a whole matter is soon done there."""
    if "small" not in house.ready:
        made = house.other_matter()
        house.do("ada", "member.add", made, email="lena@aldermoor.example", tier=1)
        more = {"tier": 2, "category": "claim-chart", "schedule": "work-product"}
        line = house.do("ada", "document.upload", made, stream=io.BytesIO(pdf()), path="charts/a.pdf", **more)
        house.ready["small"] = made, line
    found: uuid.UUID = house.ready["small"][0]
    return found


def search(house: House, *terms: str) -> uuid.UUID:
    """A search by ada that has found nothing yet, and whose errand nobody takes."""
    house.line()
    return _looking(house, house.matter, terms or ("lumen",))


def searched(house: House, *terms: str) -> uuid.UUID:
    """A search by ada that is done."""
    return _worked_off(house, search(house, *terms))


def _small_search(house: House) -> uuid.UUID:
    return _looking(house, small(house), ["lumen"])


def _small_searched(house: House) -> uuid.UUID:
    return _worked_off(house, _small_search(house))


def _looking(house: House, matter: uuid.UUID, terms: Sequence[str]) -> uuid.UUID:
    looked = [{"text": text} for text in terms]
    made: uuid.UUID = house.do("ada", "search.start", matter, terms=looked).id
    return made


def _worked_off(house: House, made: uuid.UUID) -> uuid.UUID:
    while house.row(Search, made).state == "running":
        house.do("service", "search.step", made)
    return made


def _with_places(house: House, search_id: Any) -> uuid.UUID:
    parts = house.rows(SearchPart, SearchPart.search_id == search_id, SearchPart.state == "done", SearchPart.found > 0)
    return parts[-1].version_id  # type: ignore[no-any-return]


def _any_version(house: House, search_id: Any) -> uuid.UUID:
    parts = house.rows(SearchPart, SearchPart.search_id == search_id)
    return parts[-1].version_id if parts else uuid.uuid4()


def _added(house: House, _target: Any, result: Any) -> None:
    row = house.row(Term, result[0])
    assert (row.tier, row.organisation_id) == (2, house.person("ada").organisation)
    assert b"Lumen" not in row.sealed


def _changed(house: House, target: Any, _result: Any) -> None:
    views = {view.id: view for view in house.do("ada", "term.list", house.matter)}
    assert (views[target].text, views[target].kind, views[target].case) == ("Brightfall", "licensee", True)


def _removed(house: House, target: Any, _result: Any) -> None:
    assert house.row(Term, target) is None


def _started(house: House, _target: Any, result: Any) -> None:
    assert house.row(Search, result.id).state == "running"
    assert house.count(SearchPart, SearchPart.search_id == result.id) > 0
    owed = [row for row in house.rows(Errand) if row.payload.get("target") == str(result.id)]
    assert [row.kind for row in owed] == ["search.step"]


def _stepped(house: House, target: Any, _result: Any) -> None:
    done = house.rows(SearchPart, SearchPart.search_id == target, SearchPart.state == "done")
    assert done
    assert all(b"Lumen" not in (row.result or b"") for row in done)


def _stopped(house: House, target: Any, _result: Any) -> None:
    assert house.row(Search, target).state == "stopped"


def _read(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.state, [query.label for query in result.queries]) == (target, "done", ["lumen"])
    assert sum(part.found for part in result.parts) > 0


def _hits(_house: House, _target: Any, result: Any) -> None:
    (place,) = result.places
    assert (place.page, place.text, place.before) == (1, "Lumen", "Claim 1 reads on the ")


def _marked(house: House, _target: Any, result: Any) -> None:
    redaction = house.row(Redaction, result.id)
    assert (redaction.state, redaction.title) == ("draft", "Without the product")
    (mark,) = house.rows(Mark, Mark.redaction_id == result.id)
    assert (mark.page, mark.kind, mark.code) == (1, "term", "TS")


def _transcribed(house: House, target: Any, _result: Any) -> None:
    assert house.rows(Transcript, Transcript.version_id == target)[0].state == "done"
    assert house.count(TranscriptPage, TranscriptPage.version_id == target) == 1


def _asked_to_read(house: House) -> Target:
    version = _scanned(house)
    house.do("ada", "version.recognise", version)
    return version


def _recognised(house: House, target: Any, _result: Any) -> None:
    row = house.rows(Transcript, Transcript.version_id == target)[0]
    assert (row.state, row.pages) == ("running", [1])


def _told(_house: House, _target: Any, result: Any) -> None:
    assert (result.pages, result.read, result.state) == ((1,), 0, "none")
    assert result.languages


CASES = (
    Case(
        "term.add",
        "ada",
        _added,
        lambda h: h.matter,
        params=lambda h, t: {"terms": [TERM | {"text": f"Term {uuid.uuid4()}"}], "tier": 2},
        lower="petra",
        foreign="",
    ),
    Case(
        "term.list",
        "ada",
        lambda h, t, r: None,
        lambda h: term(h) and h.matter,
        shows=lambda h, r: any(view.tier == 2 for view in r),
        reads=True,
    ),
    Case(
        "term.change",
        "ada",
        _changed,
        lambda h: term(h),
        params=lambda h, t: {"text": "Brightfall", "kind": "licensee", "case": True},
    ),
    Case("term.remove", "ada", _removed, lambda h: term(h)),
    Case(
        "search.start",
        "ada",
        _started,
        lambda h: h.line() and h.matter,
        params=lambda h, t: {"terms": [{"text": "lumen"}], "patterns": ["rate"]},
        lower="petra",
        foreign="",
    ),
    Case(
        "search.list",
        "ada",
        lambda h, t, r: None,
        lambda h: search(h) and h.matter,
        shows=lambda h, r: any(line.state == "running" for line in r),
        reads=True,
    ),
    Case("search.read", "ada", _read, _small_searched, reads=True),
    Case(
        "search.hits",
        "ada",
        _hits,
        _small_searched,
        params=lambda h, t: {"version": _with_places(h, t) if t and h.count(Search, Search.id == t) else uuid.uuid4()},
        reads=True,
    ),
    Case(
        "search.mark",
        "ada",
        _marked,
        _small_searched,
        params=lambda h, t: {
            "version": _with_places(h, t) if t and h.count(Search, Search.id == t) else uuid.uuid4(),
            "places": [0],
            "code": "TS",
            "rationale": "Names the licensed product line.",
            "title": "Without the product",
        },
    ),
    Case("search.stop", "ada", _stopped, _small_search),
    Case("search.step", "service", _stepped, _small_search, lower="ada"),
    Case(
        "redaction.search",
        "ada",
        _hits,
        lambda h: h.draft(),
        params=lambda h, t: {"terms": [{"text": "lumen", "whole": True}]},
        reads=True,
    ),
    Case("version.scans", "ada", _told, _scanned, reads=True),
    Case("version.recognise", "ada", _recognised, _scanned),
    Case("version.transcribe", "service", _transcribed, _asked_to_read, lower="ada"),
)
