"""Somebody who asks every address of the interface and of the pages for things, through the real application."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from dataroom.api.routes import PREFIX, ROUTES, Route
from tests.cast import World, simple_pdf
from tests.strangers import BODIES, NOBODY, SENTENCE

VARYING = {"X-Correlation-Id", "X-Request-Id", "Set-Cookie", "Date", "RateLimit"}
NOW_AND_THEN = ("allowance", "SAVEPOINT", "audit_node", "SET seen_at", "SET used_at")
TARGETED = [route for route in ROUTES if route.target]
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
class Walker:
    """Two ways in: a token for the interface, and a browser with the forms' secret for the pages; either may be bad."""

    world: World
    app: Flask
    token: str
    pages: FlaskClient
    csrf: str = ""
    accept: str = "text/html"
    role: str = ""
    asked: Asking = field(init=False)

    def __post_init__(self) -> None:
        self.asked = Asking(self.world)

    def api(self, route: Route, target: uuid.UUID | None) -> TestResponse:
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
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.app.test_client().open(
            PREFIX + re.sub(r"\{[a-z]+\}", "1", path), method=route.method, headers=headers, **more
        )  # type: ignore[arg-type]

    def page(self, rule: Rule, method: str, target: uuid.UUID | None = None) -> TestResponse:
        """One request to a page as its own form would send it."""
        values = {name: _filler(rule, name, target) for name in rule.arguments}
        built = self.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        more: dict[str, Any] = {}
        if method == "PUT":
            more = {"data": simple_pdf(["x"]), "content_type": "application/pdf", "query_string": {"path": "a.pdf"}}
        elif method in {"POST", "DELETE"}:
            form = FORM | BODIES["disclosure.claw-back"] if "claw_back_order" in rule.endpoint else FORM
            more = {"json": BODIES["page.search"]} if "search" in rule.endpoint else {"data": form}
        return self.pages.open(built, method=method, headers={"X-CSRFToken": self.csrf, "Accept": self.accept}, **more)


@dataclass
class Asking:
    """Counts what the database is asked while something is done.

    Left out is what comes now and then whatever is asked for: drawing lots of allowances, when a session was last seen,
    and the nodes that complete a part of the log's tree.
    """

    world: World
    count: int = 0

    @contextmanager
    def __call__(self) -> Iterator[Asking]:
        self.count = 0
        engine = self.world.services.database.engine  # type: ignore[attr-defined]
        event.listen(engine, "before_cursor_execute", self._one)
        try:
            yield self
        finally:
            event.remove(engine, "before_cursor_execute", self._one)

    def _one(self, _connection: object, _cursor: object, statement: str, *_of: object) -> None:
        self.count += not any(word in statement for word in NOW_AND_THEN)


def _filler(rule: Rule, name: str, target: uuid.UUID | None) -> Any:
    if name.endswith("_id"):
        return target
    return {"page": 1, "form": "pdf"}.get(name, "json" if "form" in name else "1")


def forms_secret(pages: FlaskClient) -> str:
    """What the forms carry that this browser gets, whether somebody is signed in or not."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', pages.get("/signin").get_data(as_text=True))
    assert found is not None
    return found[1]


def normal(response: TestResponse, target: uuid.UUID | None) -> tuple[int, str, list[tuple[str, str]]]:
    """What of an answer must not differ: all but the correlation id, the form's secret and the id asked for."""
    text = response.get_data(as_text=True)
    names, asked = ("X-Correlation-Id", "X-Request-Id"), () if target is None else (str(target), target.hex)
    for varying in (*(response.headers.get(name, "-") for name in names), *asked):
        text = text.replace(varying, "*" if varying != "-" else "-")
    text = re.sub(r"urn:uuid:[0-9a-f-]+", "*", text)
    text = re.sub(r'((?:name="csrf_token" value|name="csrf-token" content)=")[^"]+', r"\1*", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "*", text)
    headers = sorted((k, v.replace(str(target), "*")) for k, v in response.headers if k not in VARYING)
    return response.status_code, text, headers


def rules_with_ids(app: Flask) -> list[tuple[Rule, str, str]]:
    """Every page that takes an id, with its method and the kind of the id."""
    return [
        (rule, method, name.removesuffix("_id"))
        for rule in app.url_map.iter_rules()
        for name in sorted(rule.arguments)
        if rule.endpoint.startswith("web.") and name.endswith("_id")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
