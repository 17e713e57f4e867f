"""The pages in the composed application: what each role is shown and offered, and forms that do their work."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from dataroom.actions.context import SERVICE
from dataroom.model import Organisation
from tests.cast import REASON, World
from tests.integration.web_house import PROBLEM, Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]
TABS = ("", "/disclosures", "/redactions", "/holds", "/retention", "/disposals", "/audit", "/people")


@pytest.mark.parametrize("who", ["ada", "bodil", "petra", "pia", "cleo", "corin"])
def test_every_tab_somebody_is_offered_opens(house: World, as_: As, who: str) -> None:
    page = as_(who).get(f"/matters/{house.matter}").text
    tabs = re.findall(
        r'<a href="(/matters/[0-9a-f-]+(?:/[a-z]+)?)"', page.partition('class="tabs"')[2].partition("</nav>")[0]
    )
    assert f"/matters/{house.matter}" in tabs
    for tab in tabs:
        answer = as_(who).get(tab)
        assert answer.status_code == 200, tab
        assert 'aria-current="page"' in answer.text


def test_partners_are_offered_only_what_is_theirs(house: World, as_: As) -> None:
    page = as_("pia").get(f"/matters/{house.matter}").text
    assert "Redactions" not in page
    assert "Upload" not in page


@pytest.mark.parametrize("tab", TABS)
def test_somebody_outside_the_matter_finds_nothing(house: World, as_: As, tab: str) -> None:
    assert as_("stray").get(f"/matters/{house.matter}{tab}").status_code == 404
    assert "No matters yet" in as_("stray").get("/matters").text


def test_a_document_is_classified_published_and_withdrawn(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.upload("ada", path="Evidence/bench-notes.pdf")
    here = f"/documents/{line.document}"
    assert "Next: give it a tier" in ada.get(here).text
    wrong = ada.post(f"{here}/classify", tier="2", category="technical")
    assert wrong.status_code == 422
    assert "this is needed" in wrong.text.lower()
    done = ada.post(f"{here}/classify", tier="2", category="technical", schedule="work-product", title="Bench notes")
    assert (done.status_code, done.location) == (303, here)
    assert "Classified." in ada.get(here).text
    assert ada.post(f"{here}/publish").status_code == 303
    assert "Bench notes" in as_("pia").get(f"/matters/{house.matter}?q=bench").text
    assert "Bench notes" not in as_("paolo").get(f"/matters/{house.matter}?q=bench").text
    assert ada.post(f"{here}/withdraw").status_code == 303
    assert "Bench notes" not in as_("pia").get(f"/matters/{house.matter}?q=bench").text
    assert as_("pia").get(f"/versions/{line.version}/view").status_code == 404


def test_page_images_are_recorded_pictures(house: World, as_: As) -> None:
    line = house.published("ada")
    pia = as_("pia")
    view = pia.get(f"/versions/{line.version}/view?matter={house.matter}")
    assert "Every page you open is recorded" in view.text
    found = re.search(r'<script type="application/json" id="data">(.+?)</script>', view.text)
    assert found
    assert len(json.loads(found[1])["sizes"]) == line.pages
    image = pia.get(f"/versions/{line.version}/pages/1.jpg?w=600")
    assert (image.status_code, image.mimetype) == (200, "image/jpeg")
    assert image.data.startswith(b"\xff\xd8")
    assert image.headers["Cache-Control"] == "no-store"
    assert "sandbox" in image.headers["Content-Security-Policy"]
    entries = house.do("ada", "audit.list", house.matter, act="page.view", document=line.document)
    assert [e.who for e in entries.items] == ["Pia Strand"]
    for address in ("0.jpg", "99.jpg", "1.jpg?w=99999", "1.jpg?w=x"):
        assert pia.get(f"/versions/{line.version}/pages/{address}").status_code in {404, 422}


def test_a_withdrawn_document_is_gone_in_the_middle_of_reading(house: World, as_: As) -> None:
    line = house.published("ada")
    address = f"/versions/{line.version}/pages/1.jpg?w=600"
    assert as_("pia").get(address, headers=PROBLEM).status_code == 200
    house.do("ada", "document.withdraw", line.document)
    gone = as_("pia").get(address, headers=PROBLEM)
    assert (gone.status_code, gone.mimetype) == (404, "application/problem+json")


def test_a_download_is_a_form_and_an_attachment(house: World, as_: As) -> None:
    line = house.published("ada")
    assert as_("ada").get(f"/versions/{line.version}/download").status_code == 405
    answer = as_("ada").post(f"/versions/{line.version}/download")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.data.startswith(b"%PDF-")


def test_a_disclosure_is_granted_with_reasons_and_withdrawn(house: World, as_: As) -> None:
    ada, line = as_("ada"), house.ready("ada", path="Charts/for-borealis.pdf")
    form = f"/versions/{line.version}/disclose"
    until = (house.clock.now() + timedelta(days=20)).date().isoformat()
    given = {
        "recipient": "borealis",
        "purpose": REASON,
        "necessity": REASON,
        "alternative": "short",
        "expires_at": until,
    }
    wrong = ada.post(form, **given)
    assert wrong.status_code == 422
    assert REASON in wrong.text
    assert "Write at least 12 characters" in wrong.text
    back = f"/documents/{line.document}"
    done = ada.post(form, **{**given, "alternative": REASON, "next": back})
    assert (done.status_code, done.location) == (303, back)
    assert f"Disclosed until {until}" in as_("bodil").get(f"/matters/{house.matter}?q=for-borealis").text
    row = next(r for r in house.do("ada", "disclosure.list", house.matter) if r.version == line.version)
    assert as_("bodil").post(f"/disclosures/{row.id}/withdraw").status_code == 403
    assert ada.post(f"/disclosures/{row.id}/withdraw", next="//evil.example").location == "/matters"
    assert "Nothing found" in as_("bodil").get(f"/matters/{house.matter}?q=for-borealis").text


def test_a_redaction_from_the_first_mark_to_the_release(house: World, as_: As) -> None:
    ada, bram, line = as_("ada"), as_("bram"), house.ready("ada")
    made = ada.post(f"/versions/{line.version}/redact", title="For partners", tier="1", category="claim-chart")
    here = made.location
    assert "Submit for review" in ada.get(here).text
    words = ada.get(f"/versions/{line.version}/pages/1/words", headers=PROBLEM).json
    assert words["rotation"] == 0
    assert [w["text"] for w in words["words"]][:2] == ["Claim", "1"]
    hits = ada.send("POST", f"{here}/search", {"terms": [{"text": "Lumen"}]}).json["places"]
    assert [hit["page"] for hit in hits] == [1]
    mark = {"page": 1, "box": hits[0]["boxes"][0], "kind": "term", "code": "TS", "rationale": "Names the product line."}
    assert ada.send("POST", f"{here}/marks", {"marks": [{**mark, "code": "no such"}]}).status_code == 422
    assert ada.send("POST", f"{here}/marks", {"marks": "none"}).status_code == 422
    first = ada.send("POST", f"{here}/marks", {"marks": [mark, {**mark, "page": 2, "box": None, "kind": "page"}]})
    assert first.status_code == 201
    ids = [row["id"] for row in first.json["marks"]]
    assert [row["box"] is None for row in first.json["marks"]] == [False, True]
    assert len(ada.send("DELETE", f"{here}/marks", {"marks": ids[1:]}).json["marks"]) == 1
    assert ada.post(f"{here}/submit").status_code == 303
    assert ada.get(f"{here}/state", headers=PROBLEM).json["state"] == "applying"
    house.worker.drain()
    assert ada.get(f"{here}/state", headers=PROBLEM).json["state"] == "in_review"
    own = ada.get(f"{here}/review").text
    assert "Approve and release" not in own
    assert "another custodian has to approve" in own
    assert ada.post(f"{here}/approve").status_code == 403
    review = bram.get(f"{here}/review").text
    assert "checks passed" in review
    sent_back = bram.post(f"{here}/return", remark="no")
    assert sent_back.status_code == 422
    released = bram.post(f"{here}/approve")
    assert released.status_code == 303
    assert "Disclose the copy" in bram.get(released.location).text
    log = ada.get(f"{here}/log.csv")
    assert log.mimetype == "text/csv"
    assert "Names the product line." in log.text
    assert as_("bodil").get(here).status_code == 404


def test_a_failed_redaction_says_why(house: World, as_: As) -> None:
    line = house.ready("ada")
    redaction = house.redacted(line)
    as_("bram").post(f"/redactions/{redaction}/return", remark="The second page needs marks, too.")
    page = as_("ada").get(f"/redactions/{redaction}").text
    assert "The second page needs marks, too." in page
    assert 'id="editor"' in page


def test_a_hold_is_placed_on_several_documents_and_released(house: World, as_: As) -> None:
    cleo = as_("cleo")
    lines = [house.ready("ada") for _ in range(2)]
    here = f"/matters/{house.matter}/retention"
    nothing = cleo.post(here, do="hold", kind="litigation", reason_hold=REASON)
    assert nothing.status_code == 422
    assert "Choose at least one document" in nothing.text
    chosen = [str(line.document) for line in lines]
    short = cleo.post(here, do="hold", kind="litigation", reason_hold="short", document=chosen)
    assert short.status_code == 422
    assert short.text.count(" checked") == 2
    assert cleo.post(here, do="hold", kind="litigation", reason_hold=REASON, document=chosen).status_code == 303
    hold = next(h for h in house.do("cleo", "hold.list", house.matter) if len(h.documents) == 2)
    assert "In force" in cleo.get(f"/matters/{house.matter}/holds").text
    assert "Held" in as_("ada").get(f"/documents/{chosen[0]}").text
    assert cleo.post(f"/holds/{hold.id}/release", matter=house.matter, reason="no").status_code == 422
    assert cleo.post(f"/holds/{hold.id}/release", matter=house.matter, reason=REASON).status_code == 303


def test_a_disposal_needs_two_functions_and_leaves_a_certificate(house: World, as_: As) -> None:
    line = house.due("ada")
    made = as_("cleo").post(
        f"/matters/{house.matter}/retention", do="propose", reason_propose=REASON, document=str(line.document)
    )
    here = made.location
    assert as_("cleo").post(here, do="approve").status_code == 403
    assert as_("ada").post(here, do="execute").status_code in {403, 409}
    assert as_("ada").post(here, do="approve").status_code == 303
    assert as_("carl").post(here, do="approve").status_code == 303
    assert "Destroy and certify" not in as_("ada").get(here).text
    assert "Destroy and certify" in as_("bram").get(here).text
    assert as_("bram").post(here, do="execute").status_code == 303
    page = as_("bram").get(here).text
    number = re.search(r"C-\d{8}-[0-9A-F]{8}", page)
    assert number
    disposal = here.partition("?")[0]
    signed = as_("cleo").get(f"{disposal}/certificate.json")
    assert json.loads(signed.json["certificate"])["number"] == number[0]
    assert as_("cleo").get(f"{disposal}/certificate.pdf").data.startswith(b"%PDF-")
    assert as_("bodil").get(here).status_code == 404
    assert as_("ada").get(f"/versions/{line.version}/pages/1.jpg").status_code in {403, 404, 410}


def test_the_audit_page_filters_and_exports(house: World, as_: As) -> None:
    line = house.published("ada")
    cleo, here = as_("cleo"), f"/matters/{house.matter}/audit"
    page = cleo.get(f"{here}?act=document.publish&document={line.document}").text
    assert page.count('data-label="Entry"') == 1
    assert "Leaf hash" in page
    assert re.search(r"--key 'dataroom\.test/log/[0-9a-f-]+\+", page)
    today = house.clock.now().date()
    assert cleo.get(f"{here}?since={today + timedelta(days=1)}").text.count('data-label="Entry"') == 0
    assert cleo.get(f"{here}?until={today}&outcome=done").text.count('data-label="Entry"') > 10
    assert cleo.get(f"{here}?before=x").status_code == 422
    bundle = cleo.post(f"{here}/export")
    assert (bundle.status_code, bundle.mimetype) == (200, "application/zip")
    assert as_("ada").post(f"{here}/export").status_code == 403


def test_people_are_added_and_removed_by_their_own_custodian(house: World, as_: As) -> None:
    cass, here = as_("cass"), f"/matters/{house.matter}/people"
    assert cass.post(here, email="stray@cassini.example", tier="9").status_code == 422
    assert cass.post(here, email="stray@cassini.example", tier="1").status_code == 303
    assert as_("stray").get(f"/matters/{house.matter}").status_code == 200
    assert as_("ada").post(f"{here}/remove", email="stray@cassini.example").status_code in {403, 404}
    assert cass.post(f"{here}/remove", email="stray@cassini.example").status_code == 303
    assert as_("stray").get(f"/matters/{house.matter}").status_code == 404


def test_a_matter_is_opened_and_closed(house: World, as_: As) -> None:
    ada = as_("ada")
    wrong = ada.post("/matters/new", name="Second matter", reference="S-2", participants="nobody")
    assert wrong.status_code == 422
    assert "Second matter" in wrong.text
    made = ada.post("/matters/new", name="Second matter", reference="S-2", participants="borealis")
    assert made.status_code == 303
    assert "No documents yet" in ada.get(made.location).text
    assert ada.post(f"{made.location}/close").status_code == 303
    assert "Closed" in ada.get(made.location).text
    assert as_("petra").get("/matters/new").status_code == 403


def test_a_token_is_shown_once_and_revoked(house: World, as_: As) -> None:
    bram = as_("bram")
    page = bram.post("/tokens", scopes="everything", name="nightly", days="3")
    secret = re.search(r'id="secret">(dr_[A-Za-z0-9_-]+)<', page.text)
    assert secret
    assert secret[1] not in bram.get("/tokens").text
    token = next(t for t in house.do("bram", "token.list") if t.name == "nightly")
    assert as_("ada").post(f"/tokens/{token.id}/revoke").status_code == 404
    assert bram.post(f"/tokens/{token.id}/revoke").status_code == 303
    assert "Revoked" in bram.get("/tokens").text


def test_a_long_list_is_read_page_by_page_without_gap_or_repetition(house: World, as_: As, app: Flask) -> None:
    ada = as_("ada")
    made = ada.post("/matters/new", name="Long list", reference="L-1")
    matter = uuid.UUID(made.location.rsplit("/", 1)[1])
    kept, house.matter = house.matter, matter
    try:
        numbers = {house.upload("ada", path=f"Box {n % 3}/file {n}.pdf").number for n in range(53)}
    finally:
        house.matter = kept
    page, seen = ada.get(made.location).text, []
    while True:
        seen += re.findall(r'data-label="Number"[^>]*>([A-Z]+-\d+)<', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        if onward is None:
            break
        page = ada.get(onward[1].replace("&amp;", "&")).text
    assert len(seen) == len(set(seen)) == 53
    assert set(seen) == numbers
    assert ada.get(f"{made.location}?folder=Box+1").text.count('data-label="Number"') == 18
    assert "Nothing found" in ada.get(f"{made.location}?q=zebra").text
    assert ada.get(f"{made.location}?cursor=made-up").status_code == 422


def test_titles_and_reasons_are_shown_as_text(house: World, as_: As) -> None:
    line = house.ready("ada", title='<img src=x onerror="alert(1)">{{7*7}}')
    for address in (f"/documents/{line.document}", f"/matters/{house.matter}", f"/versions/{line.version}/view"):
        page = as_("ada").get(address).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_compliance_sees_when_the_service_was_last_checked(house: World, as_: As) -> None:
    here = f"/matters/{house.matter}/audit"
    assert "None was recorded yet" in as_("cleo").get(here).text
    house.gate.perform(SERVICE, "vault.check")
    page = as_("cleo").get(here).text
    assert ("Last check of the service" in page, "nothing was found" in page) == (True, True)
    assert "Last check of the service" not in as_("ada").get(here).text
    with house.services.database.writing() as session:
        session.execute(update(Organisation).where(Organisation.slug == "aldermoor").values(ceiling=2))
    house.gate.perform(SERVICE, "vault.check")
    assert ">1 finding<" in as_("cleo").get(here).text
    with house.services.database.writing() as session:
        session.execute(update(Organisation).where(Organisation.slug == "aldermoor").values(ceiling=4))
