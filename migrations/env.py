"""Alembic's environment: the same migrations on SQLite and PostgreSQL, addressed by the caller or `DATAROOM_DATABASE_URL`."""

from __future__ import annotations

import os

from alembic import context

from dataroom.adapters.database import connect
from dataroom.model import Base


def run() -> None:
    """Runs the asked-for migrations in one transaction, so that a broken one leaves nothing behind."""
    url = context.config.attributes.get("url") or os.environ["DATAROOM_DATABASE_URL"]
    engine = connect(str(url))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
