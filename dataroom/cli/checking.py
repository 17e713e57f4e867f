"""`dataroom check` and `dataroom sweep`: whether everything is as it was left, and taking away what nobody needs."""

from __future__ import annotations

import json
import sys
import time
import uuid

import click

from dataroom.actions.checks.findings import Report
from dataroom.actions.checks.run import deep, shallow
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
