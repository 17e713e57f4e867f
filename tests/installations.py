"""Two installations that really talk: each with its own database, keys and bucket, served over HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from werkzeug.serving import BaseWSGIServer, make_server

from dataroom.actions.checkpoints import latest, verifier_key
from dataroom.actions.context import SERVICE
from dataroom.actions.witnessing import own_key
from dataroom.app import create_app
from tests.cast import World, make_config, make_world
from tests.parts import Seaweed


@dataclass
class Installation:
    """A house that is served at `url`."""

    world: World
    url: str
    server: BaseWSGIServer

    def service(self, name: str, **params: Any) -> Any:
        """Performs an action of the service or the operator."""
        return self.world.gate.perform(SERVICE, name, None, params)

    def act(self) -> None:
        """Something that the matter's log records."""
        self.world.do("ada", "matter.read", self.world.matter)

    def round(self) -> None:
        """What the worker does within a minute: sign, and ask the witnesses."""
        self.world.worker._done.pop("checkpoints", None)
        self.world.worker._by_the_clock()
        self.world.worker.drain()

    def bundle(self) -> bytes:
        """The export of the matter's log."""
        return b"".join(self.world.do("cleo", "audit.export", self.world.matter).pieces)

    def note(self) -> tuple[int, str]:
        """Size and note of the matter's newest checkpoint."""
        with self.world.services.database.reading() as session:
            checkpoint = latest(session, self.world.matter)[1]
            return checkpoint.size, checkpoint.note

    def log_key(self) -> str:
        """The verifier key of the matter's log."""
        return verifier_key(self.world.services, self.world.matter)

    def witness_key(self) -> str:
        """The verifier key of this installation as a witness."""
        return str(own_key(self.world.services))

    def sql(self, statement: str, **values: Any) -> None:
        """What somebody with the database can do, triggers dropped and all."""
        with self.world.services.database.writing() as session:
            session.execute(text(statement), values)


@contextmanager
def served(folder: Path, database: str, seaweed: Seaweed, name: str) -> Iterator[Installation]:
    """An installation with the origin `name`.test/log while it lasts."""
    folder.mkdir(exist_ok=True)
    config = replace(make_config(folder, database, seaweed), log_origin=f"{name}.test/log")
    world = make_world(config)
    server = make_server("127.0.0.1", 0, create_app(config, world.services), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Installation(world, f"http://localhost:{server.server_port}", server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        world.close()


def introduce(log: Installation, witness: Installation) -> None:
    """What the two operators do once: the witness learns of the logs, the log's house asks the witness."""
    key = verifier_key(log.world.services, None)
    witness.service("witness.trust", key=key, covers="matters")
    log.service("witness.add", key=witness.witness_key(), url=f"{witness.url}/witness")
