"""The title and the language of a result are the caller's own; nothing the source says of itself is taken over."""

from io import BytesIO

import pikepdf
import pytest
from pikepdf import Dictionary, String

from redaction import Plan, Refused, apply, proof, verify, verify_proof, verify_sealed
from redaction.report import Result
from tests import pdfs
from tests.pdfs import BOX, SECRET

MARKS = [{"page": 1, "box": [*BOX], "code": "TS"}]


def stated(language: str) -> bytes:
    """The line in a document with a language and a title of its own."""
    with pikepdf.open(BytesIO(pdfs.content_pdf(pdfs.spoken(), root={"/Lang": String(language)}))) as pdf:
        pdf.docinfo["/Title"] = f"About {SECRET}"
        out = BytesIO()
        pdf.save(out)
        return out.getvalue()


def made(data: bytes, **front: str) -> Result:
    """The document redacted with this title or language."""
    return apply(data, Plan.from_json({"marks": MARKS, **front}))


def told(output: bytes) -> tuple[dict[str, str], str | None, bool]:
    """What the document says of itself, its language, and whether a window shows the title."""
    with pikepdf.open(BytesIO(output)) as pdf:
        info = {key: str(value) for key, value in pdf.trailer.get("/Info", Dictionary()).items()}
        language = pdf.Root.get("/Lang")
        shown = bool(pdf.Root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle", False))
    return info, None if language is None else str(language), shown


def test_the_title_is_the_callers_and_nothing_else_is_said() -> None:
    result = made(stated("de-at"), title="Lizenz, geschwärzt — Ω")
    assert told(result.output) == ({"/Title": "Lizenz, geschwärzt — Ω"}, "de-AT", True)
    assert result.report.title == "Lizenz, geschwärzt — Ω"
    assert told(made(stated("de")).output) == ({}, "de", False)


@pytest.mark.parametrize("language", [f"en-{SECRET}", "en-x-abc", "quetzal", "qq", ""])
def test_a_language_of_somebodys_own_making_is_not_taken_over(language: str) -> None:
    assert told(made(stated(language)).output)[1] is None


def test_the_plans_language_goes_before_the_sources() -> None:
    assert told(made(stated("de"), language="en-gb").output)[1] == "en-GB"


@pytest.mark.parametrize("front", [{"title": f"About {SECRET}"}, {"title": f"the {SECRET.upper()} case"}])
def test_a_title_with_a_removed_word_is_refused(front: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        made(pdfs.content_pdf(pdfs.spoken()), **front)
    assert caught.value.code == "title"


@pytest.mark.parametrize(
    "front", [{"title": "two\nlines"}, {"title": "x" * 301}, {"title": 5}, {"language": "english"}]
)
def test_a_front_that_cannot_be_used_is_refused(front: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        Plan.from_json({"marks": MARKS, **front})
    assert caught.value.code == "plan"


def test_both_tiers_check_the_title() -> None:
    data, plan = stated("en"), Plan.from_json({"marks": MARKS, "title": "A copy"})
    result = apply(data, plan)
    held = proof(result, data, b"s" * 16)
    assert all(check.passed for check in verify_proof(result.output, held))
    assert all(check.passed for check in verify_sealed(result.output, data, plan))
    other = held | {"output": held["output"] | {"title": "Another"}}  # type: ignore[operator]
    assert "strings" in {check.name for check in verify_proof(result.output, other) if not check.passed}


@pytest.mark.parametrize("key", ["/Author", "/Subject"])
def test_anything_else_a_document_says_of_itself_fails_the_check(key: str) -> None:
    result = made(stated("en"), title="A copy")
    with pikepdf.open(BytesIO(result.output)) as pdf:
        pdf.trailer.Info[key] = String("x")
        out = BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    failed = {
        check.name for check in verify(out.getvalue(), list(result.report.marks), title="A copy") if not check.passed
    }
    assert "strings" in failed


def test_pages_keep_their_order() -> None:
    data = pdfs.simple_pdf(["one", "two", "three"])
    output = apply(data, Plan.from_json({"marks": [{"page": 2, "term": "two", "level": "exact"}]})).output
    with pikepdf.open(BytesIO(output)) as pdf:
        shown = [b"".join(part.read_bytes() for part in page.obj.Contents) for page in pdf.pages]
    assert [b"one" in shown[0], b"two" in shown[1], b"three" in shown[2]] == [True, False, True]
