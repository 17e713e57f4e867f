"""Productions: numbers that run on and are given once, what a recipient gets of them, and what was taken away since."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from pdfminer.high_level import extract_text

from dataroom.actions.productions import spelled
from dataroom.errors import Conflict, Invalid, NotFound, Refused
from dataroom.model import Production
from redaction import verify_proof
from tests.actions.cases_clubs import club
from tests.actions.cases_productions import given, produced
from tests.actions.house import House
from tests.cast import simple_pdf

ORDER = {
    "ground": "fre-502b",
    "reason": "Given by mistake, as counsel says.",
    "notice": "Given by mistake; destroy it.",
}


def exported(house: House, production: uuid.UUID, who: str = "bodil") -> zipfile.ZipFile:
    """The archive as somebody gets it."""
    return zipfile.ZipFile(io.BytesIO(b"".join(house.do(who, "production.export", production).pieces)))


def numbers(view: Any) -> list[tuple[str, str]]:
    """First and last number of each item."""
    return [(item.begin, item.end) for item in view.items]


def test_numbers_run_on_through_a_production_and_into_the_next(house: House) -> None:
    one = house.do("ada", "production.read", produced(house, given(house), given(house), prefix="RUN"))
    two = house.do("bodil", "production.read", produced(house, given(house), prefix="RUN"))
    assert numbers(one) == [("RUN0000001", "RUN0000002"), ("RUN0000003", "RUN0000004")]
    assert (one.begin, one.end, one.pages) == ("RUN0000001", "RUN0000004", 4)
    assert numbers(two) == [("RUN0000005", "RUN0000006")]
    assert two.made_by == ""


def test_no_number_is_given_twice_under_a_prefix(house: House) -> None:
    produced(house, prefix="TWICE", start=10)
    for start in (9, 10, 11):
        with pytest.raises(Conflict, match="12 is free"):
            produced(house, prefix="TWICE", start=start)
    assert house.row(Production, produced(house, prefix="TWICE", start=8)).last == 9
    assert house.row(Production, produced(house, prefix="TWICE")).first == 12
    assert house.row(Production, produced(house, prefix="TWICE-A", start=10)).first == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"prefix": "A1"},
        {"prefix": "a-"},
        {"prefix": "=A"},
        {"prefix": "A", "width": 1, "start": 9},
        {"recipients": ["aldermoor"]},
        {"recipients": ["nobody"]},
        {"versions": ()},
    ],
)
def test_what_cannot_be_numbered_is_refused(house: House, wrong: dict[str, Any]) -> None:
    asked = {"title": "Wrong", "versions": (given(house),), "recipients": ["borealis"], "prefix": "WR"} | wrong
    with pytest.raises(Invalid):
        house.do("ada", "production.make", house.matter, **asked)


def test_the_same_version_twice_is_refused(house: House) -> None:
    version = given(house)
    with pytest.raises(Invalid, match="twice"):
        produced(house, version, version)


def test_only_what_every_recipient_was_given_is_produced(house: House) -> None:
    version = house.line().version
    with pytest.raises(Conflict, match="Disclose every version"):
        produced(house, version)
    house.world.disclosed(version)
    with pytest.raises(Conflict, match="Disclose every version"):
        produced(house, version, recipients=["borealis", "cassini"])
    house.world.disclosed(version, to="cassini")
    view = house.do("ada", "production.read", produced(house, version, recipients=["cassini", "borealis"]))
    assert [party.slug for party in view.recipients] == ["borealis", "cassini"]
    told = house.do("cass", "production.read", view.id)
    assert [party.slug for party in told.recipients] == ["cassini"]


def test_published_versions_need_no_disclosure_and_sensitive_ones_never_pass(house: House) -> None:
    line = house.line()
    house.do("ada", "document.publish", line.document)
    assert house.do("bodil", "production.read", produced(house, line.version)).items[0].state == "here"
    with pytest.raises(Refused):
        produced(house, house.line(category="price-terms").version)
    clawed = given(house)
    house.do("ada", "disclosure.claw-back", clawed, **ORDER)
    with pytest.raises(Refused):
        produced(house, clawed)


def test_what_may_not_be_seen_is_not_found(house: House) -> None:
    theirs = house.world.ready("bodil")
    with pytest.raises(NotFound):
        produced(house, theirs.version, recipients=["cassini"])
    above = house.line(tier=4).version
    house.world.disclosed(above)
    asked = {"title": "Above", "versions": [above], "recipients": ["borealis"], "prefix": "UP"}
    with pytest.raises(NotFound):
        house.do("lena", "production.make", house.matter, **asked)


def test_every_page_shows_its_number_and_the_load_files_tell_it(house: House) -> None:
    data = simple_pdf(["First page of three.", "Second.", "Third."])
    line = house.line(data=data, path='charts/=HYPERLINK("x").pdf', title='=HYPERLINK("x")')
    house.world.disclosed(line.version)
    production = produced(house, line.version, given(house), prefix="SHOW", width=4)
    with exported(house, production) as archive:
        names = archive.namelist()
        assert names == ["PDF/SHOW0001.pdf", "PDF/SHOW0004.pdf", "index.csv", "index.pdf", "load.dat", "load.opt"]
        for page, number in enumerate(("SHOW0001", "SHOW0002", "SHOW0003")):
            text = extract_text(io.BytesIO(archive.read("PDF/SHOW0001.pdf")), page_numbers=[page])
            assert number in text
            assert "bodil@borealis.example" in text.replace("\n", "")
        opticon = archive.read("load.opt").decode().splitlines()
        assert opticon == [r"SHOW0001,SHOW,PDF\SHOW0001.pdf,Y,,,3", r"SHOW0004,SHOW,PDF\SHOW0004.pdf,Y,,,2"]
        lines = archive.read("load.dat").decode("utf-8-sig").split("\r\n")
        fields = [dict(zip(lines[0].split("\x14"), row.split("\x14"), strict=True)) for row in lines[1:-1]]
        assert [row["þBEGBATESþ"] for row in fields] == ["þSHOW0001þ", "þSHOW0004þ"]
        assert fields[0]["þENDBATESþ"] == "þSHOW0003þ"
        assert fields[0]["þTITLEþ"] == 'þ=HYPERLINK("x")þ'
        index = archive.read("index.csv").decode()
        assert "\"'=HYPERLINK" in index
        assert archive.read("index.pdf").startswith(b"%PDF-")


def test_a_produced_redacted_copy_still_proves_itself(house: House) -> None:
    redaction = house.in_review()
    copy = house.result(redaction)
    house.do("bram", "redaction.approve", redaction)
    house.world.disclosed(copy.id)
    proof = b"".join(house.do("bodil", "version.proof", copy.id).pieces) if copy else b""
    production = produced(house, copy.id, prefix="RED")
    (item,) = house.do("bodil", "production.read", production).items
    assert (item.original, item.codes) == (False, ("TS",))
    with exported(house, production) as archive:
        whole = archive.read("PDF/RED0000001.pdf")
    for page in range(item.pages):
        assert f"RED{page + 1:07d}" in extract_text(io.BytesIO(whole), page_numbers=[page])
    assert all(check.passed for check in verify_proof(whole, json.loads(proof)))


def test_what_was_taken_back_leaves_its_numbers_and_nothing_else(house: House) -> None:
    clawed, withdrawn, kept = given(house), house.line().version, given(house)
    disclosure = house.world.disclosed(withdrawn)
    production = produced(house, clawed, withdrawn, kept, prefix="BACK")
    house.do("ada", "disclosure.claw-back", clawed, **ORDER)
    house.do("ada", "disclosure.withdraw", disclosure)
    view = house.do("bodil", "production.read", production)
    assert [item.state for item in view.items] == ["clawed-back", "gone", "here"]
    assert [(item.version, item.title, item.sha256) for item in view.items[:2]] == [(None, "", "")] * 2
    with exported(house, production) as archive:
        assert [name for name in archive.namelist() if name.startswith("PDF/")] == ["PDF/BACK0000005.pdf"]
        assert (
            '"BACK0000001","BACK0000002","2","","","","","Aldermoor Instruments"' in archive.read("index.csv").decode()
        )
    assert all(item.version for item in house.do("ada", "production.read", production).items)
    last = house.rows(Production, Production.id == production)[0]
    assert spelled(last, last.last) == "BACK0000006"
    again = produced(house, kept, prefix="BACK")
    assert house.row(Production, again).first == 7


def test_an_export_without_anything_left_is_refused(house: House) -> None:
    version = given(house)
    production = produced(house, version, prefix="GONE")
    house.do("ada", "disclosure.claw-back", version, **ORDER)
    with pytest.raises(Conflict, match="Nothing"):
        house.do("bodil", "production.export", production)


def test_who_exported_a_production_is_told_when_a_version_in_it_is_clawed_back(house: House) -> None:
    version, other = given(house), given(house)
    production = produced(house, version, prefix="TELL")
    produced(house, other, prefix="TELL")
    exported(house, production)
    claw_back = house.do("ada", "disclosure.claw-back", version, **ORDER).id
    told = [(a.who, a.act) for a in house.do("ada", "claw-back.read", claw_back).accesses]
    assert told == [("Bodil Rask", "production.export")]
    claw_back = house.do("ada", "disclosure.claw-back", other, **ORDER).id
    assert house.do("ada", "claw-back.read", claw_back).accesses == ()


def test_a_version_limited_to_a_club_is_not_told_to_who_is_not_in_it(house: House) -> None:
    line, open_to_all = house.line(), given(house)
    house.world.disclosed(line.version)
    production = produced(house, line.version, open_to_all, prefix="CLUB")
    house.do("ada", "document.limit", line.document, club=club(house, "confidentiality_club", "bram"))
    for who in ("bodil", "ada"):
        view = house.do(who, "production.read", production)
        assert [item.version for item in view.items] == [open_to_all]
    assert len(house.do("bram", "production.read", production).items) == 2
