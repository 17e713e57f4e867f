"""Restoring a backup into an empty database and an empty bucket, in an order that never serves too much.

First everything is checked and the key service asked; then the database is marked as one being restored; then the
objects are stored; then one transaction loads all rows, with what was destroyed since already closed, and the errand
that records the restore; then the log is told of it and of every row it changed. The mark goes last, and while it is
there nothing is served. What was broken off is not taken up again: it is done anew, in another database and bucket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, select, text

from dataroom.actions.backups import BROKEN_OFF, RESTORE, Restored, awaited, unfinished
from dataroom.actions.context import Services
from dataroom.actions.outside import LOG_KEY
from dataroom.actions.repinning import PIN
from dataroom.actions.survivors import sheets
from dataroom.actions.tombstones import Tombstones, read_tombstones, together
from dataroom.actions.tombstones_told import MAGIC, read_told
from dataroom.adapters.backup_folder import TOMBSTONES, Backup, BackupFolder, pieces_of, write_new
from dataroom.adapters.backup_tables import Row, insert
from dataroom.adapters.database import connect
from dataroom.cli.backup_checking import check, rows_in
from dataroom.cli.operate import Operator, upgrade
from dataroom.cli.restore_pins import pin_changes
from dataroom.cli.restore_plan import Plan, make_plan
from dataroom.config import Config
from dataroom.errors import Conflict, DataroomError, Invalid, KeyDestroyed, Tampered
from dataroom.ids import new_id
from dataroom.jobs.worker import Worker
from dataroom.model import AuditPerson, Errand
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
    pinned: int
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
    upgrade(config.database_url, sources.backup.manifest.revision)
    _mark(config, sources.backup)
    say(f"storing objects: {sources.backup.manifest.objects}")
    objects = _store(services, sources, plan, say)
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
    pinned = _record(services, operator, sources.backup, plan, say)
    closed, revived, forgotten = len(plan.closed), len(plan.revived), len(plan.forgotten)
    return Result(rows, objects, closed, revived, forgotten, pinned, awaited(services))


def _mark(config: Config, backup: Backup) -> None:
    """Says in the database that a restore is under way: what stops it leaves the mark, and nothing is served."""
    engine = connect(config.database_url)
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    try:
        with engine.begin() as connection:
            insert(connection, "errand", backup.manifest.tables["errand"].columns, [_errand(PIN, {}, now)])
    finally:
        engine.dispose()


def _record(services: Services, operator: Operator, backup: Backup, plan: Plan, say: Said) -> int:
    """Tells the log of the restore, of the rows it changed and of who was forgotten; then the mark goes."""
    say("telling the log")
    gate = operator.gate(services)
    worker = Worker(services, gate)
    worker.drain(RESTORE)
    pinned = pin_changes(services, gate, backup, plan)
    worker.drain("person.destroy", "person.forget")
    with services.database.writing() as session:
        for mark in session.scalars(select(Errand).where(Errand.kind == PIN, Errand.done_at.is_(None))):
            mark.done_at = services.clock.now()
    if unfinished(services):
        raise Conflict(f"The restore could not be recorded. {BROKEN_OFF}")
    return pinned


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
        tables = inspect(engine).get_table_names()
        if "errand" in tables and _is_marked(engine):
            raise Conflict(f"A restore into this database was broken off. {BROKEN_OFF}")
        if tables:
            raise Conflict("The database is not empty. Name a new one: a restore never writes over anything.")
    finally:
        engine.dispose()


def _is_marked(engine: Engine) -> bool:
    with engine.connect().execution_options(reading=True) as connection:
        marks = text("SELECT count(*) FROM errand WHERE kind IN (:pin, :restore) AND done_at IS NULL")
        return bool(connection.execute(marks, {"pin": PIN, "restore": RESTORE}).scalar())


def _place_keys(config: Config, sources: Sources) -> None:
    """Puts the copy of the key ring in its place, if one was given; there must be none yet."""
    if sources.keys is None:
        return
    if not config.has_keyring:
        raise Invalid("Keys lie in a key service of their own here: restore that one by its own means.")
    copy = sources.keys.read_bytes()
    if config.keyring_file.exists() and config.keyring_file.read_bytes() == copy:
        return
    if config.keyring_file.exists():
        raise Conflict("There is another key ring already. It is not replaced: an older one would lack newer keys.")
    if not config.keyring_key_file.exists():
        raise Invalid("The file with the key ring's master key is missing; it is kept apart from every backup.")
    config.keyring_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = config.keyring_file.with_name(f"{config.keyring_file.name}.restoring")
    fresh.unlink(missing_ok=True)
    write_new(fresh, [copy])
    fresh.rename(config.keyring_file)


def _check_keys(services: Services, backup: Backup) -> None:
    try:
        public = services.kms.public_key(LOG_KEY)
    except KeyDestroyed as error:
        raise Conflict(
            "The key service has no keys of this installation. Point the configuration to the one it had when it was "
            "backed up, or restore that by its own means first: with a lost key service no content opens any more."
        ) from error
    except DataroomError as error:
        raise Conflict(f"The keys of this installation cannot be used: {error.detail}") from error
    if public != backup.public:
        raise Conflict(
            "The keys are not those of the installation this backup was made from. Without its key ring, or its key "
            "service, nothing in the backup opens."
        )


def _buried(sources: Sources) -> Tombstones:
    files = [sources.backup.path / TOMBSTONES, *sources.tombstones]
    later = [sources.folder.path / name / TOMBSTONES for name in sources.folder.ids()]
    own = [path for path in later if path != files[0] and path.is_file()]
    return together(_list(path, sources.backup.public) for path in (*files, *own))


def _list(path: Path, public: bytes) -> Tombstones:
    """A list of tombstones, or what an exported log says was destroyed."""
    with path.open("rb") as file:
        is_bundle = file.read(len(MAGIC)) == MAGIC
    return read_told(path, public) if is_bundle else read_tombstones(path.read_bytes(), public)


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
    return [_errand(kind, load, plan.now) for kind, load in orders]


def _errand(kind: str, payload: Row, due: int) -> Row:
    nothing = {"taken_until": None, "attempts": 0, "error": None, "done_at": None}
    return {"id": new_id(), "kind": kind, "payload": payload, "due_at": due, **nothing}
