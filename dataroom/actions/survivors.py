"""The survivors' sheet: what lets an older database open, after a shredding, the contents that were to survive it.

Shredding ends the key under which an older database holds every content key of a scope. So before older versions of a
key end, the wrapped keys as they are now are written down outside the database: for each matter and organisation, all
its scopes and all its versions that have a key. Nothing on a sheet opens without the key service, what was destroyed is
not on it, and the next shredding of a scope makes what a sheet says of it useless, like any backup. It is kept beside
the key ring, if keys lie in one, and in the bucket:

    <key ring>.survivors/<matter>.<organisation>          the newest sheet (signed with the logs' key)
    survivors/<matter>/<organisation>/<LAST - time>       the same in the bucket; older ones are removed

Content keys that moved to another scope since (a change of tier) are found as well, since a sheet holds every scope.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dataroom.actions.context import Services
from dataroom.actions.outside import LAST, LOG_KEY
from dataroom.audit.statement import open_statement, sign_statement
from dataroom.errors import DataroomError, Tampered, Unavailable
from dataroom.model import KeyScope, Version
from dataroom.vault.store import ObjectStore

log = logging.getLogger("dataroom.keys")
KIND = "survivors"
FORMAT = "dataroom-survivors/1"
PREFIX = "survivors/"


@dataclass(frozen=True)
class SheetScope:
    """A scope as a sheet has it."""

    id: uuid.UUID
    matter: uuid.UUID
    organisation: uuid.UUID
    tier: int
    epoch: int
    kms_key: str
    kek_blob: bytes
    created_at: int


@dataclass(frozen=True)
class SheetKey:
    """A version's wrapped content key and the scope whose key wraps it."""

    scope: uuid.UUID
    epoch: int
    wrapped: bytes


@dataclass(frozen=True)
class Sheet:
    """The keys of one organisation in one matter at a time (microseconds since 1970)."""

    at: int
    scopes: dict[uuid.UUID, SheetScope]
    versions: dict[uuid.UUID, SheetKey]


def keep_sheet(services: Services, scope: KeyScope) -> None:
    """Writes the sheet of the scope's matter and organisation; `Unavailable` unless it is kept somewhere."""
    at = int(services.clock.now().timestamp() * 1_000_000)
    name = f"{scope.matter_id}.{scope.organisation_id}"
    text = json.dumps(_body(services, scope, at), sort_keys=True, separators=(",", ":"))
    public = services.kms.public_key(LOG_KEY)
    data = sign_statement(KIND, text, public, lambda message: services.kms.sign(LOG_KEY, message))
    folder = _folder(services)
    if folder is not None:
        _write(folder / name, data)
    try:
        _keep_in_store(services, f"{PREFIX}{name.replace('.', '/')}/", at, data)
    except Unavailable as error:
        if folder is None:
            raise
        log.warning("survivors' sheet kept beside the key ring only", extra={"code": error.code})


def _keep_in_store(services: Services, prefix: str, at: int, data: bytes) -> None:
    older = {item.key for item in services.store.listing(prefix)}
    key = f"{prefix}{LAST - at:019d}"
    if services.store.put_once(key, data):
        for left in older - {key}:
            services.store.erase(left)


def _body(services: Services, scope: KeyScope, at: int) -> dict[str, Any]:
    whose = (KeyScope.matter_id == scope.matter_id, KeyScope.organisation_id == scope.organisation_id)
    with services.database.snapshot() as session:
        scopes = list(session.scalars(select(KeyScope).where(*whose, KeyScope.state == "active")))
        ids = [one.id for one in scopes]
        query = select(Version.id, Version.scope_id, Version.scope_epoch, Version.wrapped_dek).where(
            Version.scope_id.in_(ids), Version.wrapped_dek.is_not(None), Version.state != "destroyed"
        )
        versions = {
            str(row.id): [str(row.scope_id), row.scope_epoch, row.wrapped_dek.hex()]
            for row in session.execute(query)
            if row.wrapped_dek is not None
        }
    return {
        "format": FORMAT,
        "at": at,
        "scopes": {
            str(one.id): [
                str(one.matter_id),
                str(one.organisation_id),
                one.tier,
                one.epoch,
                one.kms_key,
                one.kek_blob.hex(),
                int(one.created_at.timestamp() * 1_000_000),
            ]
            for one in scopes
            if one.kek_blob is not None
        },
        "versions": versions,
    }


def read_sheet(data: bytes, public: bytes) -> Sheet:
    """A sheet signed by this installation; `Tampered` else."""
    try:
        body = json.loads(open_statement(KIND, data, public).body)
        if body["format"] != FORMAT:
            raise ValueError
        return Sheet(
            int(body["at"]),
            {uuid.UUID(one): _scope(uuid.UUID(one), *row) for one, row in body["scopes"].items()},
            {
                uuid.UUID(one): SheetKey(uuid.UUID(scope), int(epoch), bytes.fromhex(wrapped))
                for one, (scope, epoch, wrapped) in body["versions"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered("The survivors' sheet is of another form.") from None


def _scope(
    scope: uuid.UUID, matter: str, organisation: str, tier: int, epoch: int, name: str, blob: str, created: int
) -> SheetScope:
    return SheetScope(
        scope, uuid.UUID(matter), uuid.UUID(organisation), tier, epoch, name, bytes.fromhex(blob), created
    )


def sheets(services: Services, stores: Iterable[ObjectStore]) -> list[Sheet]:
    """Every sheet beside the key ring and in these buckets, the newest first; the log says which cannot be read."""
    public, found = services.kms.public_key(LOG_KEY), []
    for place, data in (*_files(_folder(services)), *_stored(stores)):
        try:
            found.append(read_sheet(data, public))
        except DataroomError as error:
            log.warning("a survivors' sheet cannot be used", extra={"place": place, "code": error.code})
    return sorted(found, key=lambda sheet: -sheet.at)


def _files(folder: Path | None) -> Iterator[tuple[str, bytes]]:
    if folder is not None and folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix != ".new":
                yield path.name, path.read_bytes()


def _stored(stores: Iterable[ObjectStore]) -> Iterator[tuple[str, bytes]]:
    for store in stores:
        for key in sorted({item.key for item in store.listing(PREFIX)}):
            found = store.first(key)
            if found is not None:
                yield found


def _folder(services: Services) -> Path | None:
    ring = services.config.keyring_file
    return ring.with_name(f"{ring.name}.survivors") if ring.name else None


def _write(file: Path, data: bytes) -> None:
    """Replaces a file whole and on the disk."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
