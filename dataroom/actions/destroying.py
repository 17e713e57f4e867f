"""Taking the keys of many documents away at once, with few questions to the database: their matter waits meanwhile."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from dataroom.actions import present
from dataroom.actions.work import Work
from dataroom.ids import new_id
from dataroom.model import Disclosure, Document, Errand, Grant, KeyScope, Mark, Organisation, Redaction, Version
from dataroom.vault.sealed import Kind

GONE = "(disposed of)"
AT_ONCE = 250
"""How many documents one question to the database names."""


def destroy_documents(work: Work, documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Takes every key of the documents away and closes what depends on them; returns their lines of a certificate."""
    lines: list[dict[str, Any]] = []
    for start in range(0, len(documents), AT_ONCE):
        lines += _destroy_some(work, documents[start : start + AT_ONCE])
    return lines


def _destroy_some(work: Work, documents: Sequence[Document]) -> list[dict[str, Any]]:
    ids = [document.id for document in documents]
    versions, order = defaultdict[uuid.UUID, list[Version]](list), (Version.kind, Version.ordinal)
    for version in work.all(Version, Version.document_id.in_(ids), order=order):
        version.folder = ""
        if version.wrapped_dek is not None:
            versions[version.document_id].append(version)
    every = [version for found in versions.values() for version in found]
    redactions = work.all(Redaction, Redaction.version_id.in_([version.id for version in every]))
    marks = work.all(Mark, Mark.redaction_id.in_([redaction.id for redaction in redactions]))
    given = work.all(Disclosure, Disclosure.document_id.in_(ids), Disclosure.withdrawn_at.is_(None))
    grants = work.all(Grant, Grant.document_id.in_(ids), Grant.state == "granted")
    lines = [_line(work, document, versions[document.id]) for document in documents]
    for mark in marks:
        work.session.delete(mark)
    for redaction in redactions:
        _close_redaction(redaction)
    for disclosure in given:
        disclosure.withdrawn_at, disclosure.withdrawn_by = work.now, work.principal.user
    for grant in grants:
        grant.state, grant.ended_at, grant.ended_by = "ended", work.now, work.principal.user
    for document in documents:
        document.state, document.disposed_at = "disposed", work.now
        document.title = document.file_name = GONE
        document.folder = ""
    for version in every:
        version.title = None
    destroy_versions(work, every)
    return lines


def destroy_versions(work: Work, versions: Iterable[Version]) -> None:
    """Removes the only keys of versions, marks their scopes for the night, and owes the erasure of their bytes."""
    scopes = set()
    for version in versions:
        version.wrapped_dek, version.state = None, "destroyed"
        scopes.add(version.scope_id)
        load = {"target": str(version.id)}
        work.session.add(Errand(id=new_id(), kind="version.erase", payload=load, due_at=work.now, attempts=0))
    for scope in scopes:
        work.get(KeyScope, scope).stale_at = work.now
    work.session.flush()


def _close_redaction(redaction: Redaction) -> None:
    redaction.state = "discarded" if redaction.state != "released" else redaction.state
    redaction.title = redaction.result_title = GONE
    redaction.remark, redaction.report = "", None


def _line(work: Work, document: Document, versions: Iterable[Version]) -> dict[str, Any]:
    slug = work.get(Organisation, document.organisation_id).slug
    return {
        "id": str(document.id),
        "number": present.number_of(slug, document.number),
        "category": document.category,
        "tier": document.tier,
        "schedule": document.schedule,
        "due_on": _day(document.due_on),
        "versions": [_destroyed_version(version) for version in versions],
    }


def _destroyed_version(version: Version) -> dict[str, Any]:
    return {
        "id": str(version.id),
        "kind": "original" if version.kind == Kind.ORIGINAL else "redacted copy",
        "ordinal": version.ordinal,
        "sha256": version.sha256,
        "size": version.size,
        "key_scope": str(version.scope_id),
        "wrapped_key_sha256": hashlib.sha256(version.wrapped_dek or b"").hexdigest(),
        "object": version.object_key,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
