"""Words, search, redaction and verification through the limited child."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from pdfminer.high_level import extract_text

from dataroom.adapters.sandbox import Sandbox, Source
from dataroom.adapters.sandbox_child_overstamp import overstamp
from dataroom.adapters.sandbox_child_pdf import Refusal
from dataroom.cli.seed_documents import prior_art_memo
from dataroom.errors import Invalid
from redaction import Plan, apply, proof, spelled, verify_proof
from tests.cast import simple_pdf
from tests.integration import sandbox_files as files

SECRET = "ingrid.solheim@borealis.example"
PLAN = {"marks": [{"term": SECRET, "level": "exact", "code": "PD", "rationale": "Personal data."}]}
SALT = bytes(range(32))
WRONG = {"marks": [{"page": 99, "box": [0, 0, 9, 9], "level": "exact", "code": "PD", "rationale": "Nothing."}]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    room = Sandbox(size=1, heavy_size=1, heavy_seconds=60.0)
    yield room
    room.close()


@pytest.fixture(scope="module")
def memo() -> Source:
    return files.source(prior_art_memo(), "memo")


def test_words_of_a_page(sandbox: Sandbox, memo: Source) -> None:
    page = sandbox.words(memo, 1)
    words = page.words
    assert page.box[2:] == pytest.approx((595.276, 841.89), abs=0.01)
    assert page.rotation == 0
    assert "Memorandum" in {word.text for word in words}
    assert all(0 <= word.box[0] < word.box[2] <= 596 and word.box[1] < word.box[3] for word in words)


def test_search_finds_places(sandbox: Sandbox, memo: Source) -> None:
    hits = sandbox.search(memo, "Tamarind")
    assert {hit.page for hit in hits} >= {1, 2}
    assert all(hit.boxes and hit.text == "Tamarind" for hit in hits)
    assert sandbox.search(memo, "no such words") == ()


def test_redact_and_verify(sandbox: Sandbox, memo: Source) -> None:
    heard: list[tuple[str, int, int]] = []
    made = sandbox.redact(memo, PLAN, SALT, lambda *told: heard.append(told))
    assert heard[0][:2] == ("remove", 0)
    assert all(0 <= done <= of for _, done, of in heard)
    assert SECRET not in extract_text(io.BytesIO(made.output)).replace("\n", "")
    assert "Marek Dvorsky" in extract_text(io.BytesIO(made.output))
    assert made.report["marks"]
    checks = sandbox.verify(files.source(made.output, "made"), memo, made.report, PLAN)
    assert {"repeat", "twin", "words", "walk"} <= {check.name for check in checks}
    assert all(check.passed for check in checks)


def test_a_stamped_copy_begins_with_the_proven_bytes(sandbox: Sandbox, memo: Source) -> None:
    made = sandbox.redact(memo, PLAN, SALT)
    lines = ("Ada Vance <ada@x.example>", "Borealis Żółć Ωmega")
    copy = b"".join(sandbox.overstamp(files.source(made.output, "proven"), lines))
    assert copy.startswith(made.output)
    assert len(copy) > len(made.output)
    assert all(check.passed for check in verify_proof(copy, made.proof))
    with pdfium.PdfDocument(made.output) as plain, pdfium.PdfDocument(copy) as stamped:
        assert len(plain) == len(stamped)
        for one, two in zip(plain, stamped, strict=True):
            before, after = (np.asarray(page.render(scale=1).to_pil().convert("RGB")) for page in (one, two))
            assert (before != after).any()
            middle = slice(60, before.shape[0] - 60), slice(60, before.shape[1] - 60)
            assert (before[middle] == after[middle]).all()
    broken = copy.replace(b"/MediaBox", b"/MediaBoy")
    assert {check.name for check in verify_proof(broken, made.proof) if not check.passed} == {"added"}


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_numbers_of_a_stamped_copy_are_text_on_their_pages(turn: int) -> None:
    with pikepdf.open(io.BytesIO(simple_pdf(["One page.", "Another."]))) as pdf:
        for page in pdf.pages:
            page.Rotate = turn
        source = io.BytesIO()
        pdf.save(source)
    plan = Plan.from_json({"marks": [{"page": 1, "box": [60, 60, 90, 90], "level": "exact", "code": "PD"}]})
    made = apply(source.getvalue(), plan)
    told = json.loads(spelled(proof(made, source.getvalue(), SALT)))
    numbers = ("ALD-0000001", "ALD-0000002")
    plain, copy = (made.output + overstamp(made.output, ("Ada Vance",), given) for given in ((), numbers))
    assert all(check.passed for check in verify_proof(copy, told))
    with pdfium.PdfDocument(plain) as before, pdfium.PdfDocument(copy) as after:
        for one, two, number in zip(before, after, numbers, strict=True):
            assert number in two.get_textpage().get_text_bounded()
            was, now = (np.asarray(page.render(scale=1).to_pil().convert("L")) for page in (one, two))
            rows, columns = np.nonzero(was != now)
            assert rows.min() > 0.9 * was.shape[0]
            assert columns.min() > 0.7 * was.shape[1]
            assert now[rows, columns].min() < 60
    for wrong in (("ALD-0000001",), ("ALD-\u0661", "ALD-2")):
        with pytest.raises(Refusal):
            overstamp(made.output, ("Ada Vance",), wrong)


def test_an_impossible_plan_is_refused_by_name(sandbox: Sandbox, memo: Source) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.redact(memo, WRONG, SALT)
    assert refused.value.code not in {"could-not-process", "could-not-render"}


def test_a_plan_that_is_none_is_refused_by_name(sandbox: Sandbox, memo: Source) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.redact(memo, {"marks": []}, SALT)
    assert refused.value.code == "plan"


def test_a_document_too_large_to_work_on_whole_is_refused(sandbox: Sandbox) -> None:
    data = files.letters(1)
    huge = Source("huge", 300 << 20, lambda start, stop: (data + bytes(stop))[start:stop])
    with pytest.raises(Invalid) as refused:
        sandbox.words(huge, 1)
    assert refused.value.code == "too-large"


def test_two_walls_never_meet(sandbox: Sandbox, memo: Source) -> None:
    other = Source("other", memo.size, memo.fetch, "another matter")
    with pytest.raises(ValueError, match="walls"):
        sandbox.verify(other, memo, {"marks": [], "affected": []}, PLAN)


QUERIES = [
    {"id": "a", "kind": "term", "text": "tamarind", "whole": True, "case": False},
    {"id": "b", "kind": "pattern", "text": "email"},
]


def test_find_tells_what_stands_around(sandbox: Sandbox, memo: Source) -> None:
    findings = sandbox.find(memo, QUERIES, {})
    assert {hit.query for hit in findings.found} == {"a", "b"}
    assert SECRET in {hit.text for hit in findings.found}
    assert all(hit.boxes and (hit.before or hit.after) and not hit.read for hit in findings.found)
    assert (findings.blank, findings.cut) == ((), False)


def test_find_looks_at_the_pages_it_is_asked_about_and_tells_how_they_lie(sandbox: Sandbox) -> None:
    long = files.source(simple_pdf(["Lumen", "nothing", "Lumen"]), "three pages")
    asked = [{"id": "a", "kind": "term", "text": "lumen"}]
    assert [hit.page for hit in sandbox.find(long, asked, {}).found] == [1, 3]
    late = sandbox.find(long, asked, {}, 2, 9)
    assert ([hit.page for hit in late.found], late.pages, set(late.frames)) == ([3], 3, {3})
    box, rotation = late.frames[3]
    assert rotation == 0
    (hit,) = late.found
    assert box[0] <= hit.boxes[0][0] < hit.boxes[0][2] <= box[2]


def test_an_expression_that_cannot_be_used_is_refused_by_name(sandbox: Sandbox, memo: Source) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.find(memo, [{"id": "a", "kind": "expression", "text": "("}], {})
    assert refused.value.code == "query"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_of_a_scan_are_read_and_found_where_they_stand(sandbox: Sandbox, turn: int) -> None:
    scan = files.source(files.scan(["The licensee Solheim Holding", "pays four percent."], turn), f"scan-{turn}")
    assert sandbox.pictured(scan) == (1,)
    assert sandbox.find(scan, QUERIES, {}).blank == (1,)
    words = sandbox.recognise(scan, 1)
    assert "Solheim" in {word.text for word in words}
    read = {1: [{"text": word.text, "box": word.box, "line": word.line} for word in words]}
    findings = sandbox.find(scan, [{"id": "a", "kind": "term", "text": "solheim holding"}], read)
    (hit,) = findings.found
    assert (hit.read, findings.blank) == (True, ())
    left, bottom, right, top = hit.boxes[0]
    assert files.PLACE[turn][0] <= (left + right) / 2 <= files.PLACE[turn][2]
    assert files.PLACE[turn][1] <= (bottom + top) / 2 <= files.PLACE[turn][3]
