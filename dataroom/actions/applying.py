"""Applying a redaction: the service's own work, in a limited child process, sealed before anything is recorded."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dataroom.actions.checkpoints import LOG_KEY
from dataroom.actions.context import Desk, Inspected, Services, Told
from dataroom.actions.intake import inspect
from dataroom.actions.present import number_of
from dataroom.actions.progress import Reporter
from dataroom.actions.redactions import next_copy
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import Opened, Scope, SealedObject, columns, current, open_version, scope_for, seal_stream
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.audit.notes import LOG, VerifierKey
from dataroom.errors import Conflict, DataroomError, Invalid, Unavailable
from dataroom.ids import new_id
from dataroom.model import AuditLog, Document, Mark, Organisation, Redaction, Version
from dataroom.vault.sealed import Kind, Place
from redaction.signing import is_signed, signed, spelled


@dataclass(frozen=True)
class Applied:
    """A sealed redacted copy with its report, or the reason why there is none."""

    sealed: SealedObject | None
    scope: Scope | None
    found: Inspected | None
    report: dict[str, Any]
    problem: str
    proof: bytes = b""


def _apply(desk: Desk, redaction: Redaction, params: Nothing, stream: Any) -> Applied:
    services = desk.services
    with services.database.reading() as session:
        version = session.get(Version, redaction.version_id)
        if version is None:
            raise Conflict("The original is gone.")
        opened = open_version(services, session, version)
        marks = session.scalars(
            select(Mark).where(Mark.redaction_id == redaction.id).order_by(Mark.page, Mark.id)
        ).all()
        plan = plan_of(marks, stated_title(session, redaction, version))
        ordinal = session.scalar(
            select(func.max(Version.ordinal)).where(
                Version.document_id == version.document_id, Version.kind == int(Kind.REDACTED)
            )
        )
        origin = session.scalars(select(AuditLog.origin).where(AuditLog.matter_id == redaction.matter_id)).one()
    salt, told = secrets.token_bytes(32), Reporter(services, "redaction.apply", redaction.id)
    try:
        made = services.workshop.redact(opened.source(services), plan, salt, told)
    except Invalid as refusal:
        return Applied(None, None, None, {}, refusal.detail)
    scope = scope_for(services, redaction.matter_id, redaction.organisation_id, redaction.result_tier)
    place = Place(
        redaction.organisation_id, redaction.matter_id, version.document_id, (ordinal or 0) + 1, Kind.REDACTED
    )
    sealed = seal_stream(services, place, (made.output,))
    applied = Applied(sealed, scope, None, {**made.report, "salt": salt.hex()}, "")
    try:
        applied = replace(applied, found=inspect(desk, sealed), proof=sign_proof(services, made.proof, origin))
        made_copy = Opened(new_id(), sealed.place, sealed.header, sealed.stored, sealed.size, sealed.dek)
        told.second = True
        problem = second_opinion(desk, opened, made_copy, dict(made.report), plan, told)
        problem = problem or untold(made.proof, sealed)
    except Invalid as refusal:
        problem = refusal.detail
    except BaseException:
        _discard(desk, applied)
        raise
    if problem:
        _discard(desk, applied)
        return Applied(None, None, None, {}, problem)
    return applied


def second_opinion(
    desk: Desk, original: Opened, made: Opened, report: dict[str, Any], plan: dict[str, Any], told: Told
) -> str:
    """Reads the sealed copy back in a process that has not seen the original being redacted; what it finds, or nothing.

    The process that made the copy parsed a file nobody vouches for, so its own word about the copy is not enough. All
    public and sealed checks are made: the removal is repeated, and repeated with other letters under the marks.
    """
    checks = checked_again(desk, original, made, report, plan, told)
    failed = [check.name for check in checks if not check.passed]
    if not checks or failed:
        return f"The redacted copy did not pass the second reading: {', '.join(failed) or 'nothing was checked'}."
    return ""


def untold(held: Mapping[str, Any], sealed: SealedObject) -> str:
    """What is wrong with a proof that speaks of something else than the sealed copy, or of checks that failed."""
    output, told = dict(held.get("output") or {}), list(held.get("checks") or ())
    if (output.get("sha256"), output.get("size")) != (sealed.sha256, sealed.size):
        return "The proof does not speak of the copy that was made."
    if not told or not all(check.get("passed") is True for check in told):
        return "The proof lists a check that was not passed."
    return ""


def checked_again(
    desk: Desk, original: Opened, made: Opened, report: dict[str, Any], plan: dict[str, Any], told: Told
) -> tuple[Any, ...]:
    """The checks of a sealed copy against its original, by a process that has read nothing else."""
    wall = f"check {new_id()}"
    copy = replace(made.source(desk.services), wall=wall)
    before = replace(original.source(desk.services), wall=wall)
    facts = {"marks": report["marks"], "affected": report["affected"], "title": report.get("title", "")}
    return tuple(desk.services.workshop.verify(copy, before, facts, plan, told))


def sign_proof(services: Services, held: Mapping[str, Any], origin: str) -> bytes:
    """The proof as it is stored and handed out, signed by the installation's log key under the name of the matter's
    log: whoever verifies the matter's log verifies it with the same verifier key."""
    text = spelled(signed(held, origin, lambda message: services.kms.sign(LOG_KEY, message)))
    if not is_signed(json.loads(text), str(VerifierKey(origin, LOG, services.kms.public_key(LOG_KEY)))):
        raise Unavailable("The proof could not be signed; try again.")
    return text


def stated_title(session: Session, redaction: Redaction, version: Version) -> str:
    """The title the copy states in its file: the one its author gave it; the document's number where that is the
    document's own title, which nobody chose with the removed words in mind."""
    document, owner = session.get(Document, version.document_id), session.get(Organisation, redaction.organisation_id)
    if document is None or owner is None:
        raise Conflict("The original is gone.")
    own = redaction.result_title
    return own if own and own != document.title else number_of(owner.slug, document.number)


def plan_of(marks: Iterable[Mark], title: str) -> dict[str, Any]:
    """The plan the engine is given, by page and then by mark, and the title the copy is to state."""
    told = "".join(char if char.isprintable() else " " for char in title)
    return {
        "title": told,
        "marks": [_planned(mark) for mark in sorted(marks, key=lambda mark: (mark.page, mark.id.bytes))],
    }


def _planned(mark: Mark) -> dict[str, Any]:
    planned: dict[str, Any] = {
        "page": mark.page,
        "level": "region" if mark.kind == "scan" else "canonical",
        "otherwise": "exact",
        "code": mark.code,
        "rationale": mark.rationale,
    }
    return planned | ({"whole": True} if mark.kind == "page" else {"box": [mark.x0, mark.y0, mark.x1, mark.y1]})


def digest(proof: bytes) -> str:
    """What the log says of a proof: the SHA-256 of the file."""
    return hashlib.sha256(proof).hexdigest()


def _discard(desk: Desk, applied: Applied) -> None:
    if applied.sealed is not None:
        with suppress(DataroomError):
            desk.services.store.erase(applied.sealed.stored.key)


@action("redaction.apply", on=Redaction, prepare=_apply, discard=_discard, performer="service")
def apply(work: Work, redaction: Redaction, params: Nothing, applied: Applied) -> Done:
    """Records the redacted copy for review, or why the document could not be redacted."""
    if applied.sealed is None or applied.scope is None or applied.found is None:
        redaction.state, redaction.remark = "failed", applied.problem
        work.state(made=False)
        return Done(redaction.id)
    original = work.get(Version, redaction.version_id)
    row = work.add(_copy(work, redaction, original, applied.sealed, applied.scope, applied.found))
    redaction.state, redaction.report = "in_review", {**applied.report, "proof": applied.proof.decode()}
    work.state(
        made=True, result=row.id, sha256=row.sha256, original_sha256=original.sha256, proof=digest(applied.proof)
    )
    return Done(row.id)


def _copy(
    work: Work, redaction: Redaction, original: Version, sealed: SealedObject, scope: Scope, found: Inspected
) -> Version:
    document = work.get(Document, original.document_id)
    scope = current(work.services, work.session, scope)
    if sealed.place.version != next_copy(work, document.id):
        raise Unavailable("Another copy was made meanwhile; it is tried again.")
    return Version(
        id=new_id(),
        document_id=document.id,
        matter_id=redaction.matter_id,
        organisation_id=redaction.organisation_id,
        folder=document.folder,
        number=document.number,
        ordinal=sealed.place.version,
        kind=int(Kind.REDACTED),
        original_id=original.id,
        redaction_id=redaction.id,
        title=redaction.result_title,
        tier=redaction.result_tier,
        category=redaction.result_category,
        state="candidate",
        **columns(scope, sealed, found),
        author=str(redaction.author_id),
        created_by=None,
        created_at=work.now,
    )
