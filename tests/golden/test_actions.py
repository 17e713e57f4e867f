"""Every action with what it acts on and whether it leaves an entry; every address of the service."""

from __future__ import annotations

from collections.abc import Callable

from dataroom.actions.catalogue import ACTIONS
from dataroom.api.routes import PREFIX, ROUTES
from dataroom.app import create_app
from tests.actions.cases import EVERY
from tests.actions.house import House
from tests.cast import World
from tests.golden.files import hold


def recorded(house: House) -> dict[str, bool]:
    """Performs every case and tells whether each left exactly one entry that names it."""
    found: dict[str, bool] = {}
    for case in EVERY:
        target, sizes = case.target(house), house.log_sizes()
        case.perform(house, case.who, target)
        entries = [entry.fields["act"] for entry in house.entries_since(sizes)]
        found[case.action] = found.get(case.action, True) and entries == [case.action]
    return found


def test_every_action_is_recorded(fresh_world: Callable[[], World]) -> None:
    house = House(fresh_world())
    house.furnish()
    found = recorded(house)
    hold("unrecorded.txt", sorted(name for name in ACTIONS if not found.get(name)))
    table = []
    for name, spec in sorted(ACTIONS.items()):
        on = spec.target.__name__ if spec.target else "-"
        table.append(f"{name:24} {on:12} {spec.performer:8} {'recorded' if found.get(name) else 'NOT RECORDED'}")
    hold("actions.txt", table)


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
