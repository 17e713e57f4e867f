"""The screens of effective access: the question, its answer, and documents as somebody else sees them."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.cast import World
from tests.integration.web_house import Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


def test_a_keeper_asks_why_and_sees_what_would_help(house: World, as_: As) -> None:
    line, pia = house.ready(path="why.pdf", tier=2), house.people["pia"].user
    cleo = as_("cleo")
    assert f"/documents/{line.document}/who-may" in cleo.get(f"/documents/{line.document}").text
    here = f"/documents/{line.document}/who-may"
    form = cleo.get(here).text
    assert "Pia Strand (Partner, Borealis Photonics)" in form
    answer = cleo.get(f"{here}?person={pia}&do=page.view").text
    assert "Pia Strand may not open its pages" in answer
    assert "It is disclosed to Borealis Photonics." in answer
    house.disclosed(line.version)
    answer = cleo.get(f"{here}?person={pia}&do=page.view").text
    assert "Pia Strand may open its pages" in answer
    assert house.services.law.policies["published-or-disclosed-is-seen"].sentence in answer
    assert "Its disclosure ends." in answer


def test_what_cannot_be_asked_is_said_in_place(house: World, as_: As) -> None:
    here = f"/documents/{house.ready(path='odd.pdf').document}/who-may"
    odd = as_("ada").get(f"{here}?person={house.people['stray'].user}&do=page.view")
    assert odd.status_code == 422
    assert "nobody with this id" in odd.text
    assert as_("ada").get(f"{here}?person=1&do=page.view").status_code == 422
    assert as_("pia").get(here).status_code == 404


def test_documents_are_shown_as_somebody_sees_them(house: World, as_: As) -> None:
    shown, kept = (
        house.published(path="shown.pdf", title="Shown chart"),
        house.ready(path="kept.pdf", title="Kept chart"),
    )
    ada, pia = as_("ada"), house.people["pia"].user
    here = f"/matters/{house.matter}/seen-by/{pia}"
    assert here in ada.get(f"/matters/{house.matter}/people").text
    assert here not in as_("petra").get(f"/matters/{house.matter}/people").text
    page = ada.get(here).text
    assert "Seen as Pia Strand" in page
    assert "Shown chart" in page
    assert "Kept chart" not in page
    assert "Nothing found" in ada.get(f"{here}?q=zebra").text
    one = ada.get(f"/documents/{shown.document}/seen-by/{pia}").text
    assert "They can open its pages." in one
    assert "They see nothing of it" in ada.get(f"/documents/{kept.document}/seen-by/{pia}").text
    bram = ada.get(f"/documents/{kept.document}/seen-by/{house.people['bram'].user}").text
    assert "They see its record" in bram
    assert "They see none of your documents" in as_("bodil").get(here).text
    assert as_("pia").get(here).status_code == 403


def test_who_is_refused_is_led_to_why_and_to_nothing_hidden(house: World, as_: As) -> None:
    redaction = house.redacted(house.ready(path="charts/why.pdf"))
    ada, pia = as_("ada"), as_("pia")
    refused = ada.post(f"/redactions/{redaction}/approve")
    assert refused.status_code == 403
    link = re.search(r'href="(/matters/[^"]+/why-not\?[^"]+)"', refused.text)
    assert link
    page = ada.get(link[1].replace("&amp;", "&"))
    assert page.status_code == 200
    assert "Nobody approves a redaction they made themselves" in page.text
    assert pia.get(link[1].replace("&amp;", "&")).status_code == 404
