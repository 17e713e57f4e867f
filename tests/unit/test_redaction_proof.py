"""Pending marks as annotations, and the proof that anybody can check."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataroom.audit.notes import LOG, Checkpoint, VerifierKey
from dataroom.errors import Invalid
from redaction import (
    Plan,
    apply,
    opens,
    proof,
    read_marks,
    signed,
    spelled,
    twin,
    verify_proof,
    verify_sealed,
    words,
    write_marks,
)
from redaction.__main__ import main
from redaction.content.absolute import AbsoluteText
from redaction.document import rebuild
from redaction.engine import final_marks
from redaction.inspection import open_source
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


def signer() -> tuple[str, Ed25519PrivateKey]:
    """A verifier key as an audit log has it, and its secret."""
    secret = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    return str(VerifierKey("room.example/matter/1", LOG, secret.public_key().public_bytes_raw())), secret


def test_a_signed_proof_is_checked_by_the_key_of_the_log() -> None:
    output, held = proven("canonical")
    key, secret = signer()
    text = spelled(signed(held, "room.example/matter/1", secret.sign))
    read = json.loads(text)
    assert spelled(read) == text
    assert all(check.passed for check in verify_proof(output, read, key))
    other = str(VerifierKey("room.example/matter/1", LOG, Ed25519PrivateKey.generate().public_key().public_bytes_raw()))
    forged = {**read, "notes": ["nothing to note"]}
    renamed = {**read, "signature": {**read["signature"], "key": "room.example/matter/2"}}
    for wrong, by in ((read, other), (forged, key), (held, key), (renamed, key)):
        assert {"signature"} == {check.name for check in verify_proof(output, wrong, by) if not check.passed}
    for nonsense in ("", "a+b+c", key[:-4], key.replace("+", "+0", 1)):
        with pytest.raises(ValueError, match="verifier key"):
            verify_proof(output, read, nonsense)


def test_a_signature_of_a_proof_is_none_of_a_checkpoint() -> None:
    _, held = proven("exact")
    _, secret = signer()
    seen: list[bytes] = []
    signed(held, "room.example/matter/1", lambda message: seen.append(message) or secret.sign(message))
    assert seen[0].startswith(b"redaction-proof/2\nroom.example/matter/1\n{")
    with pytest.raises(Invalid):
        Checkpoint.parse(seen[0].decode())


def test_a_proof_of_a_run_with_a_failed_check_does_not_hold() -> None:
    output, held = proven("exact")
    held["checks"][0]["passed"] = False
    assert {"all-passed"} == {check.name for check in verify_proof(output, held) if not check.passed}
    held["checks"] = []
    assert {"all-passed"} == {check.name for check in verify_proof(output, held) if not check.passed}


def test_what_follows_the_proven_bytes_may_not_change_them() -> None:
    output, held = proven("exact")
    for tail in (b"\n% a remark", b"\n1 0 obj null endobj\nstartxref\n0\n%%EOF\n"):
        assert {check.name for check in verify_proof(output + tail, held) if not check.passed} == {"added"}


@pytest.mark.parametrize("level", ["exact", "canonical", "region"])
def test_the_sealed_tier_holds_and_opens_the_commitment(level: str) -> None:
    plan = Plan.from_json({"marks": [{"term": SECRET, "level": level}]})
    original = pdfs.line_pdf()
    result = apply(original, plan)
    checks = verify_sealed(result.output, original, plan)
    assert [(check.name, check.passed) for check in checks] == [("repeat", True), ("twin", True)]
    assert not any(check.detail.startswith("Not judged") for check in checks)
    assert SECRET not in search_all(twin(original, [(mark.page, mark.quad) for mark in result.report.marks]) or b"")
    held = proof(result, original, SALT)
    assert opens(held, original, SALT).passed
    assert not opens(held, original, bytes(32)).passed
    other = Plan.from_json({"marks": [{"term": "Before", "level": level}]})
    assert not all(check.passed for check in verify_sealed(result.output, original, other))


def search_all(data: bytes) -> str:
    """What stands on the pages of a document that has any."""
    assert data
    return " ".join(word.text for word in words(data, 1))


def test_an_engine_that_leaves_a_trace_of_the_letters_fails_the_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: the codes of removed letters count as used, so widths and maps of the font keep them."""
    plan = Plan.from_json({"marks": [{"term": SECRET, "level": "exact"}]})
    original = pdfs.truetype_pdf()
    honest = AbsoluteText.write

    def forgetful(self: AbsoluteText, parts: list[bytes | float], items: list[Any], lost: set[int]) -> set[int]:
        honest(self, parts, items, lost)
        return set()

    monkeypatch.setattr(AbsoluteText, "write", forgetful)
    with open_source(original) as source:
        output = rebuild(source, final_marks(source, original, plan)).output
    assert [(check.name, check.passed) for check in verify_sealed(output, original, plan)] == [
        ("repeat", True),
        ("twin", False),
    ]


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
    assert main(["apply", str(source), str(plan), "-o", str(out), "--proof", str(held)]) == 0
    beside = tmp_path / "proof.salt"
    assert commitment(source.read_bytes(), bytes.fromhex(beside.read_text())) in held.read_text()
    assert "keep it with the original" in capsys.readouterr().err
    assert main(["apply", str(source), str(plan), "-o", str(out), "--proof", str(held), "--salt", str(salt)]) == 0
    assert main(["verify", str(out), str(held)]) == 0
    assert commitment(source.read_bytes(), bytes.fromhex(salt.read_text())) in held.read_text()
    assert main(["verify", str(source), str(held)]) == 1
    sealed = ["--original", str(source), "--plan", str(plan), "--salt", str(salt)]
    assert main(["verify", str(out), str(held), *sealed]) == 0
    assert main(["verify", str(out), str(held), *sealed[:2]]) == 1
    assert main(["verify", str(out), str(held), *sealed, "--key", signer()[0]]) == 1
    secret = tmp_path / "key"
    secret.write_text(signer()[1].private_bytes_raw().hex())
    assert (
        main(
            [
                "apply",
                str(source),
                str(plan),
                "-o",
                str(out),
                "--proof",
                str(held),
                "--salt",
                str(salt),
                "--sign",
                str(secret),
                "--name",
                "room.example/matter/1",
            ]
        )
        == 0
    )
    assert main(["verify", str(out), str(held), *sealed, "--key", signer()[0]]) == 0
