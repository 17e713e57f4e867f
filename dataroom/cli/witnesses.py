"""What an operator arranges with partners about their logs: who witnesses whom, and how it stands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.checkpoints import latest
from dataroom.actions.context import SERVICE
from dataroom.actions.cosigning import ASK
from dataroom.actions.witnessing import own_key
from dataroom.cli.operate import Operator, failures, operate, settings
from dataroom.errors import NotFound
from dataroom.model import AuditHalt, AuditLog, Errand, Witness, WitnessedLog, WitnessStanding


@operate.group("witness")
def witness() -> None:
    """Partners' servers that cosign our logs, and partners' logs that we cosign."""


@witness.command("key")
@click.pass_obj
def key_command(operator: Operator) -> None:
    """Print this installation's verifier key as a witness, to be handed to partners."""
    with failures():
        click.echo(str(own_key(operator.build(settings()))))


@witness.command("add")
@click.option("--url", required=True, help="Where the witness answers, such as https://room.partner.example/witness.")
@click.option("--key", required=True, help="The witness's verifier key, received from the partner.")
@click.pass_obj
def add_command(operator: Operator, url: str, key: str) -> None:
    """Have every checkpoint of this installation cosigned by a partner's server."""
    with failures():
        operator.gate(operator.build(settings())).perform(SERVICE, "witness.add", None, {"key": key, "url": url})
    click.echo("the witness will be asked with the next checkpoint")


@witness.command("remove")
@click.argument("name")
@click.pass_obj
def remove_command(operator: Operator, name: str) -> None:
    """Ask the witness NAME no more; what it cosigned stays."""
    with failures():
        operator.gate(operator.build(settings())).perform(SERVICE, "witness.remove", None, {"name": name})
    click.echo("removed")


@witness.command("add-log")
@click.argument("vkey")
@click.option(
    "--covers",
    type=click.Choice(["log", "matters"]),
    default="log",
    show_default=True,
    help="`matters`: the key of a deployment's log, which also vouches for the logs of its matters.",
)
@click.pass_obj
def add_log_command(operator: Operator, vkey: str, covers: str) -> None:
    """Cosign the checkpoints of a partner's log, known by its verifier key VKEY."""
    with failures():
        gate = operator.gate(operator.build(settings()))
        gate.perform(SERVICE, "witness.trust", None, {"key": vkey, "covers": covers})
    click.echo("the log is cosigned from now on")


@witness.command("list")
@click.pass_obj
def list_command(operator: Operator) -> None:
    """Show how far each witness has followed each of our logs, and what we have cosigned."""
    with failures():
        services = operator.build(settings())
        with services.database.reading() as session:
            for line in (*_ours(session), *_theirs(session), *_halts(session)):
                click.echo(line)


@witness.command("resume")
@click.argument("origin")
@click.option("--reason", required=True, help="Why entries that were signed are gone; it is recorded for good.")
@click.pass_obj
def resume_command(operator: Operator, origin: str, reason: str) -> None:
    """Sign the log ORIGIN again after a restore that lost entries. Witnesses will go on refusing it."""
    with failures():
        gate = operator.gate(operator.build(settings()))
        gate.perform(SERVICE, "checkpoint.resume", None, {"log": origin, "reason": reason})
    click.echo("resumed")


def _ours(session: Session) -> Iterator[str]:
    errands = select(Errand).where(Errand.kind == ASK, Errand.done_at.is_(None))
    waiting = {tuple(one.payload["params"].values()): one for one in session.scalars(errands)}
    for one in session.scalars(select(Witness).order_by(Witness.name)):
        yield f"witness {one.name} at {one.url}"
        for log in session.scalars(select(AuditLog).order_by(AuditLog.origin)):
            standing = session.get(WitnessStanding, (one.id, log.id))
            errand = waiting.get((str(log.id), str(one.id)))
            yield (
                f"  {log.origin}: cosigned {standing.size if standing else 0} of {_signed(session, log.matter_id)}"
                + (
                    f", {errand.error}, tried {errand.attempts} times, next {errand.due_at:%Y-%m-%d %H:%M:%S}Z"
                    if errand and errand.error
                    else ""
                )
            )


def _signed(session: Session, matter: uuid.UUID | None) -> int:
    try:
        return latest(session, matter)[1].size
    except NotFound:
        return 0


def _theirs(session: Session) -> Iterator[str]:
    for row in session.scalars(select(WitnessedLog).order_by(WitnessedLog.origin)):
        yield f"log {row.origin}: cosigned at {row.size}"
        if row.conflict:
            yield "  CONTRADICTS ITSELF: its key signed what does not continue this; keep both notes:"
            yield from (f"    {line}" for line in (row.note + row.conflict).splitlines() if line)


def _halts(session: Session) -> Iterator[str]:
    query = select(AuditHalt, AuditLog).join(AuditLog, AuditLog.id == AuditHalt.log_id)
    for halt, log in session.execute(query):
        yield f"NOT SIGNED {log.origin}: signed at {halt.signed_size}, the database has {halt.size} or others"
