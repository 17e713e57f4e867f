"""The record of one document, gathered for its owner."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from dataroom.actions import present
from dataroom.actions.disclosures import disclosure_views
from dataroom.actions.headers import header_view
from dataroom.actions.views_documents import AssessmentLine, DocumentView, HoldLine, LimitLine
from dataroom.actions.views_redactions import RedactionLine
from dataroom.actions.work import Work
from dataroom.model import (
    Assessment,
    Club,
    Disclosure,
    Document,
    DocumentHeader,
    Hold,
    HoldDocument,
    Limitation,
    Mark,
    Redaction,
    RedactionAudience,
    RedactionGroup,
    Version,
)

DOCUMENT_ACTIONS = (
    "document.classify",
    "document.describe",
    "document.limit",
    "document.assess",
    "document.lift",
    "document.publish",
    "document.withdraw",
    "document.replace",
    "hold.place",
    "retention.trigger",
    "disposal.propose",
)


def document_view(work: Work, document: Document) -> DocumentView:
    """Everything that belongs to a document, with what this person may do."""
    parties = present.organisations(work.session)
    owner = parties[document.organisation_id]
    versions = work.all(Version, Version.document_id == document.id, order=(Version.kind, Version.ordinal.desc()))
    given = work.all(Disclosure, Disclosure.document_id == document.id, order=(Disclosure.granted_at.desc(),))
    holds = _holds(work, document)
    entity = work.entity(document)
    return DocumentView(
        id=document.id,
        matter=document.matter_id,
        number=present.number_of(owner.slug, document.number),
        title=document.title,
        folder=document.folder,
        file_name=document.file_name,
        organisation=owner,
        tier=document.tier,
        category=document.category,
        schedule=document.schedule,
        state=document.state,
        trigger_on=document.trigger_on,
        due_on=document.due_on,
        held=bool(entity.attrs["held"]),
        created_at=document.created_at,
        created_by=present.names(work.session, [document.created_by])[document.created_by],
        disposed_at=document.disposed_at,
        versions=tuple(present.version(work, row, document, parties) for row in versions),
        redactions=redaction_lines(work, [version.id for version in versions]),
        disclosures=disclosure_views(work, given),
        holds=holds,
        limits=_limits(work, document),
        header=header_view(work, work.one(DocumentHeader, DocumentHeader.document_id == document.id)),
        export=document.export,
        export_basis=document.export_basis or "",
        assessments=_assessments(work, document),
        can=work.allowed(DOCUMENT_ACTIONS, document),
    )


def _assessments(work: Work, document: Document) -> tuple[AssessmentLine, ...]:
    """Everything export control was found to ask of it, newest first."""
    order = (Assessment.assessed_at.desc().nulls_last(), Assessment.id.desc())
    rows = work.all(Assessment, Assessment.document_id == document.id, order=order)
    people = present.names(work.session, [row.assessed_by for row in rows])
    return tuple(
        AssessmentLine(
            row.export, row.basis, people.get(row.assessed_by, "") if row.assessed_by else "", row.assessed_at
        )
        for row in rows
    )


def _limits(work: Work, document: Document) -> tuple[LimitLine, ...]:
    query = (
        select(Club)
        .join(Limitation, Limitation.club_id == Club.id)
        .where(Limitation.document_id == document.id)
        .order_by(Limitation.way)
    )
    clubs = [row[0] for row in work.rows(query)]
    return tuple(LimitLine(club.id, club.name, club.kind, club.ended_at is not None) for club in clubs)


def _holds(work: Work, document: Document) -> tuple[HoldLine, ...]:
    rows = work.rows(
        select(Hold)
        .join(HoldDocument, HoldDocument.hold_id == Hold.id)
        .where(
            HoldDocument.document_id == document.id,
            Hold.released_at.is_(None),
            work.narrowed(Hold, "hold.list"),
        )
        .order_by(Hold.placed_at)
    )
    found = [row[0] for row in work.confirmed(Hold, "hold.list", rows, lambda row: row[0].id)]
    people = present.names(work.session, [hold.placed_by for hold in found])
    return tuple(HoldLine(h.id, h.kind, h.reason, people.get(h.placed_by, ""), h.placed_at) for h in found)


def redaction_lines(work: Work, versions: list[uuid.UUID]) -> tuple[RedactionLine, ...]:
    """The redactions of some versions that this person may see, newest first."""
    rows = work.listed(
        Redaction,
        Redaction.version_id.in_(versions),
        Redaction.state != "discarded",
        order=(Redaction.created_at.desc(),),
        action="redaction.list",
    )
    return lines_of(work, rows)


def lines_of(work: Work, rows: list[Redaction]) -> tuple[RedactionLine, ...]:
    """Redactions as lines of a list."""
    ids = [row.id for row in rows]
    marks = select(Mark.redaction_id, func.count()).where(Mark.redaction_id.in_(ids)).group_by(Mark.redaction_id)
    counts = {row[0]: row[1] for row in work.rows(marks)}
    originals = select(Version.id, Version.document_id).where(Version.id.in_([row.version_id for row in rows]))
    documents = {row[0]: row[1] for row in work.rows(originals)}
    made = select(Version.redaction_id, Version.id).where(Version.redaction_id.in_(ids), Version.state != "destroyed")
    results = {row[0]: row[1] for row in work.rows(made)}
    references = present.references(work, documents.values())
    named = select(RedactionGroup.redaction_id, RedactionGroup.audience_id).where(RedactionGroup.redaction_id.in_(ids))
    groups = {row[0]: row[1] for row in work.rows(named)}
    parties = present.organisations(work.session)
    meant: dict[uuid.UUID, list[str]] = {}
    for party in work.all(RedactionAudience, RedactionAudience.redaction_id.in_(ids)):
        meant.setdefault(party.redaction_id, []).append(parties[party.organisation_id].name)
    people = present.names(work.session, [i for row in rows for i in (row.author_id, row.reviewer_id)])
    return tuple(
        RedactionLine(
            id=row.id,
            title=row.title,
            state=row.state,
            author=people.get(row.author_id, ""),
            reviewer=people.get(row.reviewer_id) if row.reviewer_id else None,
            marks=counts.get(row.id, 0),
            document=references[documents[row.version_id]],
            created_at=row.created_at,
            decided_at=row.decided_at,
            result=results.get(row.id),
            version=row.version_id,
            group=groups.get(row.id),
            audience=tuple(sorted(meant.get(row.id, ()))),
        )
        for row in rows
    )
