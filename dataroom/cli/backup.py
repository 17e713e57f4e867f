"""`dataroom backup`, `verify-backup`, `restore` and `tombstones`: run on the host, with the service's configuration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from dataroom.actions.backups import awaited, check_accepted, check_unbroken
from dataroom.actions.context import SERVICE, Services
from dataroom.actions.tombstones import write_tombstones
from dataroom.adapters.backup_folder import MARK, BackupFolder, write_new
from dataroom.audit.notes import VerifierKey
from dataroom.cli.backup_checking import Checked, check, open_everything
from dataroom.cli.backup_making import make_backup
from dataroom.cli.operate import Operator, failures, no_core_dumps, settings
from dataroom.cli.restoring import Sources, restore
from dataroom.config import Config
from dataroom.errors import Conflict, Invalid, Tampered

_NAME = click.option("--backup", "name", default="", help="Which backup of the folder; else the newest.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backup")
@_FOLDER
@click.option(
    "--keys", type=click.Path(dir_okay=False, path_type=Path), help="Also copy the key ring to this new file."
)
@_JSON
@click.pass_obj
def backup_command(operator: Operator, folder: Path, keys: Path | None, as_json: bool) -> None:
    """Add a backup to FOLDER while the service runs: rows of one moment and every object they name, as it is sealed.

    Objects that an earlier backup in FOLDER has are not copied again. No key is in it: a copy of the key ring (sealed
    by its master key) goes to another place with --keys, with a list of tombstones beside it.
    Exit status: 0 done, 1 not done, or done but objects are missing in the store (they are named).
    """
    with failures():
        config = settings()
        _apart(config, folder, keys)
        services = operator.build(config)
        check_accepted(services)
        made = make_backup(services, operator.gate(services), BackupFolder.create(folder))
        if keys is not None:
            _copy_keys(config, services, keys)
    shown = asdict(made) | {"path": str(made.path)}
    lines = [f"backup {made.name}: {made.objects} objects ({made.object_bytes} bytes), {made.copied} copied now"]
    lines += [f"key ring copied to {keys}; what was destroyed so far is listed in {keys}.tombstones"] if keys else []
    click.echo(json.dumps(shown) if as_json else "\n".join(lines))
    if made.lost:
        raise click.ClickException("missing in the object store, and so in the backup: " + ", ".join(made.lost))


def _apart(config: Config, folder: Path, keys: Path | None) -> None:
    """Keys never lie in the folder of backups, and the other way round."""
    home = folder.resolve()
    held = [path for path in (config.keyring_file, config.keyring_key_file) if path.name]
    for path in (*held, *([keys] if keys else [])):
        place = path.resolve()
        if home == place.parent or home in place.parents or (place.parent / MARK).exists():
            raise Invalid(f"{path} would lie in the folder of backups. Keys and data are kept apart.")
    if keys is not None and not config.has_keyring:
        raise Invalid("Keys lie in a key service of their own here: back that one up by its own means.")
    if keys is not None and keys.exists():
        raise Conflict(f"{keys} exists already; it is not replaced.")


def _copy_keys(config: Config, services: Services, keys: Path) -> None:
    write_new(keys, [config.keyring_file.read_bytes()])
    write_tombstones(services, keys.with_name(f"{keys.name}.tombstones"))


@click.command("verify-backup")
@_FOLDER
@_NAME
@click.option("--key", default="", help="Verifier key of the installation's logs, to hold the signature to.")
@click.option("--deep", is_flag=True, help="Open every object too, with the keys of this configuration.")
@_JSON
@click.pass_obj
def verify_command(operator: Operator, folder: Path, name: str, key: str, deep: bool, as_json: bool) -> None:
    """Check a backup from its FOLDER alone: hashes, signature, audit logs from their entries, tombstones.

    Exit status: 0 all holds, 1 something does not (it is named), 2 there is no backup to check.
    """
    try:
        opened = BackupFolder(folder)
        if not opened.ids():
            raise Invalid("There is no whole backup here.")
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    try:
        backup = opened.read(name)
        trusted = VerifierKey.parse(key).public if key else backup.public
        if trusted != backup.public:
            raise Tampered("The manifest is signed by another key.")
        found = check(opened, backup)
        if deep:
            with failures():
                kms = operator.build(settings()).kms
            open_everything(opened, backup, kms, found, lambda count: None)
    except Invalid as error:
        raise click.UsageError(error.detail) from error
    except Tampered as error:
        found, backup = Checked(name or opened.ids()[-1], [f"manifest.json: {error.detail}"]), None
    _tell_checked(found, backup.public.hex() if backup else "", opened.broken_off(), as_json)


def _tell_checked(found: Checked, public: str, broken: Sequence[str], as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps(asdict(found) | {"ok": not found.faults, "signed_by": public, "broken_off": list(broken)})
        )
    else:
        for fault in found.faults:
            click.echo(f"WRONG {fault}")
        for one in broken:
            click.echo(f"{one}: a backup that was broken off; it counts for nothing")
        click.echo(
            f"{found.backup}: {found.rows} rows, {found.entries} log entries, {found.objects} objects"
            + (f", {found.opened} opened" if found.opened else "")
            + (f", {len(found.faults)} faults" if found.faults else ", all holds")
        )
        if public:
            click.echo(f"signed by the key {public}; give --key to hold it to one you trust")
    raise SystemExit(1 if found.faults else 0)


@click.command("restore")
@_FOLDER
@_NAME
@click.option("--keys", type=_FILE, help="A copy of the key ring, put in the place of a missing one.")
@click.option(
    "--tombstones",
    "lists",
    type=_FILE,
    multiple=True,
    help="A newer list of what was destroyed, or a newer export of a matter's log.",
)
@click.option("--former-bucket", default="", help="The bucket of before, if it is left: survivors' sheets lie in it.")
@_JSON
@click.pass_obj
def restore_command(
    operator: Operator,
    folder: Path,
    name: str,
    keys: Path | None,
    lists: Sequence[Path],
    former_bucket: str,
    as_json: bool,
) -> None:
    """Restore a backup of FOLDER into the empty database and the empty bucket of this configuration.

    What was destroyed since stays so: by newer lists of tombstones, and by the key service, which no longer opens it.
    Sessions and API tokens end. If entries of the log are lost, the service starts only after `operate accept-restore`.
    """
    with failures():
        config = settings()
        no_core_dumps()
        opened = BackupFolder(folder)
        sources = Sources(opened, opened.read(name), lists, keys, former_bucket)
        result = restore(operator, config, sources, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(asdict(result)))
        return
    click.echo(f"restored {sources.backup.manifest.id}: {result.rows} rows, {result.objects} objects")
    click.echo(f"stay closed, since they were destroyed after the backup: {result.disposed} contents")
    click.echo(f"opened by keys that were renewed after the backup: {result.revived} contents")
    click.echo(f"forgotten anew, since they were erased after the backup: {result.forgotten} people")
    click.echo(f"changed on the way, and told to the log: {result.pinned} rows")
    for line in _lost(result.lost_logs):
        click.echo(line)
    click.echo("then hold everything against everything: dataroom check --deep")


def _lost(logs: Sequence[tuple[str, int, int]]) -> list[str]:
    if not logs:
        return ["no signed entry of a log is known to be lost, so the service can be started"]
    lines = [f"log {origin}: {size} entries are back, {known} were known" for origin, size, known in logs]
    return [
        *lines,
        "Entries above may be lost. Nothing is served or signed until you accept that, with a reason on record:",
        '  dataroom operate accept-restore --reason "..."',
    ]


@click.command("tombstones")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def tombstones_command(operator: Operator, file: Path) -> None:
    """Write the signed list of everything destroyed so far to FILE, to be kept apart and given to a restore."""
    with failures():
        write_tombstones(operator.build(settings()), file)
    click.echo(f"written to {file}")


@click.command("accept-restore")
@click.option("--reason", required=True, help="Why entries that were signed are gone; it is recorded for good.")
@click.pass_obj
def accept_command(operator: Operator, reason: str) -> None:
    """Accept what a restore lost, so that logs are signed and the service starts. Witnesses go on refusing them."""
    with failures():
        services = operator.build(settings())
        check_unbroken(services)
        gate = operator.gate(services)
        for origin, size, known in awaited(services):
            gate.perform(SERVICE, "checkpoint.resume", None, {"log": origin, "reason": reason})
            click.echo(f"{origin}: goes on from {size} entries, {known} were known")
    click.echo("accepted")


def add_commands(cli: click.Group, operate: click.Group) -> None:
    """Adds the four commands, and what accepts a restore to the operator's."""
    for command in (backup_command, verify_command, restore_command, tombstones_command):
        cli.add_command(command)
    operate.add_command(accept_command)
