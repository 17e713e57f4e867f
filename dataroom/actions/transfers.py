"""Documents across borders: recording what a way rests on, ending it, suspending a mechanism in one act."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from dataroom.actions import present
from dataroom.actions.reach import Borders, borders
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done, OrganisationView
from dataroom.actions.views_premises import BordersView, FlippedView, SwitchedView, TransferView, WayView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Assessment, Document, Matter, Organisation, Participation, Suspension, Transfer
from policies.engine import ADEQUACY, Ref

Reason = Annotated[str, Field(min_length=12, max_length=2000)]
Way = tuple[uuid.UUID, uuid.UUID, str]
CONFIRMED_WITHIN = timedelta(days=14)
"""How long a second person has for what one has recorded or asked for."""


class NewTransfer(Params):
    """To whom (organisation by slug) in which country the own documents may go, by which mechanism and until when."""

    recipient: Annotated[str, Field(min_length=1, max_length=40)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    mechanism: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Reason
    until: datetime


class OfMechanism(Params):
    """Which mechanism, or `adequacy`, and why."""

    mechanism: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Reason


class Resumed(Params):
    """Which mechanism, or `adequacy`."""

    mechanism: Annotated[str, Field(min_length=1, max_length=40)]


class Assessed(Params):
    """What export control asks of a document, and on what grounds (a classification, who assessed it)."""

    export: Literal["unassessed", "free", "controlled"]
    basis: Reason


def recipient_of(session: Session, params: NewTransfer) -> uuid.UUID:
    """The recipient's id; the null id for nobody."""
    found = session.query(Organisation.id).filter(Organisation.slug == params.recipient).scalar()
    return found or uuid.UUID(int=0)


@action("transfer.record", on=Matter, asks={"recipient": recipient_of}, affair="actor")
def record_transfer(work: Work, matter: Matter, params: NewTransfer) -> Done:
    """Records on what the own organisation's documents shall reach another participant in one country.

    It carries nothing before a second person has confirmed it.
    """
    mechanism = work.services.law.transfers.mechanisms.get(params.mechanism)
    if mechanism is None:
        raise Invalid("mechanism: none of those listed in transfers.toml")
    longest = work.now + timedelta(days=mechanism.days)
    if params.until.tzinfo is None or not work.now < params.until <= longest:
        raise Invalid(f"until: must be a time with its zone, in the future and within {mechanism.days} days")
    row = Transfer(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=work.organisation,
        recipient_id=recipient_of(work.session, params),
        country=params.country,
        mechanism=mechanism.id,
        reason=params.reason,
        recorded_by=work.user,
        recorded_at=work.now,
        until=params.until,
    )
    work.add(row)
    work.concerns(target=row, owner=work.organisation)
    work.state(recipient=row.recipient_id, country=row.country, mechanism=row.mechanism, until=row.until.isoformat())
    return Done(row.id)


def _recorder(_work: Work, transfer: Transfer, _params: Nothing) -> tuple[Hand]:
    """Who recorded it."""
    return ((transfer.recorded_by, transfer.recorded_at),)


_CONFIRMING = TwoPeople(
    first=_recorder,
    said="Nobody confirms a transfer they recorded themselves; a colleague does.",
    begun_by=("transfer.record",),
    since=lambda _work, transfer, _params: transfer.recorded_at,
    within=CONFIRMED_WITHIN,
)


@action("transfer.confirm", on=Transfer, two=_CONFIRMING)
def confirm_transfer(work: Work, transfer: Transfer, params: Nothing) -> Done:
    """Confirms as a second person what documents are to rest on to go abroad: it carries them from now on."""
    transfer.confirmed_by, transfer.confirmed_at = work.user, work.now
    work.state(recipient=transfer.recipient_id, country=transfer.country, mechanism=transfer.mechanism)
    return Done(transfer.id)


@action("transfer.end", on=Transfer)
def end_transfer(work: Work, transfer: Transfer, params: Nothing) -> Done:
    """Ends what a way rests on; the recipient's next request finds nothing unless another mechanism carries it."""
    if transfer.ended_at is not None:
        raise Conflict("It was ended already.")
    transfer.ended_at = work.now
    work.state(recipient=transfer.recipient_id, country=transfer.country, mechanism=transfer.mechanism)
    return Done(transfer.id)


@action("transfer.list", on=Matter, lists=Transfer)
def list_transfers(work: Work, matter: Matter, params: Nothing) -> BordersView:
    """How the matter's documents may move across borders now, and what was recorded for that by or for one's own."""
    found = borders(work.session, work.services.law.transfers, matter.id, work.now)
    parties, own = present.organisations(work.session), work.organisation

    def way(other: uuid.UUID) -> WayView:
        return WayView(
            organisation=parties[other],
            country=found.countries[other],
            sends=found.covered(own, other, found.countries[other]),
            receives=found.reaches(other, own, work.principal.place),
        )

    own_off = {row.mechanism: row for row in _suspensions(work, {own})}
    return BordersView(
        place=work.principal.place,
        country=found.countries.get(own, ""),
        ways=tuple(sorted((way(one) for one in found.countries if one != own), key=lambda one: one.organisation.name)),
        items=_recorded(work, matter, parties),
        suspended=tuple(sorted(own_off)),
        resuming={name: row.resume_reason or "" for name, row in own_off.items() if _waits(work, row)},
        can=_offers(work, matter),
    )


def _recorded(work: Work, matter: Matter, parties: Mapping[uuid.UUID, OrganisationView]) -> tuple[TransferView, ...]:
    """What was recorded by or for the own organisation, newest first; who and why is told of one's own alone."""
    own = work.organisation
    rows = work.listed(
        Transfer,
        Transfer.matter_id == matter.id,
        order=(Transfer.recorded_at.desc(), Transfer.id),
    )
    off = {(row.organisation_id, row.mechanism) for row in _suspensions(work, {row.organisation_id for row in rows})}
    ids = [row.id for row in rows]
    offers = {
        name: {row.id for row in work.all(Transfer, Transfer.id.in_(ids), work.offered(Transfer, name))}
        for name in ("transfer.confirm", "transfer.end")
    }
    people = present.names(work.session, [row.recorded_by for row in rows])
    return tuple(
        TransferView(
            id=row.id,
            organisation=parties[row.organisation_id],
            recipient=parties[row.recipient_id],
            country=row.country,
            mechanism=row.mechanism,
            reason=row.reason if row.organisation_id == own else "",
            recorded_at=row.recorded_at,
            until=row.until,
            ended_at=row.ended_at,
            suspended=(row.organisation_id, row.mechanism) in off,
            live=row.ended_at is None and row.until > work.now and row.confirmed_at is not None,
            recorded_by=people.get(row.recorded_by, "") if row.organisation_id == own else "",
            confirmed_at=row.confirmed_at,
            can=frozenset(name for name, found in offers.items() if row.id in found),
        )
        for row in rows
    )


def _waits(work: Work, row: Suspension) -> bool:
    """Whether a second person may confirm that the mechanism is resumed."""
    return row.resume_asked_at is not None and work.now <= row.resume_asked_at + CONFIRMED_WITHIN


def _offers(work: Work, matter: Matter) -> frozenset[str]:
    """What the page offers: recording a way, suspending a mechanism."""
    others = [Ref("Organisation", str(other)) for other in _others(work, matter)]
    record = bool(others) and work.may("transfer.record", work.entity(matter), recipient=others[0])
    own = work.allowed_of(
        ("transfer.suspend", "transfer.resume", "transfer.confirm-resumption"), work.own_organisation()
    )
    return own | ({"transfer.record"} if record else frozenset())


def _others(work: Work, matter: Matter) -> list[uuid.UUID]:
    parts = work.all(Participation, Participation.matter_id == matter.id)
    return [part.organisation_id for part in parts if part.organisation_id != work.organisation]


@action("transfer.suspend", on=None, kind="Organisation")
def suspend(work: Work, _target: None, params: OfMechanism) -> SwitchedView:
    """Suspends a mechanism for what the own organisation sends, in every matter at once; lists each way it closes."""
    _known(work, params.mechanism)
    if any(row.mechanism == params.mechanism for row in _suspensions(work, {work.organisation})):
        raise Conflict("It is suspended already.")
    before = _ways(work)
    row = Suspension(
        id=new_id(),
        organisation_id=work.organisation,
        mechanism=params.mechanism,
        reason=params.reason,
        suspended_by=work.user,
        suspended_at=work.now,
    )
    work.add(row)
    return _switched(work, row, before - _ways(work))


@action("transfer.resume", on=None, kind="Organisation")
def resume(work: Work, _target: None, params: OfMechanism) -> SwitchedView:
    """Asks for a suspended mechanism to be relied on again; it is once a second person has confirmed it."""
    found = _suspended(work, params)
    for row in found:
        row.resume_asked_by, row.resume_asked_at, row.resume_reason = work.user, work.now, params.reason
    return _switched(work, found[0], set())


def _suspended(work: Work, params: OfMechanism | Resumed) -> list[Suspension]:
    _known(work, params.mechanism)
    found = [row for row in _suspensions(work, {work.organisation}) if row.mechanism == params.mechanism]
    if not found:
        raise Conflict("It is not suspended.")
    return found


def _asked(work: Work, _target: None, params: Resumed) -> list[Hand]:
    """Who has asked for a mechanism to be resumed, and when."""
    return [(row.resume_asked_by, row.resume_asked_at) for row in _suspended(work, params)]


def _asked_at(work: Work, _target: None, params: Resumed) -> datetime | None:
    return max((at for _person, at in _asked(work, None, params) if at is not None), default=None)


_RESUMING = TwoPeople(
    first=_asked,
    said="Nobody confirms what they asked for themselves; a colleague does.",
    begun_by=("transfer.resume",),
    since=_asked_at,
    within=CONFIRMED_WITHIN,
)


@action("transfer.confirm-resumption", on=None, kind="Organisation", two=_RESUMING)
def confirm_resumption(work: Work, _target: None, params: Resumed) -> SwitchedView:
    """Confirms as a second person that a mechanism is relied on again; lists each way that opens."""
    found = _suspended(work, params)
    if any(row.resume_asked_by is None for row in found):
        raise Conflict("Nobody has asked for it to be resumed.")
    before = _ways(work)
    for row in found:
        row.resumed_at, row.resumed_by = work.now, work.user
    work.session.flush()
    return _switched(work, found[0], _ways(work) - before)


def _known(work: Work, mechanism: str) -> None:
    if mechanism != ADEQUACY and mechanism not in work.services.law.transfers.mechanisms:
        raise Invalid("mechanism: none of those listed in transfers.toml, nor adequacy")


def _suspensions(work: Work, organisations: set[uuid.UUID]) -> list[Suspension]:
    return work.all(
        Suspension,
        Suspension.organisation_id.in_(organisations),
        Suspension.resumed_at.is_(None),
        order=(Suspension.id,),
    )


def _ways(work: Work) -> set[Way]:
    """Every way on which the own documents may leave now: matter, recipient, country."""
    found: set[Way] = set()
    for part in work.all(Participation, Participation.organisation_id == work.organisation):
        here = borders(work.session, work.services.law.transfers, part.matter_id, work.now)
        found |= {(part.matter_id, one, country) for one, country in _open(here, work.organisation)}
    return found


def _open(here: Borders, own: uuid.UUID) -> set[tuple[uuid.UUID, str]]:
    homes = {(one, country) for one, country in here.countries.items() if one != own and country}
    told = {(to, country) for exporter, to, country in here.recorded if exporter == own}
    return {(one, country) for one, country in homes | told if here.covered(own, one, country)}


def _switched(work: Work, row: Suspension, ways: set[Way]) -> SwitchedView:
    work.concerns(target=row, owner=work.organisation)
    work.state(mechanism=row.mechanism, flipped=[f"{matter} {to} {country}" for matter, to, country in sorted(ways)])
    parties = present.organisations(work.session)
    flipped = tuple(FlippedView(matter, parties[to], country) for matter, to, country in sorted(ways))
    return SwitchedView(row.id, row.mechanism, flipped)


@action("document.assess", on=Document)
def assess(work: Work, document: Document, params: Assessed) -> Done:
    """Says what export control asks of a document; until it is free, it reaches nobody outside its country.

    In a closed matter nothing becomes free any more, nor what is controlled anything else: more people would see it.
    """
    wider = params.export != "controlled" and (params.export == "free" or document.export == "controlled")
    if wider and work.get(Matter, document.matter_id).state == "closed":
        raise Conflict("The matter is closed; what is in it is shown to nobody further.")
    if document.export_basis and work.one(Assessment, Assessment.document_id == document.id) is None:
        _keep(work, document, None, None)
    document.export, document.export_basis = params.export, params.basis
    _keep(work, document, work.user, work.now)
    work.state(export=params.export, characters=len(params.basis))
    return Done(document.id)


def _keep(work: Work, document: Document, by: uuid.UUID | None, at: datetime | None) -> None:
    """Keeps what the document says now; by nobody known where it was said before this was kept."""
    work.add(
        Assessment(
            id=new_id(),
            document_id=document.id,
            matter_id=document.matter_id,
            organisation_id=document.organisation_id,
            export=document.export,
            basis=document.export_basis,
            assessed_by=by,
            assessed_at=at,
        )
    )
