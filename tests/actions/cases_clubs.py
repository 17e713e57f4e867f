"""Cases of clubs and walls, and of documents limited to them."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import Club, ClubMember, Limitation
from tests.actions.case import Case
from tests.actions.house import House

UNDERTAKEN = {"undertaking": "Signed undertaking, in the file CT-1.", "undertaken_on": "2026-01-05"}
"""What a clean team asks of whoever is named in it."""


def club(house: House, kind: str = "confidentiality_club", *people: str, who: str = "ada") -> uuid.UUID:
    """A club of Aldermoor with some people of the cast in it."""
    made: uuid.UUID = house.do(who, "club.create", house.matter, name="Rates", kind=kind).id
    for person in people:
        row = house.person(person)
        house.do(who, "club.add", made, email=row.email, **(UNDERTAKEN if kind == "clean_team" else {}))
    return made


def limited(house: House) -> uuid.UUID:
    """A fresh document that only bram, who is in its club, and compliance officers reach."""
    document: uuid.UUID = house.line().document
    house.do("ada", "document.limit", document, club=club(house, "confidentiality_club", "bram"))
    return document


def _founded(house: House, target: Any, result: Any) -> None:
    row = house.row(Club, result.id)
    assert (row.matter_id, row.kind, row.ended_at) == (target, "confidentiality_club", None)
    assert row.organisation_id == house.person("ada").organisation


def _listed(house: House, result: Any) -> bool:
    return "Listed" in {view.name for view in result}


def _list_target(house: House) -> uuid.UUID:
    house.do("ada", "club.create", house.matter, name="Listed", kind="confidentiality_club")
    return house.matter


def _added(house: House, target: Any, result: Any) -> None:
    row = house.row(ClubMember, result.id)
    assert (row.club_id, row.user_id, row.removed_at) == (target, house.person("pia").user, None)


def _removed(house: House, target: Any, result: Any) -> None:
    row = house.row(ClubMember, result.id)
    assert (row.club_id, row.user_id) == (target, house.person("pia").user)
    assert row.removed_at is not None


def _ended(house: House, target: Any, _result: Any) -> None:
    assert house.row(Club, target).ended_at is not None


def _limitable(house: House) -> uuid.UUID:
    club(house)
    document: uuid.UUID = house.line().document
    return document


def _some_club(house: House, _target: Any) -> dict[str, Any]:
    own = Club.organisation_id == house.person("ada").organisation
    live = house.rows(
        Club, Club.kind == "confidentiality_club", Club.ended_at.is_(None), own, Club.matter_id == house.matter
    )
    return {"club": live[0].id}


def _limited(house: House, target: Any, _result: Any) -> None:
    (row,) = house.rows(Limitation, Limitation.document_id == target)
    assert (row.way, row.limited_by) == ("club", house.person("ada").user)


def _lifted(house: House, target: Any, _result: Any) -> None:
    assert not house.rows(Limitation, Limitation.document_id == target)


def _its_club(house: House, target: Any) -> dict[str, Any]:
    rows = house.rows(Limitation, Limitation.document_id == target)
    return {"club": rows[0].club_id if rows else uuid.uuid4()}


CASES = (
    Case(
        "club.create",
        "ada",
        _founded,
        lambda h: h.matter,
        params=lambda h, t: {"name": "Rates", "kind": "confidentiality_club"},
        lower="petra",
        foreign="",
    ),
    Case("club.list", "bram", lambda h, t, r: None, _list_target, lower="petra", shows=_listed, reads=True),
    Case(
        "club.add",
        "ada",
        _added,
        lambda h: club(h),
        params=lambda h, t: {"email": "pia@borealis.example"},
        lower="petra",
    ),
    Case(
        "club.remove",
        "ada",
        _removed,
        lambda h: club(h, "confidentiality_club", "pia"),
        params=lambda h, t: {"email": "pia@borealis.example"},
        lower="petra",
    ),
    Case("club.end", "ada", _ended, lambda h: club(h), lower="petra"),
    Case(
        "document.limit",
        "ada",
        _limited,
        _limitable,
        params=_some_club,
    ),
    Case("document.lift", "cleo", _lifted, limited, params=_its_club, lower="lorn"),
)
