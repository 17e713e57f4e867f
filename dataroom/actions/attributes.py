"""Attributes of rows for the policy: with one value or with many, and those that several kinds of rows share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from dataroom.model import Base, Club, ClubMember, Disclosure, Grant, Hold, HoldDocument, Limitation, User
from dataroom.model.clubs import COUNSEL, TEAM, WALL

NOBODY = "none"
"""In place of the id of a person or thing that there is not."""
NIL = uuid.UUID(int=0)
"""The id a rule names where nothing is meant."""


@dataclass(frozen=True)
class One:
    """An attribute with one value: a SQL expression over the kind's table, its Cedar kind, and whether it is
    known never to be NULL where that does not follow from the column."""

    expr: ColumnElement[Any] | InstrumentedAttribute[Any]
    kind: str
    full: bool = False


@dataclass(frozen=True)
class Many:
    """A set attribute: the query of its elements (correlated with the row), its element column and kind.

    `rows` turns the query round: without a row given, the ids of the rows that have elements, for lists that begin
    with what is permitted.
    """

    select: Select[*tuple[Any, ...]]
    element: ColumnElement[Any] | InstrumentedAttribute[Any]
    kind: str
    rows: Select[*tuple[Any, ...]] | None = None


@dataclass(frozen=True)
class Resource:
    """A kind of resource: its Cedar type, its table and attributes (for a moment in time, or a parameter for one)."""

    name: str
    table: type[Base]
    attributes: Callable[[Any], Mapping[str, One | Many]]


def held(document_id: Any) -> ColumnElement[bool]:
    """Whether a hold that was not released covers the document."""
    return (
        select(HoldDocument.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(HoldDocument.document_id == document_id, Hold.released_at.is_(None))
        .exists()
    )


def recipients(moment: datetime, given: Any, row: Any, *criteria: ColumnElement[bool]) -> Many:
    """The organisations with a live disclosure that meets the criteria, whose column `given` is the row's `row`."""
    live = (*criteria, _given(moment))
    parties = select(Disclosure.recipient_id).where(given == row, *live)
    return Many(parties, Disclosure.recipient_id, "ref:Organisation", select(given).where(*live))


def named(moment: datetime, version_id: Any) -> Many:
    """The people to whom a version is disclosed through a club: those in it who are of the recipient's organisation."""
    let_in = and_(Club.kind.not_in((TEAM, WALL)), or_(Club.kind != COUNSEL, User.role == "custodian"))
    return _people(version_id, _through_clubs(moment, let_in).where(_given(moment)))


def team(moment: datetime, version_id: Any) -> Many:
    """The people to whom a version is disclosed through a clean team: those of the recipient's who undertook."""
    return _people(version_id, _through_clubs(moment, undertaken()).where(_given(moment)))


def team_that_had(moment: datetime, version_id: Any) -> Many:
    """The people of clean teams to which a version has been disclosed, whether it still is or not."""
    people = _through_clubs(moment, undertaken()).where(Disclosure.version_id == version_id)
    return Many(people, ClubMember.user_id, "uuid")


def _people(version_id: Any, people: Select[*tuple[Any, ...]]) -> Many:
    given = people.with_only_columns(Disclosure.version_id)
    return Many(people.where(Disclosure.version_id == version_id), ClubMember.user_id, "uuid", given)


def undertaken() -> ColumnElement[bool]:
    """Whether a place in a club, joined with both, is a custodian's in a clean team whose undertaking is on record."""
    return and_(Club.kind == TEAM, User.role == "custodian", ClubMember.undertaken_on.is_not(None))


def _through_clubs(moment: datetime, let_in: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Who of a disclosure's recipient is in the club it was made to, now."""
    return (
        select(ClubMember.user_id)
        .join(Club, Club.id == ClubMember.club_id)
        .join(Disclosure, Disclosure.club_id == Club.id)
        .join(User, and_(User.id == ClubMember.user_id, User.organisation_id == Disclosure.recipient_id))
        .where(
            Club.ended_at.is_(None),
            ClubMember.removed_at.is_(None),
            ClubMember.valid_from <= moment,
            or_(ClubMember.valid_until.is_(None), ClubMember.valid_until > moment),
            let_in,
        )
    )


def granted(moment: datetime, version_id: Any) -> Many:
    """The people who were granted access to a version."""
    live = (Grant.state == "granted", Grant.expires_at > moment)
    people = select(Grant.user_id).where(Grant.version_id == version_id, *live)
    return Many(people, Grant.user_id, "uuid", select(Grant.version_id).where(Grant.version_id.is_not(None), *live))


def _given(moment: datetime) -> ColumnElement[bool]:
    live = and_(Disclosure.granted_at <= moment, Disclosure.expires_at > moment)
    return and_(Disclosure.withdrawn_at.is_(None), live)


def limits(document_id: Any) -> Mapping[str, One | Many]:
    """What a document is limited by; the null id where it is not."""
    return {way: _limit(document_id, way) for way in ("club", "wall")}


def _limit(document_id: Any, way: str) -> One:
    row = aliased(Limitation)
    found = select(row.club_id).where(row.document_id == document_id, row.way == way).scalar_subquery()
    return One(func.coalesce(found, NIL), "ref:Club", full=True)


def organisation_of(column: Any) -> One:
    """The organisation whose id a column holds."""
    return One(column, "ref:Organisation")
