"""Every action with what it acts on and who performs it; every address of the service.

That each leaves exactly one entry is a sentence of its own, held on both databases (tests/actions/test_sentences.py).
"""

from __future__ import annotations

from collections.abc import Callable

from dataroom.actions.catalogue import ACTIONS
from dataroom.api.routes import PREFIX, ROUTES
from dataroom.app import create_app
from tests.cast import World
from tests.golden.files import hold


def test_actions() -> None:
    hold(
        "actions.txt",
        [
            f"{name:24} {spec.target.__name__ if spec.target else '-':12} {spec.performer}"
            for name, spec in sorted(ACTIONS.items())
        ],
    )


def test_routes(fresh_world: Callable[[], World]) -> None:
    world = fresh_world()
    app = create_app(world.config, world.services)
    actions = {(route.method, PREFIX + route.rule()): route.action for route in ROUTES}
    table = []
    for rule in app.url_map.iter_rules():
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        named = {actions[(method, rule.rule)] for method in methods if (method, rule.rule) in actions}
        table.append(f"{rule.rule:64} {','.join(methods):12} {rule.endpoint:34} {','.join(sorted(named))}".rstrip())
    hold("routes.txt", sorted(table))
