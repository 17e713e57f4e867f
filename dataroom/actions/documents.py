"""Documents: contributing, listing, classifying, publishing and withdrawing them."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions import present
from dataroom.actions.contents import Listing, page_of
from dataroom.actions.context import Desk
from dataroom.actions.intake import Received, cleared, discard, receive
from dataroom.actions.listing import document_view
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.retention import refuse_proposed
from dataroom.actions.sealing import Scope, columns, current, rewrap, scope_for
from dataroom.actions.views import Done
from dataroom.actions.views_documents import DocumentView
from dataroom.actions.views_versions import DocumentPage, Uploaded
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Document, Matter, Organisation, Redaction, Version
from dataroom.vault.sealed import Kind
from policies.engine import due

UNCLASSIFIED = "unclassified"


class Upload(Params):
    """Where a file goes and, when already known, its classification."""

    path: Annotated[str, Field(min_length=1, max_length=900)]
    title: Annotated[str, Field(max_length=300)] = ""
    tier: Annotated[int | None, Field(ge=1, le=9)] = None
    category: Annotated[str | None, Field(max_length=60)] = None
    schedule: Annotated[str | None, Field(max_length=60)] = None
    length: Annotated[int | None, Field(ge=0)] = None


class Replace(Params):
    """A new version of a document."""

    path: Annotated[str, Field(min_length=1, max_length=900)]
    length: Annotated[int | None, Field(ge=0)] = None


class Classify(Params):
    """Tier, information category and retention schedule, all three; without them nobody else can be shown it."""

    tier: Annotated[int, Field(ge=1, le=9)]
    category: Annotated[str, Field(max_length=60)]
    schedule: Annotated[str, Field(max_length=60)]
    title: Annotated[str | None, Field(min_length=1, max_length=300)] = None


def _receive(desk: Desk, matter: Matter, params: Upload, stream: Any) -> Received:
    return receive(desk, matter.id, new_id(), 1, params.tier, params, stream)


@action("document.upload", on=Matter, prepare=_receive, discard=discard, affair="actor")
def upload(work: Work, matter: Matter, params: Upload, received: Received) -> Uploaded:
    """Contributes a PDF: sealed while it streams in, visible to the own custodians alone until it is released."""
    tier = _check(work, received.tier, params.category, params.schedule)
    document = Document(
        id=received.document_id,
        matter_id=matter.id,
        organisation_id=work.organisation,
        number=_number(work, matter),
        title=params.title or received.file_name.rsplit(".", 1)[0],
        folder=received.folder,
        file_name=received.file_name,
        tier=tier,
        category=params.category or UNCLASSIFIED,
        schedule=params.schedule,
        state="staged",
        created_by=work.user,
        created_at=work.now,
    )
    work.add(document)
    _settle(work, document)
    row = work.add(_version(work, document, received))
    work.concerns(target=row, document=document.id, owner=work.organisation)
    return _manifest(work, document, row, params.path)


def _number(work: Work, matter: Matter) -> int:
    """A free number of four digits (more when they get scarce), drawn so that it tells nobody how many there are."""
    taken = select(Document.number).where(
        Document.matter_id == matter.id, Document.organisation_id == work.organisation
    )
    used = {row[0] for row in work.rows(taken)}
    span = 9000
    while len(used) * 2 > span:
        span *= 10
    while (number := 1000 + secrets.randbelow(span)) in used:
        pass
    return number


def _receive_again(desk: Desk, document: Document, params: Replace, stream: Any) -> Received:
    with desk.services.database.reading() as session:
        last = session.scalar(
            select(func.max(Version.ordinal)).where(
                Version.document_id == document.id, Version.kind == int(Kind.ORIGINAL)
            )
        )
    return receive(desk, document.matter_id, document.id, (last or 0) + 1, document.tier, params, stream)


@action("document.replace", on=Document, prepare=_receive_again, discard=discard)
def replace(work: Work, document: Document, params: Replace, received: Received) -> Uploaded:
    """Adds a new version of a document; others go on seeing the published one until this one is published."""
    refuse_proposed(work, document)
    row = _version(work, document, received)
    if received.tier != document.tier or work.one(
        Version, Version.document_id == document.id, Version.kind == row.kind, Version.ordinal == row.ordinal
    ):
        raise Conflict("Somebody changed the document meanwhile; try again.")
    work.add(row)
    document.file_name = received.file_name
    work.concerns(target=row, document=document.id)
    return _manifest(work, document, row, params.path)


def _version(work: Work, document: Document, received: Received) -> Version:
    sealed, found = received.sealed, received.found
    scope = current(work.services, work.session, received.scope)
    return Version(
        id=new_id(),
        document_id=document.id,
        matter_id=document.matter_id,
        organisation_id=document.organisation_id,
        folder=document.folder,
        number=document.number,
        ordinal=sealed.place.version,
        kind=int(sealed.place.kind),
        tier=document.tier,
        category=document.category,
        state="staged",
        **columns(scope, sealed, found),
        author="",
        created_by=work.user,
        created_at=work.now,
    )


def _manifest(work: Work, document: Document, row: Version, path: str) -> Uploaded:
    work.state(sha256=row.sha256, size=row.size, pages=row.pages, ordinal=row.ordinal)
    slug = work.get(Organisation, document.organisation_id).slug
    number = present.number_of(slug, document.number)
    return Uploaded(document.id, row.id, number, path, row.size, row.sha256, row.pages, "stored")


def _check(work: Work, tier: int, category: str | None, schedule: str | None) -> int:
    law = work.services.law
    own = work.member.attrs["tier"]
    if tier not in law.tiers:
        raise Invalid(f"tier: there is no tier {tier}")
    if not isinstance(own, int) or tier > own:
        raise Invalid(f"tier: you are cleared up to tier {own} in this matter")
    if category is not None and category not in law.categories:
        raise Invalid(f"category: there is no information category {category}")
    if schedule is not None and schedule not in law.schedules:
        raise Invalid(f"schedule: there is no retention schedule {schedule}")
    return tier


def _settle(work: Work, document: Document) -> None:
    """A document with all three classifications is ready to be released; `created` schedules start at once."""
    if document.schedule is None or document.category == UNCLASSIFIED:
        return
    if document.state == "staged":
        document.state = "ready"
    schedule = work.services.law.schedules[document.schedule]
    if schedule.trigger == "created" and document.trigger_on is None:
        document.trigger_on = document.created_at.date()
    closed = work.get(Matter, document.matter_id).closed_at
    if schedule.trigger == "matter_closed" and document.trigger_on is None and closed is not None:
        document.trigger_on = closed.date()
    falls_due = due(schedule, document.trigger_on) if document.trigger_on else None
    if document.due_on is not None and (falls_due is None or falls_due < document.due_on):
        raise Conflict("That would shorten a retention period that is already running.")
    document.due_on = falls_due


@action("document.list", on=Matter, lists=Version)
def list_documents(work: Work, matter: Matter, params: Listing) -> DocumentPage:
    """The documents of a matter this person may see, each in the version they may see."""
    return page_of(work, matter, params)


@action("document.read", on=Document)
def read(work: Work, document: Document, params: Nothing) -> DocumentView:
    """A document's record, for its owner: versions, redactions, disclosures and holds."""
    return document_view(work, document)


def _scope(desk: Desk, document: Document, params: Classify, stream: Any) -> Scope:
    tier = cleared(desk, document.matter_id, params.tier)
    return scope_for(desk.services, document.matter_id, document.organisation_id, tier)


@action("document.classify", on=Document, prepare=_scope)
def classify(work: Work, document: Document, params: Classify, target: Scope) -> Done:
    """Sets tier, category and schedule; lowering a tier moves the keys of its versions to that tier's scope."""
    tier = _check(work, params.tier, params.category, params.schedule)
    refuse_proposed(work, document)
    if document.state == "published":
        raise Conflict("Withdraw the document before you classify it anew.")
    before = (document.tier, document.category, document.schedule)
    document.tier, document.category, document.schedule = tier, params.category, params.schedule
    document.title = params.title or document.title
    originals = work.all(
        Version,
        Version.document_id == document.id,
        Version.kind == int(Kind.ORIGINAL),
        Version.state != "destroyed",
    )
    for version in originals:
        if version.tier != tier:
            rewrap(work.services, work.session, version, target)
        version.tier, version.category = tier, params.category
    for redaction in work.all(Redaction, Redaction.version_id.in_([version.id for version in originals])):
        redaction.tier = tier
    document.state = "staged" if params.category == UNCLASSIFIED else document.state
    _settle(work, document)
    work.state(tier=tier, category=params.category, schedule=params.schedule, before=list(before))
    return Done(document.id)


@action("document.publish", on=Document)
def publish(work: Work, document: Document, params: Nothing) -> Done:
    """Shows the newest version to every member of the matter whose tier and role the policy admits."""
    versions = work.all(
        Version,
        Version.document_id == document.id,
        Version.kind == int(Kind.ORIGINAL),
        Version.state != "destroyed",
        order=(Version.ordinal.desc(),),
    )
    if document.state not in {"ready", "published"} or not versions:
        raise Conflict("Classify the document first: tier, category and schedule.")
    if work.entity(versions[0]).attrs["clawed"]:
        raise Conflict("The newest version was clawed back; put a new version in its place first.")
    for version in versions[1:]:
        version.state = "staged"
    versions[0].state, document.state = "published", "published"
    work.state(version=versions[0].id, ordinal=versions[0].ordinal)
    return Done(versions[0].id)


@action("document.withdraw", on=Document)
def withdraw(work: Work, document: Document, params: Nothing) -> Done:
    """Takes a published document back; it takes effect at everybody's next request."""
    if document.state != "published":
        raise Conflict("The document is not published.")
    for version in work.all(Version, Version.document_id == document.id, Version.state == "published"):
        version.state = "staged"
    document.state = "ready"
    return Done(document.id)
