"""What an operator runs on the host: first start, schema, partners, service and worker processes, keys to hand out."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import sys
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import select

from dataroom.actions.backups import check_accepted, check_unbroken
from dataroom.actions.checkpoints import LOG_KEY, verifier_key
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.disposals import CERTIFICATE_KEY
from dataroom.actions.evidence import open_log
from dataroom.actions.gate import Gate
from dataroom.actions.identity import issuers
from dataroom.actions.inforce import RESET, check_law
from dataroom.actions.logins import company_mark
from dataroom.actions.pins import FIELD
from dataroom.actions.witnessing import WITNESS_KEY
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.config import Config, ConfigError
from dataroom.errors import DataroomError
from dataroom.jobs.worker import Worker
from dataroom.logs import configure
from dataroom.model import AuditDisclosure, AuditLog

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Operator:
    """How commands that need the whole house get it; composed in `dataroom.app`."""

    build: Callable[[Config], Services]
    gate: Callable[[Services], Gate]


@click.group()
def operate() -> None:
    """Run and look after an installation (on its host, with its configuration)."""


def settings() -> Config:
    """The configuration, or a clear end of the command."""
    try:
        return Config.from_env()
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def upgrade(database_url: str, revision: str = "head") -> None:
    """Brings the schema of a database to the newest revision, or to a named one."""
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(ROOT / "migrations"))
    alembic.attributes["url"] = database_url
    command.upgrade(alembic, revision)


def initialise(config: Config, operator: Operator) -> Services:
    """Makes what a first start needs and leaves alone what is there: keyring, schema, bucket, signing keys, log."""
    if config.has_keyring and not config.keyring_file.exists():
        if not config.keyring_key_file.exists():
            _write_key(config.keyring_key_file)
        KeyringKms.create_new(config.keyring_file, config.keyring_key_file)
    upgrade(config.database_url)
    services = operator.build(config)
    check_unbroken(services)
    services.store.prepare()  # type: ignore[attr-defined]
    if services.locked is not None:
        services.locked.prepare()  # type: ignore[attr-defined]
    for name in (LOG_KEY, CERTIFICATE_KEY, WITNESS_KEY):
        if not services.kms.exists(name):
            services.kms.create_signing(name)
    with services.database.writing() as session:
        if session.scalars(select(AuditLog).where(AuditLog.matter_id.is_(None))).first() is None:
            open_log(session, None, config.log_origin)
    _adopt_older_rows(services, operator.gate(services))
    return services


def _adopt_older_rows(services: Services, gate: Gate) -> None:
    """Once, after the upgrade to a release whose entries pin rows: the rows there are pinned as they are."""
    with services.database.reading() as session:
        pinned = select(AuditDisclosure.log_id).where(AuditDisclosure.name == FIELD)
        older = list(session.scalars(select(AuditLog.matter_id).where(AuditLog.size > 0, AuditLog.id.not_in(pinned))))
    for matter in older:
        reason = "These rows are older than the release whose entries pin rows."
        gate.perform(SERVICE, "rows.adopt", None, {"matter": matter, "reason": reason})


def _write_key(path: Path) -> None:
    """A fresh master key in a file only its owner may read; keep it apart from the data and its backups."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32))


def no_core_dumps() -> None:
    """From now on a crash of this process or its children leaves no image of their memory on a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@operate.command("init")
@click.pass_obj
def init_command(operator: Operator) -> None:
    """Prepare a first start, or bring an installation to this release: keyring, schema, bucket, log."""
    with failures():
        initialise(settings(), operator)
    click.echo("ready")


@operate.command("client-key")
@click.option("--algorithm", default="EdDSA", show_default=True, type=click.Choice(["EdDSA", "ES256"]))
@click.pass_obj
def client_key_command(operator: Operator, algorithm: str) -> None:
    """Renew the key for providers registered with private_key_jwt: the one published ahead signs from now on."""
    with failures():
        wanted = {"algorithm": algorithm}
        names = operator.gate(operator.build(settings())).perform(SERVICE, "client-key.rotate", None, wanted)
        click.echo(f"{names[1]} signs from now on; {names[0]} is the next. Published at /.well-known/jwks.json")


@operate.command("policy-reset")
@click.option("--reason", required=True, help="Why; it stands in the audit log and is shown to compliance officers.")
@click.pass_obj
def policy_reset_command(operator: Operator, reason: str) -> None:
    """Put the delivered rules in force while those in force cannot be established (after an upgrade, or tampering)."""
    with failures():
        operator.gate(operator.build(settings())).perform(SERVICE, RESET, None, {"reason": reason})
    click.echo("the delivered rules are in force")


@operate.command("partners")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def partners_command(operator: Operator, file: Path) -> None:
    """Register the partner organisations and identity providers of a TOML FILE ([[partner]] tables)."""
    with failures():
        gate = operator.gate(operator.build(settings()))
        for row in _partner_tables(file):
            secret_file = row.pop("client_secret_file", None)
            if secret_file:
                row["client_secret"] = Path(secret_file).read_text(encoding="utf-8").strip()
            gate.perform(SERVICE, "partner.register", None, row)
            click.echo(f"registered {row['slug']}")


def _partner_tables(file: Path) -> list[dict[str, Any]]:
    try:
        return list(tomllib.loads(file.read_text(encoding="utf-8")).get("partner", []))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file.name} cannot be read: {error}") from error


@operate.command("sign-in-addresses")
@click.pass_obj
def sign_in_addresses_command(operator: Operator) -> None:
    """Print each company's sign-in address, which nobody can guess: hand it to that company's people alone."""
    with failures():
        services = operator.build(settings())
        for row in issuers(services):
            mark = company_mark(services.config, row.organisation)
            click.echo(f"{row.organisation_slug} {services.config.public_url}/signin/at/{mark}")


@operate.command("end-sessions")
@click.argument("issuer")
@click.option("--sid", default=None, help="Only what this session at the provider began.")
@click.option("--subject", default=None, help="Only of the person the provider knows under this name.")
@click.pass_obj
def end_sessions_command(operator: Operator, issuer: str, sid: str | None, subject: str | None) -> None:
    """Sign out everybody the identity provider ISSUER vouched for, or those the options name."""
    with failures():
        wanted = {"issuer": issuer, "sid": sid, "subject": subject}
        ended = operator.gate(operator.build(settings())).perform(SERVICE, "session.cut", None, wanted)
        click.echo(f"{ended} sessions ended")


@operate.command("serve")
@click.option("--bind", default="127.0.0.1:8080", show_default=True, help="Address and port to listen on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=64, show_default=True, type=click.IntRange(1, 512))
@click.pass_obj
def serve_command(operator: Operator, bind: str, workers: int, threads: int) -> None:
    """Serve pages and API with gunicorn; put a TLS proxy in front of it."""
    with failures():
        services = operator.build(settings())
        check_accepted(services)
        check_law(services)
    no_core_dumps()
    arguments = ["--pythonpath", str(ROOT), "-k", "gthread", "-w", str(workers), "--threads", str(threads), "-b", bind]
    arguments += ["--no-control-socket", "--timeout", "120", "--graceful-timeout", "10", "--keep-alive", "5"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, "wsgi:app"])  # noqa: S606


@operate.command("worker")
@click.option("--once", is_flag=True, help="Perform what is due now and end.")
@click.pass_obj
def worker_command(operator: Operator, once: bool) -> None:
    """Perform errands: apply redactions, erase destroyed bytes, sign checkpoints, sweep broken uploads."""
    config = settings()
    no_core_dumps()
    configure(config.log_level)
    services = operator.build(config)
    with failures():
        check_accepted(services)
        check_law(services)
    worker = Worker(services, operator.gate(services))
    if once:
        click.echo(f"{worker.drain()} errands done")
        return
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, lambda *_: worker.stop())
    worker.run()


@operate.command("key")
@click.option("--matter", type=click.UUID, default=None, help="The matter whose log is meant; else the deployment's.")
@click.pass_obj
def key_command(operator: Operator, matter: uuid.UUID | None) -> None:
    """Print the verifier key of a log, to be handed to partners outside this service."""
    with failures():
        click.echo(verifier_key(operator.build(settings()), matter))


class failures:
    """Turns errors of the service into one clear line and exit code 1."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DataroomError):
            raise click.ClickException(error.detail) from error
