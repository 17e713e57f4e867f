"""Finding: terms over broken lines and ligatures, expressions that cannot take our time, patterns true and false."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from redaction import PATTERNS, Query, Refused, Word, find, pictured
from tests.pdfs import simple_pdf

TRUE = {
    "email": ["Write to ada.quill+x@aldermoor.example today", "(b_o@mail.co.uk)", "ADA@HOST.DE."],
    "phone": [
        "call +49 89 1234567", "call +1 (212) 555-0187.", "fax 0049-89-12345678", "Tel. 089 12345678",
        "tel (030) 1234 5678", "(212) 555-0143", "+44 20 7946 0958",
    ],
    "iban": ["IBAN DE89 3704 0044 0532 0130 00 and", "GB82WEST12345698765432", "NL91ABNA0417164300.", "(NO9386011117947)"],
    "account": ["account no. 12345678", "Account number: 00-1234-567", "Konto 123 456 789", "a/c # 4455667788"],
    "card": ["4111 1111 1111 1111", "card 5500-0000-0000-0004,", "378282246310005"],
    "ssn": ["SSN 123-45-6789", "078 05 1120"],
    "passport": ["Passport No. C01X00T47", "passport 123456789", "Reisepass Nr. L8988901C"],
    "money": [
        "EUR 2.50", "2,50 EUR each", "€ 1.250.000,00", "US$3 million", "pays 12 million dollars", "$450k", "CHF 1'200.50",
        "1 250 000 euros",
    ],
    "rate": [
        "a royalty of 2.5 %", "4.5 percent of sales", "0,75%", "12 per cent", "25 basis points", "3 ‰",
        "EUR 2.50 per unit", "0.35 USD/device", "two and a half per cent",
    ],
}  # fmt: skip
FALSE = {
    "email": ["@home", "a@b", "see fig. 3@4", "user@host"],
    "phone": ["2024-01-15", "EP 1 234 567 B1", "US 10,123,456", "claims 1-15", "pages 0012", "3.1415926535", "12.05.2021", "+5 % more"],
    "iban": ["DE88 3704 0044 0532 0130 00", "XX89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130", "US12345678901234"],
    "account": ["on account of 5 reasons", "account 12", "the account of 1999"],
    "card": ["4111 1111 1111 1112", "0000 0000 0000 0000", "EP12345678901234", "1111 1111 1111 1117"],
    "ssn": ["000-12-3456", "666-12-3456", "912-34-5678", "123-00-4567", "123-45-0000", "1123-45-6789", "123-45 6789"],
    "passport": ["passport holders", "the passport office", "identity card readers"],
    "money": ["EURO 2024", "12 EURAM", "claim 3", "section 5.1", "2024"],
    "rate": ["claim 5", "5 percentiles", "100 units", "Figure 3"],
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), [(name, text) for name, texts in TRUE.items() for text in texts])
def test_a_pattern_finds_what_it_is_for(pattern: str, text: str) -> None:
    assert list(PATTERNS[pattern].find(text)), text


@pytest.mark.parametrize(("pattern", "text"), [(name, text) for name, texts in FALSE.items() for text in texts])
def test_a_pattern_leaves_the_rest(pattern: str, text: str) -> None:
    assert [text[a:b] for a, b in PATTERNS[pattern].find(text)] == []


def test_every_pattern_has_true_and_false_examples() -> None:
    assert set(TRUE) == set(FALSE) == set(PATTERNS)


def test_an_iban_ends_where_its_country_says() -> None:
    text = "to DE89 3704 0044 0532 0130 00 AT ONCE"
    assert [text[a:b] for a, b in PATTERNS["iban"].find(text)] == ["DE89 3704 0044 0532 0130 00"]


@pytest.mark.parametrize("pattern", list(PATTERNS))
def test_patterns_take_time_in_proportion_to_the_text(pattern: str) -> None:
    began = time.process_time()
    for piece in ("1 ", "a.", "+1 ", "0" * 50, "DE89 ", "@a.", "account ", "12,", "one and "):
        assert list(PATTERNS[pattern].find(piece * (60_000 // len(piece)))) is not None
    assert time.process_time() - began < 6.0


def one(text: str, kind: str = "term", **more: bool) -> Query:
    """A query with the id q."""
    return Query("q", kind, text, **more)


def said(pages: list[str], query: Query) -> list[tuple[int, str]]:
    """Page and text of every place."""
    return [(hit.page, hit.text) for hit in find(simple_pdf(pages), [query], {}).found]


def test_a_term_is_found_over_hyphens_lines_and_ligatures() -> None:
    pages = ["The Solhe-\nim group", "the Sol\nheim", "An eﬃcient Solheim  Holding"]
    assert said(pages, one("solheim")) == [(1, "Solheim"), (3, "Solheim")]
    assert said(["The group Solheim\nHolding AS"], one("solheim holding")) == [(1, "Solheim Holding")]
    (hit,) = find(simple_pdf(["The group Solheim\nHolding AS"]), [one("solheim holding")], {}).found
    assert len(hit.boxes) == 2
    assert (hit.before, hit.after) == ("The group ", " AS")


def test_whole_words_and_case() -> None:
    pages = ["Lumen lumens LUMEN Lumen-2"]
    assert len(said(pages, one("lumen"))) == 4
    assert len(said(pages, one("lumen", whole=True))) == 3
    assert said(pages, one("LUMEN", case=True)) == [(1, "LUMEN")]


def test_an_expression_is_found_and_heeds_case_when_asked() -> None:
    pages = ["Docket LvB-12 and lvb-7"]
    assert said(pages, one(r"lvb-\d+", "expression")) == [(1, "LvB-12"), (1, "lvb-7")]
    assert said(pages, one(r"lvb-\d+", "expression", case=True)) == [(1, "lvb-7")]


@pytest.mark.parametrize("text", ["(", "(?<=a)b", r"(a)\1", "((a{1000}){1000}){1000}", "", "x" * 501])
def test_an_expression_that_cannot_be_used_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as refused:
        find(simple_pdf(["a"]), [one(text, "expression")], {})
    assert refused.value.code == "query"


@pytest.mark.parametrize("text", [r"(a+)+$", r"(a|aa)+$", r"(.*)*b", r"(a?){30}a{30}", r"(x+x+)+y"])
def test_a_hostile_expression_takes_no_more_time(text: str) -> None:
    data = simple_pdf(["\n".join(["a" * 80 + "x" * 10] * 40)])
    began = time.process_time()
    find(data, [one(text, "expression")], {})
    assert time.process_time() - began < 3.0


def scan(text: str = "", stamp: str = "") -> bytes:
    """A page that is a picture of text, with a stamp of real text on it if one is given."""
    image = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(image).text((200, 300), text, fill=0, font_size=40)
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=1)
    sheet.drawImage(ImageReader(image), 0, 0, 595, 842)
    if stamp:
        sheet.drawString(400, 20, stamp)
    sheet.showPage()
    sheet.drawString(72, 700, "Real text.")
    sheet.showPage()
    sheet.showPage()
    sheet.save()
    return out.getvalue()


@pytest.mark.parametrize("stamp", ["", "ALD-000123"])
def test_pages_that_are_pictures_are_named(stamp: str) -> None:
    data = scan("Solheim", stamp)
    assert pictured(data) == (1,)
    findings = find(data, [one("solheim")], {})
    assert (findings.found, findings.blank, findings.pages) == ((), (1,), 3)


def test_words_read_from_a_picture_are_found_with_their_share_of_the_box() -> None:
    words = [
        Word("The", (10, 700, 40, 712), 0),
        Word("Solhe-", (50, 700, 110, 712), 0),
        Word("im", (10, 680, 30, 692), 1),
    ]
    findings = find(scan("The Solheim"), [one("solheim")], {1: words})
    (hit,) = findings.found
    assert (hit.text, hit.read, findings.blank) == ("Solheim", True, ())
    assert [round(box[0]) for box in hit.boxes] == [50, 10]
