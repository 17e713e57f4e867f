"""Cases of the actions on productions."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

from dataroom.model import Production, ProductionItem, ProductionParty
from tests.actions.case import Case
from tests.actions.house import House


def given(house: House) -> uuid.UUID:
    """A version of two pages that borealis has been given."""
    version: uuid.UUID = house.line().version
    house.world.disclosed(version)
    return version


def produced(house: House, *versions: uuid.UUID, **more: Any) -> uuid.UUID:
    """A production by ada for borealis; of one given version unless others are named."""
    asked = {"title": "Volume one", "versions": versions or (given(house),), "recipients": ["borealis"]}
    made: uuid.UUID = house.do("ada", "production.make", house.matter, **asked | {"prefix": "ALD-"} | more).id
    return made


def _params(house: House, _target: Any) -> dict[str, Any]:
    if "given for production" not in house.ready:
        house.ready["given for production"] = given(house)
    versions = [house.ready["given for production"]]
    return {"title": "Volume one", "versions": versions, "recipients": ["borealis"], "prefix": "NEW-"}


def _prepared(house: House) -> uuid.UUID:
    _params(house, None)
    return house.matter


def _made(house: House, target: Any, result: Any) -> None:
    row = house.row(Production, result.id)
    assert (row.matter_id, row.prefix, row.first, row.last, row.tier) == (target, "NEW-", 1, 2, 2)
    (item,) = house.rows(ProductionItem, ProductionItem.production_id == row.id)
    assert (item.place, item.first, item.last) == (1, 1, 2)
    (party,) = house.rows(ProductionParty, ProductionParty.production_id == row.id)
    assert party.organisation_id == house.person("bodil").organisation


def _read(_house: House, target: Any, result: Any) -> None:
    assert (result.id, result.pages, result.made_by, len(result.items)) == (target, 2, "Ada Quill", 1)
    (item,) = result.items
    assert (item.state, item.begin, item.end) == ("here", result.begin, result.end)


def _indexed(house: House, target: Any, result: Any) -> None:
    row = house.row(Production, target)
    assert f'"ALD-{row.first:07d}","ALD-{row.last:07d}","2"'.encode() in result


def _exported(house: House, target: Any, result: Any) -> None:
    row = house.row(Production, target)
    with zipfile.ZipFile(io.BytesIO(result)) as archive:
        assert archive.testzip() is None
        assert f"PDF/ALD-{row.first:07d}.pdf" in archive.namelist()


CASES = (
    Case("production.make", "ada", _made, _prepared, params=_params, lower="petra", foreign=""),
    Case(
        "production.list",
        "ada",
        lambda h, t, r: None,
        lambda h: produced(h) and h.matter,
        shows=lambda h, r: bool(r),
        foreign="cass",
        reads=True,
    ),
    Case("production.read", "ada", _read, produced, foreign="cass", reads=True),
    Case("production.index", "cleo", _indexed, produced, lower="lorn", foreign="cass", reads=True),
    Case("production.export", "bodil", _exported, produced, lower="pia", foreign="cass", reads=True),
)
