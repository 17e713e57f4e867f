"""Documents: contributing, listing, classifying, publishing and withdrawing them."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import and_, func, or_, select, tuple_

from dataroom.actions import present, scope
from dataroom.actions.context import Desk
from dataroom.actions.intake import Received, cleared, discard, receive
from dataroom.actions.listing import document_view
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.retention import refuse_proposed
from dataroom.actions.sealing import Scope, columns, current, rewrap, scope_for
from dataroom.actions.views import Done
from dataroom.actions.views_documents import DocumentView
from dataroom.actions.views_versions import DocumentPage, ListedVersion, Uploaded
from dataroom.actions.work import PAGE, Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Disclosure, Document, Matter, Organisation, Redaction, Version
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


class Listing(Params):
    """Which part of a list: text in title or number's digits, folder, and the cursor of the page before."""

    q: Annotated[str, Field(max_length=200)] = ""
    folder: Annotated[str | None, Field(max_length=600)] = None
    cursor: Annotated[str | None, Field(max_length=1500)] = None
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50


def _receive(desk: Desk, matter: Matter, params: Upload, stream: Any) -> Received:
    return receive(desk, matter.id, new_id(), 1, params.tier, params, stream)


@action("document.upload", on=Matter, prepare=_receive, discard=discard)
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
    newest = (
        select(func.max(Version.ordinal))
        .where(Version.document_id == Document.id, Version.kind == int(Kind.ORIGINAL))
        .correlate(Document)
        .scalar_subquery()
    )
    foreign = Version.organisation_id != work.organisation
    current = and_(Version.kind == int(Kind.ORIGINAL), or_(foreign, Version.ordinal == newest))
    criteria = [
        Version.matter_id == matter.id,
        work.narrowed(Version),
        or_(current, and_(Version.kind == int(Kind.REDACTED), foreign)),
    ]
    if params.q:
        pattern = params.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        criteria.append(func.coalesce(Version.title, Document.title).ilike(f"%{pattern}%", escape="\\"))
    if params.folder is not None:
        criteria.append(Document.folder == params.folder)
    base = select(Version.id).join(Document, Document.id == Version.document_id).where(*criteria)
    total = work.rows(select(func.count()).select_from(base.limit(1001).subquery()))[0][0]
    return _page(work, criteria, params, total)


def _page(work: Work, criteria: list[Any], params: Listing, total: int) -> DocumentPage:
    order = (Document.folder, Document.organisation_id, Document.number, Version.id)
    if params.cursor:
        criteria = [*criteria, tuple_(*order) > tuple_(*_cursor(params.cursor))]
    until = (
        select(func.max(Disclosure.expires_at))
        .where(
            Disclosure.version_id == Version.id,
            Disclosure.recipient_id == work.organisation,
            Disclosure.withdrawn_at.is_(None),
        )
        .correlate(Version)
        .scalar_subquery()
    )
    held = scope.RESOURCES[Version].attributes(work.now)["held"].expr  # type: ignore[union-attr]
    query = (
        select(Version, Document, held, until)
        .join(Document, Document.id == Version.document_id)
        .where(*criteria)
        .order_by(*order)
        .limit(params.limit + 1)
    )
    rows = work.rows(query)
    parties = present.organisations(work.session)
    items = tuple(_line(row, parties, work.organisation) for row in rows[: params.limit])
    return DocumentPage(items, _next(rows[params.limit - 1]) if len(rows) > params.limit else None, total)


def _line(row: Any, parties: dict[uuid.UUID, Any], own: uuid.UUID) -> ListedVersion:
    version, document, held, until = row
    owner = parties[version.organisation_id]
    return ListedVersion(
        id=version.id,
        document=document.id,
        number=present.number_of(owner.slug, document.number),
        title=version.title or document.title,
        folder=document.folder,
        organisation=owner,
        original=version.kind == Kind.ORIGINAL,
        ordinal=version.ordinal,
        state=version.state,
        document_state=document.state if version.organisation_id == own else version.state,
        tier=version.tier,
        category=version.category,
        pages=version.pages,
        size=version.size,
        created_at=version.created_at,
        held=bool(held) and version.organisation_id == own,
        disclosed_until=until,
    )


def _next(row: Any) -> str:
    version, document = row[0], row[1]
    parts = [document.folder, str(document.organisation_id), document.number, str(version.id)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _cursor(text: str) -> tuple[Any, ...]:
    try:
        folder, owner, number, version = json.loads(base64.urlsafe_b64decode(text.encode()))
        if not isinstance(number, int) or not 0 <= number < 2**31:
            raise ValueError(number)
        return str(folder), uuid.UUID(owner), number, uuid.UUID(version)
    except (ValueError, TypeError, AttributeError):
        raise Invalid("cursor: not one this service gave") from None


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
