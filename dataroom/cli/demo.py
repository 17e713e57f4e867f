"""`dataroom demo`: every part of the house on this machine alone, with a seeded matter, until Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dataroom.adapters.parts import SeaweedFS
from dataroom.adapters.parts_process import TiedProcess, until
from dataroom.cli.demo_people import COMPANIES, issuer_config, partner_rows
from dataroom.cli.demo_story import seed
from dataroom.cli.operate import ROOT, Operator, initialise
from dataroom.config import Config
from dataroom.errors import DataroomError

FIRST_PORT = 8400
START_SECONDS = 180.0


@dataclass(frozen=True)
class Settled:
    """What a demonstration keeps between starts: its ports and secrets, in a file only its owner reads."""

    ports: dict[str, int]
    secrets: dict[str, str]


@click.command("demo")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path(".demo"), show_default=True)
@click.option("--reset", is_flag=True, help="Forget everything the demonstration holds, and end.")
@click.option("--database", default=None, help="An SQLAlchemy address instead of the built-in SQLite file.")
@click.option("--port", default=FIRST_PORT, show_default=True, help="The first port to try; others follow it.")
@click.pass_obj
def demo(operator: Operator, folder: Path, reset: bool, database: str | None, port: int) -> None:
    """Start everything on this machine with three fictional companies; Ctrl-C ends it and keeps its data."""
    folder = folder.resolve()
    if reset:
        _forget(folder)
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with ExitStack() as running:
            address, children = _start(operator, folder, database, port, running)
            click.echo(_welcome(address, folder))
            while not stop.wait(0.5):
                for name, child in children.items():
                    if not child.runs():
                        raise click.ClickException(f"{name} ended by itself; see {child.log}")
            click.echo("Ending; the data stay.")
    except DataroomError as error:
        raise click.ClickException(error.detail) from error


def _start(
    operator: Operator, folder: Path, database: str | None, port: int, running: ExitStack
) -> tuple[str, dict[str, TiedProcess]]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _alone(folder, running)
    settled = _settled(folder, port)
    click.echo("Starting the object store ...")
    store = SeaweedFS(folder / "objects")
    running.callback(store.stop)
    store.start()
    address = f"http://localhost:{settled.ports['web']}"
    environment = _environment(folder, settled, store, address, database)
    config = Config.from_env(environment)
    _write_settings(folder / "settings.env", environment)
    children = {name: _issuer(folder, slug, name, settled, address) for slug, name in COMPANIES.items()}
    click.echo("Starting the sign-in of three companies ...")
    for child in children.values():
        running.callback(child.stop, signal.SIGTERM)
    services = initialise(config, operator)
    try:
        if not (folder / "seeded").exists():
            seed(services, operator.gate(services), partner_rows(settled.ports, settled.secrets), click.echo)
            (folder / "seeded").touch()
    finally:
        services.workshop.close()  # type: ignore[attr-defined]
    click.echo("Starting the web service and the worker ...")
    bind = f"127.0.0.1:{settled.ports['web']}"
    children["web service"] = _child(folder, "web", ["operate", "serve", "--bind", bind], environment)
    children["worker"] = _child(folder, "worker", ["operate", "worker"], environment)
    for name in ("web service", "worker"):
        running.callback(children[name].stop, signal.SIGTERM)
    if not until(lambda: _answers(f"{address}/readyz"), children["web service"].runs, START_SECONDS):
        raise click.ClickException(f"The web service did not start; see {children['web service'].log}")
    return address, children


def _forget(folder: Path) -> None:
    """Removes a demonstration's folder, and never another one."""
    if not folder.exists():
        click.echo("There is nothing to forget.")
        return
    if not (folder / "settled.json").exists():
        raise click.ClickException(f"{folder} is not the folder of a demonstration; nothing was removed.")
    with ExitStack() as held:
        _alone(folder, held)
        shutil.rmtree(folder)
    click.echo("The demonstration is forgotten.")


def _alone(folder: Path, running: ExitStack) -> None:
    """Two demonstrations cannot share a folder."""
    lock = running.enter_context((folder / "running").open("w", encoding="ascii"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise click.ClickException("The demonstration is running already in this folder.") from error


def _settled(folder: Path, port: int) -> Settled:
    path = folder / "settled.json"
    if path.exists():
        return Settled(**json.loads(path.read_text(encoding="utf-8")))
    settled = Settled(
        ports=_free_ports(["web", *COMPANIES], port),
        secrets={name: secrets.token_urlsafe(48) for name in ("web", *COMPANIES)},
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"ports": settled.ports, "secrets": settled.secrets}, out)
    return settled


def _free_ports(names: list[str], first: int) -> dict[str, int]:
    ports: dict[str, int] = {}
    candidate = first
    for name in names:
        while not _free(candidate):
            candidate += 1
        ports[name] = candidate
        candidate += 1
    return ports


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment(
    folder: Path, settled: Settled, store: SeaweedFS, address: str, database: str | None
) -> dict[str, str]:
    return {
        "DATAROOM_DATABASE_URL": database or f"sqlite:///{folder / 'dataroom.db'}",
        "DATAROOM_S3_ENDPOINT": store.endpoint,
        "DATAROOM_S3_ACCESS_KEY": store.access_key,
        "DATAROOM_S3_SECRET_KEY": store.secret_key,
        "DATAROOM_KEYRING_FILE": str(folder / "keys" / "keyring.json"),
        "DATAROOM_KEYRING_KEY_FILE": str(folder / "keys" / "keyring.key"),
        "DATAROOM_SECRET_KEY": settled.secrets["web"],
        "DATAROOM_PUBLIC_URL": address,
        "DATAROOM_LOG_ORIGIN": "dataroom.demo/log",
        "DATAROOM_COUNTRY_SOURCE": "organisation",
        "DATAROOM_PAGE_RENDERERS": "2",
        "DATAROOM_LOG_LEVEL": "WARNING",
    }


def _write_settings(path: Path, environment: dict[str, str]) -> None:
    """The settings as a shell reads them, for the operator's commands in another terminal."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.writelines(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())


def _child(folder: Path, name: str, arguments: list[str], environment: dict[str, str]) -> TiedProcess:
    child = TiedProcess([sys.executable, "-m", "dataroom", *arguments], folder / f"{name}.log", signal.SIGTERM)
    child.start(None, {**_surroundings(), **environment})
    return child


def _issuer(folder: Path, slug: str, name: str, settled: Settled, address: str) -> TiedProcess:
    (folder / "issuers").mkdir(mode=0o700, exist_ok=True)
    path = folder / "issuers" / f"{slug}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(issuer_config(slug, settled.ports[slug], settled.secrets[slug], address), out)
    port = settled.ports[slug]
    command = [
        sys.executable,
        "-m",
        "dataroom.adapters.demo_issuer",
        "--config",
        str(path),
        "--port",
        str(port),
    ]
    child = TiedProcess(command, folder / "issuers" / f"{slug}.log", signal.SIGTERM)
    child.start(None, {**_surroundings(), "DATAROOM_DEMO": "1"})
    discovery = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
    if not until(lambda: _answers(discovery), child.runs, START_SECONDS):
        raise click.ClickException(f"The sign-in of {name} did not start; see {child.log}")
    return child


def _surroundings() -> dict[str, str]:
    """The little of our own environment that children need: no settings, no secrets."""
    kept: dict[str, str] = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _welcome(address: str, folder: Path) -> str:
    lines: list[str] = [
        "",
        f"The data room is open at  {address}",
        "",
        "Sign in with one of these addresses (no passwords here; the company's page lists its people):",
    ]
    for slug, name in COMPANIES.items():
        lines.append(f"  {name}")
        config: dict[str, Any] = issuer_config(slug, 0, "", address)
        lines += [f"    {p['email']:34} {p['roles'][0]:11} {p['title']}" for p in config["people"]]
    lines += ["", f"Data, keys and logs lie in {folder}. Ctrl-C ends it; `make demo-reset` forgets it.", ""]
    return "\n".join(lines)
