"""The integrity check finds nothing in an honest house."""

from __future__ import annotations

from dataroom.actions.checkpoints import sign_heads
from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.run import deep
from tests.actions.house import House
from tests.cast import World


def checked(world: World) -> Report:
    """A deep check of everything."""
    return deep(world.services, None, lambda _text: None)


def lived_in(world: World) -> House:
    """A house in which most things have happened once."""
    house = House(world)
    world.disclosed(world.published().version)
    house.approved()
    house.disposed()
    world.do("ada", "document.classify", world.upload().document, tier=3, category="target", schedule="court-record")
    world.do("cleo", "hold.release", house.hold(), reason="The action was settled.")
    house.hold()
    house.in_review()
    world.do("ada", "redaction.discard", house.draft())
    house.draft()
    world.do("ada", "member.remove", world.matter, email="petra@aldermoor.example")
    house.token()
    house.do("service", "key.rotate", keys="keks")
    house.do("service", "key.shred")
    world.worker.drain()
    sign_heads(world.services)
    return house


def test_nothing_is_found_in_an_honest_house(world: World) -> None:
    lived_in(world)
    report = checked(world)
    assert report.findings == []
    assert (report.status, report.silent) == (0, [])
    assert set(report.looked_at) == {
        "bytes read",
        "certificates",
        "checkpoints",
        "content keys",
        "entries",
        "objects",
        "rows",
        "scopes",
    }
