"""Pending marks as annotations, and the proof that anybody can check."""

import json
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from redaction import Plan, apply, proof, read_marks, verify_proof, write_marks
from redaction.__main__ import main
from redaction.proofs import commitment
from tests import pdfs
from tests.pdfs import SECRET

SALT = bytes(range(32))


def test_marks_survive_the_way_through_annotations() -> None:
    marks = [
        {"page": 1, "box": [72.0, 690.0, 200.0, 712.0], "code": "TS", "rationale": "trade secret", "id": "m1"},
        {"page": 1, "quad": [300.0, 300.0, 340.0, 320.0, 330.0, 340.0, 290.0, 320.0]},
    ]
    written = write_marks(pdfs.line_pdf(), {"marks": marks})
    read = read_marks(written)
    first, second = read["marks"]
    assert first == marks[0]
    assert second["quad"] == pytest.approx(marks[1]["quad"], abs=0.2)
    assert read_marks(write_marks(written, Plan.from_json(read)))["marks"][0] == marks[0]
    assert read_marks(pdfs.line_pdf()) == {"marks": []}


def test_a_term_becomes_annotations_and_those_vanish_with_what_they_mark() -> None:
    written = write_marks(pdfs.line_pdf(), {"marks": [{"term": SECRET, "code": "TS"}]})
    with pikepdf.open(BytesIO(written)) as pdf:
        assert [str(item.Subtype) for item in pdf.pages[0].Annots] == ["/Redact"]
    output = apply(written, Plan.from_json(read_marks(written))).output
    assert read_marks(output) == {"marks": []}


def proven(level: str) -> tuple[bytes, dict[str, object]]:
    """A result and its proof, once through JSON."""
    mark = {"term": SECRET, "code": "TS", "rationale": f"names {SECRET}", "level": level}
    original = pdfs.line_pdf()
    result = apply(original, Plan.from_json({"marks": [mark]}))
    return result.output, json.loads(json.dumps(proof(result, original, SALT)))


@pytest.mark.parametrize("level", ["exact", "canonical", "region"])
def test_anybody_can_check_a_result_by_its_proof(level: str) -> None:
    output, held = proven(level)
    assert all(check.passed for check in verify_proof(output, held))
    assert SECRET not in json.dumps(held)
    assert held["original"] == {"commitment": commitment(pdfs.line_pdf(), SALT)}


def test_a_proof_does_not_fit_another_file_or_other_boxes() -> None:
    output, held = proven("exact")
    other = {check.name for check in verify_proof(pdfs.line_pdf(), held) if not check.passed}
    assert {"same-file", "overlay"} <= other
    held["marks"][0]["quad"][0][0] += 5
    assert "overlay" in {check.name for check in verify_proof(output, held) if not check.passed}
    with pytest.raises(ValueError, match="not a proof"):
        verify_proof(output, {"marks": []})
    with pytest.raises(ValueError, match="salt"):
        proof(apply(pdfs.line_pdf(), Plan.from_json({"marks": [{"term": SECRET}]})), b"", b"short")


def test_the_command_line_of_marks_proofs_and_leaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, plan, out, held, salt, listed = (tmp_path / name for name in ("a.pdf", "p", "o.pdf", "proof", "salt", "w"))
    source.write_bytes(pdfs.line_pdf())
    plan.write_text(json.dumps({"marks": [{"term": SECRET, "level": "canonical"}]}))
    listed.write_text(f"{SECRET}\nSmith\n")
    assert main(["leak", str(source), str(plan), str(listed)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["before"], told["after"]) == (1, 2)
    assert main(["marks", str(source), "--plan", str(plan), "-o", str(out)]) == 0
    assert main(["marks", str(out)]) == 0
    assert len(json.loads(capsys.readouterr().out)["marks"]) == 1
    assert main(["apply", str(source), str(plan), "-o", str(out), "--proof", str(held)]) == 1
    assert main(["apply", str(source), str(plan), "-o", str(out), "--proof", str(held), "--salt", str(salt)]) == 0
    assert main(["verify", str(out), str(held)]) == 0
    assert commitment(source.read_bytes(), bytes.fromhex(salt.read_text())) in held.read_text()
    assert main(["verify", str(source), str(held)]) == 1
