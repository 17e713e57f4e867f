"""A partner walks every address of the interface and of the pages with ids that exist but are not theirs to see.

Each answer is held against the one for an id that never existed: status, body and headers are the same, nothing
changes, and every attempt that reaches the gate is in the audit log. Addresses with another method are answered
405 without looking at the id.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from dataroom.actions import identity
from dataroom.api.routes import PREFIX, ROUTES, Route
from dataroom.app import create_app
from dataroom.model import AuditEntry
from tests.adversarial.house import remove, short_folder, table_dump
from tests.cast import PEOPLE, World, make_config, make_world, simple_pdf
from tests.golden.files import hold
from tests.parts import Seaweed, migrated_sqlite
from tests.strangers import BODIES, NOBODY, SENTENCE, unseen

VARYING = {"X-Correlation-Id", "X-Request-Id", "Set-Cookie", "Date", "RateLimit"}
CHANGING = {"audit_log", "audit_entry", "audit_disclosure", "audit_checkpoint", "audit_node", "audit_sealed", "session"}
CHANGING |= {"allowance", "outgoing"}
FORM = {
    "do": "approve",
    "title": "Mine",
    "tier": "1",
    "category": "claim-chart",
    "schedule": "work-product",
    "reason": SENTENCE,
    "remark": SENTENCE,
    "email": "paolo@cassini.example",
    "term": "claim",
    "text": "claim",
    "days": "14",
    "ground": "request",
    "notice": SENTENCE,
    "answer": "returned",
    "statement": SENTENCE,
}


@dataclass
class Walk:
    """The world with everything in it that is not the partner's to see, and the partner's two ways in."""

    world: World
    app: Flask
    token: str
    pages: FlaskClient
    csrf: str
    foreign: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    def api(self, route: Route, target: uuid.UUID) -> TestResponse:
        """One request to the interface with parameters that would do."""
        path = route.path.replace(f"{{{route.target}}}", str(target))
        for name in ("version", "club", "person"):
            path = path.replace(f"{{{name}}}", str(NOBODY))
        given, more = BODIES.get(route.action, {}), {}
        if route.takes:
            data = simple_pdf(["x"])
            more = {"query_string": given, "data": data, "content_type": "application/pdf"}
        elif given:
            more = {"query_string" if route.by_query else "json": given}
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().open(
            PREFIX + re.sub(r"\{[a-z]+\}", "1", path), method=route.method, headers=headers, **more
        )  # type: ignore[arg-type]

    def page(self, rule: Rule, method: str, target: uuid.UUID) -> TestResponse:
        """One request to a page as its own form would send it."""
        values = {name: _filler(rule, name, target) for name in rule.arguments}
        built = self.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        more: dict[str, Any] = {}
        if method == "PUT":
            more = {"data": simple_pdf(["x"]), "content_type": "application/pdf", "query_string": {"path": "a.pdf"}}
        elif method in {"POST", "DELETE"}:
            form = FORM | BODIES["disclosure.claw-back"] if "claw_back_order" in rule.endpoint else FORM
            more = {"json": BODIES["page.search"]} if "search" in rule.endpoint else {"data": form}
        return self.pages.open(built, method=method, headers={"X-CSRFToken": self.csrf}, **more)

    def recorded(self) -> int:
        """How many refused attempts of the partner the log holds."""
        who = self.world.people["paolo"].user
        query = select(func.count()).where(AuditEntry.actor_id == who, AuditEntry.outcome.in_(("refused", "hidden")))
        with self.world.services.database.reading() as session:
            return int(session.scalar(query.select_from(AuditEntry)) or 0)


def _filler(rule: Rule, name: str, target: uuid.UUID) -> Any:
    if name.endswith("_id"):
        return target
    return {"page": 1, "form": "pdf"}.get(name, "json" if "form" in name else "1")


@pytest.fixture(scope="module")
def walk(seaweed: Seaweed) -> Iterator[Walk]:
    """The walk on a house of its own."""
    folder = short_folder()
    world = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    app = create_app(world.config, world.services)
    token = world.do("paolo", "token.create", scopes=["everything"], name="walking").secret
    pages = signed_in(world, app, "paolo")
    found = re.search(r'name="csrf-token" content="([^"]+)"', pages.get("/matters").get_data(as_text=True))
    assert found is not None
    made = Walk(world, app, token, pages, found[1])
    made.foreign = unseen(world)
    yield made
    world.close()
    remove(folder)


def signed_in(world: World, app: Flask, who: str) -> FlaskClient:
    """A browser with a session of somebody."""
    slug, role, name = PEOPLE[who]
    issuer = next(row for row in identity.issuers(world.services) if row.organisation_slug == slug)
    mail, secret = f"{who}@{slug}.example", secrets.token_urlsafe(48)
    person = identity.arriving(world.services, issuer, who, role, name, mail, "127.0.0.1")
    arrival = {"issuer": issuer.id, "subject": who, "name": name, "email": mail, "role": role, "secret": secret}
    world.gate.perform(person, "session.start", None, arrival)
    client = app.test_client()
    client.set_cookie("session", secret)
    return client


def normal(response: TestResponse, target: uuid.UUID) -> tuple[int, str, list[tuple[str, str]]]:
    """What of an answer must not differ: all but the correlation id, the form's secret and the id asked for."""
    text = response.get_data(as_text=True)
    names = ("X-Correlation-Id", "X-Request-Id")
    for varying in (*(response.headers.get(name, "-") for name in names), str(target), target.hex):
        text = text.replace(varying, "*" if varying != "-" else "-")
    text = re.sub(r"urn:uuid:[0-9a-f-]+", "*", text)
    text = re.sub(r'((?:name="csrf_token" value|name="csrf-token" content)=")[^"]+', r"\1*", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "*", text)
    headers = sorted((k, v.replace(str(target), "*")) for k, v in response.headers if k not in VARYING)
    return response.status_code, text, headers


TARGETED = [route for route in ROUTES if route.target]


@pytest.mark.parametrize("route", TARGETED, ids=lambda route: route.action)
def test_the_interface_does_not_tell_what_exists(walk: Walk, route: Route) -> None:
    assert route.target is not None
    strangers = [uuid.uuid4(), walk.foreign["hold" if route.target != "hold" else "redaction"][0]]
    asked = [*walk.foreign[route.target], *strangers]
    before, count = table_dump(walk.world, CHANGING), walk.recorded()
    answers = [normal(walk.api(route, target), target) for target in asked]
    assert answers[0][0] == 404, answers[0]
    assert all(answer == answers[0] for answer in answers)
    assert table_dump(walk.world, CHANGING) == before
    assert walk.recorded() == count + len(asked)


def rules_with_ids(app: Flask) -> list[tuple[Rule, str, str]]:
    """Every page that takes an id, with its method and the kind of the id."""
    return [
        (rule, method, name.removesuffix("_id"))
        for rule in app.url_map.iter_rules()
        for name in sorted(rule.arguments)
        if rule.endpoint.startswith("web.") and name.endswith("_id")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_the_pages_do_not_tell_what_exists(walk: Walk) -> None:
    rules = rules_with_ids(walk.app)
    assert len(rules) > 40
    before, silent = table_dump(walk.world, CHANGING), set()
    for rule, method, kind in rules:
        asked = [*walk.foreign[kind], uuid.uuid4(), uuid.uuid4()]
        answers = []
        for target in asked:
            count = walk.recorded()
            answers.append((*normal(walk.page(rule, method, target), target), walk.recorded() - count))
        where = f"{method} {rule.rule}"
        assert all(answer == answers[0] for answer in answers), where
        assert answers[0][0] in {403, 404, 422}, (where, answers[0])
        if answers[0][3] == 0:
            silent.add(where)
        else:
            assert answers[0][3] == 1, where
    assert table_dump(walk.world, CHANGING) == before
    hold("pages_before_the_gate.txt", sorted(silent))


def test_another_method_is_refused_without_a_look_at_the_id(walk: Walk) -> None:
    count = walk.recorded()
    headers = {"Authorization": f"Bearer {walk.token}"}
    for route in TARGETED:
        assert route.target is not None
        known = {other.method for other in ROUTES if other.path == route.path}
        wrong = next(method for method in ("PATCH", "DELETE", "PUT") if method not in known)
        answers = []
        for target in (walk.foreign[route.target][0], uuid.uuid4()):
            reply = walk.app.test_client().open(
                PREFIX + route.path.replace(f"{{{route.target}}}", str(target)).replace("{page}", "1"),
                method=wrong,
                headers=headers,
            )
            answers.append(normal(reply, target))
        assert answers[0][0] == 405, route.path
        assert answers[0] == answers[1]
    assert walk.recorded() == count


def test_ids_inside_a_request_do_not_tell_either(walk: Walk) -> None:
    token = walk.world.do("corin", "token.create", scopes=["everything"], name="inside").secret
    headers, mine = {"Authorization": f"Bearer {token}"}, walk.foreign["document"][1]
    answers = []
    for inside in (walk.foreign["document"][2], uuid.uuid4()):
        body = {**BODIES["hold.place"], "also": [str(inside)]}
        reply = walk.app.test_client().post(f"{PREFIX}/documents/{mine}/holds", json=body, headers=headers)
        answers.append(normal(reply, inside))
    assert answers[0] == answers[1]
    assert answers[0][0] in {403, 404}
