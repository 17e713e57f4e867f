"""What the demonstration begins with: a matter, its people and documents, each step through the gate as its person."""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from dataroom.actions import identity
from dataroom.actions.context import SERVICE, Principal, Services
from dataroom.actions.gate import Gate
from dataroom.cli.demo_people import COMPANIES, PEOPLE, email, subject
from dataroom.cli.seed_documents import SeedDocument, documents

FOUNDER = ("aldermoor", "Ada Quill")
PUBLISHED = ("claim-chart", "technical", "public")


def seed(services: Services, gate: Gate, partners: list[dict[str, Any]], tell: Callable[[str], None]) -> None:
    """Registers the companies and tells the story; one that was broken off is taken up where it ended."""
    known = {row.organisation_slug for row in identity.issuers(services)}
    for row in partners:
        if row["slug"] not in known:
            gate.perform(SERVICE, "partner.register", None, row)
    people = _arrive(services, gate)
    tell("Seeding the matter ...")
    begun = gate.perform(people[FOUNDER], "matter.list")
    matter = begun[0].id if begun else _matter(gate, people)
    _members(gate, people, matter)
    by_name = {name: slug for slug, name in COMPANIES.items()}
    for document in documents():
        custodian = people[_custodian(by_name[document.owner])]
        _contribute(gate, custodian, matter, document)
    _old_memo(services, gate, people, matter)


def _arrive(services: Services, gate: Gate) -> dict[tuple[str, str], Principal]:
    """Makes everybody known once, as their provider would announce them; later starts only look them up."""
    rows = {row.organisation_slug: row for row in identity.issuers(services)}
    people: dict[tuple[str, str], Principal] = {}
    for slug, members in PEOPLE.items():
        for name, role, _title, _tier in members:
            issuer, mail = rows[slug], email(slug, name)
            principal = identity.arriving(services, issuer, subject(name), role, name, mail, "127.0.0.1")
            if principal.arriving:
                arrival = {
                    "issuer": issuer.id,
                    "subject": subject(name),
                    "name": name,
                    "email": mail,
                    "role": role,
                    "secret": secrets.token_urlsafe(48),
                }
                done = gate.perform(principal, "session.start", None, arrival)
                gate.perform(principal, "session.end", done.id)
            people[slug, name] = identity.arriving(services, issuer, subject(name), role, name, mail, "127.0.0.1")
    return people


def _custodian(slug: str) -> tuple[str, str]:
    return slug, next(name for name, role, _title, _tier in PEOPLE[slug] if role == "custodian")


def _matter(gate: Gate, people: Mapping[tuple[str, str], Principal]) -> uuid.UUID:
    invited = [email(*_custodian(slug)) for slug in COMPANIES if slug != FOUNDER[0]]
    made = gate.perform(
        people[FOUNDER],
        "matter.create",
        None,
        {
            "name": "Lumen v. Brightfall Displays",
            "reference": "LvB-2026",
            "participants": list(COMPANIES),
            "invite": invited,
        },
    )
    return uuid.UUID(str(made.id))


def _members(gate: Gate, people: Mapping[tuple[str, str], Principal], matter: uuid.UUID) -> None:
    for slug, members in PEOPLE.items():
        for name, _role, _title, tier in members:
            if (slug, name) != _custodian(slug):
                given = {"email": email(slug, name), "tier": tier}
                gate.perform(people[_custodian(slug)], "member.add", matter, given)


def _there(gate: Gate, custodian: Principal, matter: uuid.UUID, title: str) -> bool:
    return bool(gate.perform(custodian, "document.list", matter, {"q": title}).items)


def _contribute(gate: Gate, custodian: Principal, matter: uuid.UUID, document: SeedDocument) -> None:
    if _there(gate, custodian, matter, document.title):
        return
    line = gate.perform(
        custodian,
        "document.upload",
        matter,
        {
            "path": f"{document.folder}/{document.file_name}",
            "title": document.title,
            "tier": document.tier,
            "category": document.category,
            "schedule": document.schedule,
            "length": len(document.data),
        },
        io.BytesIO(document.data),
    )
    if document.category in PUBLISHED and document.tier <= 2:
        gate.perform(custodian, "document.publish", line.document)


def _old_memo(services: Services, gate: Gate, people: Mapping[tuple[str, str], Principal], matter: uuid.UUID) -> None:
    """Two old test reports: one whose period has ended, one that falls due within the month."""
    report = next(d for d in documents() if d.category == "technical")
    today = services.clock.now().date()
    for year, days in ((2019, -40), (2020, 21)):
        if _there(gate, people[FOUNDER], matter, f"Test report {year}, patent lapsed"):
            continue
        line = gate.perform(
            people[FOUNDER],
            "document.upload",
            matter,
            {
                "path": f"Archive/test-report-{year}.pdf",
                "title": f"Test report {year}, patent lapsed",
                "tier": 2,
                "category": "technical",
                "schedule": "patent-evidence",
                "length": len(report.data),
            },
            io.BytesIO(report.data),
        )
        expired = today + timedelta(days=days)
        expired = expired.replace(year=expired.year - 6, day=min(expired.day, 28))
        gate.perform(people[FOUNDER], "retention.trigger", line.document, {"on": expired})
