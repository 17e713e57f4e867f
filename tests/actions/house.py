"""What every test of an action needs: more people, things in a wanted state, the log, a dump, a log that fails."""

from __future__ import annotations

import io
import json
import secrets
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Dialect, func, select, update
from sqlalchemy.orm import Session

from dataroom.actions import identity
from dataroom.actions.context import SERVICE, Principal, Services
from dataroom.actions.personal import openings
from dataroom.actions.sealing import PREFIX
from dataroom.audit.entry import open_fields, read_entry
from dataroom.model import AuditEntry, AuditLog, AuditPerson, Authenticator, Base, User, Version
from dataroom.model import Session as SessionRow
from tests.actions.failing import refusing_entries
from tests.cast import COUNTRY, World, simple_pdf

EVIDENCE = "audit_"
PAGES = ["Claim 1 reads on the Lumen panel.", "Royalty 2.50 EUR per unit."]
BOX = (60.0, 600.0, 540.0, 800.0)


@dataclass(frozen=True)
class Written:
    """One audit entry with all its fields opened."""

    matter: uuid.UUID | None
    law: str
    fields: dict[str, Any]


@dataclass(eq=False)
class House:
    """A world with people of low clearance, without membership and without a valid account."""

    world: World
    ready: dict[str, Any] = field(default_factory=dict)
    leavers: int = 0

    def furnish(self) -> None:
        """Lets the further people in; called once."""
        for who, role, tier in (("lena", "custodian", 1), ("lorn", "compliance", 1), ("gone", "custodian", 4)):
            enrol(self.world, who, "aldermoor", role)
            self.world.do("ada", "member.add", self.matter, email=f"{who}@aldermoor.example", tier=tier)
        self.world.do("ada", "member.remove", self.matter, email="gone@aldermoor.example")
        enrol(self.world, "dora", "aldermoor", "custodian")
        keyed_company(self.world)
        with self.writing() as session:
            session.execute(update(User).where(User.subject == "dora").values(active=False))
        self.world.disclosed(self.world.ready().version)

    @property
    def matter(self) -> uuid.UUID:
        """The shared matter."""
        return self.world.matter

    def later(self, **parts: float) -> None:
        """Moves the clock on; everybody whose account is valid signs in again, as their sessions may have ended."""
        self.world.clock.forward(**parts)
        slugs = {row.organisation: row.organisation_slug for row in identity.issuers(self.world.services)}
        active = {row.subject for row in self.rows(User, User.active.is_(True))}
        for who, principal in list(self.world.people.items()):
            if who in active and principal.organisation is not None:
                enrol(self.world, who, slugs[principal.organisation], principal.role, principal.name)

    def person(self, name: str) -> Principal:
        """A person of the cast, the service, or somebody who is just arriving."""
        if name == "service":
            return SERVICE
        if name.startswith("arriving-"):
            who = name.removeprefix("arriving-")
            issuer = next(row for row in identity.issuers(self.world.services) if row.organisation_slug == "aldermoor")
            mail = f"{who}@aldermoor.example"
            return identity.arriving(self.world.services, issuer, who, "partner", who.title(), mail, "192.0.2.9")
        return self.world.people[name]

    def do(self, who: str, name: str, target: uuid.UUID | None = None, /, stream: Any = None, **params: Any) -> Any:
        """Performs an action as anybody `person` knows."""
        return self.world.gate.perform(self.person(who), name, target, params, stream)

    def writing(self) -> Any:
        """A transaction past the gate, for what only an insider of the database could do."""
        return self.world.services.database.writing()

    def row(self, table: type[Any], row_id: Any) -> Any:
        """A row as the database has it."""
        with self.world.services.database.reading() as session:
            return session.get(table, row_id)

    def rows(self, table: type[Any], *criteria: Any) -> list[Any]:
        """Rows as the database has them."""
        with self.world.services.database.reading() as session:
            return list(session.scalars(select(table).where(*criteria)))

    def objects(self) -> set[str]:
        """The keys in the bucket."""
        return {item.key for item in self.world.services.store.listing(PREFIX)}

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the evidence and what counts requests.

        Left out are when a session was last seen and how far a worker says it is: both are written on the way.
        """
        found: dict[str, list[tuple[Any, ...]]] = {}
        with self.world.services.database.reading() as session:
            connection = session.connection()
            for name, statement in _everything(connection.dialect).items():
                rows = connection.exec_driver_sql(statement)
                settled = _settled if name == "errand" else lambda value: value
                found[name] = [tuple(settled(value) for value in row) for row in rows]
        return found

    def log_sizes(self) -> dict[uuid.UUID | None, int]:
        """How many entries each log has, by matter."""
        with self.world.services.database.reading() as session:
            return {row.matter_id: row.size for row in session.scalars(select(AuditLog))}

    def entries_since(self, sizes: dict[uuid.UUID | None, int]) -> list[Written]:
        """The entries written since `sizes` was taken, oldest first in each log."""
        found: list[Written] = []
        with self.world.services.database.reading() as session:
            for log in session.scalars(select(AuditLog)):
                query = select(AuditEntry).where(
                    AuditEntry.log_id == log.id, AuditEntry.seq >= sizes.get(log.matter_id, 0)
                )
                for entry in session.scalars(query.order_by(AuditEntry.seq)):
                    found.append(_written(self.world.services, session, log, entry))
        return found

    def failing_log(self) -> AbstractContextManager[None]:
        """While it lasts, the database refuses every new audit entry."""
        return refusing_entries(self.writing)

    def line(self, **more: Any) -> Any:
        """A fresh document of Aldermoor at tier 2, ready and seen by its custodians alone."""
        return self.world.ready(**more)

    def other_matter(self) -> uuid.UUID:
        """A fresh matter of Aldermoor and Borealis with ada, bram, petra, gone and bodil."""
        made: uuid.UUID = self.do(
            "ada",
            "matter.create",
            name="Lumen appeal",
            reference="LvB-2",
            participants=["borealis"],
            invite=["bodil@borealis.example"],
        ).id
        for who, tier in (("bram", 4), ("petra", 2)):
            self.do("ada", "member.add", made, email=f"{who}@aldermoor.example", tier=tier)
        return made

    def own_scope(self) -> uuid.UUID:
        """A key scope in a fresh matter, with one content of ada's."""
        more = {"tier": 2, "category": "claim-chart", "schedule": "work-product"}
        line = self.do(
            "ada", "document.upload", self.other_matter(), stream=io.BytesIO(pdf()), path="charts/a.pdf", **more
        )
        found: uuid.UUID = self.row(Version, line.version).scope_id
        return found

    def content_of(self, scope: uuid.UUID) -> Version:
        """The one content of a scope of its own."""
        (found,) = self.rows(Version, Version.scope_id == scope)
        return found  # type: ignore[no-any-return]

    def draft(self, line: Any = None) -> uuid.UUID:
        """A redaction by ada with one mark, in draft."""
        line = line or self.line()
        made: uuid.UUID = self.do(
            "ada", "redaction.start", line.version, title="For partners", tier=1, category="claim-chart"
        ).id
        self.do("ada", "redaction.mark", made, marks=[mark()])
        return made

    def in_review(self, line: Any = None) -> uuid.UUID:
        """A redaction by ada that the service has applied."""
        return self.world.redacted(line or self.line())

    def applying(self) -> uuid.UUID:
        """A redaction that awaits the service; its errand is taken out of the worker's way."""
        made = self.draft()
        self.do("ada", "redaction.submit", made)
        return made

    def result(self, redaction: uuid.UUID) -> Version:
        """The redacted copy of a redaction, destroyed or not."""
        found: Version = self.rows(Version, Version.redaction_id == redaction)[0]
        return found

    def hold(self, line: Any = None) -> uuid.UUID:
        """A hold by cleo."""
        document = (line or self.line()).document
        made: uuid.UUID = self.do(
            "cleo", "hold.place", document, kind="litigation", reason="Action before the regional court."
        ).id
        return made

    def proposed(self, line: Any = None, who: str = "ada") -> uuid.UUID:
        """A disposal proposed by `who`, of a document that is due."""
        line = line or self.world.due()
        made: uuid.UUID = self.do(who, "disposal.propose", line.document, reason="The retention period has ended.").id
        return made

    def approved(self, line: Any = None) -> uuid.UUID:
        """A disposal proposed by ada and approved by bram and cleo."""
        disposal = self.proposed(line)
        for who in ("bram", "cleo"):
            self.do(who, "disposal.approve", disposal)
        return disposal

    def disposed(self, line: Any = None) -> uuid.UUID:
        """A disposal that carl has carried out."""
        disposal = self.approved(line)
        self.do("carl", "disposal.execute", disposal)
        return disposal

    def destroyed(self) -> uuid.UUID:
        """A version without a key whose bytes nobody has erased yet."""
        line = self.world.due()
        self.disposed(line)
        found: uuid.UUID = line.version
        return found

    def leaver(self) -> uuid.UUID:
        """Somebody new of Aldermoor whom nothing keeps from being erased: `lev1`, `lev2` and so on."""
        self.leavers += 1
        who = f"lev{self.leavers}"
        enrol(self.world, who, "aldermoor", "partner")
        found = self.person(who).user
        assert found is not None
        return found

    def erasing(self, days: int = 0) -> uuid.UUID:
        """Somebody whose erasure cleo has ordered."""
        target = self.leaver()
        self.do("cleo", "person.erase", target, ground="request", days=days)
        return target

    def erased(self) -> uuid.UUID:
        """Somebody who was forgotten; their key is still in the key service."""
        target = self.erasing()
        self.do("service", "person.destroy", target)
        return target

    def key(self, person: uuid.UUID) -> AuditPerson:
        """The row of a person's key."""
        found: AuditPerson = self.row(AuditPerson, person)
        return found

    def fresh(self, who: str) -> None:
        """Signs somebody of the company without classes of sign-in in anew, an instant ago."""
        enrol(self.world, who, "elmira", self.person(who).role)

    def key_of(self, who: str) -> uuid.UUID:
        """A further key of somebody, who has just confirmed with it."""
        self.fresh(who)
        person, made = self.person(who), uuid.uuid4()
        with self.writing() as session:
            session.add(
                Authenticator(
                    id=made,
                    user_id=person.user,
                    name=f"key {made}",
                    credential=made.bytes,
                    credential_hash=made.hex,
                    public_key=made.bytes,
                    count=7,
                    created_at=self.world.clock.now(),
                )
            )
            row = session.get(SessionRow, person.session)
            row.strong_at = self.world.clock.now()
        return made

    def token(self, who: str = "ada") -> uuid.UUID:
        """A live token."""
        made: uuid.UUID = self.do(who, "token.create", scopes=["everything"], name="nightly export").id
        return made

    def session_of(self, who: str) -> uuid.UUID:
        """A further session of somebody."""
        principal, secret = self.person(who), secrets.token_urlsafe(48)
        issuer = next(
            row for row in identity.issuers(self.world.services) if row.organisation == principal.organisation
        )
        arrival = {
            "issuer": issuer.id,
            "subject": who,
            "name": principal.name,
            "email": principal.email,
            "role": principal.role,
            "secret": secret,
            **self.world.strongly(),
        }
        made: uuid.UUID = self.world.gate.perform(principal, "session.start", None, arrival).id
        assert self.row(SessionRow, made) is not None
        return made

    def count(self, table: type[Any], *criteria: Any) -> int:
        """How many rows there are."""
        with self.world.services.database.reading() as session:
            return int(session.scalar(select(func.count()).select_from(table).where(*criteria)) or 0)


@cache
def _everything(dialect: Dialect) -> dict[str, str]:
    """What reads each table whole, in the order of its key, as the driver has it."""
    found = {}
    for name, table in Base.metadata.tables.items():
        if not name.startswith(EVIDENCE) and name not in {"allowance", "outgoing"}:
            columns = [c for c in table.columns if (name, c.name) != ("session", "seen_at")]
            found[name] = str(select(*columns).order_by(*table.primary_key).compile(dialect=dialect))
    return found


def _settled(value: Any) -> Any:
    """A value of a row, of an errand's payload what it owes and not how far it has come."""
    if isinstance(value, str) and '"progress"' in value:
        value = json.loads(value)
    return {name: one for name, one in value.items() if name != "progress"} if isinstance(value, dict) else value


def _written(services: Services, session: Session, log: AuditLog, entry: AuditEntry) -> Written:
    texts = openings(services, session, log.id, [entry.seq]).get(entry.seq, [])
    read = read_entry(entry.entry)
    return Written(log.matter_id, read.law, open_fields(read, texts))


def enrol(world: World, who: str, slug: str, role: str, name: str = "") -> str:
    """Signs somebody in for an organisation, as a new person or as one already known; returns the session's secret."""
    issuer = next(row for row in identity.issuers(world.services) if row.organisation_slug == slug)
    mail, secret, name = f"{who}@{slug}.example", secrets.token_urlsafe(48), name or who.title()
    principal = identity.arriving(world.services, issuer, who, role, name, mail, "192.0.2.8")
    arrival = {"issuer": issuer.id, "subject": who, "name": name, "email": mail, "role": role, "secret": secret}
    arrival |= world.strongly()
    world.gate.perform(principal, "session.start", None, arrival)
    world.people[who] = identity.by_session(world.services, secret, "192.0.2.8")
    return secret


def keyed_company(world: World) -> None:
    """Registers a company whose provider tells no class of sign-in, and lets two of its people in."""
    partner = {
        "slug": "elmira",
        "name": "Elmira Glass",
        "mail_domains": ["elmira.example"],
        "ceiling": 4,
        "issuer": "http://127.0.0.1:1/elmira",
        "client_id": "dataroom",
        "client_secret": "not-a-secret",
        "role_map": {"custodian": "custodian"},
        "country": COUNTRY,
    }
    world.gate.perform(SERVICE, "partner.register", None, partner)
    for who in ("kay", "kim"):
        enrol(world, who, "elmira", "custodian")


def mark(page: int = 1, **more: Any) -> dict[str, Any]:
    """One mark over the only line of a page."""
    made = {"page": page, "box": BOX, "kind": "box", "code": "TS", "rationale": "Names the licensed product line."}
    return made | more


def terms(house: House, **more: Any) -> dict[str, Any]:
    """The terms of a disclosure to Borealis for thirty days."""
    made = {
        "recipient": "borealis",
        "purpose": "The claim chart is needed to agree on the joint reading.",
        "necessity": "Without it the partner cannot check the mapping.",
        "alternative": "A summary was considered and is not enough.",
        "expires_at": house.world.clock.now() + timedelta(days=30),
    }
    return made | more


def pdf(*pages: str) -> bytes:
    """A small PDF."""
    return simple_pdf(list(pages) or PAGES)


Make = Callable[[House], "uuid.UUID | None"]
