"""A partner walks every address of the interface and of the pages with ids that exist but are not theirs to see.

Each answer is held against the one for an id that never existed: status, body and headers are the same, nothing
changes, and every attempt that reaches the gate is in the audit log. Addresses with another method are answered
405 without looking at the id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from dataroom.api.routes import PREFIX, ROUTES, Route
from dataroom.app import create_app
from dataroom.model import AuditEntry
from tests.actions.house import House
from tests.adversarial.house import remove, short_folder
from tests.adversarial.walking import TARGETED, Walker, forms_secret, normal, rules_with_ids
from tests.cast import make_config, make_world
from tests.golden.files import hold
from tests.integration.web_house import sign_in
from tests.parts import Seaweed, migrated_sqlite
from tests.strangers import BODIES, Things, unseen


@dataclass
class Walk(Walker):
    """The partner, with everything in the world that is not theirs to see."""

    foreign: Things = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def unchanged(self) -> bool:
        """Whether every row but of the log is as when last asked."""
        before, self.rows = self.rows, House(self.world).dump()
        return before == self.rows

    def recorded(self) -> int:
        """How many refused attempts of the partner the log holds."""
        who = self.world.people["paolo"].user
        query = select(func.count()).where(AuditEntry.actor_id == who, AuditEntry.outcome.in_(("refused", "hidden")))
        with self.world.services.database.reading() as session:
            return int(session.scalar(query.select_from(AuditEntry)) or 0)


@pytest.fixture(scope="module")
def walk(seaweed: Seaweed) -> Iterator[Walk]:
    """The walk on a house of its own."""
    folder = short_folder()
    world = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    app = create_app(world.config, world.services)
    token = world.do("paolo", "token.create", scopes=["everything"], name="walking").secret
    pages = app.test_client()
    pages.set_cookie("session", sign_in(world, "paolo"))
    made = Walk(world, app, token, pages, forms_secret(pages))
    made.foreign = unseen(world)
    made.unchanged()
    yield made
    world.close()
    remove(folder)


@pytest.mark.parametrize("route", TARGETED, ids=lambda route: route.action)
def test_the_interface_does_not_tell_what_exists(walk: Walk, route: Route) -> None:
    assert route.target is not None
    strangers = [uuid.uuid4(), walk.foreign["hold" if route.target != "hold" else "redaction"][0]]
    asked = [*walk.foreign[route.target], *strangers]
    count = walk.recorded()
    answers = [normal(walk.api(route, target), target) for target in asked]
    assert answers[0][0] == 404, answers[0]
    assert all(answer == answers[0] for answer in answers)
    assert walk.unchanged()
    assert walk.recorded() == count + len(asked)


def test_the_pages_do_not_tell_what_exists(walk: Walk) -> None:
    rules = rules_with_ids(walk.app)
    assert len(rules) > 40
    silent = set()
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
    assert walk.unchanged()
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
