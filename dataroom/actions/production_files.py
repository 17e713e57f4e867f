"""What is handed out of a production: its index, and an archive of numbered copies with load files.

The archive is what review platforms take: one PDF for each document, named by its first number; `load.dat` in the
Concordance form (fields between U+00FE, separated by U+0014, line breaks in a field as U+00AE, UTF-8 with a byte order
mark) and `load.opt` in the Opticon form (key, volume, path, Y where a document begins, two empty fields, pages).
"""

from __future__ import annotations

import hashlib
import io
import re
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from dataroom.actions.context import Desk, Download
from dataroom.actions.pages import Ticket, ticket
from dataroom.actions.productions import ProducedView, ProductionView, spelled, view_of
from dataroom.actions.redaction_log import LogForm, spreadsheet
from dataroom.actions.registry import Nothing, action
from dataroom.actions.sealing import pass_through
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Conflict
from dataroom.model import Production, ProductionItem, Version
from dataroom.vault.sealed import Kind, Place

HEADER = (
    "Begin",
    "End",
    "Pages",
    "Document",
    "Copy",
    "Title",
    "Family",
    "Custodian",
    "Date",
    "Type",
    "Category",
    "Tier",
    "Redacted",
    "Codes",
    "State",
    "SHA-256 as released",
)
SHORT = ("Begin", "End", "Document", "Title", "Family", "Date", "Category", "Codes", "State")
FIELDS = (
    "BEGBATES",
    "ENDBATES",
    "BEGATTACH",
    "ENDATTACH",
    "PAGECOUNT",
    "CUSTODIAN",
    "CONTROLNUMBER",
    "TITLE",
    "FAMILY",
    "DOCDATE",
    "DOCTYPE",
    "CATEGORY",
    "CONFIDENTIALITY",
    "REDACTED",
    "REDACTIONCODES",
    "SHA256RELEASED",
    "SHA256",
    "PDFLINK",
)
STATES = {"here": "produced", "clawed-back": "clawed back", "gone": "no longer available", "kept": "not downloadable"}
_DATE = (1980, 1, 1, 0, 0, 0)  # an archive has no time of its own
_QUOTE, _NEXT, _LINE = "\xfe", "\x14", "\xae"


@dataclass(frozen=True)
class Named:
    """A production with the words of the law for its categories and tiers."""

    view: ProductionView
    categories: dict[str, str]
    tiers: dict[int, str]


@dataclass(frozen=True)
class Parcel:
    """What the phase that reveals needs: the production, and for each item that goes out its place and ticket."""

    named: Named
    tickets: dict[int, Ticket]
    numbers: dict[int, tuple[str, ...]]
    owner: uuid.UUID


@dataclass(frozen=True)
class Index:
    """An index to be written."""

    named: Named
    form: str


def _named(work: Work, production: Production) -> Named:
    law = work.services.law
    categories = {name: category.label for name, category in law.categories.items()}
    return Named(view_of(work, production), categories, {number: tier.name for number, tier in law.tiers.items()})


def _rows(named: Named) -> tuple[tuple[str, ...], ...]:
    """The index as rows of text."""
    custodian = named.view.organisation.name
    return tuple(_row(named, item, custodian) for item in named.view.items)


def _row(named: Named, item: ProducedView, custodian: str) -> tuple[str, ...]:
    numbers = (item.begin, item.end, str(item.pages))
    if item.version is None:
        return (*numbers, *[""] * 4, custodian, *[""] * 6, STATES[item.state], "")
    return (
        *numbers,
        item.number,
        f"{'version' if item.original else 'redacted copy'} {item.ordinal}",
        item.title,
        item.family,
        custodian,
        item.dated,
        item.kind,
        named.categories.get(item.category, item.category),
        f"{item.tier} {named.tiers.get(item.tier, '')}".strip(),
        "no" if item.original else "yes",
        " ".join(item.codes),
        STATES[item.state],
        item.sha256,
    )


def _facts(view: ProductionView) -> tuple[tuple[str, str], ...]:
    return (
        ("Production", view.title),
        ("Produced by", f"{view.organisation.name}, {stamp(view.made_at)}"),
        ("For", ", ".join(party.name for party in view.recipients)),
        ("Numbers", f"{view.begin} to {view.end}, {view.pages} pages"),
    )


def _written(desk: Desk, index: Index) -> Download:
    view, rows = index.named.view, _rows(index.named)
    name = f"production-{view.begin}-{view.end}"
    if index.form == "csv":
        data = spreadsheet(HEADER, rows)
        return Download(f"{name}.csv", "text/csv; charset=utf-8", iter((data,)), len(data))
    data = _paper(desk, index.named)
    return Download(f"{name}.pdf", "application/pdf", iter((data,)), len(data))


def _paper(desk: Desk, named: Named) -> bytes:
    short = [tuple(row[HEADER.index(column)] for column in SHORT) for row in _rows(named)]
    return desk.services.paper.table("Production index", _facts(named.view), SHORT, short)


@action("production.index", on=Production, reveal=_written)
def index(work: Work, production: Production, params: LogForm) -> Index:
    """The index of a production as CSV or PDF: numbers, document, family, date, category, codes of each version."""
    named = _named(work, production)
    work.state(form=params.form, items=len(named.view.items))
    return Index(named, params.form)


def _packed(desk: Desk, parcel: Parcel) -> Download:
    """Makes the archive, which is kept sealed in the store until it was taken."""
    view = parcel.named.view
    place = Place(parcel.owner, view.matter, view.id, 1, Kind.DERIVED)
    size, pieces = pass_through(desk.services, place, _archive(desk, parcel))
    return Download(f"production-{view.begin}-{view.end}.zip", "application/zip", pieces, size)


class _Out(io.RawIOBase):
    """Takes what a zip writes, to be handed on piece by piece; it cannot be read or rewound."""

    def __init__(self) -> None:
        self.held, self.at = bytearray(), 0

    def writable(self) -> bool:
        """It can be written."""
        return True

    def tell(self) -> int:
        """How many bytes were written."""
        return self.at

    def write(self, data: object) -> int:
        """Takes bytes."""
        given = bytes(data)  # type: ignore[call-overload]
        self.held += given
        self.at += len(given)
        return len(given)

    def taken(self) -> bytes:
        """What was written since it was last asked."""
        given, self.held = bytes(self.held), bytearray()
        return given


def _archive(desk: Desk, parcel: Parcel) -> Iterator[bytes]:
    out, view = _Out(), parcel.named.view
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        hashes: dict[int, str] = {}
        for item in view.items:
            if item.place in parcel.tickets:
                digest = hashlib.sha256()
                with archive.open(_member(f"PDF/{_file(item)}"), "w", force_zip64=True) as member:
                    for piece in _stamped(desk, parcel, item.place):
                        digest.update(piece)
                        member.write(piece)
                        yield out.taken()
                hashes[item.place] = digest.hexdigest()
        for name, data in _papers(desk, parcel.named, hashes):
            archive.writestr(_member(name), data)
            yield out.taken()
    yield out.taken()


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, _DATE)


def _stamped(desk: Desk, parcel: Parcel, place: int) -> Iterator[bytes]:
    given, workshop = parcel.tickets[place], desk.services.workshop
    lay = workshop.overstamp if given.opened.place.kind == Kind.REDACTED else workshop.stamp
    return lay(given.opened.source(desk.services), given.lines, parcel.numbers[place])


def _file(item: ProducedView) -> str:
    return re.sub(r"[^A-Z0-9_-]", "_", item.begin) + ".pdf"


def _papers(desk: Desk, named: Named, hashes: dict[int, str]) -> Iterable[tuple[str, bytes]]:
    """The index in both forms and the two load files."""
    view = named.view
    yield "index.csv", spreadsheet(HEADER, _rows(named))
    yield "index.pdf", _paper(desk, named)
    records = [_record(named, item, hashes[item.place]) for item in view.items if item.place in hashes]
    yield "load.dat", ("\ufeff" + "".join(_line(fields) for fields in (FIELDS, *records))).encode()
    images = (
        f"{item.begin},{view.prefix},PDF\\{_file(item)},Y,,,{item.pages}\r\n"
        for item in view.items
        if item.place in hashes
    )
    yield "load.opt", "".join(images).encode()


def _line(fields: Sequence[str]) -> str:
    return _NEXT.join(f"{_QUOTE}{_plain(field)}{_QUOTE}" for field in fields) + "\r\n"


def _plain(text: str) -> str:
    """A field without the signs the form uses itself."""
    text = text.replace("\r\n", _LINE).replace("\n", _LINE).replace("\r", _LINE)
    return text.replace(_QUOTE, "th").replace(_NEXT, " ")


def _record(named: Named, item: ProducedView, digest: str) -> tuple[str, ...]:
    first, last = _family(named.view, item)
    return (
        item.begin,
        item.end,
        first,
        last,
        str(item.pages),
        named.view.organisation.name,
        item.number,
        item.title,
        item.family,
        item.dated,
        item.kind,
        named.categories.get(item.category, item.category),
        f"{item.tier} {named.tiers.get(item.tier, '')}".strip(),
        "N" if item.original else "Y",
        "; ".join(item.codes),
        item.sha256,
        digest,
        f"PDF\\{_file(item)}",
    )


def _family(view: ProductionView, item: ProducedView) -> tuple[str, str]:
    """The first and the last number of the documents of one family; empty for a document without one."""
    if not item.family:
        return "", ""
    kin = [one for one in view.items if one.family == item.family]
    return kin[0].begin, kin[-1].end


@action("production.export", on=Production, reveal=_packed)
def export(work: Work, production: Production, params: Nothing) -> Parcel:
    """The production as an archive: each version this person may download now, every page stamped with its number and
    for whom it was made, with the index and load files; an export is final and cannot be taken back."""
    named = _named(work, production)
    query = (
        select(ProductionItem, Version)
        .join(Version, Version.id == ProductionItem.version_id)
        .where(ProductionItem.production_id == production.id, work.narrowed(Version, "version.download"))
    )
    rows = work.confirmed(Version, "version.download", work.rows(query), lambda row: row[1].id)
    found = {item.place: (item, version) for item, version in rows}
    here = {item.place for item in named.view.items if item.state == "here"}
    tickets = {place: ticket(work, version, params) for place, (_, version) in found.items() if place in here}
    if not tickets:
        raise Conflict("Nothing of this production can be downloaded any more.")
    numbers = {
        place: tuple(spelled(production, number) for number in range(item.first, item.last + 1))
        for place, (item, _) in found.items()
        if place in tickets
    }
    kept = tuple(
        replace(item, state="kept") if item.state == "here" and item.place not in tickets else item
        for item in named.view.items
    )
    work.state(items=len(tickets), versions=[str(one.opened.version_id) for one in tickets.values()])
    return Parcel(replace(named, view=replace(named.view, items=kept)), tickets, numbers, production.organisation_id)
