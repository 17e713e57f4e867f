"""The lesser database role of the service on PostgreSQL: it works with every row, and can only add to the audit log.

The migrations run as the owner of the tables; web and worker processes connect as the role. The role owns nothing, so
it can neither drop nor disable the triggers that keep the entries, and it may not do what they refuse either.
"""

from __future__ import annotations

import re

import click
from sqlalchemy import Engine, create_engine, text

from dataroom.cli.operate import operate, settings
from dataroom.model import Base

ADDED = frozenset({"audit_entry", "audit_node", "audit_checkpoint"})
"""Only added to and read."""
FORGOTTEN = frozenset({"audit_disclosure", "audit_sealed"})
"""Added to, read, and deleted from (a person is forgotten); never changed."""
KEPT = frozenset({"audit_person", "audit_log", "audit_anchor", "audit_cosignature", "witnessed_log"})
"""Added to, read and carried on; never deleted."""
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(role: str) -> list[str]:
    """The statements that leave `role` exactly these rights on the tables of this release; may be repeated."""
    if not _ROLE.fullmatch(role):
        raise click.UsageError("A role has lower-case letters, digits and underscores.")
    found = ["REVOKE CREATE ON SCHEMA public FROM PUBLIC", f"GRANT USAGE ON SCHEMA public TO {role}"]
    for table in sorted(Base.metadata.tables):
        found.append(f'REVOKE ALL ON "{table}" FROM PUBLIC, {role}')
        found.append(f'GRANT {", ".join(_rights(table))} ON "{table}" TO {role}')
    return [*found, f"GRANT SELECT ON alembic_version TO {role}"]


def grant(engine: Engine, role: str) -> None:
    """Runs the statements as the owner of the tables, all or none."""
    with engine.begin() as connection:
        for statement in statements(role):
            connection.execute(text(statement))


def _rights(table: str) -> tuple[str, ...]:
    if table in ADDED:
        return ("SELECT", "INSERT")
    if table in FORGOTTEN:
        return ("SELECT", "INSERT", "DELETE")
    if table in KEPT:
        return ("SELECT", "INSERT", "UPDATE")
    return ("SELECT", "INSERT", "UPDATE", "DELETE")


@operate.command("grants")
@click.option("--role", required=True, help="The database role that web and worker processes use.")
@click.option(
    "--run", "act", flag_value="run", help="Run the statements as the configured user, the owner of the tables."
)
@click.option("--print", "act", flag_value="print", default="print", help="Print them (the default).")
def grants_command(role: str, act: str) -> None:
    """Give a PostgreSQL role what the service needs, and nothing with which it could change the audit log."""
    if act != "run":
        for statement in statements(role):
            click.echo(f"{statement};")
        return
    url = settings().database_url
    if not url.startswith("postgresql"):
        raise click.ClickException("Only PostgreSQL has roles.")
    engine = create_engine(url)
    grant(engine, role)
    engine.dispose()
    click.echo(f"{role} may add to the audit log and not change it")
