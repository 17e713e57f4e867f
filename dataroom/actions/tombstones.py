"""What was destroyed, as a signed list that is kept outside the database: a restore applies it before anything serves.

The body is JSON: `format`, `installation`, `at`, `logs` (name to number of entries then), `versions` (those without a
key), `documents` (those disposed of, with the time in microseconds since 1970), `scopes` (the tombstones) and `persons`
(those forgotten; lists written before there were any lack it).
Ids alone: no titles, no hashes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dataroom.actions.context import Services
from dataroom.actions.outside import LOG_KEY
from dataroom.audit.statement import open_statement, sign_statement
from dataroom.clock import stamp
from dataroom.errors import Tampered
from dataroom.model import AuditLog, AuditPerson, Document, KeyScope, Version

KIND = "tombstones"
FORMAT = "dataroom-tombstones/1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORGOTTEN = select(AuditPerson.id).where(AuditPerson.state == "tombstone")


@dataclass(frozen=True)
class Tombstones:
    """Ids of what was destroyed: versions, documents with when (microseconds), scopes, persons; logs with sizes."""

    versions: frozenset[uuid.UUID] = frozenset()
    documents: dict[uuid.UUID, int] = field(default_factory=dict)
    scopes: frozenset[uuid.UUID] = frozenset()
    logs: dict[str, int] = field(default_factory=dict)
    persons: frozenset[uuid.UUID] = frozenset()


def tombstones(services: Services) -> bytes:
    """The signed list as it is now; destroyed is never undone, so a later list holds every earlier one."""
    with services.database.snapshot() as session:
        versions = session.scalars(select(Version.id).where(Version.state == "destroyed").order_by(Version.id))
        body: dict[str, Any] = {
            "format": FORMAT,
            "installation": services.config.log_origin,
            "at": stamp(services.clock.now()),
            "logs": {row.origin: row.size for row in session.scalars(select(AuditLog).order_by(AuditLog.origin))},
            "versions": [str(one) for one in versions],
            "documents": {
                str(row.id): (row.disposed_at - _EPOCH) // timedelta(microseconds=1)
                for row in session.execute(
                    select(Document.id, Document.disposed_at).where(Document.disposed_at.is_not(None))
                )
                if row.disposed_at is not None
            },
            "scopes": [str(one) for one in session.scalars(select(KeyScope.id).where(KeyScope.state == "tombstone"))],
            "persons": sorted(str(one) for one in session.scalars(_FORGOTTEN)),
        }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    public = services.kms.public_key(LOG_KEY)
    return sign_statement(KIND, text, public, lambda message: services.kms.sign(LOG_KEY, message))


def read_tombstones(data: bytes, public: bytes) -> Tombstones:
    """A list signed by the installation whose logs `public` signs; `Tampered` else."""
    text = open_statement(KIND, data, public).body
    try:
        body = json.loads(text)
        if body["format"] != FORMAT:
            raise ValueError
        return Tombstones(
            frozenset(uuid.UUID(one) for one in body["versions"]),
            {uuid.UUID(one): int(at) for one, at in body["documents"].items()},
            frozenset(uuid.UUID(one) for one in body["scopes"]),
            {str(name): int(size) for name, size in body["logs"].items()},
            frozenset(uuid.UUID(one) for one in body.get("persons", [])),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered("The list of tombstones is of another form.") from None


def together(lists: Iterable[Tombstones]) -> Tombstones:
    """Everything any of the lists says was destroyed."""
    versions: set[uuid.UUID] = set()
    documents: dict[uuid.UUID, int] = {}
    scopes: set[uuid.UUID] = set()
    persons: set[uuid.UUID] = set()
    logs: dict[str, int] = {}
    for one in lists:
        versions |= one.versions
        scopes |= one.scopes
        persons |= one.persons
        documents = {**one.documents, **documents}
        logs = {name: max(one.logs.get(name, 0), logs.get(name, 0)) for name in {*one.logs, *logs}}
    return Tombstones(frozenset(versions), documents, frozenset(scopes), logs, frozenset(persons))


def write_tombstones(services: Services, path: Path) -> None:
    """Puts the list in a file's place, whole and on the disk, for its owner alone."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(tombstones(services))
    fresh.replace(path)
