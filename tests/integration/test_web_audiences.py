"""The screens of audiences, of contradicting marks, of headers, and a claw-back in the recipient's list."""

from __future__ import annotations

from collections.abc import Callable

from tests.actions.test_surveys import LINES, letter
from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def test_an_audience_is_named_used_shown_and_ended(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready(path="grid.pdf")
    here = f"/matters/{house.matter}/audiences"
    assert ada.post(here, name="Licensees").status_code == 422
    assert ada.post(here, name="Licensees", organisations="borealis").status_code == 303
    form = ada.get(f"/versions/{line.version}/redact").text
    (group,) = [one.id for one in house.do("ada", "audience.list", house.matter) if one.name == "Licensees"]
    assert str(group) in form
    typed = {"title": "For licensees", "tier": "1", "category": "claim-chart", "group": str(group)}
    assert ada.post(f"/versions/{line.version}/redact", **typed).status_code == 303
    page = ada.get(here).text
    assert page.index(line.number) < page.index("For licensees")
    assert "Licensees" in as_("cleo").get(here).text
    assert "For licensees" not in as_("bodil").get(here).text
    assert ada.post(f"/audiences/{group}/end", matter=str(house.matter)).status_code == 303
    assert "Ended" in ada.get(here).text


def test_contradictions_are_surveyed_shown_and_taken_as_a_table(house: World, as_: As) -> None:
    ada, here = as_("ada"), f"/matters/{house.matter}/consistency"
    line = house.ready(path="letter.pdf", data=letter(LINES, LINES))
    redaction = house.do("ada", "redaction.start", line.version, title="Web", tier=1, category="claim-chart").id
    hit = next(one for one in house.do("ada", "page.search", line.version, term="Tamarind") if one.page == 1)
    mark = {"page": 1, "box": hit.boxes[0], "kind": "term", "code": "TS", "rationale": "Names the engineer."}
    house.do("ada", "redaction.mark", redaction, marks=[mark])
    assert ada.post(here).status_code == 303
    assert "Reading the originals" in ada.get(here).text
    assert ada.post(here).status_code == 409
    house.worker.drain()
    page = ada.get(here).text
    assert f"/redactions/{redaction}#page-2" in page
    assert "Tamarind" in page
    table = ada.get(f"{here}.csv")
    assert table.mimetype == "text/csv"
    assert b"Tamarind" in table.data
    assert as_("cleo").get(here).status_code == 403


def test_a_header_is_typed_line_by_line_and_shown(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready(path="header.pdf")
    here = f"/documents/{line.document}"
    typed = {
        "dated": "2025-03",
        "kind": "Letter",
        "author": "Mara Winter*",
        "to": "Ada Quill\nBram Oakes",
        "described": "1",
    }
    assert ada.post(f"{here}/describe", **typed).status_code == 303
    page = ada.get(here).text
    assert "Mara Winter*" in page
    assert "Ada Quill; Bram Oakes" in page
    wrong = ada.post(f"{here}/describe", **typed, code="AC", rationale="Asks counsel for advice.")
    assert wrong.status_code == 422
    record = house.services.law.rationales["AC"].record
    stated = {f"detail-{name}": "Mara Winter" for name in record}
    assert (
        ada.post(f"{here}/describe", **typed, code="AC", rationale="Asks counsel for advice.", **stated).status_code
        == 303
    )
    assert "Withheld whole" in ada.get(here).text


def test_a_partner_sees_in_the_list_what_is_locked_and_what_to_do(house: World, as_: As) -> None:
    line = house.ready(path="mistake.pdf")
    house.disclosed(line.version)
    assert "Locked: clawed back" not in as_("pia").get(f"/matters/{house.matter}").text
    order = {"ground": "fre-502b", "reason": "Given by mistake.", "notice": "Given by mistake; privileged."}
    made = house.do("ada", "disclosure.claw-back", line.version, **order).id
    page = as_("pia").get(f"/matters/{house.matter}").text
    assert "Locked: clawed back" in page
    assert f"/claw-backs/{made}" in page
    assert "return, destroy or set apart every copy" in page
    assert "Your answer is missing" not in page
    assert "Your answer is missing" in as_("bodil").get(f"/matters/{house.matter}").text
    assert "Locked: clawed back" not in as_("ada").get(f"/matters/{house.matter}").text
