"""`dataroom operate anchor`: how the checkpoints handed outside stand, and whether the logs still continue them."""

from __future__ import annotations

import click
from sqlalchemy import select

from dataroom.actions.anchoring import Standing, configured, contradictions, standings
from dataroom.actions.outside import resumptions
from dataroom.cli.operate import Operator, failures, operate, settings
from dataroom.model import AuditLog


@operate.group("anchor")
def anchor() -> None:
    """Checkpoints handed to a time-stamp authority, or locked in a bucket."""


@anchor.command("list")
@click.pass_obj
def list_command(operator: Operator) -> None:
    """Show the newest anchor of each log, and what went wrong."""
    with failures():
        services = operator.build(settings())
        if not configured(services):
            click.echo("no anchors are configured")
        for one in standings(services):
            click.echo(_line(one))


@anchor.command("check")
@click.pass_obj
def check_command(operator: Operator) -> None:
    """Hold every log against every anchor ever made of it; exit status 1 when one contradicts."""
    with failures():
        services = operator.build(settings())
        found = list(contradictions(services))
        for sentence in found:
            click.echo(sentence)
        with services.database.reading() as session:
            for origin in session.scalars(select(AuditLog.origin).order_by(AuditLog.origin)):
                for reason in resumptions(services, origin):
                    click.echo(f"{origin} was resumed after a loss, older anchors stay in the bucket: {reason}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo("the logs continue every anchor")


def _line(one: Standing) -> str:
    when = f"{one.at:%Y-%m-%d %H:%M:%S}Z" if one.at else "never"
    words = f"{one.origin}: {one.anchor} of {one.size} entries, {when}"
    return words + (", LATE" if one.late else "") + (f", {one.error}" if one.error else "")
