"""The demonstration's documents: believable, deterministic, fit for the policies, readable by the tools
that handle them."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from pdfminer.high_level import extract_text

from dataroom.cli import seed_documents as seed

POLICIES = Path(__file__).resolve().parents[2] / "policies"
SEEDS = seed.documents()
NAMES = [document.file_name for document in SEEDS]


def _named(part: str) -> seed.SeedDocument:
    return next(document for document in SEEDS if part in document.file_name)


def _text(data: bytes) -> str:
    return " ".join(extract_text(io.BytesIO(data)).split())


def test_the_same_call_gives_the_same_bytes() -> None:
    seed.documents.cache_clear()
    again = seed.documents()
    assert [one.data for one in again] == [one.data for one in SEEDS]
    assert seed.long_filing(3) == seed.long_filing(3)


def test_each_company_brings_documents() -> None:
    assert {document.owner for document in SEEDS} == {seed.ALDERMOOR, seed.BOREALIS, seed.CASSINI}
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("document", SEEDS, ids=NAMES)
def test_ids_are_those_of_the_policies(document: seed.SeedDocument) -> None:
    categories = tomllib.loads((POLICIES / "categories.toml").read_text())["category"]
    tiers = tomllib.loads((POLICIES / "tiers.toml").read_text())["tier"]
    assert document.category in {category["id"] for category in categories if category["publishable"]}
    assert document.tier in {tier["level"] for tier in tiers}
    assert document.schedule in {path.stem for path in (POLICIES / "retention").glob("*.toml")}


@pytest.mark.parametrize(
    ("part", "fewest", "most"),
    [
        ("claim-chart", 6, 10),
        ("memorandum", 4, 5),
        ("CoC", 1, 1),
        ("matrix", 1, 1),
        ("test-report", 2, 4),
        ("statement", 24, 24),
    ],
)
def test_lengths(part: str, fewest: int, most: int) -> None:
    assert fewest <= len(pdfium.PdfDocument(_named(part).data)) <= most


@pytest.mark.parametrize(
    "document", [one for one in SEEDS if "CoC" not in one.file_name], ids=lambda one: one.file_name
)
def test_every_page_has_text_and_says_it_is_fiction(document: seed.SeedDocument) -> None:
    for number in range(len(pdfium.PdfDocument(document.data))):
        page = extract_text(io.BytesIO(document.data), page_numbers=[number])
        assert "Fictional document" in page
        assert len(page.split()) > 80


def test_the_scan_is_a_picture_alone() -> None:
    scan = pdfium.PdfDocument(_named("CoC").data)
    assert _text(_named("CoC").data) == ""
    assert [thing.type for thing in scan[0].get_objects()] == [pdfium.raw.FPDF_PAGEOBJ_IMAGE]
    grey = scan[0].render(scale=1).to_pil().convert("L")
    assert len(set(grey.crop((0, 0, 60, 60)).tobytes())) > 5


def test_the_matrix_lies_on_its_side() -> None:
    width, height = pdfium.PdfDocument(_named("matrix").data)[0].get_size()
    assert width > height


def test_the_memorandum_holds_what_has_to_be_redacted() -> None:
    text = _text(_named("memorandum").data)
    assert "PRIVILEGED" in text
    assert len(set(re.findall(r"[\w.]+@\w+\.example", text))) >= 3
    assert len(re.findall(r"\b555 \d{4}\b", text)) >= 3
    assert len(set(re.findall(r"\d\.\d\d %", text))) >= 3
    assert "EUR 26.40" in text


@pytest.mark.parametrize("document", SEEDS, ids=NAMES)
def test_addresses_are_those_reserved_for_examples(document: seed.SeedDocument) -> None:
    assert not [
        found for found in re.findall(r"@[\w.-]+", _text(document.data)) if not found.strip(".").endswith(".example")
    ]


def test_tables_repeat_their_head_on_the_next_page() -> None:
    data = _named("claim-chart").data
    assert "Where it is found" in extract_text(io.BytesIO(data), page_numbers=[1])
    assert "Where it is found" in extract_text(io.BytesIO(data), page_numbers=[2])


@pytest.mark.parametrize("pages", [1, 5, 60])
def test_a_filing_has_exactly_the_pages_asked_for(pages: int) -> None:
    filing = pdfium.PdfDocument(seed.long_filing(pages))
    assert len(filing) == pages
    assert f"Page {pages} of {pages}" in filing[pages - 1].get_textpage().get_text_bounded()
