"""Two web services on one database, as on two machines: they upload, disclose and hold in the same matter at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dataroom.adapters.parts_process import hold_ports
from dataroom.model import Disclosure, Document, Hold, HoldDocument
from tests.adversarial.house import House, check_sound, entries_of, house_on, remove, short_folder
from tests.cast import REASON, simple_pdf
from tests.parts import Database, Seaweed

EACH = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, seaweed: Seaweed) -> Iterator[tuple[House, House]]:
    """Two houses with one world: what differs is the port, the folder of logs and the temporary folder."""
    folder = short_folder()
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/room.db"
    else:
        postgres: Database = request.getfixturevalue("postgres")
        url = postgres.migrated()
    with house_on(url, seaweed, folder, sweep_age=0) as first:
        with ExitStack() as held:
            port = hold_ports(held, ["second"], {})["second"]
        (folder / "second").mkdir()
        second = House(first.world, folder / "second", port, first.environment, tokens=first.tokens)
        first.start_web()
        second.start_web()
        yield first, second
        second.kill_web()
        first.kill_web()
    remove(folder)


def at_once(two: tuple[House, House], work: Callable[[House, int], Any]) -> list[Any]:
    """Does something `EACH` times on both machines at once; returns every result."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda number: work(two[number % 2], number), range(2 * EACH)))


def asked(house: House, who: str, path: str, body: dict[str, Any]) -> str:
    """The id of what a request made."""
    reply = house.ask(who, "POST", path, body)
    assert reply.status in {200, 201}, reply.body
    return str(reply.json["id"])


def test_two_machines_serve_one_matter(two: tuple[House, House]) -> None:
    first, world = two[0], two[0].world
    for who in ("ada", "cleo"):
        first.token(who)
    data = [simple_pdf([f"Chart {number} of the joint reading."]) for number in range(2 * EACH)]
    lines = at_once(two, lambda house, n: house.upload("ada", data[n], f"charts/{n}.pdf", tier=1))
    terms = {
        "recipient": "borealis",
        "purpose": REASON,
        "necessity": "Without it the partner cannot check the mapping.",
        "alternative": "A summary was considered and is not enough.",
        "expires_at": (world.clock.now() + timedelta(days=30)).isoformat(),
    }
    order = {"kind": "litigation", "reason": "Ordered by the court of Lumen."}

    def through(house: House, number: int) -> tuple[str, str, int]:
        """Publishes, discloses, holds and reads what the other machine may have stored."""
        line = lines[number]
        reply = house.ask("ada", "POST", f"/documents/{line['document']}/publication")
        assert reply.status == 200, reply.body
        given = asked(house, "ada", f"/versions/{line['version']}/disclosures", terms)
        held = asked(house, "cleo", f"/documents/{line['document']}/holds", order)
        return given, held, house.ask("ada", "GET", f"/versions/{line['version']}").status

    done = at_once(two, through)
    assert {status for *_, status in done} == {200}
    with world.services.database.reading() as session:
        assert {str(i) for i in session.scalars(select(Disclosure.id))} == {given for given, *_ in done}
        assert {str(i) for i in session.scalars(select(Hold.id))} == {held for _, held, _ in done}
        assert len(list(session.scalars(select(HoldDocument.document_id)))) == 2 * EACH
        numbers = list(session.scalars(select(Document.number)))
    assert len(numbers) == len(set(numbers)) == 2 * EACH
    for act in ("document.upload", "document.publish", "disclosure.grant", "hold.place"):
        assert entries_of(world, act) == ["done"] * 2 * EACH, act
    for house in two:
        house.kill_web()
        house.web = None
    check_sound(first)
