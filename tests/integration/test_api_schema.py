"""Whatever is sent to the interface is answered as its document says, with no 500 and nothing of another company.

`DATAROOM_API_EXAMPLES` makes the run longer (`make probe`); the number is that of fitting requests of each operation.
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import delete

from dataroom.api.routes import ROUTES
from dataroom.app import create_app
from dataroom.model import Acceptance, Agreement
from tests.adversarial.house import remove, short_folder
from tests.cast import World, make_config, make_world, simple_pdf
from tests.integration.api_schema import Prober, operations, probe
from tests.parts import Seaweed, migrated_sqlite
from tests.strangers import unseen

EXAMPLES = int(os.environ.get("DATAROOM_API_EXAMPLES", "2"))
# The order matters: a compliance officer may end the accounts of those before.
PEOPLE = ("paolo", "ada", "cleo")


@dataclass(frozen=True)
class Probed:
    """A house, its things by kind, and what nobody outside of Cassini and nobody inside of it may be told."""

    world: World
    app: Flask
    things: dict[str, list[uuid.UUID]]
    of_cassini: frozenset[str]
    from_cassini: frozenset[str]


@pytest.fixture(scope="module")
def probed(seaweed: Seaweed) -> Iterator[Probed]:
    """A house with things of every kind, some of them of Cassini alone."""
    folder = short_folder()
    world = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    app, things = create_app(world.config, world.services), unseen(world)
    hidden = frozenset(str(some) for kind in things if kind != "person" for some in things[kind])
    alone = world.do("cass", "matter.create", name="Quiet plum", reference="Q-7", participants=["borealis"]).id
    line = world.gate.perform(
        world.people["cass"], "document.upload", alone, {"path": "quiet/plum.pdf"}, io.BytesIO(simple_pdf(["plum"]))
    )
    token = world.do("cass", "token.create", scopes=["everything"], name="plum token").id
    own = {"matter": alone, "document": line.document, "version": line.version, "token": token}
    for kind, some in own.items():
        things[kind].append(some)
    things["matter"].append(world.matter)
    secrets = frozenset(str(some) for some in own.values()) | {"plum"}
    yield Probed(world, app, things, secrets, hidden | {"sorrel", "of Ada"})
    world.close()
    remove(folder)


def without_agreements(world: World) -> None:
    """Takes away what the person before has set, which would refuse this one nearly everything."""
    with world.services.database.writing() as session:
        session.execute(delete(Acceptance))
        session.execute(delete(Agreement))


@pytest.mark.parametrize("who", PEOPLE)
def test_every_answer_is_as_documented_and_tells_nothing_of_another_company(probed: Probed, who: str) -> None:
    without_agreements(probed.world)
    secrets = probed.from_cassini if who == "paolo" else probed.of_cassini
    token = probed.world.do(who, "token.create", scopes=["everything"], name="probing").secret
    prober = Prober(token, probed.things, secrets)
    told = {op.definition.raw["operationId"]: probe(op, prober, EXAMPLES) for op in operations(probed.app)}
    assert set(told) == {route.action for route in ROUTES}
    statuses = {status for some in told.values() for status in some}
    assert {200, 404, 422} <= statuses
    assert 401 not in statuses, "the token itself was refused"
