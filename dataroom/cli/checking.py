"""`dataroom check` and `dataroom sweep`: whether everything is as it was left, and taking away what nobody needs."""

from __future__ import annotations

import json
import sys
import time
import uuid

import click

from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.run import deep, shallow
from dataroom.actions.context import SERVICE
from dataroom.actions.upkeep import MOST_SWEPT, SHARE, orphans
from dataroom.cli.operate import Operator, failures, settings

_EVERY = 2.0


class _Progress:
    """Says on stderr what is being looked at, at most every two seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            click.echo(text, err=True)


@click.command("check")
@click.option("--deep", "reading", flag_value="deep", help="Also read every content through the cipher.")
@click.option("--matter", type=click.UUID, default=None, help="One matter alone; surplus objects are not looked for.")
@click.option("--json", "form", flag_value="json", help="The report as JSON.")
@click.pass_obj
def check_command(operator: Operator, reading: str | None, matter: uuid.UUID | None, form: str | None) -> None:
    """Hold rows, objects, keys and audit logs against each other; on the host. Changes nothing.

    Exit status: 0 nothing found, 1 findings, 4 a part did not answer (what was found so far is shown).
    """
    with failures():
        services = operator.build(settings())
        report = (deep if reading else shallow)(services, matter, _Progress())
    click.echo(json.dumps(report.plain(), indent=2, ensure_ascii=False) if form else _listing(report))
    sys.exit(report.status)


@click.command("sweep")
@click.option("--remove", "act", flag_value="remove", help="Remove them; without, only list what would be removed.")
@click.option("--at-most", type=click.IntRange(1, 10_000), default=MOST_SWEPT, show_default=True, help="In one run.")
@click.option(
    "--share", type=click.IntRange(1, 100), default=SHARE, show_default=True, help="Percent of all objects at most."
)
@click.pass_obj
def sweep_command(operator: Operator, act: str | None, at_most: int, share: int) -> None:
    """Remove objects that no row names, and uploads in parts that never ended; on the host. Recorded in the audit log.

    Never touched: objects younger than DATAROOM_SWEEP_AGE, and what a hold covers. Safe to interrupt and to repeat.
    """
    with failures():
        services = operator.build(settings())
        if act:
            operator.gate(services).perform(SERVICE, "upload.sweep", None, {"most": at_most, "share": share})
        found = orphans(services, at_most)
        for one in found.first:
            click.echo(f"{one.key}  {one.length} bytes, written {one.modified:%Y-%m-%d %H:%M} UTC")
        left = f"{found.count} of {found.objects} objects are orphans, {found.unfinished} uploads never ended"
        click.echo(f"left: {left}" if act else f"{left}. Nothing was removed; add --remove.")


@click.command("adopt")
@click.option("--matter", type=click.UUID, default=None, help="The matter whose rows are meant; else the deployment's.")
@click.option("--reason", required=True, help="Why the rows are right as they are; it stands in the audit log.")
@click.pass_obj
def adopt_command(operator: Operator, matter: uuid.UUID | None, reason: str) -> None:
    """Vouch for rows changed outside the service; every later check says that this was done."""
    with failures():
        operator.gate(operator.build(settings())).perform(
            SERVICE, "rows.adopt", None, {"matter": matter, "reason": reason}
        )
    click.echo("adopted")


def _listing(report: Report) -> str:
    lines = [f"{one.severity:7}  {one.kind}  {one.id}\n         {one.text}" for one in report.findings]
    more = sum(report.kinds.values()) - len(report.findings)
    lines += [f"... and {more} more findings"] if more else []
    lines += [f"silent   {one.part}: {one.reason}" for one in report.silent]
    looked = ", ".join(f"{count} {what}" for what, count in sorted(report.looked_at.items()))
    lines.append(f"looked at {looked or 'nothing'}")
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(report.kinds.items()))
    verdict = f"findings: {counts}" if counts else "nothing was found"
    return "\n".join([*lines, verdict if not report.silent else f"{verdict}; not everything answered"])
