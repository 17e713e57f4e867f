"""What a stranger to a matter may not see, one of each kind, and a body for each action that would otherwise do.

Shared by the tests that ask for these things under every address.
"""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from dataroom.model import Authenticator, Disclosure, Hold, Session, Token
from tests.bench.crowd import key_of
from tests.cast import REASON, World, simple_pdf

NOBODY = uuid.UUID(int=7)
SENTENCE = "A sentence that is long enough to be a reason."
LATER = "2099-01-01T00:00:00Z"
MARK = {"page": 1, "box": [60, 600, 540, 800], "kind": "box", "code": "TS", "rationale": SENTENCE}
BODIES: dict[str, dict[str, Any]] = {
    "member.add": {"email": "paolo@cassini.example", "tier": 1},
    "member.remove": {"email": "paolo@cassini.example"},
    "document.upload": {"path": "a.pdf"},
    "document.replace": {"path": "a.pdf"},
    "document.classify": {"tier": 1, "category": "claim-chart", "schedule": "work-product"},
    "page.search": {"term": "claim"},
    "redaction.start": {"title": "Mine", "tier": 1, "category": "claim-chart"},
    "redaction.mark": {"marks": [MARK]},
    "redaction.unmark": {"marks": [str(NOBODY)]},
    "redaction.return": {"remark": SENTENCE},
    "disclosure.grant": {
        "recipient": "cassini",
        "purpose": REASON,
        "necessity": SENTENCE,
        "alternative": SENTENCE,
        "expires_at": "2099-01-01T00:00:00Z",
    },
    "disclosure.claw-back": {"ground": "zpo", "reason": SENTENCE, "notice": SENTENCE},
    "claw-back.answer": {"answer": "returned", "statement": SENTENCE},
    "audience.create": {"name": "Mine", "organisations": ["aldermoor"]},
    "document.describe": {"subject": SENTENCE},
    "production.make": {"title": "Mine", "versions": [str(NOBODY)], "recipients": ["aldermoor"], "prefix": "X"},
    "access.explain": {"do": "page.view"},
    "club.create": {"name": "Mine", "kind": "clean_team"},
    "club.add": {"email": "paolo@cassini.example"},
    "club.remove": {"email": "paolo@cassini.example"},
    "document.limit": {"club": str(NOBODY)},
    "access.request": {
        "organisation": "aldermoor",
        "number": 7,
        "purpose": SENTENCE,
        "basis": SENTENCE,
        "until": LATER,
    },
    "access.break-glass": {"number": 7, "reason": SENTENCE},
    "access.grant": {"version": str(NOBODY), "until": LATER, "remark": SENTENCE},
    "access.refuse": {"remark": SENTENCE},
    "access.confirm": {"remark": SENTENCE},
    "access.contest": {"remark": SENTENCE},
    "review.start": {"due": LATER},
    "review.confirm": {"items": [str(NOBODY)]},
    "agreement.set": {"text": SENTENCE},
    "agreement.accept": {"agreement": str(NOBODY)},
    "training.record": {"until": "2020-01-01"},
    "visit.state": {"purpose": SENTENCE},
    "transfer.record": {
        "recipient": "cassini",
        "country": "US",
        "mechanism": "scc",
        "reason": SENTENCE,
        "until": "2099-01-01T00:00:00Z",
    },
    "transfer.suspend": {"mechanism": "scc", "reason": SENTENCE},
    "transfer.resume": {"mechanism": "scc", "reason": SENTENCE},
    "document.assess": {"export": "free", "basis": SENTENCE},
    "competition.certify": {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"},
    "hold.place": {"kind": "litigation", "reason": SENTENCE},
    "hold.release": {"reason": SENTENCE},
    "retention.trigger": {"on": "2020-01-01"},
    "disposal.propose": {"reason": SENTENCE},
    "disposal.reject": {"remark": SENTENCE},
    "person.erase": {"ground": "request"},
    "term.add": {"terms": [{"text": "Lumen"}], "tier": 1},
    "term.change": {"text": "Lumen"},
    "search.start": {"terms": [{"text": "lumen"}]},
    "search.mark": {"version": str(NOBODY), "code": "TS", "rationale": SENTENCE, "title": "Mine"},
    "redaction.search": {"terms": [{"text": "lumen"}]},
}


def unseen(world: World) -> dict[str, list[uuid.UUID]]:
    """Ids of every kind that the partner must not learn of: foreign, staged, above their tier, of another matter."""
    staged, above = world.ready(), world.published(tier=2)
    disclosure = world.disclosed(staged.version)
    redaction = world.redacted(staged)
    hold = world.do("cleo", "hold.place", above.document, kind="litigation", reason=SENTENCE).id
    disposal = world.do("ada", "disposal.propose", world.due(path="old/one.pdf").document, reason=REASON).id
    other = world.do("ada", "matter.create", name="Elsewhere", reference="E-1", participants=["borealis"]).id
    apart = elsewhere(world, other)
    taken = world.published(tier=2)
    order = {"ground": "zpo", "reason": SENTENCE, "notice": SENTENCE}
    claw_back = world.do("ada", "disclosure.claw-back", taken.version, **order).id
    produced = {"title": "Volume", "versions": [staged.version], "recipients": ["borealis"], "prefix": "V"}
    production = world.do("ada", "production.make", world.matter, **produced).id
    audience = world.do("ada", "audience.create", world.matter, name="Apart", organisations=["borealis"]).id
    result = world.do("ada", "redaction.read", redaction).result.id
    term = world.do("ada", "term.add", world.matter, terms=[{"text": "Lumen"}], tier=1)[0]
    search = world.do("ada", "search.start", world.matter, terms=[{"text": "lumen"}]).id
    until = world.clock.now() + timedelta(days=30)
    ask = {"organisation": "aldermoor", "number": 7, "purpose": REASON, "basis": REASON, "until": until}
    grant = world.do("pia", "access.request", world.matter, **ask).id
    review = world.do("cleo", "review.start", world.matter, due=until).id
    club, limited = circle(world, "clean_team")
    _wall, guarded = circle(world, "ethical_wall", "paolo@cassini.example")
    transfer = carried(world)
    with world.services.database.reading() as session:
        assert session.get(Disclosure, disclosure)
        assert session.get(Hold, hold)
    return {
        **unseen_people(world),
        "matter": [other],
        "document": [staged.document, above.document, apart.document, limited.document, guarded.document],
        "version": [v.version for v in (staged, above, apart, taken, limited, guarded)] + [result],
        "redaction": [redaction],
        "disclosure": [disclosure],
        "club": [club],
        "grant": [grant],
        "review": [review],
        "clawback": [claw_back],
        "production": [production],
        "audience": [audience],
        "hold": [hold],
        "transfer": [transfer],
        "disposal": [disposal],
        "term": [term],
        "search": [search],
    }


def unseen_people(world: World) -> dict[str, list[Any]]:
    """Ids of people of other organisations, and of what they sign in with."""
    world.do("ada", "token.create", scopes=["everything"], name="of Ada")
    users = [world.people[who].user for who in ("ada", "bodil")]
    keys = [key_of(user, world.clock.now()) for user in users]
    with world.services.database.writing() as session:
        session.execute(insert(Authenticator), keys)
    directories = [world.do(who, "directory.add", name="Apart").id for who in ("cleo", "corin")]
    with world.services.database.reading() as session:
        tokens = list(session.scalars(select(Token.id).where(Token.user_id == world.people["ada"].user)))
        sessions = list(session.scalars(select(Session.id).where(Session.user_id.in_(users))))
    return {
        "token": tokens,
        "directory": directories,
        "person": users,
        "user": users,
        "session": sessions,
        "authenticator": [key["id"] for key in keys],
        "key": [key["id"] for key in keys],
    }


def carried(world: World) -> uuid.UUID:
    """What carries documents of Aldermoor to Borealis."""
    until = (world.clock.now() + timedelta(days=30)).isoformat()
    where = {"recipient": "borealis", "country": "US", "mechanism": "scc", "reason": SENTENCE, "until": until}
    return uuid.UUID(str(world.do("cleo", "transfer.record", world.matter, **where).id))


def circle(world: World, kind: str, *people: str) -> tuple[uuid.UUID, Any]:
    """A club or wall with people by e-mail, and a published document of the partner's own tier that is limited to it."""
    club = world.do("ada", "club.create", world.matter, name="Apart", kind=kind).id
    for email in people:
        world.do("ada", "club.add", club, email=email)
    line = world.published(tier=1, path=f"{kind}/one.pdf")
    world.do("ada", "document.limit", line.document, club=club)
    return club, line


def elsewhere(world: World, matter: uuid.UUID) -> Any:
    """A published document of another matter."""
    data = simple_pdf(["Of another matter."])
    params = {"path": "x.pdf", "tier": 1, "category": "claim-chart", "schedule": "work-product"}
    line = world.gate.perform(world.people["ada"], "document.upload", matter, params, io.BytesIO(data))
    world.do("ada", "document.publish", line.document)
    return line
