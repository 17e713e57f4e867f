"""A list found in parts is the list the policy gives: every row asked about by itself, in order, page after page."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dataroom.actions import scope, standing
from dataroom.actions import work as work_module
from dataroom.actions.contents import LIST, Listing, page_of
from dataroom.actions.evidence import Record
from dataroom.actions.scope_memory import Memory
from dataroom.actions.work import Work
from dataroom.ids import new_id
from dataroom.model import (
    ClawBack,
    Club,
    ClubMember,
    Disclosure,
    Document,
    Grant,
    Limitation,
    Matter,
    Organisation,
    Version,
)
from dataroom.vault.sealed import Kind
from tests.cast import PEOPLE, REASON, World

DOCUMENTS = 150
STATES = ("staged", "published", "candidate", "destroyed")
CATEGORIES = ("claim-chart", "claim-chart", "price-terms", "validity", "unclassified")
READERS = sorted(set(PEOPLE) - {"stray"})


class Crowd:
    """Random documents of three companies with all that opens and closes them."""

    def __init__(self, world: World) -> None:
        self.world, self.dice, self.now = world, random.Random(7), world.clock.now()
        line = world.published(tier=3)
        with world.services.database.writing() as session:
            self.session = session
            self.document = self._row(Document, line.document)
            self.version = self._row(Version, line.version)
            self.companies = list(session.scalars(sa.select(Organisation.id).order_by(Organisation.slug)))
            self.people = [world.people[who].user for who in READERS]
            self.clubs = [self._club(kind) for kind in ("confidentiality_club", "outside_counsel", "ethical_wall")]
            self.team = self._club("clean_team")
            for number in range(DOCUMENTS):
                self._document(number)

    def _row(self, table: Any, row_id: uuid.UUID) -> dict[str, Any]:
        found = self.session.execute(sa.select(table.__table__).where(table.__table__.c.id == row_id))
        return dict(found.mappings().one())

    def _put(self, table: Any, **row: Any) -> uuid.UUID:
        made = {"id": new_id()} | row
        self.session.execute(sa.insert(table.__table__).values(**made))
        return uuid.UUID(str(made["id"]))

    def _club(self, kind: str) -> uuid.UUID:
        place = {"matter_id": self.world.matter, "created_at": self.now, "created_by": self.people[0]}
        club = self._put(Club, organisation_id=self.companies[0], name=kind, kind=kind, **place)
        for person in self.dice.sample(self.people, 6 if kind == "clean_team" else 4):
            said = {"undertaking": REASON, "undertaken_on": self.now.date()} if self.dice.random() < 0.8 else {}
            known = {"club_id": club, "matter_id": self.world.matter, "user_id": person, "added_by": person}
            self._put(ClubMember, **known, **said, valid_from=self.now)
        return club

    def _document(self, number: int) -> None:
        dice, folder, owner = self.dice, self.dice.choice(("", "a", "b c")), self.dice.choice(self.companies)
        tier, place = dice.randint(1, 4), {"folder": folder, "number": 10_000 + number, "organisation_id": owner}
        export = dice.choice(("free", "free", "unassessed", "controlled"))
        document = self._put(Document, **{**self.document, "id": new_id(), **place, "tier": tier, "export": export})
        for ordinal in range(1, dice.randint(2, 4)):
            row = self._version(document, place, Kind.ORIGINAL, ordinal, tier)
            if dice.random() < 0.3:
                self._version(document, place, Kind.REDACTED, ordinal, dice.randint(1, 4), original_id=row)
        for way, clubs in (("club", self.clubs[:2]), ("wall", self.clubs[2:])):
            if dice.random() < 0.15:
                key = {"document_id": document, "matter_id": self.world.matter, "club_id": dice.choice(clubs)}
                known = {"way": way, "limited_by": self.people[0], "limited_at": self.now}
                self.session.execute(sa.insert(Limitation.__table__).values(**key, **known))

    def _version(self, document: uuid.UUID, place: Any, kind: Kind, ordinal: int, tier: int, **more: Any) -> uuid.UUID:
        state = self.dice.choice(STATES[:3] if ordinal > 1 else STATES)
        row = {**self.version, "id": new_id(), "document_id": document, "object_key": str(new_id()), **place, **more}
        row |= {"kind": int(kind), "ordinal": ordinal, "tier": tier, "state": state}
        row |= {"category": self.dice.choice(CATEGORIES)} | ({"wrapped_dek": None} if state == "destroyed" else {})
        version = self._put(Version, **row)
        for _ in range(self.dice.choice((0, 0, 1, 2))):
            self._disclosure(document, version, place["organisation_id"])
        if self.dice.random() < 0.3:
            self._grant(document, version, place["organisation_id"])
        if self.dice.random() < 0.1:
            said = {"ground": "fre-502b", "reason": REASON, "notice": REASON, "ordered_by": self.people[0]}
            known = {"matter_id": self.world.matter, "organisation_id": place["organisation_id"], "tier": tier}
            self._put(ClawBack, version_id=version, document_id=document, ordered_at=self.now, **said, **known)
        return version

    def _when(self) -> datetime:
        return self.now + timedelta(days=self.dice.choice((-1, 30, 30)))

    def _disclosure(self, document: uuid.UUID, version: uuid.UUID, owner: uuid.UUID) -> None:
        who = {"organisation_id": owner, "recipient_id": self.dice.choice(self.companies), "granted_by": self.people[0]}
        said = {"purpose": REASON, "necessity": REASON, "alternative": REASON}
        ended = self.dice.choice((None, None, self.now))
        club = self.dice.choice((None, None, self.clubs[0], self.clubs[1], self.team, self.team))
        when = {"granted_at": self.now - timedelta(days=2), "expires_at": self._when(), "withdrawn_at": ended}
        place = {"version_id": version, "document_id": document, "matter_id": self.world.matter}
        self._put(Disclosure, **place, **who, **said, **when, club_id=club)

    def _grant(self, document: uuid.UUID, version: uuid.UUID, owner: uuid.UUID) -> None:
        who = {"organisation_id": owner, "party_id": owner, "user_id": self.dice.choice(self.people), "kind": "request"}
        said = {"purpose": REASON, "basis": REASON, "remark": "", "judgement": "", "number": 1}
        when = {"asked_at": self.now, "asked_until": self._when(), "expires_at": self._when()}
        place = {"version_id": version, "document_id": document, "matter_id": self.world.matter}
        self._put(Grant, **place, **who, **said, **when, state=self.dice.choice(("granted", "granted", "ended")))


@pytest.fixture(scope="module")
def crowd(world: World) -> World:
    """The world with the crowd in it."""
    Crowd(world)
    return world


def expected(work: Work) -> list[uuid.UUID]:
    """The list as the policy says, row by row, and as the order says."""
    rows = list(work.session.scalars(sa.select(Version)))
    found = scope.entities(work.session, Version, [row.id for row in rows], work.now)
    allowed = work.services.law.decide_each(work.member, LIST, [found[row.id] for row in rows], work.context())
    newest: dict[uuid.UUID, int] = {}
    for row in rows:
        if row.kind == Kind.ORIGINAL:
            newest[row.document_id] = max(newest.get(row.document_id, 0), row.ordinal)
    kept = [
        row
        for row, decision in zip(rows, allowed, strict=True)
        if decision.allowed
        and (
            row.organisation_id != work.organisation
            or (row.kind == Kind.ORIGINAL and row.ordinal == newest[row.document_id])
        )
    ]
    return [row.id for row in sorted(kept, key=lambda r: (r.folder, r.organisation_id, r.number, r.id))]


def paged(work: Work, matter: Matter, **asked: Any) -> tuple[list[uuid.UUID], int]:
    """The list page by page, and what it says it holds."""
    cursor, seen, total = None, [], 0
    while True:
        page = page_of(work, matter, Listing(limit=9, cursor=cursor, **asked))
        seen, total, cursor = seen + [item.id for item in page.items], page.total, page.next
        if cursor is None:
            return seen, total


@pytest.mark.parametrize("many", [8, 0], ids=["each-owner", "owners-together"])
def test_every_reader_gets_exactly_what_the_policy_allows(
    crowd: World, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "MANY", many)
    monkeypatch.setattr(work_module, "_MEMORY", Memory(512))
    sizes = set()
    for who in READERS:
        principal, now = crowd.people[who], crowd.clock.now()
        with crowd.services.database.reading() as session:
            member = standing.member(crowd.services.law, session, principal, crowd.matter, now)
            work = Work(crowd.services, principal, now, session, Record(act=LIST, principal=principal), member)
            matter, wanted = work.get(Matter, crowd.matter), expected(work)
            assert paged(work, matter) == (wanted, len(wanted)), who
            folders = {row.id: row.folder for row in session.execute(sa.select(Version.id, Version.folder))}
            inside = [row for row in wanted if folders[row] == "a"]
            assert paged(work, matter, folder="a") == (inside, len(inside)), who
            whole = session.scalars(
                sa.select(Version.id).where(work.narrowed(Version, LIST), Version.id.in_(wanted)),
                {scope.NARROWED_AT: now},
            )
            assert set(whole) == set(wanted), who
            sizes.add(len(wanted))
    assert len(sizes) > 4, "readers see different lists"
