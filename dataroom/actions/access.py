"""Access of single people: asking for it, granting or refusing it, ending it.

Asking names a document by its number and is answered alike whether there is one or not. What is granted opens one
version to one person until a time; every forbid of the policy goes on.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions import present, standing
from dataroom.actions.context import Principal
from dataroom.actions.disclosures import WHOLE, Sentence
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done
from dataroom.actions.views_access import GrantDetail, GrantView
from dataroom.actions.views_versions import VersionView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Document, Grant, Matter, Organisation, Participation, User, Version
from dataroom.model.access import BREAK_GLASS, REQUEST
from policies.engine import Ref

LONGEST = timedelta(days=90)
MOST_WAITING = 50
MOST_A_DAY = 200
"""Requests of one person in a matter that wait, and that they make within 24 hours."""
GRANT_ACTIONS = ("access.grant", "access.refuse", "access.end", "access.confirm", "access.contest")


class Request(Params):
    """Whose document (organisation by slug), its number, what for, on which basis, and until when."""

    organisation: Annotated[str, Field(min_length=1, max_length=40)]
    number: Annotated[int, Field(ge=1, lt=2**31)]
    purpose: Sentence
    basis: Sentence
    until: datetime


class Granting(Params):
    """Which version of the document that was asked for, until when, and a sentence for the person."""

    version: uuid.UUID
    until: datetime
    remark: Sentence


class Remark(Params):
    """A sentence for whoever is concerned."""

    remark: Sentence


@action("access.request", on=Matter, affair="actor")
def request(work: Work, matter: Matter, params: Request) -> Done:
    """Asks an organisation for access to a document of which one knows the number."""
    check_until(work, params.until)
    owner = work.one(Organisation, Organisation.slug == params.organisation)
    taking_part = (Participation.matter_id == matter.id, Participation.organisation_id == (owner.id if owner else None))
    if owner is None or work.one(Participation, *taking_part) is None:
        raise Invalid("organisation: does not take part in the matter")
    mine = (Grant.matter_id == matter.id, Grant.user_id == work.user)
    today = select(func.count()).select_from(Grant).where(*mine, Grant.asked_at > work.now - timedelta(days=1))
    if work.rows(today)[0][0] >= MOST_A_DAY:
        raise Conflict("You have asked for much since yesterday; ask again tomorrow.")
    waiting = work.all(Grant, *mine, Grant.state == "asked")
    if len(waiting) >= MOST_WAITING:
        raise Conflict("You have asked for much that was not decided yet; end a request first.")
    if any((row.organisation_id, row.number) == (owner.id, params.number) for row in waiting):
        raise Conflict("You have asked for this already.")
    row = new_grant(work, matter, owner.id, params.number)
    row.kind, row.state = REQUEST, "asked"
    row.purpose, row.basis, row.asked_until = params.purpose, params.basis, params.until
    work.add(row)
    work.concerns(target=row, owner=owner.id)
    work.state(of=owner.id, until=params.until.isoformat())
    return Done(row.id)


def new_grant(work: Work, matter: Matter, owner: uuid.UUID, number: int) -> Grant:
    """A row for whoever acts, about a document of `owner`, without what depends on its kind."""
    return Grant(
        id=new_id(),
        matter_id=matter.id,
        organisation_id=owner,
        party_id=work.organisation,
        user_id=work.user,
        number=number,
        asked_at=work.now,
        remark="",
        judgement="",
    )


def check_until(work: Work, until: datetime) -> None:
    """Access is for a while: `Invalid` for a time without zone, in the past, or more than 90 days ahead."""
    if until.tzinfo is None or not work.now < until <= work.now + LONGEST:
        raise Invalid("until: must be a time with its zone, in the future and within 90 days")


def _asker(_work: Work, row: Grant, _params: Params) -> tuple[Hand]:
    """Who asks for access."""
    return ((row.user_id, row.asked_at),)


DECISION = TwoPeople(
    first=_asker,
    said="Nobody decides on a request they made themselves; a colleague does.",
    begun_by=("access.request",),
    party="any",
)
"""Whoever decides on a request is not who made it, of whichever organisation that is."""


@action("access.grant", on=Grant, two=DECISION)
def grant(work: Work, row: Grant, params: Granting) -> Done:
    """Opens one version of what was asked for to the person who asked, until a time; the person sees it at once."""
    check_until(work, params.until)
    version = work.one(Version, Version.id == params.version, Version.matter_id == row.matter_id)
    document = work.get(Document, version.document_id) if version else None
    if version is None or document is None or (document.organisation_id, document.number) != wanted(row):
        raise Invalid("version: not one of the document that was asked for")
    work.require("version.read", version)
    if row.party_id != row.organisation_id:
        if document.schedule is None:
            raise Conflict("Classify the document first: tier, category and schedule.")
        work.require("disclosure.grant", version, recipient=Ref("Organisation", str(row.party_id)), circle=WHOLE)
    row.state, row.version_id, row.document_id = "granted", version.id, document.id
    row.decided_by, row.decided_at, row.remark, row.expires_at = work.user, work.now, params.remark, params.until
    work.session.flush()
    _refuse_closed(work, row, version)
    work.concerns(document=document.id, person=row.user_id)
    work.state(version=version.id, member=row.user_id, expires=params.until.isoformat())
    return Done(row.id)


def wanted(row: Grant) -> tuple[uuid.UUID, int]:
    """Owner and number of the document a grant is about."""
    return row.organisation_id, row.number


def _refuse_closed(work: Work, row: Grant, version: Version) -> None:
    """A grant that a lasting rule would keep from having any force is not given; the custodian is told which.

    What the person can put right themselves, or what changes from one sign-in to the next, is no obstacle.
    """
    user = work.get(User, row.user_id)
    person = Principal(role=user.role, user=user.id, organisation=user.organisation_id)
    member = standing.member(work.services.law, work.session, person, row.matter_id, work.now)
    answer, law = replace(work, member=member).decide("page.view", work.entity(version)), work.services.law
    if not answer.allowed and (not answer.policies or any(law.policies[each].lasting for each in answer.policies)):
        why = " ".join(law.explain(answer)) or "They take no part in the matter."
        raise Conflict(f"It would not open the version to them. {why}")


@action("access.refuse", on=Grant, two=DECISION)
def refuse(work: Work, row: Grant, params: Remark) -> Done:
    """Refuses access with a sentence that the person reads."""
    row.state, row.decided_by, row.decided_at, row.remark = "refused", work.user, work.now, params.remark
    work.concerns(person=row.user_id)
    work.state(member=row.user_id)
    return Done(row.id)


@action("access.end", on=Grant)
def end(work: Work, row: Grant, params: Nothing) -> Done:
    """Ends access, or takes a request back; the person's very next request finds nothing."""
    end_grant(work, row)
    work.concerns(person=row.user_id)
    work.state(member=row.user_id)
    return Done(row.id)


def end_grant(work: Work, row: Grant) -> None:
    """Ends what a grant opened; by nobody where the service does it."""
    row.state, row.ended_at, row.ended_by = "ended", work.now, work.principal.user


@action("access.list", on=Matter, lists=Grant)
def list_grants(work: Work, matter: Matter, params: Nothing) -> tuple[GrantView, ...]:
    """Requests for access and what was granted: one's own, and all that concern the organisation for those who keep
    its documents."""
    order = (Grant.asked_at.desc(), Grant.id)
    return _views(work, work.listed(Grant, Grant.matter_id == matter.id, order=order))


@action("access.read", on=Grant)
def read(work: Work, row: Grant, params: Nothing) -> GrantDetail:
    """A request, with the versions of the document it is about for whoever may decide on it."""
    view = _views(work, [row])[0]
    versions = _openable(work, row) if "access.grant" in view.can else ()
    return GrantDetail(view, row.matter_id, versions)


def _openable(work: Work, row: Grant) -> tuple[VersionView, ...]:
    owner, number = wanted(row)
    own = (Document.matter_id == row.matter_id, Document.organisation_id == owner, Document.number == number)
    document = work.one(Document, *own)
    if document is None:
        return ()
    parties = present.organisations(work.session)
    found = work.listed(
        Version,
        Version.document_id == document.id,
        Version.state.in_(("staged", "published")),
        order=(Version.kind, Version.ordinal.desc()),
        action="version.read",
    )
    views = tuple(present.version(work, version, document, parties) for version in found)
    return tuple(view for view in views if not view.clawed)


def _views(work: Work, rows: list[Grant]) -> tuple[GrantView, ...]:
    parties = present.organisations(work.session)
    people = present.names(work.session, [i for row in rows for i in (row.user_id, row.decided_by, row.judged_by)])
    references = present.references(work, [row.document_id for row in rows])
    ids = [row.id for row in rows]
    offers = {
        name: {row.id for row in work.rows(select(Grant.id).where(Grant.id.in_(ids), work.offered(Grant, name)))}
        for name in GRANT_ACTIONS
    }
    views = []
    for row in rows:
        own = row.organisation_id == work.organisation
        owner = parties[row.organisation_id]
        views.append(
            GrantView(
                id=row.id,
                number=present.number_of(owner.slug, row.number),
                organisation=owner,
                party=parties[row.party_id],
                user=row.user_id,
                person=people.get(row.user_id, ""),
                emergency=row.kind == BREAK_GLASS,
                purpose=row.purpose,
                basis=row.basis,
                asked_at=row.asked_at,
                asked_until=row.asked_until,
                state=row.state,
                live=row.state == "granted" and row.expires_at is not None and row.expires_at > work.now,
                document=references.get(row.document_id) if row.document_id else None,
                version=row.version_id,
                decided_by=people.get(row.decided_by, "") if own else "",
                decided_at=row.decided_at,
                remark=row.remark,
                expires_at=row.expires_at,
                ended_at=row.ended_at,
                judge_by=row.judge_by,
                verdict=row.verdict,
                judged_by=people.get(row.judged_by, "") if own else "",
                judged_at=row.judged_at,
                judgement=row.judgement,
                overdue=row.verdict is None and row.judge_by is not None and row.judge_by <= work.now,
                can=frozenset(name for name, allowed in offers.items() if row.id in allowed),
            )
        )
    return tuple(views)


def ended_with(work: Work, version: Version) -> None:
    """Ends what people of other organisations were granted of a version that is taken back."""
    rows = work.all(
        Grant, Grant.version_id == version.id, Grant.state == "granted", Grant.party_id != version.organisation_id
    )
    for row in rows:
        end_grant(work, row)
