"""A scope of 100,000 contents gets a new KEK, and is shredded: `python -m tests.bench.bench_renewing [CONTENTS]`.

Prints how long it takes in all, the longest single transaction (for so long the matter waits), and the peak memory of
this process. The contents are rows alone: renewing never reads an object but the one that shredding opens.
"""

from __future__ import annotations

import resource
import sys
import time
import uuid
from typing import Any

import sqlalchemy as sa

from dataroom.actions.context import SERVICE
from dataroom.actions.sealing import open_version, place_of, scope_for
from dataroom.model import KeyScope, Version
from dataroom.vault.keys import wrap_dek
from tests.bench.figures import machine, parts
from tests.cast import World, make_config, make_world

AT_ONCE = 5000


def fill(world: World, contents: int) -> uuid.UUID:
    """Copies one version's row under later ids and ordinals, each with its own wrapping; returns the scope.

    Shredding reads the first content of a scope, which stays the real one.
    """
    line = world.ready()
    with world.services.database.reading() as session:
        version = session.get_one(Version, line.version)
        dek = open_version(world.services, session, version).dek
        scope = scope_for(world.services, version.matter_id, version.organisation_id, version.tier)
        row: dict[str, Any] = dict(session.execute(sa.select(Version.__table__)).mappings().one())
    for start in range(0, contents, AT_ONCE):
        rows = []
        for number in range(start, min(start + AT_ONCE, contents)):
            version.ordinal = 1000 + number
            wrapped = wrap_dek(scope.kek, scope.id, scope.epoch, place_of(version), dek)
            fresh = {
                "id": uuid.UUID(int=row["id"].int + number + 1),
                "ordinal": version.ordinal,
                "object_key": f"{row['object_key']}-{number}",
            }
            rows.append({**row, **fresh, "wrapped_dek": wrapped})
        with world.services.database.writing() as session:
            session.execute(sa.insert(Version.__table__), rows)
    return scope.id


def renewed(world: World, scope: uuid.UUID, name: str) -> None:
    """Performs the renewal step by step, as the worker does, and prints."""
    took: list[float] = []
    before = epoch(world, scope)
    while epoch(world, scope) == before:
        began = time.perf_counter()
        world.gate.perform(SERVICE, name, scope, {})
        took.append(time.perf_counter() - began)
    print(f"{name}: {sum(took):6.1f} s in {len(took)} steps, the longest {max(took):.2f} s", flush=True)


def epoch(world: World, scope: uuid.UUID) -> int:
    """Where the scope stands."""
    with world.services.database.reading() as session:
        return session.get_one(KeyScope, scope).epoch


def peak() -> int:
    """The highest resident size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(contents: int = 100_000) -> None:
    """Measures and prints, on both databases."""
    with parts() as made:
        for kind in ("sqlite", "postgresql"):
            world = make_world(make_config(made.folder, made.database(kind, "renewing"), made.seaweed))
            scope = fill(world, contents)
            print(f"{kind}: {contents} contents; peak memory before {peak()} MiB", flush=True)
            for name in ("scope.rekey", "scope.shred"):
                renewed(world, scope, name)
            began = time.perf_counter()
            world.gate.perform(SERVICE, "scope.trim", scope, {})
            print(f"scope.trim: {time.perf_counter() - began:6.1f} s; peak memory after {peak()} MiB", flush=True)
            world.close()


if __name__ == "__main__":
    machine()
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
