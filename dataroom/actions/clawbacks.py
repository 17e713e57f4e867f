"""Claw-back: a version given by mistake is closed at once for all who had it; they are told and asked to answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select

from dataroom.actions import present
from dataroom.actions.access import ended_with
from dataroom.actions.context import Desk, Download
from dataroom.actions.openings import ACTS, TAKING, AccessView, accesses, had_it
from dataroom.actions.redaction_log import LogForm, spreadsheet
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done, OrganisationView
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Conflict, NotFound, Refused
from dataroom.ids import new_id
from dataroom.model import (
    ClawBack,
    ClawBackParty,
    Disclosure,
    Document,
    Hold,
    HoldDocument,
    Matter,
    Version,
)
from dataroom.vault.sealed import Kind

GROUNDS = {
    "fre-502b": "FRE 502(b): inadvertent disclosure",
    "fre-502d": "FRE 502(d): order of the court",
    "frcp-26b5b": "FRCP 26(b)(5)(B): information produced in discovery",
    "zpo": "Code of civil procedure (ZPO) and professional secrecy",
    "agreement": "The agreement between the parties",
    "other": "Another ground, stated in the notice",
}
CLAW_BACK_ACTIONS = ("claw-back.answer", "claw-back.notice")
ACCESS_HEADER = ("Organisation", "Who", "What", "Times", "First", "Last")


class Order(Params):
    """Why (kept by the owner), on what ground, and the notice the recipients read instead of the document."""

    ground: Literal["fre-502b", "fre-502d", "frcp-26b5b", "zpo", "agreement", "other"]
    reason: Annotated[str, Field(min_length=12, max_length=2000)]
    notice: Annotated[str, Field(min_length=20, max_length=4000)]


class Answer(Params):
    """What became of the copies, or that the claw-back is disputed; `sequestered`: kept apart, looked at by nobody."""

    answer: Literal["returned", "destroyed", "sequestered", "disputed"]
    statement: Annotated[str, Field(min_length=12, max_length=2000)]


@dataclass(frozen=True)
class PartyView:
    """An organisation that had the version and what it answered."""

    organisation: OrganisationView
    answer: str | None
    statement: str | None
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True)
class ClawBackLine:
    """A claw-back as a line of a list; `open` counts the recipients who have not answered, of those shown."""

    id: uuid.UUID
    version: uuid.UUID
    number: str
    original: bool
    ordinal: int
    organisation: OrganisationView
    ordered_at: datetime
    parties: int
    open: int


@dataclass(frozen=True)
class ClawBackView:
    """A claw-back. A recipient is shown its own part alone, and neither the owner's reason nor who ordered it."""

    id: uuid.UUID
    matter: uuid.UUID
    version: uuid.UUID
    document: uuid.UUID
    number: str
    original: bool
    ordinal: int
    sha256: str
    organisation: OrganisationView
    ground: str
    reason: str
    notice: str
    ordered_by: str
    ordered_at: datetime
    held: bool
    parties: tuple[PartyView, ...]
    accesses: tuple[AccessView, ...]
    can: frozenset[str]


@action("disclosure.claw-back", on=Version)
def claw_back(work: Work, version: Version, params: Order) -> Done:
    """Takes a version back from everybody who had it: their next request is refused and shows the notice instead."""
    parties = had_it(work, version)
    if not parties:
        raise Conflict("Nobody outside your organisation was given this version.")
    row = work.add(
        ClawBack(
            id=new_id(),
            version_id=version.id,
            document_id=version.document_id,
            matter_id=version.matter_id,
            organisation_id=version.organisation_id,
            tier=version.tier,
            ground=params.ground,
            reason=params.reason,
            notice=params.notice,
            ordered_by=work.user,
            ordered_at=work.now,
        )
    )
    for party in parties:
        work.add(ClawBackParty(claw_back_id=row.id, organisation_id=party, matter_id=row.matter_id))
    _end(work, version)
    found = accesses(work, version)
    work.state(
        claw_back=row.id,
        ground=params.ground,
        recipients=[str(party) for party in parties],
        opened_by=len({(access.organisation, access.who) for access in found}),
        downloads=sum(access.times for access in found if access.act in TAKING),
    )
    return Done(row.id)


def _end(work: Work, version: Version) -> None:
    """Ends what opened the version to others; the policy keeps it closed whatever is done later."""
    live = (Disclosure.version_id == version.id, Disclosure.withdrawn_at.is_(None), Disclosure.expires_at > work.now)
    for given in work.all(Disclosure, *live):
        given.withdrawn_at, given.withdrawn_by = work.now, work.user
    ended_with(work, version)
    if version.state == "published":
        version.state = "staged"
        work.get(Document, version.document_id).state = "ready"


def _parties(work: Work, rows: Iterable[ClawBack]) -> dict[uuid.UUID, list[ClawBackParty]]:
    """The recipients of claw-backs this person may know of: all for the owner, else the own organisation."""
    owned = {row.id: row.organisation_id == work.organisation for row in rows}
    found: dict[uuid.UUID, list[ClawBackParty]] = {key: [] for key in owned}
    for party in work.all(ClawBackParty, ClawBackParty.claw_back_id.in_(owned)):
        if owned[party.claw_back_id] or party.organisation_id == work.organisation:
            found[party.claw_back_id].append(party)
    return found


@action("claw-back.list", on=Matter, lists=ClawBack)
def list_claw_backs(work: Work, matter: Matter, params: Nothing) -> tuple[ClawBackLine, ...]:
    """What was clawed back in a matter, by the own organisation or from it, newest first."""
    rows = work.listed(
        ClawBack,
        ClawBack.matter_id == matter.id,
        order=(ClawBack.ordered_at.desc(), ClawBack.id),
    )
    organisations, told = present.organisations(work.session), _parties(work, rows)
    references = present.references(work, [row.document_id for row in rows])
    versions = {v.id: v for v in work.all(Version, Version.id.in_([row.version_id for row in rows]))}
    return tuple(
        ClawBackLine(
            id=row.id,
            version=row.version_id,
            number=references[row.document_id].number,
            original=versions[row.version_id].kind == Kind.ORIGINAL,
            ordinal=versions[row.version_id].ordinal,
            organisation=organisations[row.organisation_id],
            ordered_at=row.ordered_at,
            parties=len(told[row.id]),
            open=sum(party.answer is None for party in told[row.id]),
        )
        for row in rows
    )


@action("claw-back.read", on=ClawBack)
def read(work: Work, row: ClawBack, params: Nothing) -> ClawBackView:
    """A claw-back: the notice, who had opened the version, and what the recipients answered."""
    return _view(work, row)


def _view(work: Work, row: ClawBack) -> ClawBackView:
    version = work.get(Version, row.version_id)
    organisations = present.organisations(work.session)
    own, told = row.organisation_id == work.organisation, _parties(work, [row])[row.id]
    people = present.names(work.session, [row.ordered_by, *(party.answered_by for party in told)])
    return ClawBackView(
        id=row.id,
        matter=row.matter_id,
        version=row.version_id,
        document=row.document_id,
        number=present.references(work, [row.document_id])[row.document_id].number,
        original=version.kind == Kind.ORIGINAL,
        ordinal=version.ordinal,
        sha256=version.sha256,
        organisation=organisations[row.organisation_id],
        ground=row.ground,
        reason=row.reason if own else "",
        notice=row.notice,
        ordered_by=people.get(row.ordered_by, "") if own else "",
        ordered_at=row.ordered_at,
        held=_held(work, row),
        parties=tuple(
            PartyView(
                organisation=organisations[party.organisation_id],
                answer=party.answer,
                statement=party.statement,
                answered_by=people.get(party.answered_by, "") if party.answered_by else "",
                answered_at=party.answered_at,
            )
            for party in told
        ),
        accesses=accesses(work, version),
        can=work.allowed(CLAW_BACK_ACTIONS, row),
    )


def _held(work: Work, row: ClawBack) -> bool:
    """Whether a hold of the own organisation covers the document: then it may not destroy its copies."""
    query = (
        select(Hold.id)
        .join(HoldDocument, HoldDocument.hold_id == Hold.id)
        .where(
            HoldDocument.document_id == row.document_id,
            Hold.organisation_id == work.organisation,
            Hold.released_at.is_(None),
        )
    )
    return bool(work.rows(query.limit(1)))


@action("claw-back.answer", on=ClawBack)
def answer(work: Work, row: ClawBack, params: Answer) -> Done:
    """States for the own organisation what became of its copies, or disputes the claw-back; a later answer replaces it.

    While a hold of the own organisation covers the document, its copies are kept: they can be sequestered only.
    """
    party = work.one(
        ClawBackParty, ClawBackParty.claw_back_id == row.id, ClawBackParty.organisation_id == work.organisation
    )
    if party is None:
        raise NotFound()
    if params.answer in {"returned", "destroyed"} and _held(work, row):
        raise Refused("A hold of your organisation covers the document: keep your copies apart and say sequestered.")
    party.answer, party.statement = params.answer, params.statement
    party.answered_by, party.answered_at = work.user, work.now
    work.state(version=row.version_id, answer=params.answer)
    return Done(row.id)


def _written(desk: Desk, given: tuple[ClawBackView, str]) -> Download:
    view, form = given
    rows = tuple(
        (a.organisation, a.who, ACTS[a.act], str(a.times), stamp(a.first), stamp(a.last)) for a in view.accesses
    )
    name = f"claw-back-{view.number}-{view.ordinal}"
    if form == "csv":
        data = spreadsheet(ACCESS_HEADER, rows)
        return Download(f"{name}.csv", "text/csv; charset=utf-8", iter((data,)), len(data))
    what = f"{view.number}, {'version' if view.original else 'redacted copy'} {view.ordinal}"
    facts = [
        ("Notice", f"Clawed back by {view.organisation.name} on {stamp(view.ordered_at)}: return or destroy."),
        ("Document", what),
        ("SHA-256", view.sha256),
        ("Ground", GROUNDS[view.ground]),
        ("Text", view.notice),
        ("What to do", "Stop reading. Return, destroy or set apart every copy, and say here which of it was done."),
        *((party.organisation.name, _answered(party)) for party in view.parties),
        ("Opened by", "as the audit log has it, below" if rows else "nobody the reader may be shown"),
    ]
    data = desk.services.paper.table("Claw-back notice", facts, ACCESS_HEADER, rows)
    return Download(f"{name}.pdf", "application/pdf", iter((data,)), len(data))


def _answered(party: PartyView) -> str:
    if party.answer is None or party.answered_at is None:
        return "has not answered"
    return f"{party.answer}, {party.answered_by}, {stamp(party.answered_at)}: {party.statement}"


@action("claw-back.notice", on=ClawBack, reveal=_written)
def notice(work: Work, row: ClawBack, params: LogForm) -> tuple[ClawBackView, str]:
    """The notice with the answers and who had opened the version, as PDF for the file or the accesses as CSV."""
    work.state(form=params.form)
    return _view(work, row), params.form
