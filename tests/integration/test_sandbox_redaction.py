"""Words, search, redaction and verification through the limited child."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from pdfminer.high_level import extract_text

from dataroom.adapters.sandbox import Sandbox, Source
from dataroom.cli.seed_documents import prior_art_memo
from dataroom.errors import Invalid
from tests.integration import sandbox_files as files

SECRET = "ingrid.solheim@borealis.example"
PLAN = {"marks": [{"term": SECRET, "level": "exact", "code": "PD", "rationale": "Personal data."}]}
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
    made = sandbox.redact(memo, PLAN)
    assert SECRET not in extract_text(io.BytesIO(made.output)).replace("\n", "")
    assert "Marek Dvorsky" in extract_text(io.BytesIO(made.output))
    assert made.report["marks"]
    checks = sandbox.verify(files.source(made.output, "made"), memo, made.report)
    assert checks
    assert all(check.passed for check in checks)


def test_an_impossible_plan_is_refused_by_name(sandbox: Sandbox, memo: Source) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.redact(memo, WRONG)
    assert refused.value.code not in {"could-not-process", "could-not-render"}


def test_a_plan_that_is_none_is_refused_by_name(sandbox: Sandbox, memo: Source) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.redact(memo, {"marks": []})
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
        sandbox.verify(other, memo, {"marks": [], "affected": []})
