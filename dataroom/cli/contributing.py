"""Contributing files: `document upload` of files and folders with a manifest, and `document replace`."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from dataroom.actions.redaction_log import spreadsheet
from dataroom.api.routes import BY_ACTION, Route
from dataroom.cli.generated import JSON_OPTION, filled, group_of, options, target_arguments
from dataroom.cli.remote import Failed, NotSignedIn, Query, Service, Unanswered, access
from dataroom.cli.showing import MANIFEST, plain, show, table

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ANY = click.Path(exists=True, path_type=Path)


@dataclass(frozen=True)
class Line:
    """A line of the manifest: what was sent, the SHA-256 of the bytes as they left, and what became of them."""

    path: str
    size: int
    sha256: str
    outcome: str
    document: str = ""
    version: str = ""
    number: str = ""


def add_commands(cli: click.Group) -> None:
    """Adds `document upload` and `document replace`."""
    route = BY_ACTION["document.upload"]
    several = click.Argument(["files"], nargs=-1, required=True, type=_ANY, metavar="FILE_OR_FOLDER...")
    told = "Write the manifest to a file: CSV if it ends in .csv, else JSON."
    target = click.Option(["--manifest"], type=click.Path(dir_okay=False, path_type=Path), help=told)
    chosen = [option for option in options(route) if option.name not in {"path", "title"}]
    upload = click.Command(
        "upload",
        params=[*target_arguments(route), several, *chosen, target, JSON_OPTION],
        callback=_upload,
        help="Contribute PDF files and whole folders. " + route.spec.summary,
        epilog="Exit status 1 if any file was refused; the manifest says which and why.",
    )
    group_of(cli, route).add_command(upload)
    again = BY_ACTION["document.replace"]
    parameters = [*target_arguments(again), click.Argument(["file"], type=_FILE), JSON_OPTION]
    replace = click.Command("replace", params=parameters, callback=_replace, help=again.spec.summary)
    group_of(cli, again).add_command(replace)


def _upload(matter: UUID, files: Sequence[Path], manifest: Path | None, as_json: bool, **given: Any) -> None:
    route, service = BY_ACTION["document.upload"], Service(access())
    found = [pair for path in files for pair in gathered(path)]
    chosen = [(name, str(value)) for name, value in given.items() if value is not None]
    lines: list[Line] = []
    total = sum(path.stat().st_size for path, _ in found)
    with click.progressbar(length=total, label="Uploading", file=sys.stderr) as bar:
        try:
            for path, name in found:
                query = [("path", name), *chosen]
                lines.append(_sent(service, filled(route, {"matter": matter}), query, path, bar.update))
        finally:
            _hand_over(lines, manifest)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], indent=2))
    else:
        table(MANIFEST, [asdict(line) for line in lines])
    refused = sum(line.outcome != "stored" for line in lines)
    if refused or not lines:
        raise Failed(f"{refused} of {len(lines)} files were not stored.")


def gathered(path: Path) -> Iterator[tuple[Path, str]]:
    """The files of a path with the names they get: a file by its own, a folder's by theirs below it; no links."""
    if not path.is_dir():
        yield path, path.name
        return
    base = path.resolve()
    for folder, inner, names in os.walk(base):
        inner.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if stat.S_ISREG(file.lstat().st_mode):
                yield file, (Path(base.name) / file.relative_to(base)).as_posix()


def _sent(service: Service, address: str, query: Query, path: Path, moved: Callable[[int], None]) -> Line:
    digest, name, size = hashlib.sha256(), dict(query)["path"], 0

    def sent(piece: bytes) -> None:
        digest.update(piece)
        moved(len(piece))

    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            answer: Mapping[str, Any] = service.send(address, query, file, size, sent)
    except (NotSignedIn, Unanswered):
        raise
    except Failed as error:
        return Line(name, size, "", plain(error.message))
    except (OSError, UnicodeEncodeError) as error:
        return Line(name, size, "", f"cannot be read ({type(error).__name__})")
    same = answer["sha256"] == digest.hexdigest() and answer["size"] == size
    outcome = str(answer["outcome"]) if same else "stored with other bytes than were sent: withdraw it"
    ids = {key: str(answer[key]) for key in ("document", "version", "number")}
    return Line(name, size, digest.hexdigest(), outcome, **ids)


def _hand_over(lines: Sequence[Line], manifest: Path | None) -> None:
    if manifest is None:
        return
    rows = [asdict(line) for line in lines]
    if manifest.suffix.lower() == ".csv":
        header = tuple(Line.__dataclass_fields__)
        manifest.write_bytes(spreadsheet(header, tuple(tuple(str(row[name]) for name in header) for row in rows)))
    else:
        manifest.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _replace(document: UUID, file: Path, as_json: bool) -> None:
    route: Route = BY_ACTION["document.replace"]
    service = Service(access())
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        address = filled(route, {"document": document})
        answer = service.send(address, [("path", file.name)], opened, size, digest.update)
    if answer["sha256"] != digest.hexdigest():
        raise Failed("The service stored other bytes than were sent.")
    show(route.action, answer, as_json=as_json)
