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
from tests.parts import Database, Seaweed, migrated_sqlite
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
def probed(seaweed: Seaweed, postgres: Database) -> Iterator[tuple[Probed, Probed]]:
    """Two houses, on SQLite and on PostgreSQL, with things of every kind, some of them of Cassini alone."""
    folders = short_folder(), short_folder()
    urls = migrated_sqlite(folders[0]), postgres.migrated()
    one, other = (
        filled(make_world(make_config(folder, url, seaweed))) for folder, url in zip(folders, urls, strict=True)
    )
    yield one, other
    for made, folder in zip((one, other), folders, strict=True):
        made.world.close()
        remove(folder)


def filled(world: World) -> Probed:
    """A house with what is to be asked for."""
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
    return Probed(world, app, things, secrets, hidden | {"sorrel", "of Ada"})


def without_agreements(world: World) -> None:
    """Takes away what the person before has set, which would refuse this one nearly everything."""
    with world.services.database.writing() as session:
        session.execute(delete(Acceptance))
        session.execute(delete(Agreement))


def prober(probed: Probed, who: str) -> Prober:
    """Somebody with a token, and what they may not be told."""
    without_agreements(probed.world)
    secrets = probed.from_cassini if who == "paolo" else probed.of_cassini
    token = probed.world.do(who, "token.create", scopes=["everything"], name="probing").secret
    return Prober(token, probed.things, secrets)


@pytest.mark.parametrize("who", PEOPLE)
def test_every_answer_is_as_documented_and_tells_nothing_of_another_company(
    probed: tuple[Probed, Probed], who: str
) -> None:
    """Each operation is asked of one house by one person and of the other by the next."""
    turn = PEOPLE.index(who)
    askers = [(prober(one, who), operations(one.app)) for one in probed]
    told: dict[str, list[int]] = {}
    for number, ops in enumerate(zip(*(found for _, found in askers), strict=True), start=turn):
        op = ops[number % len(ops)]
        told[op.definition.raw["operationId"]] = probe(op, askers[number % len(ops)][0], EXAMPLES)
    assert set(told) == {route.action for route in ROUTES}
    statuses = {status for some in told.values() for status in some}
    assert {200, 404, 422} <= statuses
    assert 401 not in statuses, "the token itself was refused"
