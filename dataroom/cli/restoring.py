"""Restoring a backup into an empty database and an empty bucket, in an order that never serves too much.

First everything is checked and the key service asked; then the objects are stored; then one transaction loads all rows,
with what was destroyed since already closed, and the errand that records the restore. A restore that is broken off
leaves a database that is empty or owes that errand, and in both cases is not served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import inspect

from dataroom.actions.backups import RESTORE, Restored, awaited
from dataroom.actions.context import Services
from dataroom.actions.outside import LOG_KEY
from dataroom.actions.survivors import sheets
from dataroom.actions.tombstones import Tombstones, read_tombstones, together
from dataroom.adapters.backup_folder import TOMBSTONES, Backup, BackupFolder, pieces_of
from dataroom.adapters.backup_tables import Row, insert
from dataroom.adapters.database import connect
from dataroom.cli.backup_checking import check, rows_in
from dataroom.cli.operate import Operator, upgrade
from dataroom.cli.restore_plan import Plan, make_plan
from dataroom.config import Config
from dataroom.errors import Conflict, DataroomError, Invalid, Tampered
from dataroom.ids import new_id
from dataroom.jobs.worker import Worker
from dataroom.model import AuditPerson
from dataroom.vault.keys import scope_key

Said = Callable[[str], None]


@dataclass(frozen=True)
class Sources:
    """What a restore takes from: a backup, newer lists of tombstones, a copy of the key ring, former buckets."""

    folder: BackupFolder
    backup: Backup
    tombstones: Sequence[Path] = ()
    keys: Path | None = None
    former_bucket: str = ""


@dataclass(frozen=True)
class Result:
    """What came of it: contents by what became of them, and the logs to accept (name, size now, size known)."""

    rows: int
    objects: int
    disposed: int
    revived: int
    forgotten: int
    lost_logs: list[tuple[str, int, int]]


def restore(operator: Operator, config: Config, sources: Sources, say: Said) -> Result:
    """Restores and records it. Nothing is changed when a target is not empty or the backup is not whole."""
    say("checking the backup")
    checked = check(sources.folder, sources.backup)
    if checked.faults:
        raise Tampered("The backup is not whole: " + "; ".join(checked.faults[:10]))
    _check_database(config)
    _place_keys(config, sources)
    services = operator.build(config)
    _check_keys(services, sources.backup)
    services.store.prepare()  # type: ignore[attr-defined]
    if any(True for _ in services.store.listing("")):
        raise Conflict("The bucket is not empty. Name a new one, or empty it: a restore never writes over anything.")
    buried = _buried(sources)
    stores = [operator.build(replace(config, s3_bucket=sources.former_bucket)).store] if sources.former_bucket else []
    plan = make_plan(sources.backup, services.kms, buried, sheets(services, stores))
    say(f"{len(plan.closed)} contents were destroyed since, {len(plan.revived)} get their renewed keys")
    objects = _store(services, sources, plan, say)
    upgrade(config.database_url, sources.backup.manifest.revision)
    facts = Restored(
        backup=sources.backup.manifest.id,
        manifest=sources.backup.sha256,
        made_at=sources.backup.manifest.made_at,
        disposed=len(plan.closed),
        revived=len(plan.revived),
        certain=sources.keys is None,
        known=buried.logs,
        forgotten=sorted(plan.forgotten),
    )
    say("loading rows")
    rows = _load(config, sources.backup, plan, facts)
    upgrade(config.database_url)
    _close(services, plan)
    record(operator, services)
    return Result(rows, objects, len(plan.closed), len(plan.revived), len(plan.forgotten), awaited(services))


def record(operator: Operator, services: Services) -> None:
    """Performs the errands that record a restore and who was forgotten since, also of one that was broken off."""
    worker = Worker(services, operator.gate(services))
    worker.drain(RESTORE)
    worker.drain("person.destroy", "person.forget")


def _close(services: Services, plan: Plan) -> None:
    """Gives the forgotten whom the backup knows no key of (it is older than such keys) a row that says they are."""
    for person in plan.forgotten:
        with services.database.writing() as session:
            row = session.get(AuditPerson, person)
            if row is None:
                now = services.clock.now()
                more = {"state": "shredding", "created_at": now, "destroy_at": now}
                session.add(AuditPerson(id=person, kms_key=scope_key(person), **more))


def _check_database(config: Config) -> None:
    engine = connect(config.database_url)
    try:
        if inspect(engine).get_table_names():
            raise Conflict("The database is not empty. Name a new one: a restore never writes over anything.")
    finally:
        engine.dispose()


def _place_keys(config: Config, sources: Sources) -> None:
    """Puts the copy of the key ring in its place, if one was given; there must be none yet."""
    if sources.keys is None:
        return
    if not config.has_keyring:
        raise Invalid("Keys lie in a key service of their own here: restore that one by its own means.")
    if config.keyring_file.exists():
        raise Conflict("There is a key ring already. It is not replaced: an older one would lack newer keys.")
    if not config.keyring_key_file.exists():
        raise Invalid("The file with the key ring's master key is missing; it is kept apart from every backup.")
    config.keyring_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.keyring_file.touch(mode=0o600, exist_ok=False)
    config.keyring_file.write_bytes(sources.keys.read_bytes())


def _check_keys(services: Services, backup: Backup) -> None:
    try:
        public = services.kms.public_key(LOG_KEY)
    except DataroomError as error:
        raise Conflict(f"The keys of this installation cannot be used: {error.detail}") from error
    if public != backup.public:
        raise Conflict("The keys are not those of the installation this backup was made from.")


def _buried(sources: Sources) -> Tombstones:
    files = [sources.backup.path / TOMBSTONES, *sources.tombstones]
    later = [sources.folder.path / name / TOMBSTONES for name in sources.folder.ids()]
    own = [path for path in later if path != files[0] and path.is_file()]
    return together(read_tombstones(path.read_bytes(), sources.backup.public) for path in (*files, *own))


def _store(services: Services, sources: Sources, plan: Plan, say: Said) -> int:
    """Stores every object whose content keeps its key; each gets a new version id."""
    gone = {row["object_key"] for row in rows_in(sources.backup, "version") if row["id"] in plan.closed}
    count = 0
    for note in sources.backup.objects():
        if note.sha256 is None or note.key in gone:
            continue
        stored = services.store.put_stream(note.key, _unchanged(sources.folder, note.sha256))
        if stored.length != note.length:
            raise Tampered(f"The object {note.key} changed while it was restored.")
        plan.stored[note.key] = stored.version_id
        count += 1
        if count % 100 == 0:
            say(f"{count} of {sources.backup.manifest.objects} objects")
    return count


def _unchanged(folder: BackupFolder, sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces_of(folder.object(sha256)):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise Tampered(f"{folder.object(sha256).name} changed while it was restored.")


def _load(config: Config, backup: Backup, plan: Plan, facts: Restored) -> int:
    engine, count = connect(config.database_url), 0
    try:
        with engine.begin() as connection:
            for name, note in backup.manifest.tables.items():
                count += insert(connection, name, note.columns, _rows(backup, name, plan))
            insert(connection, "errand", backup.manifest.tables["errand"].columns, _owed(plan, facts))
    finally:
        engine.dispose()
    return count


def _rows(backup: Backup, table: str, plan: Plan) -> Iterator[Row]:
    for row in rows_in(backup, table):
        changed = plan.changed(table, row)
        if changed is not None:
            yield changed
    if table == "key_scope":
        yield from plan.further


def _owed(plan: Plan, facts: Restored) -> list[Row]:
    """The errands that record the restore, and that each person forgotten since is."""
    orders: list[tuple[str, Row]] = [(RESTORE, {"params": facts.model_dump(mode="json")})]
    orders += [("person.destroy", {"target": str(one), "params": {}}) for one in sorted(plan.forgotten)]
    nothing = {"taken_until": None, "attempts": 0, "error": None, "done_at": None}
    return [{"id": new_id(), "kind": kind, "payload": load, "due_at": plan.now, **nothing} for kind, load in orders]
