"""What a matter holds, as one of its people sees it: the list of documents, a page at a time."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from dataroom.actions import present, scope
from dataroom.actions.registry import Params
from dataroom.actions.views_versions import DocumentPage, ListedVersion
from dataroom.actions.work import PAGE, Work
from dataroom.errors import Invalid
from dataroom.model import Disclosure, Document, Matter, Version
from dataroom.vault.sealed import Kind

LIST = "document.list"


class Listing(Params):
    """Which part of a list: text in title or number's digits, folder, and the cursor of the page before."""

    q: Annotated[str, Field(max_length=200)] = ""
    folder: Annotated[str | None, Field(max_length=600)] = None
    cursor: Annotated[str | None, Field(max_length=1500)] = None
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50


def page_of(work: Work, matter: Matter, params: Listing, *further: ColumnElement[bool]) -> DocumentPage:
    """The documents of a matter the principal may see and that meet `further`, each in the version they may see."""
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
        work.narrowed(Version, LIST),
        *further,
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
    page = rows[: params.limit]
    shown = work.shown(Version, LIST, [row[0].id for row in page])
    items = tuple(_line(row, parties, work.organisation) for row in page if row[0].id in shown)
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
