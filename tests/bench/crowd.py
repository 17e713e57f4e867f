"""Many rows of everything a list shows, copied in the database from one real example of each."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dataroom.actions import identity
from dataroom.ids import new_id
from dataroom.model import (
    Audience,
    Base,
    ClawBack,
    Club,
    Directory,
    Disclosure,
    Disposal,
    Document,
    Grant,
    Hold,
    HoldDocument,
    Leave,
    Matter,
    Membership,
    Participation,
    PolicyChange,
    Production,
    ProductionItem,
    ProductionParty,
    Redaction,
    Review,
    Search,
    Token,
    Transfer,
    User,
    Version,
)
from dataroom.model import Session as SignedIn
from tests.actions.cases_policies import proposal, texts
from tests.cast import REASON, World

CLAW_BACK = {
    "ground": "fre-502b",
    "reason": "Given by mistake: the letter of counsel is in it.",
    "notice": "Please return or destroy every copy.",
}


def example(world: World) -> uuid.UUID:
    """One published document with a redaction, a disclosure, a hold, a disposal, all by their own actions; its id."""
    line = world.published(tier=1)
    world.disclosed(line.version)
    world.redacted(line)
    world.do("cleo", "hold.place", line.document, kind="litigation", reason="Ordered by the court of Lumen.")
    due = world.due(path="old/one.pdf")
    world.do("ada", "disposal.propose", due.document, reason=REASON)
    world.do("ada", "audience.create", world.matter, name="Licensees", organisations=["borealis"])
    volume = {"title": "Volume", "versions": [line.version], "recipients": ["borealis"], "prefix": "CROWD-"}
    world.do("ada", "production.make", world.matter, **volume)
    taken = world.ready()
    world.disclosed(taken.version)
    world.do("ada", "disclosure.claw-back", taken.version, **CLAW_BACK)
    world.do("ada", "club.create", world.matter, name="Rates", kind="confidentiality_club")
    until = world.clock.now() + timedelta(days=30)
    ask = {"organisation": "aldermoor", "number": 7, "purpose": REASON, "basis": REASON, "until": until}
    world.do("pia", "access.request", world.matter, **ask)
    world.do("cleo", "review.start", world.matter, due=until)
    world.do("ada", "search.start", world.matter, terms=[{"text": "lumen"}])
    until = (world.clock.now() + timedelta(days=30)).isoformat()
    way = {"recipient": "borealis", "country": "US", "mechanism": "scc", "reason": REASON, "until": until}
    world.do("cleo", "transfer.record", world.matter, **way)
    world.do("ada", "leave.announce", world.matter, until=until, reason="Away for the crowd of rows.")
    world.do("cleo", "policy.propose", **proposal(texts()))
    secret = world.do("corin", "directory.add", name="of the crowd").secret
    world.people["directory"] = identity.by_directory(world.services, secret, "192.0.2.40")
    for who in ("ada", "cleo", "pia"):
        world.do(who, "token.create", scopes=["everything"], name="of the crowd")
    return uuid.UUID(str(line.document))


def multiply(world: World, document: uuid.UUID, times: int) -> None:
    """`times` further copies of the document and of what belongs to it, of its disposal, people, tokens and matters."""
    with world.services.database.writing() as session:
        copies = Copies(session, world, document)
        for number in range(1, times + 1):
            copies.add(number)
        for table in Base.metadata.sorted_tables:
            if table.name in copies.rows:
                session.execute(sa.insert(table), copies.rows[table.name])
    word = {"kind": "product", "whole": True, "case": False}
    world.do("ada", "term.add", world.matter, terms=[word | {"text": f"L {new_id()}"} for _ in range(times)], tier=2)


def key_of(user: uuid.UUID, moment: Any) -> dict[str, Any]:
    """The row of a key somebody has enrolled."""
    made = new_id()
    row = {"id": made, "user_id": user, "name": "of the crowd", "credential": made.bytes, "public_key": made.bytes}
    return row | {"credential_hash": made.hex, "count": 0, "created_at": moment}


class Copies:
    """What to copy, read once, and the copies, written at once."""

    def __init__(self, session: Session, world: World, document: uuid.UUID) -> None:
        def found(table: type[Base], *criteria: Any) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in session.execute(sa.select(table.__table__).where(*criteria))]

        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.last = session.scalar(sa.select(sa.func.max(Document.number))) or 0
        self.document = found(Document, Document.id == document)[0]
        self.versions = found(Version, Version.document_id == document)
        ids = [version["id"] for version in self.versions]
        self.redactions = found(Redaction, Redaction.version_id.in_(ids))
        self.disclosures = found(Disclosure, Disclosure.version_id.in_(ids))
        holds = sa.select(HoldDocument.hold_id).where(HoldDocument.document_id == document)
        self.holds = found(Hold, Hold.id.in_(holds))
        self.disposal = found(Disposal)[0]
        people = [world.people[who].user for who in ("ada", "cleo", "pia")]
        self.members = found(Membership, Membership.matter_id == world.matter, Membership.user_id.in_(people))
        owner = world.people["ada"].user
        self.others = [
            ("audience", found(Audience, Audience.created_by == owner)[0]),
            ("access_grant", found(Grant)[0]),
            ("review", found(Review)[0]),
            ("leave", found(Leave)[0]),
            ("club", found(Club, Club.created_by == owner)[0]),
            ("search", found(Search, Search.author_id == owner)[0]),
            ("transfer", found(Transfer, Transfer.matter_id == world.matter)[0]),
            ("policy_change", found(PolicyChange)[0]),
        ]
        self.production = found(Production, Production.made_by == owner)[0]
        self.produced = found(ProductionItem, ProductionItem.production_id == self.production["id"])[0]
        self.produced_for = found(ProductionParty, ProductionParty.production_id == self.production["id"])[0]
        self.claw_back = found(ClawBack, ClawBack.ordered_by == owner)[0]
        self.signed_in = found(SignedIn, SignedIn.user_id == owner)[0]
        self.user = found(User, User.id == world.people["pia"].user)[0]
        self.directory = found(Directory, Directory.name == "of the crowd")[0]
        self.tokens = found(Token, Token.name == "of the crowd")
        self.matter = found(Matter, Matter.id == world.matter)[0]
        self.parts = found(Participation, Participation.matter_id == world.matter)

    def add(self, number: int) -> None:
        """One more of everything."""
        name = f"Chart {self.last + number}"
        document = self._copy("document", self.document, number=self.last + number, title=name)
        for version in self.versions:
            place = {"number": self.last + number, "object_key": f"objects/{new_id()}"}
            copy = self._copy("version", version, document_id=document, **place)
            for row in self.redactions:
                if row["version_id"] == version["id"]:
                    self._copy("redaction", row, version_id=copy)
            for row in self.disclosures:
                if row["version_id"] == version["id"]:
                    self._copy("disclosure", row, version_id=copy, document_id=document)
        for row in self.holds:
            self._put("hold_document", {"hold_id": self._copy("hold", row), "document_id": document})
        self._copy("claw_back", self.claw_back, document_id=document, version_id=copy)
        for table, row in self.others:
            self._copy(table, row)
        first = self.production["last"] + 10 * (self.last + number)
        numbers = {"first": first, "last": first + 1}
        production = self._copy("production", self.production, **numbers)
        self._put("production_item", {**self.produced, "production_id": production, **numbers})
        self._put("production_party", {**self.produced_for, "production_id": production})
        self._copy("session", self.signed_in, token_hash=uuid.uuid4().hex * 2)
        self._put("authenticator", key_of(self.signed_in["user_id"], self.signed_in["created_at"]))
        disposal = self._copy("disposal", self.disposal)
        self._put("disposal_document", {"disposal_id": disposal, "document_id": document})
        self._people(number)

    def _people(self, number: int) -> None:
        user = self._copy("user_account", self.user, subject=f"copy {self.last + number}")
        self._copy("membership", self.members[0], user_id=user)
        for row in self.tokens:
            self._copy("token", row, token_hash=uuid.uuid4().hex * 2)
        self._copy("directory", self.directory, token_hash=uuid.uuid4().hex * 2)
        matter = self._copy("matter", self.matter)
        for row in self.parts:
            self._put("participation", {**row, "matter_id": matter})
        for row in self.members:
            self._copy("membership", row, matter_id=matter)

    def _copy(self, table: str, row: dict[str, Any], **changed: Any) -> uuid.UUID:
        return uuid.UUID(str(self._put(table, {**row, "id": new_id(), **changed})["id"]))

    def _put(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        self.rows.setdefault(table, []).append(row)
        return row
