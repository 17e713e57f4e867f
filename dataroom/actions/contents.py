"""What a matter holds, as one of its people sees it: the list of documents, a page at a time."""

from __future__ import annotations

import base64
import json
import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, tuple_, union_all
from sqlalchemy.orm import aliased

from dataroom.actions import present, scope
from dataroom.actions.registry import Params, check_texts
from dataroom.actions.scope_parts import Part
from dataroom.actions.views_versions import DocumentPage, ListedVersion
from dataroom.actions.work import PAGE, Work
from dataroom.errors import Invalid
from dataroom.model import Disclosure, Document, Matter, Organisation, Version
from dataroom.vault.sealed import Kind
from policies.engine.narrowing import nothing

LIST = "document.list"
COUNTED = 1000
"""How far a list is counted: more than that is told as more."""
ORDER = (Version.folder, Version.organisation_id, Version.number, Version.id)
AFTER = ("after_folder", "after_owner", "after_number", "after_version")
NEWER = aliased(Version)


class Listing(Params):
    """Which part of a list: text in title or number's digits, folder, and the cursor of the page before."""

    q: Annotated[str, Field(max_length=200)] = ""
    folder: Annotated[str | None, Field(max_length=600)] = None
    cursor: Annotated[str | None, Field(max_length=1500)] = None
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50


@dataclass(frozen=True)
class Shape:
    """What of a listing makes another query; the rest are parameters. `owners` are in order whoever has versions in the
    matter; `after` says how many of them come before the cursor's owner and whether that is the next of them."""

    matter: uuid.UUID
    owners: tuple[uuid.UUID, ...]
    limit: int
    folder: bool
    search: bool
    after: tuple[int, bool] | None


def page_of(work: Work, matter: Matter, params: Listing, *further: ColumnElement[bool]) -> DocumentPage:
    """The documents of a matter the principal may see and that meet `further`, each in the version they may see."""
    after = _cursor(params.cursor) if params.cursor else None
    owners = owners_of(work, matter)
    place = (bisect_left(owners, after[1]), after[1] in owners) if after else None
    shape = Shape(matter.id, owners, params.limit + 1, params.folder is not None, bool(params.q), place)
    make = partial(queries, work, shape, further)
    count, query = make() if further else work.recalled(Version, LIST, shape, lambda _: make())
    given = _given(params, after)
    total = work.rows(count, **given)[0][0]
    rows = work.rows(query, **given)
    parties = present.organisations(work.session)
    page = rows[: params.limit]
    shown = work.shown(Version, LIST, [row[0].id for row in page])
    items = tuple(_line(row, parties, work.organisation) for row in page if row[0].id in shown)
    return DocumentPage(items, _next(rows[params.limit - 1]) if len(rows) > params.limit else None, total)


def total_of(work: Work, matter: Matter) -> int:
    """How many lines the principal's list of a matter has, up to one more than `COUNTED`."""
    shape = Shape(matter.id, owners_of(work, matter), 1, False, False, None)
    count, _ = work.recalled(Version, LIST, shape, lambda _: queries(work, shape, ()))
    return int(work.rows(count)[0][0])


def owners_of(work: Work, matter: Matter) -> tuple[uuid.UUID, ...]:
    """The organisations that have versions in a matter, in order; one look into an index for each."""
    has = select(Version.id).where(Version.matter_id == matter.id, Version.organisation_id == Organisation.id).exists()
    return tuple(row[0] for row in work.rows(select(Organisation.id).where(has).order_by(Organisation.id)))


def _given(params: Listing, after: tuple[Any, ...] | None) -> dict[str, Any]:
    pattern = params.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    cursor = dict(zip(AFTER, after, strict=True)) if after else {}
    return {"within": params.folder, "pattern": f"%{pattern}%", **cursor}


def queries(work: Work, shape: Shape, further: Sequence[ColumnElement[bool]]) -> tuple[Any, Any]:
    """The query that counts a list, up to one more than `COUNTED`, and the query of its page."""
    criteria = list(further)
    if shape.search:
        own = select(Document.title).where(Document.id == Version.document_id).correlate(Version).scalar_subquery()
        criteria.append(func.coalesce(Version.title, own).ilike(bindparam("pattern", type_=String), escape="\\"))
    if shape.folder:
        criteria.append(Version.folder == bindparam("within", type_=String))
    parts = work.parts(LIST, frozenset(shape.owners))
    listed = [(part, _part(shape.matter, part, work.organisation, criteria)) for part in parts]
    return counting([query for _, query in listed]), _paging(work, listed, shape)


def counting(parts: Sequence[Select[*tuple[Any, ...]]]) -> Select[*tuple[Any, ...]]:
    """The query that counts the versions of some queries that share none, up to one more than `COUNTED`."""
    most = COUNTED + 1
    each = [part.with_only_columns(Version.id).limit(most).subquery() for part in parts]
    found = union_all(*[select(part) for part in each]) if each else select(Version.id).where(nothing())
    return select(func.count()).select_from(found.limit(most).subquery())


def _paging(
    work: Work, parts: Sequence[tuple[Part, Select[*tuple[Any, ...]]]], shape: Shape
) -> Select[*tuple[Any, ...]]:
    """The query of the first rows in order after a cursor: those of each part, found in its index's order, merged."""
    each = []
    for part, query in parts:
        begun = query if shape.after is None else query.where(_beyond(part, shape.owners, *shape.after))
        each.append(begun.with_only_columns(*ORDER).order_by(*ORDER).limit(shape.limit).subquery())
    found = (union_all(*[select(part) for part in each]) if each else select(*ORDER).where(nothing())).subquery()
    first = select(found).order_by(*found.c).limit(shape.limit).subquery()
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
    held = scope.mapping(Version)["held"].expr  # type: ignore[union-attr]
    return (
        select(Version, Document, held, until)
        .join(first, first.c.id == Version.id)
        .join(Document, Document.id == Version.document_id)
        .order_by(*first.c)
    )


def _part(
    matter: uuid.UUID, part: Part, organisation: uuid.UUID, criteria: Sequence[ColumnElement[bool]]
) -> Select[*tuple[Any, ...]]:
    """One part of the list: own documents in their newest original, others' in every version that may be seen."""
    newest = (
        select(func.max(NEWER.ordinal))
        .where(NEWER.document_id == Version.document_id, NEWER.kind == int(Kind.ORIGINAL))
        .correlate(Version)
        .scalar_subquery()
    )
    own = part.owner == str(organisation)
    current = [Version.kind == int(Kind.ORIGINAL), Version.ordinal == newest] if own else []
    query = select(Version.id).where(*criteria, part.condition, *current)
    if part.leading is None:
        return query.where(Version.matter_id == matter)
    return query.where(Version.id.in_(part.leading), func.coalesce(Version.matter_id, Version.matter_id) == matter)


def _beyond(part: Part, owners: Sequence[uuid.UUID], before: int, there: bool) -> ColumnElement[bool]:
    """Where a row comes after the cursor; where one owner has all rows, in words an index understands."""
    folder, owner, number, version = (
        bindparam(name, type_=column.type) for name, column in zip(AFTER, ORDER, strict=True)
    )
    if part.owner is None:
        return tuple_(*ORDER) > tuple_(folder, owner, number, version)
    place = owners.index(uuid.UUID(part.owner))
    if there and place == before:
        return tuple_(Version.folder, Version.number, Version.id) > tuple_(folder, number, version)
    return Version.folder > folder if place < before else Version.folder >= folder


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
    version = row[0]
    parts = [version.folder, str(version.organisation_id), version.number, str(version.id)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _cursor(text: str) -> tuple[Any, ...]:
    try:
        folder, owner, number, version = json.loads(base64.urlsafe_b64decode(text.encode()))
        if not isinstance(number, int) or not 0 <= number < 2**31:
            raise ValueError(number)
        check_texts(folder)
        return str(folder), uuid.UUID(owner), number, uuid.UUID(version)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Invalid("cursor: not one this service gave") from None
