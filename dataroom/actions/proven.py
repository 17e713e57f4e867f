"""The proof of a redacted copy: handed out with the copy, and made again with the original by the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataroom.actions import present
from dataroom.actions.applying import checked_again, digest, plan_of
from dataroom.actions.context import Desk, Download, unheard
from dataroom.actions.marks import marks_of
from dataroom.actions.redactions import result_of
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import open_version
from dataroom.actions.views_redactions import CheckView, VerifiedView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, NotFound
from dataroom.model import Document, Mark, Organisation, Redaction, Version

EARLIER = "This copy was made before copies got a proof. Redact the original again to have one."


@dataclass(frozen=True)
class _Proof:
    """The proof's bytes and what its file is called."""

    data: bytes
    name: str


def _file(desk: Desk, held: _Proof) -> Download:
    return Download(held.name, "application/json", iter((held.data,)), len(held.data))


def proof_of(redaction: Redaction | None) -> bytes:
    """The stored proof of a redaction's copy, as it was signed; `Conflict` when there is none."""
    text = ((redaction.report if redaction else None) or {}).get("proof")
    if not text:
        raise Conflict(EARLIER)
    return str(text).encode()


@action("version.proof", on=Version, reveal=_file)
def proof(work: Work, version: Version, params: Nothing) -> _Proof:
    """The signed proof of a redacted copy: with the downloaded copy anybody checks it, without this service."""
    redaction = work.get(Redaction, version.redaction_id) if version.redaction_id else None
    data = proof_of(redaction)
    work.state(proof=digest(data), sha256=version.sha256)
    document, owner = work.get(Document, version.document_id), work.get(Organisation, version.organisation_id)
    return _Proof(data, f"{present.number_of(owner.slug, document.number)}-v{version.ordinal}.proof.json")


def _verify(desk: Desk, redaction: Redaction, params: Nothing, stream: Any) -> tuple[Any, ...]:
    services = desk.services
    with services.database.reading() as session:
        row = session.get(Redaction, redaction.id)
        result = (
            session.query(Version).filter_by(redaction_id=redaction.id).filter(Version.state != "destroyed").first()
        )
        original = session.get(Version, redaction.version_id)
        if row is None or result is None or original is None or original.wrapped_dek is None:
            raise Conflict("The original or the copy is gone, so they cannot be compared any more.")
        report = dict(row.report or {})
        plan = plan_of(session.query(Mark).filter_by(redaction_id=redaction.id), str(report.get("title", "")))
        before, made = open_version(services, session, original), open_version(services, session, result)
    return checked_again(desk, before, made, report, plan, unheard)


@action("redaction.verify", on=Redaction, prepare=_verify)
def verify(work: Work, redaction: Redaction, params: Nothing, checks: tuple[Any, ...]) -> VerifiedView:
    """Checks a redacted copy against its original once more: every public and sealed check, the twin test with them."""
    result = result_of(work, redaction)
    if result is None or not marks_of(work, redaction):
        raise NotFound()
    passed = bool(checks) and all(check.passed for check in checks)
    work.state(passed=passed, sha256=result.sha256, proof=digest(proof_of(redaction)))
    return VerifiedView(passed, tuple(CheckView(check.name, check.passed, check.detail) for check in checks))
