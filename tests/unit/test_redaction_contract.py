"""The contract of the library: plans, searches, refusals, verification, command line."""

import json
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from redaction import Plan, Refused, VerificationFailed, apply, inspect, search, search_pattern, verify, words
from redaction import checks as checking
from redaction.__main__ import main
from redaction.checks import extraction, structure
from redaction.geometry import corners
from redaction.limits import hold
from redaction.report import Check
from tests import pdfs
from tests.pdfs import SECRET

GOOD = {"page": 1, "box": [10, 10, 20, 20]}


@pytest.mark.parametrize(
    ("mark", "field"),
    [
        ({"page": 0, "box": [1, 1, 2, 2]}, "marks[0].page"),
        ({"page": True, "box": [1, 1, 2, 2]}, "marks[0].page"),
        ({"box": [1, 1, 2, 2]}, "marks[0].page"),
        ({"page": 1, "box": [2, 1, 1, 2]}, "marks[0].box"),
        ({"page": 1, "box": [1, 1, 2]}, "marks[0].box"),
        ({"page": 1, "box": [1, 1, 2, float("nan")]}, "marks[0].box"),
        ({"page": 1, "box": [1, 1, 2, 10**9]}, "marks[0].box"),
        ({"page": 1, "quad": [0, 0, 10, 0, 1, 1, 0, 10]}, "marks[0].quad"),
        ({"page": 1, "whole": False}, "marks[0].whole"),
        ({"term": "  "}, "marks[0].term"),
        ({"page": 1}, "marks[0]"),
        ({**GOOD, "term": "x"}, "marks[0]"),
        ({**GOOD, "level": "soft"}, "marks[0].level"),
        ({**GOOD, "otherwise": "canonical"}, "marks[0].otherwise"),
        ({**GOOD, "code": "x" * 41}, "marks[0].code"),
        ({**GOOD, "colour": "red"}, "marks[0].colour"),
        ("mark", "marks[0]"),
    ],
)
def test_a_bad_mark_is_refused_by_the_name_of_its_field(mark: object, field: str) -> None:
    with pytest.raises(Refused) as caught:
        Plan.from_json({"marks": [mark]})
    assert caught.value.code == "plan"
    assert f"{field} " in caught.value.sentence


@pytest.mark.parametrize("source", ["", "[]", "{}", '{"marks": []}', '{"marks": 1}', '{"marks": [], "x": 1}'])
def test_a_bad_plan_is_refused(source: str) -> None:
    with pytest.raises(Refused):
        Plan.from_json(source)


def test_a_plan_reads_every_kind_of_mark() -> None:
    marks = [GOOD, {"page": 2, "whole": True}, {"term": "a"}, {"page": 1, "quad": [0, 0, 5, 0, 5, 5, 0, 5]}]
    plan = Plan.from_json(json.dumps({"marks": marks}))
    assert [mark.page for mark in plan.marks] == [1, 2, None, 1]
    assert {mark.level for mark in plan.marks} == {"canonical"}
    assert plan.marks[1].whole
    assert plan.marks[2].term == "a"


def test_inspection_tells_pages_sizes_and_features() -> None:
    seen = inspect(BytesIO(pdfs.rich_pdf()))
    assert (seen.pages, seen.encrypted, seen.has_text) == (2, False, True)
    assert seen.has_forms
    assert seen.has_attachments
    turned = inspect(pdfs.content_pdf(b"", page={"/Rotate": 90}))
    assert turned.page_sizes == ((842.0, 595.0),)


def test_what_is_no_pdf_is_refused_by_name() -> None:
    for data, code in ((b"", "not-a-pdf"), (b"PK\3\4", "not-a-pdf"), (b"%PDF-1.7\nnothing", "broken")):
        with pytest.raises(Refused) as caught:
            inspect(data)
        assert caught.value.code == code


def encrypted(password: str) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdfs.line_pdf())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))
    return out.getvalue()


def test_a_locked_document_is_refused_and_an_open_one_is_unlocked() -> None:
    with pytest.raises(Refused) as caught:
        inspect(encrypted("secret"))
    assert caught.value.code == "encrypted"
    assert inspect(encrypted("")).encrypted
    output = apply(encrypted(""), Plan.from_json({"marks": [{"term": SECRET}]})).output
    assert not inspect(output).encrypted


def test_words_come_with_boxes_and_lines() -> None:
    found = words(pdfs.simple_pdf(["alpha beta\ngamma"]), 1)
    assert [(word.text, word.line) for word in found] == [("alpha", 0), ("beta", 0), ("gamma", 1)]
    assert found[0].box[0] == pytest.approx(72, abs=0.5)
    assert found[2].box[3] < found[0].box[3]


def test_search_folds_case_space_and_line_end_hyphens() -> None:
    data = pdfs.simple_pdf(["A confi-\ndential   Paper", "confidential"])
    hits = search(data, "Confidential paper")
    assert [hit.page for hit in hits] == [1]
    assert len(hits[0].boxes) == 2
    assert len(search(data, "confidential")) == 2
    assert not search(data, "PAPER", case_sensitive=True)
    assert len(search(data, "Paper", case_sensitive=True)) == 1


def test_search_opens_ligatures() -> None:
    data = pdfs.content_pdf(
        b"BT /F1 14 Tf 72 700 Td (the o\\001ce) Tj ET",
        fonts={
            "/F1": Dictionary(
                Type=Name.Font,
                Subtype=Name.Type1,
                BaseFont=Name.Helvetica,
                Encoding=Dictionary(Type=Name.Encoding, Differences=Array([1, Name("/ffi")])),
            )
        },
    )
    assert search(data, "office")


def test_patterns_find_and_bad_ones_are_refused() -> None:
    data = pdfs.simple_pdf(["rate 4.5 % and 12 %"])
    assert [hit.text for hit in search_pattern(data, r"\d+(\.\d)? %")] == ["4.5 %", "12 %"]
    for pattern in ("", "(", "x" * 501):
        with pytest.raises(Refused):
            search_pattern(data, pattern)


def test_a_term_that_spans_lines_is_removed_from_both() -> None:
    data = pdfs.simple_pdf(["Our partner Zebulon\nHarcourt signs today."])
    result = apply(data, Plan.from_json({"marks": [{"term": "zebulon harcourt"}]}))
    assert len(result.report.marks) == 2
    kept = [word.text for word in words(result.output, 1)]
    assert kept == ["Our", "partner", "signs", "today."]


def test_a_missing_term_or_page_is_refused() -> None:
    data = pdfs.simple_pdf(["one"])
    for mark, code in (({"term": "absent"}, "term-not-found"), ({"page": 2, "box": [1, 1, 9, 9]}, "page")):
        with pytest.raises(Refused) as caught:
            apply(data, Plan.from_json({"marks": [mark]}))
        assert caught.value.code == code


def test_a_whole_page_goes_and_the_others_stay() -> None:
    output = apply(pdfs.simple_pdf(["first", "second"]), Plan.from_json({"marks": [{"page": 1, "whole": True}]})).output
    assert not words(output, 1)
    assert [word.text for word in words(output, 2)] == ["second"]


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        apply(pdfs.content_pdf(b"(x) frobnicate " + pdfs.spoken()), Plan.from_json({"marks": [GOOD]}))
    assert caught.value.code == "operator"


def test_an_unknown_picture_filter_is_refused() -> None:
    with pikepdf.new() as pdf:
        image = pdf.make_stream(b"xxxx")
        image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, 2, 2
        image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceGray, 8, Name("/Strange")
        data = pdfs.content_pdf(b"q 90 0 0 90 0 0 cm /I Do Q", xobjects={"/I": image}, pdf=pdf)
    with pytest.raises(Refused) as caught:
        apply(data, Plan.from_json({"marks": [GOOD]}))
    assert caught.value.code == "image-filter"


def test_text_without_widths_is_refused() -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name("/Unheard"))
    font.FontDescriptor = Dictionary(Type=Name.FontDescriptor, FontName=Name("/Unheard"), Flags=32)
    data = pdfs.content_pdf(pdfs.spoken(), fonts={"/F1": font})
    with pytest.raises(Refused) as caught:
        apply(data, Plan.from_json({"marks": [{"page": 1, "box": list(pdfs.BOX)}]}))
    assert caught.value.code == "font-width"


def test_bounds_refuse_by_name() -> None:
    with pytest.raises(Refused) as caught:
        hold("many-pages", 11, 10)
    assert caught.value.code == "too-many-pages"


def redacted() -> tuple[bytes, bytes, list[object]]:
    data = pdfs.line_pdf()
    result = apply(data, Plan.from_json({"marks": [{"term": SECRET, "code": "TS"}]}))
    return data, result.output, list(result.report.marks)


def failed(output: bytes, marks: list[object], original: bytes | None = None) -> set[str]:
    return {check.name for check in verify(output, marks, original=original) if not check.passed}  # type: ignore[arg-type]


def test_a_good_result_verifies_and_a_covered_original_does_not() -> None:
    data, output, marks = redacted()
    assert not failed(output, marks, data)
    assert {"overlay", "walk", "pdfium-boxes", "pdfminer-boxes"} <= failed(data, marks, data)


def test_text_put_back_under_a_box_is_found() -> None:
    _, output, marks = redacted()
    with pikepdf.open(BytesIO(output)) as pdf:
        page = pdf.pages[0]
        body = page.obj.Contents[0].read_bytes() + b" BT /F1 14 Tf 120 700 Td (again) Tj ET"
        page.obj.Contents[0] = pdf.make_stream(body)
        out = BytesIO()
        pdf.save(out)
    assert {"walk", "pdfium-boxes"} <= failed(out.getvalue(), marks)


def test_content_beside_the_pages_is_found() -> None:
    _, output, marks = redacted()
    with pikepdf.open(BytesIO(output)) as pdf:
        pdf.Root.Outlines = Dictionary(Title=String("x"))
        out = BytesIO()
        pdf.save(out)
    assert {"keys", "strings"} <= failed(out.getvalue(), marks)
    assert "one-revision" in failed(output + b"\n%%EOF\n", marks)


def test_a_missing_line_is_found_with_the_original() -> None:
    data, output, marks = redacted()
    with pikepdf.open(BytesIO(output)) as pdf:
        contents = pdf.pages[0].obj.Contents
        contents[0] = pdf.make_stream(contents[0].read_bytes().replace(b"Tj", b"pop", 1).replace(b"pop", b"Tj", 1)[:60])
        out = BytesIO()
        pdf.save(out)
    assert failed(out.getvalue(), marks, data)


def test_a_failed_check_gives_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "checks", lambda *given: [Check("keys", False, "changed for this test")])
    assert checking.structure is structure
    with pytest.raises(VerificationFailed) as caught:
        apply(pdfs.line_pdf(), Plan.from_json({"marks": [{"term": SECRET}]}))
    assert caught.value.failures == (("keys", "changed for this test"),)


def test_the_report_holds_no_removed_word_and_says_what_was_done() -> None:
    marks = {"marks": [{"term": SECRET, "code": "TS", "level": "canonical", "rationale": "trade secret"}]}
    report = apply(pdfs.line_pdf(), Plan.from_json(marks)).report
    text = json.dumps(report.to_json())
    assert SECRET not in text
    assert report.marks[0].level == "canonical"
    assert report.marks[0].asked_level == "canonical"
    assert report.removed["text"]
    assert len(report.sha256) == 64


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, plan, out, report = (tmp_path / name for name in ("in.pdf", "plan.json", "out.pdf", "report.json"))
    source.write_bytes(pdfs.line_pdf())
    plan.write_text(json.dumps({"marks": [{"term": SECRET, "code": "TS"}]}))
    assert main(["apply", str(source), str(plan), "-o", str(out), "--report", str(report)]) == 0
    assert main(["verify", str(out), str(report), "--original", str(source)]) == 0
    assert main(["verify", str(source), str(report)]) == 1
    assert main(["search", str(source), SECRET]) == 0
    assert main(["words", str(source), "1"]) == 0
    plan.write_text("{}")
    out.unlink()
    assert main(["apply", str(source), str(plan), "-o", str(out)]) == 2
    assert not out.exists()
    assert main(["apply", str(tmp_path / "absent"), str(plan), "-o", str(out)]) in (1, 2)
    assert SECRET in capsys.readouterr().out


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_second_reader_finds_text_under_a_mark_on_a_turned_page(turn: int) -> None:
    data = pdfs.content_pdf(pdfs.spoken(), page={"/Rotate": turn})
    quad = {1: [corners((116.8, 696.0, 165.8, 712.0))]}
    beside = {1: [corners((300.0, 696.0, 360.0, 712.0)), corners((430.0, 130.0, 480.0, 146.0))]}
    assert extraction._second(data, quad)[0]
    assert not extraction._second(data, beside)[0]
