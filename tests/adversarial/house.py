"""A house of real processes, gunicorn and the worker, that a test may kill at any moment and start again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, text

from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.context import SERVICE
from dataroom.actions.sealing import PREFIX, open_version
from dataroom.adapters.parts_process import TiedProcess, hold_ports, until
from dataroom.audit import verifier
from dataroom.audit.tree import Frontier, leaf_hash
from dataroom.cli.operate import ROOT
from dataroom.config import Config
from dataroom.model import AuditEntry, AuditLog, Errand, Redaction, Version
from tests.cast import World, make_config, make_world
from tests.parts import Seaweed

API = "/api/v1"
START_SECONDS = 180.0
PATIENCE = 60.0


@dataclass(frozen=True)
class Reply:
    """An answer with its body read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class House:
    """A world whose web service and worker run as processes of their own."""

    world: World
    folder: Path
    port: int
    environment: dict[str, str]
    web: TiedProcess | None = None
    worker: TiedProcess | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def start_web(self, workers: int = 1) -> None:
        """Starts gunicorn; returns when it is ready."""
        arguments = ["operate", "serve", "--bind", f"127.0.0.1:{self.port}", "--workers", str(workers)]
        self.web = self._started("web", arguments)
        assert until(self._ready, self.web.runs, START_SECONDS), self.log("web")

    def start_worker(self) -> None:
        """Starts the worker; returns at once."""
        self.worker = self._started("worker", ["operate", "worker"])

    def kill_web(self) -> None:
        """SIGKILL to the master and every worker of it, at once."""
        self.web = _killed(self.web)

    def kill_worker(self) -> None:
        """SIGKILL to the worker."""
        self.worker = _killed(self.worker)

    def stop(self) -> None:
        """Ends both in an orderly way and the world with them."""
        for child in (self.web, self.worker):
            if child is not None:
                child.stop(signal.SIGTERM)
        self.world.close()

    def log(self, name: str) -> str:
        """The last lines a process wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def token(self, who: str) -> str:
        """An API token of somebody, made through the gate."""
        if who not in self.tokens:
            self.tokens[who] = self.world.do(who, "token.create", scopes=["everything"], name=f"token of {who}").secret
        return self.tokens[who]

    def connection(self) -> HTTPConnection:
        """A fresh connection to the web service."""
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(
        self, who: str, method: str, path: str, body: Any = None, kind: str = "application/json", /, **query: Any
    ) -> Reply:
        """One request to the API; `body` is bytes, or an object sent as JSON."""
        with closing(self.connection()) as connection:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body, default=str).encode()
            headers = {"Authorization": f"Bearer {self.token(who)}"} | ({} if data is None else {"Content-Type": kind})
            address = API + path + (f"?{urlencode(query)}" if query else "")
            connection.request(method, address, data, headers)
            return read(connection.getresponse())

    def upload(self, who: str, data: bytes, path: str = "charts/claim.pdf", **query: Any) -> Any:
        """Uploads a file over HTTP; returns the manifest line."""
        query = {"path": path, "tier": 2, "category": "claim-chart", "schedule": "work-product"} | query
        reply = self.ask(who, "PUT", f"/matters/{self.world.matter}/documents", data, "application/pdf", **query)
        assert reply.status == 201, reply.body
        return reply.json

    def begin_upload(self, who: str, length: int, path: str) -> HTTPConnection:
        """A connection on which the head of an upload of `length` bytes was sent and the body is awaited."""
        connection = self.connection()
        query = urlencode({"path": path, "tier": 2, "category": "claim-chart", "schedule": "work-product"})
        connection.putrequest("PUT", f"{API}/matters/{self.world.matter}/documents?{query}")
        for name, value in (
            ("Authorization", f"Bearer {self.token(who)}"),
            ("Content-Type", "application/pdf"),
            ("Content-Length", str(length)),
        ):
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def pids(self) -> list[int]:
        """Every process of the house: masters, workers and PDF children."""
        roots = {_pid(child) for child in (self.web, self.worker) if child is not None}
        return sorted(roots | _descendants(roots))

    def wait(self, holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Waits until something holds; fails with `what` when it does not in time."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"{what}\n{self.log('web')}\n{self.log('worker')}"
            time.sleep(0.05)

    def idle(self) -> bool:
        """Whether no errand is left."""
        with self.world.services.database.reading() as session:
            return session.scalar(select(Errand.id).where(Errand.done_at.is_(None)).limit(1)) is None

    def row(self, table: Any, row_id: uuid.UUID | str) -> Any:
        """A row as it is now."""
        with self.world.services.database.reading() as session:
            return session.get_one(table, uuid.UUID(str(row_id)))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Holds the audit heads (on SQLite: the only write lock), so that no action can commit meanwhile."""
        with self.world.services.database.writing() as session:
            session.execute(text("UPDATE audit_log SET size = size"))
            yield

    def _ready(self) -> bool:
        with suppress(OSError), closing(self.connection()) as connection:
            connection.request("GET", "/readyz")
            return read(connection.getresponse()).status == 200
        return False

    def _started(self, name: str, arguments: list[str]) -> TiedProcess:
        child = TiedProcess([sys.executable, "-m", "dataroom", *arguments], self.folder / f"{name}.log", signal.SIGKILL)
        child.start(None, self.environment)
        return child


def read(response: HTTPResponse) -> Reply:
    """The whole answer."""
    return Reply(response.status, dict(response.getheaders()), response.read())


@contextmanager
def closing(connection: HTTPConnection) -> Iterator[HTTPConnection]:
    """Closes the connection at the end."""
    try:
        yield connection
    finally:
        connection.close()


def environment_of(config: Config, temporary: Path) -> dict[str, str]:
    """What a process of the house is started with: the settings, and a temporary folder of its own."""
    given = {f.name: getattr(config, f.name) for f in fields(config) if getattr(config, f.name) != f.default}
    settings = {f"DATAROOM_{name.upper()}": str(value) for name, value in given.items()}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, **settings, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)}


@contextmanager
def house_on(database_url: str, seaweed: Seaweed, folder: Path, **settings: Any) -> Iterator[House]:
    """A house with its cast on some database; its processes are not started yet."""
    config = replace(make_config(folder, database_url, seaweed), errand_lease=3, log_level="INFO", **settings)
    with ExitStack() as held:
        port = hold_ports(held, ["web"], {})["web"]
    config = replace(config, public_url=f"http://127.0.0.1:{port}")
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    house = House(make_world(config), folder, port, environment_of(config, temporary))
    try:
        yield house
    finally:
        house.stop()


def short_folder() -> Path:
    """A folder outside pytest's own; whoever asks removes it."""
    return Path(tempfile.mkdtemp(prefix="house-"))


def remove(folder: Path) -> None:
    """Removes a folder and what is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def check_sound(house: House) -> None:
    """Nothing is half done: every row opens, no object is without a row, the log is whole. No process may run an action."""
    world = house.world
    store, database = world.services.store, world.services.database
    world.gate.perform(SERVICE, "upload.sweep")
    with database.reading() as session:
        versions = list(session.scalars(select(Version)))
        stuck = list(session.scalars(select(Redaction.id).where(Redaction.state == "applying")))
        live = [version for version in versions if version.state != "destroyed"]
        for version in live:
            opened = open_version(world.services, session, version)
            content = b"".join(opened.stream(world.services))
            assert hashlib.sha256(content).hexdigest() == version.sha256
    assert not stuck
    assert all(version.wrapped_dek is None for version in versions if version.state == "destroyed")
    assert sorted(item.key for item in store.listing(PREFIX)) == sorted(version.object_key for version in live)
    check_logs(world, house.folder)


def check_logs(world: World, folder: Path) -> None:
    """Every log is without gaps, its head is what its entries say, and the matter's bundle verifies offline."""
    with world.services.database.reading() as session:
        for log in session.scalars(select(AuditLog)):
            entries = session.scalars(select(AuditEntry).where(AuditEntry.log_id == log.id).order_by(AuditEntry.seq))
            frontier, count = Frontier(), 0
            for count, entry in enumerate(entries, start=1):
                assert entry.seq == count - 1
                assert leaf_hash(entry.entry) == entry.leaf
                frontier = frontier.append(entry.leaf)
            assert (log.size, log.frontier) == (count, frontier.to_bytes())
    bundle = folder / "bundle.zip"
    bundle.write_bytes(b"".join(world.do("cleo", "audit.export", world.matter).pieces))
    report = verifier.verify_bundle(bundle, [verifier_key(world.services, world.matter)], [])
    assert report.faults == []


def entries_of(world: World, act: str, target: uuid.UUID | str | None = None) -> list[str]:
    """The outcomes recorded for an action, in order, on one target or on all."""
    query = select(AuditEntry.outcome).where(AuditEntry.act == act).order_by(AuditEntry.at)
    if target is not None:
        query = query.where(AuditEntry.target_id == uuid.UUID(str(target)))
    with world.services.database.reading() as session:
        return list(session.scalars(query))


def table_dump(world: World, without: Iterable[str]) -> dict[str, list[str]]:
    """Every row of every table but some, as text; to show that nothing changed."""
    hidden = set(without)
    with world.services.database.reading() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in Version.metadata.sorted_tables
            if table.name not in hidden
        }


def free_socket(port: int) -> socket.socket:
    """A raw connection to the web service, for bodies that stop half way."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def _killed(child: TiedProcess | None) -> None:
    if child is None:
        return
    group = _pid(child)
    family = {group} | _descendants({group})
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    child.stop(signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while any(_alive(pid) for pid in family):
        assert time.monotonic() < end, "a killed process lives on"
        time.sleep(0.02)


def _pid(child: TiedProcess) -> int:
    assert child._process is not None
    return child._process.pid


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _descendants(roots: set[int]) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in roots | found} - found:
        found |= more
    return found
