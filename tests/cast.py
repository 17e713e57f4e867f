"""The cast of the tests: three companies, their people, one matter, and a house with every part real."""

from __future__ import annotations

import io
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from dataroom.actions import catalogue, identity
from dataroom.actions.context import SERVICE, Principal, Services
from dataroom.actions.gate import Gate
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.app import build
from dataroom.cli.operate import Operator, initialise
from dataroom.config import Config
from dataroom.errors import NeedsStrength
from dataroom.jobs.worker import Worker
from tests.parts import Seaweed

ROLE_MAP = {"custodian": "custodian", "partner": "partner", "compliance": "compliance"}
COMPANIES = (
    ("aldermoor", "Aldermoor Instruments"),
    ("borealis", "Borealis Photonics"),
    ("cassini", "Cassini Kinetics"),
)
PEOPLE = {
    "ada": ("aldermoor", "custodian", "Ada Quill"),
    "bram": ("aldermoor", "custodian", "Bram Oakes"),
    "petra": ("aldermoor", "partner", "Petra Lind"),
    "cleo": ("aldermoor", "compliance", "Cleo Hart"),
    "carl": ("aldermoor", "compliance", "Carl Ives"),
    "bodil": ("borealis", "custodian", "Bodil Rask"),
    "pia": ("borealis", "partner", "Pia Strand"),
    "corin": ("borealis", "compliance", "Corin Vale"),
    "cass": ("cassini", "custodian", "Cass Orsini"),
    "paolo": ("cassini", "partner", "Paolo Neri"),
    "stray": ("cassini", "partner", "Stray Visitor"),
}
STRONG = "urn:test:strong"
"""The class of sign-in that counts as strong at the companies' providers."""
COUNTRY = "DE"
"""Where the companies are registered, and so where everybody is."""
TIERS = {"petra": 2, "pia": 2, "paolo": 1}
REASON = "The claim chart is needed to agree on the joint infringement reading."


def simple_pdf(pages: list[str]) -> bytes:
    """A PDF with one line of Helvetica 12 at (72, 700) on each A4 page."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for text in pages:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


class StandingClock:
    """A clock that moves only when told; otherwise it follows the machine."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The machine's time, shifted."""
        return datetime.now(UTC) + self.offset

    def forward(self, **parts: float) -> None:
        """Moves on by a timedelta's parts."""
        self.offset += timedelta(**parts)


@dataclass
class World:
    """A running house and the people in it."""

    config: Config
    services: Services
    gate: Gate
    clock: StandingClock
    worker: Worker
    people: dict[str, Principal] = field(default_factory=dict)
    matter: uuid.UUID = field(default_factory=uuid.uuid4)

    def do(self, who: str, name: str, target: uuid.UUID | None = None, /, stream: Any = None, **params: Any) -> Any:
        """Performs an action as one of the cast, who confirms who they are where that is asked of them."""
        try:
            return self.gate.perform(self.people[who], name, target, params, stream)
        except NeedsStrength:
            self.confirm(who)
            return self.gate.perform(self.people[who], name, target, params, stream)

    def confirm(self, who: str, **said: Any) -> str:
        """Signs somebody in once more within their session, strongly unless told otherwise; returns its new secret."""
        person, secret = self.people[who], secrets.token_urlsafe(48)
        back = {"issuer": self.issuer(PEOPLE[who][0]).id, "subject": who, "secret": secret, **self.strongly(), **said}
        self.gate.perform(person, "session.confirm", person.session, back)
        return secret

    def strongly(self) -> dict[str, Any]:
        """What a provider says of a strong sign-in at this moment."""
        return {"acr": STRONG, "amr": ["pwd", "hwk"], "auth_time": int(self.clock.now().timestamp())}

    def issuer(self, slug: str) -> identity.IssuerRow:
        """What is registered of a company's provider."""
        return next(row for row in identity.issuers(self.services) if row.organisation_slug == slug)

    def upload(self, who: str = "ada", data: bytes | None = None, path: str = "charts/claim-1.pdf", **more: Any) -> Any:
        """Uploads a PDF as a custodian; returns the manifest line."""
        data = simple_pdf(["Claim 1 reads on the Lumen panel.", "Royalty 2.50 EUR per unit."]) if data is None else data
        params = {"path": path, "length": len(data)} | more
        return self.gate.perform(self.people[who], "document.upload", self.matter, params, io.BytesIO(data))

    def ready(self, who: str = "ada", *, tier: int = 2, category: str = "claim-chart", **more: Any) -> Any:
        """Uploads a classified document."""
        return self.upload(who, tier=tier, category=category, schedule="work-product", **more)

    def published(self, who: str = "ada", **more: Any) -> Any:
        """Uploads, classifies and publishes a document."""
        line = self.ready(who, **more)
        self.do(who, "document.publish", line.document)
        return line

    def disclosed(self, version: uuid.UUID, who: str = "ada", to: str = "borealis", days: int = 30) -> uuid.UUID:
        """Discloses a version; returns the disclosure's id."""
        done = self.do(
            who,
            "disclosure.grant",
            version,
            recipient=to,
            purpose=REASON,
            necessity="Without it the partner cannot check the mapping.",
            alternative="A summary was considered and is not enough.",
            expires_at=self.clock.now() + timedelta(days=days),
        )
        return uuid.UUID(str(done.id))

    def redacted(self, line: Any, **more: Any) -> uuid.UUID:
        """Runs a redaction of the first page up to review; returns the redaction's id."""
        params = {"title": "For partners", "tier": 1, "category": "claim-chart"} | more
        redaction = self.do("ada", "redaction.start", line.version, **params).id
        mark = {
            "page": 1,
            "box": (60, 600, 540, 800),
            "kind": "box",
            "code": "TS",
            "rationale": "Names the licensed product line.",
        }
        self.do("ada", "redaction.mark", redaction, marks=[mark])
        self.do("ada", "redaction.submit", redaction)
        self.worker.drain("redaction.apply")
        return uuid.UUID(str(redaction))

    def due(self, who: str = "ada", **more: Any) -> Any:
        """A document whose retention period has ended."""
        line = self.upload(who, tier=2, category="claim-chart", schedule="patent-evidence", **more)
        day = (self.clock.now() - timedelta(days=366 * 7)).date()
        self.do(who, "retention.trigger", line.document, on=day)
        return line

    def close(self) -> None:
        """Ends the PDF children."""
        self.services.workshop.close()  # type: ignore[attr-defined]


def make_config(folder: Path, database_url: str, seaweed: Seaweed, public_url: str = "http://localhost") -> Config:
    """A configuration on the run's parts with a bucket, keyring and database of its own."""
    key = folder / "keyring.key"
    if not key.exists():
        key.write_text(secrets.token_hex(32))
        key.chmod(0o600)
    return Config(
        database_url=database_url,
        s3_endpoint=seaweed.endpoint,
        s3_access_key=seaweed.access_key,
        s3_secret_key=seaweed.secret_key,
        s3_bucket=f"room-{uuid.uuid4()}",
        keyring_file=folder / "keyring.json",
        keyring_key_file=key,
        secret_key=secrets.token_urlsafe(48),
        public_url=public_url,
        log_origin="dataroom.test/log",
        country_source="organisation",
        page_renderers=1,
        limit_person=100_000,
        limit_token=100_000,
        limit_address=100_000,
        limit_downloads=32,
        limit_exports=32,
    )


def make_world(config: Config) -> World:
    """Builds the house, registers the companies, signs everybody in once and opens the matter."""
    clock = StandingClock()
    services = initialise(config, Operator(build=lambda c: build(c, clock), gate=Gate))
    gate = Gate(services)
    world = World(config, services, gate, clock, Worker(services, gate))
    for slug, name in COMPANIES:
        gate.perform(
            SERVICE,
            "partner.register",
            None,
            {
                "slug": slug,
                "name": name,
                "mail_domains": [f"{slug}.example"],
                "ceiling": 4,
                "issuer": f"http://127.0.0.1:1/{slug}",
                "client_id": "dataroom",
                "client_secret": "not-a-secret",
                "role_map": ROLE_MAP,
                "strong_acr": [STRONG],
                "country": COUNTRY,
            },
        )
    sign_everybody_in(world)
    others = [f"{who}@{PEOPLE[who][0]}.example" for who in ("bodil", "cass")]
    done = world.do(
        "ada",
        "matter.create",
        name="Lumen v. Brightfall",
        reference="LvB-1",
        participants=["borealis", "cassini"],
        invite=others,
    )
    world.matter = done.id
    for who, (slug, _role, _name) in PEOPLE.items():
        if who in {"ada", "bodil", "cass", "stray"}:
            continue
        custodian = {"aldermoor": "ada", "borealis": "bodil", "cassini": "cass"}[slug]
        world.do(custodian, "member.add", world.matter, email=f"{who}@{slug}.example", tier=TIERS.get(who, 4))
    return world


def sign_everybody_in(world: World) -> None:
    """Signs each person in as their company's provider would announce them."""
    rows = {row.organisation_slug: row for row in identity.issuers(world.services)}
    for who, (slug, role, name) in PEOPLE.items():
        issuer, mail = rows[slug], f"{who}@{slug}.example"
        principal = identity.arriving(world.services, issuer, who, role, name, mail, "192.0.2.7")
        secret = secrets.token_urlsafe(48)
        arrival = {
            "issuer": issuer.id,
            "subject": who,
            "name": name,
            "email": mail,
            "role": role,
            "secret": secret,
            **world.strongly(),
        }
        world.gate.perform(principal, "session.start", None, arrival)
        world.people[who] = identity.by_session(world.services, secret, "192.0.2.7")


__all__ = ["KeyringKms", "World", "catalogue", "make_config", "make_world"]
