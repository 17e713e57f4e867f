"""Productions: versions given to other organisations in a fixed order, every page under a number of its own.

Numbers (Bates numbers) run on without a gap through a production and are never given twice under one prefix of an
organisation in a matter. They are printed when a copy is handed out; the sealed bytes stay as they were released.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions import present
from dataroom.actions.audiences import members, others
from dataroom.actions.disclosures import WHOLE
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done, OrganisationView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, NotFound
from dataroom.ids import new_id
from dataroom.model import (
    ClawBack,
    Disclosure,
    Document,
    DocumentHeader,
    Limitation,
    Mark,
    Matter,
    Organisation,
    Production,
    ProductionItem,
    ProductionParty,
    Version,
)
from dataroom.vault.sealed import Kind
from policies.engine import Ref

MOST_VERSIONS = 500
WIDEST = 12
PRODUCTION_ACTIONS = ("production.index", "production.export")


class NewProduction(Params):
    """Which versions in which order, for whom (organisations by slug, or a named audience), and how pages are numbered.

    `prefix` ends in something else than a digit, so that no two prefixes can make the same number; `width` is the
    least number of digits; `start` is the first number, by default the one after the last under this prefix.
    """

    title: Annotated[str, Field(min_length=3, max_length=200)]
    versions: Annotated[tuple[uuid.UUID, ...], Field(min_length=1, max_length=MOST_VERSIONS)]
    recipients: Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=50)] = ()
    group: uuid.UUID | None = None
    prefix: Annotated[str, Field(pattern=r"^[A-Z]([A-Z0-9_-]{0,18}[A-Z_-])?$")]
    width: Annotated[int, Field(ge=1, le=WIDEST)] = 7
    start: Annotated[int | None, Field(ge=1, lt=10**WIDEST)] = None


@dataclass(frozen=True)
class ProductionLine:
    """A production in a list; `begin` and `end` are its first and last number as printed."""

    id: uuid.UUID
    title: str
    organisation: OrganisationView
    recipients: tuple[OrganisationView, ...]
    begin: str
    end: str
    documents: int
    pages: int
    made_at: datetime


@dataclass(frozen=True)
class ProducedView:
    """A version of a production with its numbers.

    `state` is `here`, or why the reader cannot have it now: `clawed-back` or `gone` (withdrawn, expired, destroyed).
    Then nothing but the numbers is told.
    """

    place: int
    begin: str
    end: str
    pages: int
    state: str
    version: uuid.UUID | None = None
    number: str = ""
    title: str = ""
    original: bool = False
    ordinal: int = 0
    family: str = ""
    dated: str = ""
    kind: str = ""
    tier: int = 0
    category: str = ""
    codes: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class ProductionView:
    """A production and those of its versions the reader may know of."""

    id: uuid.UUID
    matter: uuid.UUID
    title: str
    organisation: OrganisationView
    recipients: tuple[OrganisationView, ...]
    prefix: str
    begin: str
    end: str
    pages: int
    made_by: str
    made_at: datetime
    items: tuple[ProducedView, ...]
    can: frozenset[str]


def spelled(production: Production, number: int) -> str:
    """A page's number as it is printed."""
    return f"{production.prefix}{number:0{production.width}d}"


@action("production.make", on=Matter, affair="actor")
def make(work: Work, matter: Matter, params: NewProduction) -> Done:
    """Makes a production of versions that every recipient has been given, and gives each page its number."""
    parties = _recipients(work, matter, params)
    versions = _ordered(work, matter, params.versions)
    for version in versions:
        _check(work, version, parties)
    first = _first(work, matter, params, sum(version.pages for version in versions))
    row = Production(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        title=params.title,
        prefix=params.prefix,
        width=params.width,
        first=first,
        last=first + sum(version.pages for version in versions) - 1,
        tier=max(version.tier for version in versions),
        made_by=work.user,
        made_at=work.now,
    )
    work.add(row)
    for party in parties:
        work.add(ProductionParty(production_id=row.id, organisation_id=party, matter_id=matter.id))
    _number(work, row, versions)
    work.concerns(target=row, owner=work.organisation)
    work.state(
        prefix=row.prefix,
        first=row.first,
        last=row.last,
        versions=[str(version.id) for version in versions],
        recipients=[str(party) for party in parties],
    )
    return Done(row.id)


def _recipients(work: Work, matter: Matter, params: NewProduction) -> list[uuid.UUID]:
    if (params.group is None) != bool(params.recipients):
        raise Invalid("recipients: name either organisations or an audience")
    if params.group is not None:
        return members(work, matter.id, params.group)
    return [party.id for party in others(work, matter.id, params.recipients, "recipients")]


def _ordered(work: Work, matter: Matter, ids: Sequence[uuid.UUID]) -> list[Version]:
    """The versions in the order asked for; what this person may not see is not found."""
    found = work.listed(Version, Version.id.in_(ids), Version.matter_id == matter.id, action="version.read")
    by_id = {version.id: version for version in found}
    if len(set(ids)) != len(ids):
        raise Invalid("versions: the same version twice")
    if len(by_id) != len(ids):
        raise NotFound()
    return [by_id[one] for one in ids]


def _check(work: Work, version: Version, parties: Iterable[uuid.UUID]) -> None:
    """Demands that this person may give the version to every recipient, and that each has been given it."""
    work.require("version.download", version)
    for party in parties:
        work.require("disclosure.grant", version, recipient=Ref("Organisation", str(party)), circle=WHOLE)
        if version.state != "published" and not _given(work, version, party):
            raise Conflict("Disclose every version to every recipient first; a production only numbers what was given.")


def _given(work: Work, version: Version, party: uuid.UUID) -> bool:
    live = (Disclosure.withdrawn_at.is_(None), Disclosure.expires_at > work.now, Disclosure.club_id.is_(None))
    return (
        work.one(Disclosure, Disclosure.version_id == version.id, Disclosure.recipient_id == party, *live) is not None
    )


def _first(work: Work, matter: Matter, params: NewProduction, pages: int) -> int:
    """The first number; `Conflict` where one of them has been given under this prefix before."""
    own = (
        Production.matter_id == matter.id,
        Production.organisation_id == work.organisation,
        Production.prefix == params.prefix,
    )
    (highest,) = work.rows(select(func.max(Production.last)).where(*own))[0]
    first = params.start or (highest or 0) + 1
    last = first + pages - 1
    if last >= 10**params.width:
        raise Invalid(f"width: {pages} pages from {first} on do not fit into {params.width} digits")
    if work.one(Production, *own, Production.first <= last, Production.last >= first) is not None:
        raise Conflict(
            f"Numbers from {first} to {last} were given under {params.prefix} already; {highest + 1} is free."
        )
    return first


def _number(work: Work, row: Production, versions: Sequence[Version]) -> None:
    first = row.first
    for place, version in enumerate(versions, start=1):
        last = first + version.pages - 1
        work.add(
            ProductionItem(
                production_id=row.id,
                version_id=version.id,
                matter_id=row.matter_id,
                place=place,
                first=first,
                last=last,
            )
        )
        first = last + 1


@action("production.list", on=Matter, lists=Production)
def list_productions(work: Work, matter: Matter, params: Nothing) -> tuple[ProductionLine, ...]:
    """The productions of a matter by the own organisation and for it, newest first."""
    rows = work.listed(
        Production,
        Production.matter_id == matter.id,
        order=(Production.made_at.desc(), Production.id),
    )
    ids = [row.id for row in rows]
    organisations, told = present.organisations(work.session), _parties(work, ids)
    counted = select(ProductionItem.production_id, func.count()).where(ProductionItem.production_id.in_(ids))
    counts = dict(tuple(row) for row in work.rows(counted.group_by(ProductionItem.production_id)))
    return tuple(
        ProductionLine(
            id=row.id,
            title=row.title,
            organisation=organisations[row.organisation_id],
            recipients=_named(organisations, row, told[row.id], work.organisation),
            begin=spelled(row, row.first),
            end=spelled(row, row.last),
            documents=counts[row.id],
            pages=row.last - row.first + 1,
            made_at=row.made_at,
        )
        for row in rows
    )


def _parties(work: Work, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    told: dict[uuid.UUID, list[uuid.UUID]] = {one: [] for one in ids}
    for party in work.all(ProductionParty, ProductionParty.production_id.in_(ids)):
        told[party.production_id].append(party.organisation_id)
    return told


def _named(
    organisations: dict[uuid.UUID, OrganisationView], row: Production, parties: list[uuid.UUID], reader: uuid.UUID
) -> tuple[OrganisationView, ...]:
    """The recipients by name: all for the organisation that produced, itself alone for a recipient."""
    shown = parties if row.organisation_id == reader else [party for party in parties if party == reader]
    return tuple(sorted((organisations[party] for party in shown), key=lambda party: party.name))


@action("production.read", on=Production)
def read(work: Work, production: Production, params: Nothing) -> ProductionView:
    """A production: for whom, its numbers, and its versions as far as this person may see them now."""
    return view_of(work, production)


def view_of(work: Work, production: Production) -> ProductionView:
    """A production with the items this person may know of."""
    organisations = present.organisations(work.session)
    own = production.organisation_id == work.organisation
    people = present.names(work.session, [production.made_by])
    parties = _parties(work, [production.id])[production.id]
    return ProductionView(
        id=production.id,
        matter=production.matter_id,
        title=production.title,
        organisation=organisations[production.organisation_id],
        recipients=_named(organisations, production, parties, work.organisation),
        prefix=production.prefix,
        begin=spelled(production, production.first),
        end=spelled(production, production.last),
        pages=production.last - production.first + 1,
        made_by=people.get(production.made_by, "") if own else "",
        made_at=production.made_at,
        items=_items(work, production),
        can=work.allowed(PRODUCTION_ACTIONS, production),
    )


def _items(work: Work, production: Production) -> tuple[ProducedView, ...]:
    """The items in order. Of what is limited to others nothing is told; of what was taken away, its numbers."""
    query = (
        select(ProductionItem, Version, Document, DocumentHeader)
        .join(Version, Version.id == ProductionItem.version_id)
        .join(Document, Document.id == Version.document_id)
        .outerjoin(DocumentHeader, DocumentHeader.document_id == Document.id)
        .where(ProductionItem.production_id == production.id)
        .order_by(ProductionItem.place)
    )
    rows = [tuple(row) for row in work.rows(query)]
    ids = [version.id for _, version, _, _ in rows]
    seen = {row.id for row in work.listed(Version, Version.id.in_(ids), action="version.read")}
    taken = _ids(
        work, select(ClawBack.version_id).where(ClawBack.version_id.in_(ids), work.narrowed(ClawBack, "claw-back.read"))
    )
    documents = [document.id for _, _, document, _ in rows]
    apart = _ids(work, select(Limitation.document_id).where(Limitation.document_id.in_(documents)))
    slug = work.get(Organisation, production.organisation_id).slug
    codes = _codes(work, [version for _, version, _, _ in rows])
    views = []
    for item, version, document, header in rows:
        if version.id in seen and not (version.id in taken and production.organisation_id != work.organisation):
            views.append(_here(production, item, (version, document, header), slug, codes.get(version.id, ())))
        elif document.id not in apart:
            why = "clawed-back" if version.id in taken else "gone"
            begin, end = spelled(production, item.first), spelled(production, item.last)
            views.append(ProducedView(item.place, begin, end, item.last - item.first + 1, why))
    return tuple(views)


def _ids(work: Work, query: object) -> set[uuid.UUID]:
    return {row[0] for row in work.rows(query)}  # type: ignore[arg-type]


def _here(
    production: Production,
    item: ProductionItem,
    what: tuple[Version, Document, DocumentHeader | None],
    slug: str,
    codes: tuple[str, ...],
) -> ProducedView:
    version, document, header = what
    return ProducedView(
        place=item.place,
        begin=spelled(production, item.first),
        end=spelled(production, item.last),
        pages=item.last - item.first + 1,
        state="gone" if version.state == "destroyed" else "here",
        version=version.id,
        number=present.number_of(slug, document.number),
        title=version.title or document.title,
        original=version.kind == Kind.ORIGINAL,
        ordinal=version.ordinal,
        family=header.family if header else "",
        dated=header.dated if header else "",
        kind=header.kind if header else "",
        tier=version.tier,
        category=version.category,
        codes=codes,
        sha256=version.sha256,
    )


def _codes(work: Work, versions: Iterable[Version]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The codes printed on the boxes of redacted copies, by version."""
    copies = {version.redaction_id: version.id for version in versions if version.redaction_id}
    query = select(Mark.redaction_id, Mark.code, Mark.second_code).where(Mark.redaction_id.in_(copies)).distinct()
    found: dict[uuid.UUID, set[str]] = {}
    for redaction, code, second in work.rows(query):
        found.setdefault(copies[redaction], set()).update(one for one in (code, second) if one)
    return {version: tuple(sorted(codes)) for version, codes in found.items()}
