"""What an operator does with keys: rotate them, shred what was disposed of, take a company's or a matter's out of use.

The work is owed in the database before it begins, so that it can be interrupted at any moment: what is left is done
by the worker, or by the same command given again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

import click
from sqlalchemy import func, select

from dataroom.actions.context import SERVICE, Services
from dataroom.actions.gate import Gate
from dataroom.actions.renewing import ERRANDS
from dataroom.actions.retiring import WINDOW_DAYS
from dataroom.cli.operate import Operator, failures, settings
from dataroom.jobs.worker import Worker
from dataroom.model import Errand, Hold, HoldDocument, KeyScope, Matter, Organisation, Version

PAUSE = 0.5
SHREDDING = ("scope.shred", "scope.trim", "scope.destroy", "scope.forget")
_MATTER = click.option("--matter", type=click.UUID, required=True, help="The matter.")
_ORGANISATION = click.option("--organisation", help="Only what this organisation (its short name) contributed.")


@click.command("rotate")
@click.option(
    "--kms", "keys", flag_value="kms", help="New versions of the key service's keys, of scopes and of people."
)
@click.option("--keks", "keys", flag_value="keks", help="New scope keys; every content key is wrapped anew.")
@click.option("--scope", type=click.UUID, default=None, help="One scope alone.")
@click.pass_obj
def rotate_command(operator: Operator, keys: str | None, scope: uuid.UUID | None) -> None:
    """Renew keys without touching a stored object. Safe to interrupt and to repeat."""
    if keys is None:
        raise click.UsageError("Say --kms or --keks.")
    with failures():
        services, gate = _house(operator)
        left = _open(services, ERRANDS[keys])
        if left:
            click.echo(f"going on with {left} errands that an interrupted run left")
        else:
            gate.perform(SERVICE, "key.rotate", None, {"keys": keys, "scope": scope})
        _work_off(services, gate, ERRANDS[keys])


@click.command("shred")
@click.pass_obj
def shred_command(operator: Operator) -> None:
    """Do tonight's shredding now, so that no backup brings back what was disposed of. Safe to interrupt and repeat."""
    with failures():
        services, gate = _house(operator)
        gate.perform(SERVICE, "key.shred", None, {})
        _work_off(services, gate, SHREDDING)


@click.command("retire")
@_MATTER
@_ORGANISATION
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@click.option("--days", type=click.IntRange(0, 365), default=WINDOW_DAYS, show_default=True, help="Time to undo it.")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be done.")
@click.pass_obj
def retire_command(
    operator: Operator, matter: uuid.UUID, organisation: str | None, reason: str, days: int, yes: bool
) -> None:
    """Take a matter's keys, or one organisation's in it, out of use; after DAYS the worker destroys them."""
    with failures():
        services, gate = _house(operator)
        scopes = _scopes(services, matter, organisation, "active")
        held = _held(services, scopes)
        for scope in scopes:
            click.echo(f"{scope.id}  tier {scope.tier}{'  held, so it is kept' if scope.id in held else ''}")
        if held:
            raise click.ClickException("A hold covers documents here. Nothing was done.")
        if not yes:
            raise click.ClickException(f"{len(scopes)} scopes would be retired. Nothing was done; add --yes.")
        for scope in scopes:
            gate.perform(SERVICE, "scope.retire", scope.id, {"reason": reason, "days": days})
        _work_off(services, gate, ("scope.disable",))
    click.echo(f"closed; destroyed in {days} days unless restored")


@click.command("restore-keys")
@_MATTER
@_ORGANISATION
@click.pass_obj
def restore_command(operator: Operator, matter: uuid.UUID, organisation: str | None) -> None:
    """Take retired keys back into use, as long as they are not destroyed."""
    with failures():
        services, gate = _house(operator)
        scopes = _scopes(services, matter, organisation, "shredding")
        for scope in scopes:
            gate.perform(SERVICE, "scope.restore", scope.id)
    click.echo(f"{len(scopes)} scopes are in use again")


def _house(operator: Operator) -> tuple[Services, Gate]:
    services = operator.build(settings())
    return services, operator.gate(services)


def _scopes(services: Services, matter: uuid.UUID, organisation: str | None, state: str) -> Sequence[KeyScope]:
    query = select(KeyScope).where(KeyScope.matter_id == matter, KeyScope.state == state).order_by(KeyScope.tier)
    with services.database.reading() as session:
        if session.get(Matter, matter) is None:
            raise click.ClickException("There is no such matter.")
        if organisation:
            owner = session.scalars(select(Organisation.id).where(Organisation.slug == organisation)).first()
            if owner is None:
                raise click.ClickException("There is no such organisation.")
            query = query.where(KeyScope.organisation_id == owner)
        return session.scalars(query).all()


def _held(services: Services, scopes: Sequence[KeyScope]) -> set[uuid.UUID]:
    query = (
        select(Version.scope_id)
        .join(HoldDocument, HoldDocument.document_id == Version.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(Hold.released_at.is_(None), Version.state != "destroyed")
        .where(Version.scope_id.in_([scope.id for scope in scopes]))
    )
    with services.database.reading() as session:
        return set(session.scalars(query))


def _open(services: Services, kinds: Sequence[str]) -> int:
    with services.database.reading() as session:
        query = select(func.count()).select_from(Errand).where(Errand.kind.in_(kinds), Errand.done_at.is_(None))
        return session.scalar(query) or 0


def _failing(services: Services, kinds: Sequence[str]) -> list[str]:
    """What stands in the way of errands that were tried and are to be tried again later."""
    query = select(Errand).where(Errand.kind.in_(kinds), Errand.done_at.is_(None), Errand.error.is_not(None))
    with services.database.reading() as session:
        return [f"{e.kind} {e.payload.get('target', '')}: {e.error}" for e in session.scalars(query)]


def _work_off(services: Services, gate: Gate, kinds: Sequence[str]) -> None:
    """Performs the open errands of these kinds, telling how far it is; errands that fail are left to the worker."""
    worker, done = Worker(services, gate), 0
    while left := _open(services, kinds):
        if worker.one(*kinds):
            done += 1
            click.echo(f"{done} done, {_open(services, kinds)} left")
            continue
        failing = _failing(services, kinds)
        if len(failing) >= left:
            raise click.ClickException("Not done yet, the worker tries again: " + "; ".join(failing))
        time.sleep(PAUSE)
    click.echo("nothing is left to do")


def add_commands(operate: click.Group) -> None:
    """Adds `rotate`, `shred`, `retire` and `restore-keys` to the operator's commands."""
    for command in (rotate_command, shred_command, retire_command, restore_command):
        operate.add_command(command)
