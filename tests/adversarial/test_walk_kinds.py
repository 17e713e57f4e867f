"""Every kind of person asks every address for what is not theirs, on PostgreSQL.

Whoever cannot be told who they are gets one answer everywhere, whatever they ask for. Whoever is known, but may not see
a thing, gets for it the answer for an id that never existed: status, body, headers and the number of questions to the
database are the same. No answer holds a word, a digest or an id of what is hidden, and nothing changes.
"""

from __future__ import annotations

import io
import re
import secrets
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from dataroom.actions.accounts import hashed
from dataroom.api.routes import ROUTES
from dataroom.app import create_app
from dataroom.model import Membership, Session, Token, Version
from dataroom.web.guards import OPEN
from tests.actions.house import House, enrol
from tests.adversarial.walking import TARGETED, Walker, forms_secret, normal, rules_with_ids
from tests.cast import make_config, make_world
from tests.parts import Database, Seaweed
from tests.strangers import Things, hidden

ELSEWHERE = {
    "api.document_openapi_json",
    "api.document_page",
    "api.document_docs_css",
    "asset",
    "backchannel.told",
    "clientkeys.published",
}
ELSEWHERE |= {"probes.health", "probes.ready", "witness.add_checkpoint"}
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "mine@borealis.example", "active": False}
CHANGE = {"op": "replace", "path": "active", "value": False}
PATCHED = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [CHANGE]}
HISTORY = {"api audit.list", "/matters/<id:matter_id>/audit"}
"""Where custodians and compliance officers of every participant read what was published, by its id alone."""
ID = re.compile(r"[0-9a-f-]{36}")
DOCUMENTS = ("document", "version", "redaction", "production", "clawback", "disposal", "term")


@dataclass(frozen=True)
class Kind:
    """Somebody with an account, the words of what is hidden from them, and whether the matter itself is not.

    `kinds` narrows what is asked for; `listed` are words that lists hold, since custodians and compliance officers
    see the names of every matter of their organisation; `numbered` is who reads there what one's organisation gave
    or keeps, by number and id; who is `confined` has a token for another matter alone.
    """

    who: str
    words: tuple[str, ...]
    member: bool = False
    kinds: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    numbered: bool = False
    confined: bool = False


EVERY = ("walnut", "hazel", "quince", "sorrel", "medlar", "damson")
KINDS = {
    "outsider": Kind("kay", (*EVERY, "people")),
    "former member": Kind("gone", EVERY, listed=("sorrel",)),
    "expired member": Kind("lapsed", EVERY, listed=("sorrel",)),
    "lower tier": Kind("lena", ("walnut", "quince"), member=True, kinds=DOCUMENTS, numbered=True),
    "other company": Kind("cass", ("walnut", "hazel", "sorrel", "medlar", "people"), member=True),
    "other company's officer": Kind("corin", ("medlar",), member=True, kinds=("document", "version")),
    "wrong club": Kind("bodil", ("medlar", "damson"), member=True),
    "other matter": Kind("ada", ("walnut", "hazel", "quince", "medlar", "damson"), confined=True),
}


@dataclass
class Place:
    """A house with things that are hidden from each kind of person."""

    house: House
    app: Flask
    things: dict[str, Things] = field(default_factory=dict)
    digests: dict[str, list[str]] = field(default_factory=dict)
    never: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def fill(self) -> None:
        """Makes the things, and people whose part in the matter has ended."""
        world = self.house.world
        self.things = hidden(world)
        for word, things in self.things.items():
            rows = self.house.rows(Version, Version.id.in_(things.get("version", ())))
            self.digests[word] = [row.sha256 for row in rows]
        enrol(world, "lapsed", "aldermoor", "custodian")
        world.do("ada", "member.add", world.matter, email="lapsed@aldermoor.example", tier=4)
        own = world.do("bodil", "club.create", world.matter, name="Of Borealis", kind="confidentiality_club").id
        world.do("corin", "club.add", own, email="bodil@borealis.example")
        ended = {"valid_until": world.clock.now() - timedelta(seconds=1)}
        with self.house.writing() as session:
            session.execute(update(Membership).where(Membership.user_id == self.user("lapsed")).values(ended))

    def user(self, who: str) -> uuid.UUID | None:
        """Somebody's id."""
        return self.house.world.people[who].user

    def walker(self, who: str, **more: Any) -> Walker:
        """Somebody with a token and a browser."""
        world = self.house.world
        made = {"scopes": ["everything"], "name": f"walk of {who}"} | more
        slug, role = _part(self.house, who)
        cookie = enrol(world, who, slug, role, world.people[who].name)
        return self.newcomer(world.do(who, "token.create", **made).secret, cookie, role)

    def newcomer(self, token: str, cookie: str | None, role: str = "") -> Walker:
        """A browser that has seen the sign-in page, with whatever it brings."""
        pages = self.app.test_client()
        if cookie is not None:
            pages.set_cookie("session", cookie)
        return Walker(self.house.world, self.app, token, pages, forms_secret(pages), role=role)

    def alter(self, walker: Walker, token: dict[str, Any], session: dict[str, Any]) -> None:
        """Changes what a token and a session say of themselves."""
        cookie = walker.pages.get_cookie("session")
        assert cookie is not None
        ways = ((Token, walker.token, token), (Session, cookie.value, session))
        with self.house.writing() as writing:
            for table, secret, values in ways:
                mine = update(table).where(table.token_hash == hashed(self.house.world.config, secret))
                writing.execute(mine.values(values or {"token_hash": table.token_hash}))

    def hidden_from(self, kind: Kind) -> Things:
        """The ids that do not exist for them, by the name an address has for their kind."""
        found: Things = {}
        for word in kind.words:
            for each, ids in self.things[word].items():
                if not kind.kinds or each in kind.kinds:
                    found.setdefault(each, []).extend(ids)
        if not kind.member and not kind.kinds:
            found["matter"] = [*found.get("matter", []), self.house.matter]
        return found

    def secrets(self, kind: Kind) -> list[str]:
        """What no answer to them may hold: words, digests and ids."""
        found = [word for word in kind.words if word not in {"people", *kind.listed}]
        for word in tuple(found):
            things = {each: ids for each, ids in self.things[word].items() if each in (kind.kinds or each)}
            found += self.digests[word] + [str(some) for ids in things.values() for some in ids]
        return found


def _part(house: House, who: str) -> tuple[str, str]:
    person = house.world.people[who]
    return person.email.partition("@")[2].removesuffix(".example"), person.role


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed, postgres: Database) -> Iterator[Place]:
    """One house for all kinds of people."""
    config = make_config(tmp_path_factory.mktemp("kinds"), postgres.migrated(), seaweed)
    world = make_world(config)
    house = House(world)
    house.furnish()
    made = Place(house, create_app(world.config, world.services))
    made.fill()
    yield made
    world.close()


def pages_of(app: Flask, *safe: bool) -> list[tuple[Rule, str]]:
    """Every page but those of signing in, with its method; those alone that only show something, or that do not."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("web.") and rule.endpoint not in OPEN
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if (method == "GET") in (safe or (True, False))
    ]


def test_no_address_is_forgotten(place: Place) -> None:
    asked = {f"api.{route.action.replace('.', '_')}" for route in ROUTES} | OPEN
    asked |= {rule.endpoint for rule, _ in pages_of(place.app)}
    rest = {rule.endpoint for rule in place.app.url_map.iter_rules()} - asked
    assert {name for name in rest if not name.startswith("scim.")} == ELSEWHERE


@pytest.mark.parametrize("name", KINDS)
def test_what_is_hidden_from_them_does_not_exist_for_them(place: Place, name: str) -> None:
    kind = KINDS[name]
    more = {"matter": place.things["sorrel"]["matter"][0]} if kind.confined else {}
    walker, kept, mine = place.walker(kind.who, **more), place.secrets(kind), place.hidden_from(kind)
    walker.accept = "application/problem+json"
    asked, wrong, before = 0, [], place.house.dump()
    for where, reply in lists(walker, place.house.matter if kind.member else None):
        if where.startswith("api") or not kind.confined:
            named = kind.numbered or where in HISTORY
            told(reply, where, [text for text in kept if not (named and ID.fullmatch(text))])
    for turn, (where, request, each) in enumerate(addresses(walker)):
        if each not in mine or (kind.confined and not where.startswith("api")):
            continue
        target = mine[each][turn % len(mine[each])]
        answer = answered(walker, request, target, where, [text for text in kept if text != str(target)])
        never = place.never.get((where, walker.role))
        if never != answer:
            never = place.never[where, walker.role] = answered(walker, request, uuid.uuid4(), where, kept)
        if answer != never or answer[0] not in ({404} if where.startswith("api") else {403, 404, 422}):
            wrong.append((where, answer, never))
        asked += 1
    assert wrong == []
    assert asked > 20
    assert place.house.dump() == before


Ask = Callable[[uuid.UUID | None], TestResponse]
Answer = tuple[int, str, tuple[tuple[str, str], ...], int]


def answered(walker: Walker, request: Ask, target: uuid.UUID | None, where: str, kept: list[str]) -> Answer:
    """What may not differ of an answer, with how many questions the database was asked; nothing kept is in it."""
    with walker.asked() as database:
        reply = request(target)
    told(reply, where, kept)
    status, text, headers = normal(reply, target)
    return status, text, tuple(headers), database.count


def addresses(walker: Walker) -> Iterator[tuple[str, Ask, str]]:
    """Every address that takes an id: its name, how to ask it, and the kind of the id."""
    for route in TARGETED:
        assert route.target is not None
        yield f"api {route.action}", partial(walker.api, route), route.target
    for rule, method, kind in rules_with_ids(walker.app):
        yield f"{method} {rule.rule}", partial(walker.page, rule, method), kind


def lists(walker: Walker, matter: uuid.UUID | None) -> Iterator[tuple[str, TestResponse]]:
    """The answers of all that lists things without the id of one, or with that of the matter one is in."""
    for route in ROUTES:
        if route.method == "GET" and route.target in ({None} if matter is None else {None, "matter"}):
            yield f"api {route.action}", walker.api(route, matter)
    for rule, method in pages_of(walker.app):
        named = {name for name in rule.arguments if name.endswith("_id")}
        if method == "GET" and named <= (set() if matter is None else {"matter_id"}):
            yield rule.rule, walker.page(rule, method, matter)


def told(reply: TestResponse, where: str, kept: list[str]) -> None:
    """The answer is no error of ours and holds nothing of what is kept from whoever asked, headers included."""
    data = reply.get_data()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            data = b"\n".join(bundle.read(name) for name in bundle.namelist())
    text = f"{data.decode(errors='replace')}\n{reply.headers}".lower()
    assert reply.status_code < 500, where
    assert [secret for secret in kept if secret in text] == [], where


def strangers(place: Place) -> Iterator[tuple[str, Walker, str]]:
    """Everybody who cannot be told who they are: what is wrong, their ways in, and what the interface says of it."""
    bad, now = "The token is unknown, revoked or expired.", place.house.world.clock.now()
    yield "nobody", place.newcomer("", None), "Send an API token"
    yield "guessed", place.newcomer(f"dr_{secrets.token_urlsafe(48)}", secrets.token_urlsafe(48)), bad
    past, petra = now - timedelta(seconds=1), place.walker("petra")
    for what, token, session in (
        ("ended", {"revoked_at": past}, {"ended_at": past}),
        ("expired", {"revoked_at": None, "expires_at": past}, {"ended_at": None, "expires_at": past}),
        ("idle", {}, {"expires_at": now + timedelta(days=1), "seen_at": now - timedelta(days=1)}),
    ):
        place.alter(petra, token, session)
        yield what, petra, bad
    carl = place.walker("carl")
    place.house.do("cleo", "user.deactivate", place.user("carl"))
    place.alter(carl, {"revoked_at": None}, {"ended_at": None})
    yield "deactivated", carl, bad
    directory = place.house.do("cleo", "directory.add", name="Somebody else").secret
    yield "a directory", replace(carl, token=directory), "The Authorization header holds no API token."


def one_answer(walker: Walker, rule: Rule, method: str, things: Things) -> Answer:
    """What nobody is told of a page; where it sends them to sign in and back says only what they asked for."""
    target = next((things[name.removesuffix("_id")][0] for name in rule.arguments if "_id" in name), None)
    answer = answered(walker, partial(walker.page, rule, method), target, rule.rule, [])
    if answer[0] != 303:
        return answer
    assert re.search(r'href="/signin(\?next=[^"]*)?"', answer[1]), rule.rule
    return 303, "", (), answer[3]


def test_whoever_is_nobody_is_told_one_thing_everywhere(place: Place) -> None:
    things = {kind: ids for group in place.things.values() for kind, ids in group.items()}
    for what, walker, said in strangers(place):
        walker.accept = "text/html" if what == "nobody" else "application/problem+json"
        before, entries = place.house.dump(), place.house.log_sizes()
        answers = set()
        for route in ROUTES:
            target = things[route.target][0] if route.target else None
            answers.add(answered(walker, partial(walker.api, route), target, route.action, []))
        ((status, text, _, _),) = answers
        assert (status, said in text) == (401, True), (what, text)
        for safe in (True, False):
            answers = {one_answer(walker, rule, method, things) for rule, method in pages_of(place.app, safe)}
            expected = 303 if safe and what == "nobody" else 401
            assert [answer[0] for answer in answers] == [expected], (what, answers)
        assert (place.house.dump(), place.house.log_sizes()) == (before, entries), what


def test_a_token_made_for_something_else_is_told_so_whatever_it_asks_for(place: Place) -> None:
    walker, before = place.walker("ada", scopes=["read"]), place.house.dump()
    things = {kind: ids for group in place.things.values() for kind, ids in group.items()}
    for route in TARGETED:
        if route.method == "GET" or route.action == "page.search":
            continue
        assert route.target is not None
        both = (things[route.target][0], uuid.uuid4())
        answers = {answered(walker, partial(walker.api, route), target, route.action, []) for target in both}
        assert len(answers) == 1, (route.action, answers)
        ((status, text, _, _),) = answers
        assert (status, '"code":"token-scope"' in text) == (403, True), route.action
    assert place.house.dump() == before


def test_a_directory_asks_for_people_of_its_own_company_alone(place: Place) -> None:
    walker = place.newcomer(place.house.do("corin", "directory.add", name="Of Borealis").secret, None)
    client, head = place.app.test_client(), {"Authorization": f"Bearer {walker.token}"}
    client.get("/scim/v2/Users", headers=head)
    before = place.house.dump()
    for method, body in (("GET", None), ("PUT", USER), ("PATCH", PATCHED), ("DELETE", None)):

        def ask(user: uuid.UUID | None, method: str = method, body: Any = body) -> TestResponse:
            return client.open(f"/scim/v2/Users/{user}", method=method, json=body, headers=head)

        one, other = (answered(walker, ask, user, method, ["ada quill"]) for user in (place.user("ada"), uuid.uuid4()))
        assert one == other, method
        assert one[0] == 404, one
    assert place.house.dump() == before
