"""Cases of audiences, and of what logs say of documents."""

from __future__ import annotations

import uuid
from typing import Any

from dataroom.model import Audience, AudienceParty, DocumentHeader
from tests.actions.case import Case
from tests.actions.house import House

HEADER = {
    "dated": "2025-03-14",
    "kind": "Letter",
    "family": "F-1",
    "subject": "Letter about the reading of claim 1",
    "author": ["Mara Winter*"],
    "sender": ["Mara Winter*"],
    "to": ["Ada Quill"],
    "cc": ["Bram Oakes"],
}


def audience(house: House, *slugs: str) -> uuid.UUID:
    """A fresh audience of Aldermoor."""
    name = f"Licensees {uuid.uuid4()}"
    made: uuid.UUID = house.do(
        "ada", "audience.create", house.matter, name=name, organisations=list(slugs or ("borealis",))
    ).id
    return made


def _named(house: House, target: Any, result: Any) -> None:
    row = house.row(Audience, result.id)
    assert (row.matter_id, row.ended_at) == (target, None)
    (party,) = house.rows(AudienceParty, AudienceParty.audience_id == row.id)
    assert party.organisation_id == house.person("bodil").organisation


def _ended(house: House, target: Any, _result: Any) -> None:
    assert house.row(Audience, target).ended_at is not None


def _described(house: House, target: Any, _result: Any) -> None:
    row = house.row(DocumentHeader, target)
    assert (row.dated, row.kind, row.family) == ("2025-03-14", "Letter", "F-1")
    assert row.people["author"] == ["Mara Winter*"]
    assert row.claim is None


CASES = (
    Case(
        "audience.create",
        "ada",
        _named,
        lambda h: h.matter,
        params=lambda h, t: {"name": "Licensees", "organisations": ["borealis"]},
        lower="petra",
        foreign="",
    ),
    Case(
        "audience.list",
        "ada",
        lambda h, t, r: None,
        lambda h: audience(h) and h.matter,
        lower="petra",
        shows=lambda h, r: bool(r),
        reads=True,
    ),
    Case("audience.end", "ada", _ended, audience, lower="petra"),
    Case("document.describe", "ada", _described, lambda h: h.line().document, params=lambda h, t: HEADER),
)
