"""What a stranger to a matter may not see, one of each kind, and a body for each action that would otherwise do.

Shared by the tests that ask for these things under every address.
"""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from dataroom.model import Authenticator, Session, Token
from tests.actions.cases_policies import proposal, texts
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
    "access.why": {"do": "matter.close"},
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
    "leave.announce": {"until": LATER, "reason": SENTENCE},
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
    "transfer.confirm-resumption": {"mechanism": "scc"},
    "policy.compare": {"texts": {"house.cedar": "// nothing"}},
    "policy.propose": {"texts": {"house.cedar": "// nothing"}, "reason": SENTENCE, "digest": "0" * 64},
    "policy.approve": {"digest": "0" * 64},
    "policy.reject": {"reason": SENTENCE},
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


Things = dict[str, list[Any]]
"""Ids by the name an address has for their kind."""


def unseen(world: World) -> Things:
    """Ids of every kind that the partner must not learn of: foreign, staged, above their tier, of another matter."""
    found: Things = {}
    for things in hidden(world).values():
        for kind, ids in things.items():
            found.setdefault(kind, []).extend(ids)
    return found


def hidden(world: World) -> dict[str, Things]:
    """What some may see and others not, by a word that its titles and names hold.

    walnut: what Aldermoor shows at most to Borealis; hazel: a redacted copy of it at tier 1; quince: published at tier 2; sorrel: a matter without Cassini;
    medlar: limited to a club nobody else is in; damson: closed to Paolo and Bodil by a wall; people: of Aldermoor and
    Borealis, with what they sign in by.
    """
    walnut, above = staged(world), world.published(tier=2, path="quince/quince.pdf")
    walnut["hold"] = [world.do("cleo", "hold.place", above.document, kind="litigation", reason=f"hazel: {REASON}").id]
    other = world.do("ada", "matter.create", name="The sorrel case", reference="sorrel-1", participants=["borealis"]).id
    apart, result = elsewhere(world, other), world.do("ada", "redaction.read", walnut["redaction"][0]).result.id
    club, limited = circle(world, "clean_team", "medlar")
    _, guarded = circle(world, "ethical_wall", "damson", "paolo@cassini.example", "bodil@borealis.example")
    taken = world.published(tier=2, path="quince/quince-2.pdf")
    order = {"ground": "zpo", "reason": f"quince: {REASON}", "notice": f"quince: {REASON}"}
    claw_back = world.do("ada", "disclosure.claw-back", taken.version, **order).id
    return {
        "walnut": walnut,
        "quince": {
            "document": [above.document],
            "version": [above.version, taken.version],
            "clawback": [claw_back],
        },
        "sorrel": {"matter": [other], "document": [apart.document], "version": [apart.version]},
        "medlar": {"document": [limited.document], "version": [limited.version], "club": [club]},
        "damson": {"document": [guarded.document], "version": [guarded.version]},
        "hazel": {"version": [result]},
        "people": unseen_people(world),
    }


def staged(world: World) -> Things:
    """A document of Aldermoor that is disclosed to Borealis alone, and all that Aldermoor does with it."""
    line, said = world.ready(path="walnut/walnut.pdf"), f"hazel: {REASON}"
    until, matter = world.clock.now() + timedelta(days=30), world.matter
    redaction = world.redacted(line, title="Of hazel", shown_title="hazel")
    due = world.due(path="walnut/old.pdf").document
    produced = {"title": "The walnut volume", "versions": [line.version], "recipients": ["borealis"], "prefix": "V"}
    ask = {"organisation": "aldermoor", "number": 7, "purpose": said, "basis": said, "until": until}
    made = {
        "document": line.document,
        "version": line.version,
        "redaction": redaction,
        "disclosure": world.disclosed(line.version),
        "disposal": world.do("ada", "disposal.propose", due, reason=said).id,
        "production": world.do("ada", "production.make", matter, **produced).id,
        "audience": world.do("ada", "audience.create", matter, name="Chosen few", organisations=["borealis"]).id,
        "term": world.do("ada", "term.add", matter, terms=[{"text": "walnut"}], tier=2)[0],
        "search": world.do("ada", "search.start", matter, terms=[{"text": "walnut"}]).id,
        "grant": world.do("pia", "access.request", matter, **ask).id,
        "review": world.do("cleo", "review.start", matter, due=until).id,
        "leave": world.do("ada", "leave.announce", matter, until=until, reason=said).id,
        "transfer": carried(world),
    }
    return {kind: [some] for kind, some in made.items()}


def unseen_people(world: World) -> dict[str, list[Any]]:
    """Ids of people of other organisations, and of what they sign in with."""
    world.do("ada", "token.create", scopes=["everything"], name="of Ada")
    users = [world.people[who].user for who in ("ada", "bodil")]
    keys = [key_of(user, world.clock.now()) for user in users]
    with world.services.database.writing() as session:
        session.execute(insert(Authenticator), keys)
    change = world.do("cleo", "policy.propose", **proposal(texts())).id
    directories = [world.do(who, "directory.add", name="Apart").id for who in ("cleo", "corin")]
    with world.services.database.reading() as session:
        tokens = list(session.scalars(select(Token.id).where(Token.user_id == world.people["ada"].user)))
        sessions = list(session.scalars(select(Session.id).where(Session.user_id.in_(users))))
    return {
        "token": tokens,
        "directory": directories,
        "change": [change],
        "policychange": [change],
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


def circle(world: World, kind: str, word: str, *people: str) -> tuple[uuid.UUID, Any]:
    """A club or wall with people by e-mail, and a published document of the partner's own tier that is limited to it."""
    club = world.do("ada", "club.create", world.matter, name=f"The {word} circle", kind=kind).id
    for email in people:
        world.do("ada", "club.add", club, email=email)
    line = world.published(tier=1, path=f"{word}/{word}.pdf")
    world.do("ada", "document.limit", line.document, club=club)
    return club, line


def elsewhere(world: World, matter: uuid.UUID) -> Any:
    """A published document of another matter."""
    data = simple_pdf(["Of another matter."])
    params = {"path": "sorrel.pdf", "tier": 1, "category": "claim-chart", "schedule": "work-product"}
    line = world.gate.perform(world.people["ada"], "document.upload", matter, params, io.BytesIO(data))
    world.do("ada", "document.publish", line.document)
    return line
