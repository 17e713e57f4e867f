"""What an outsider checks without the service: an audit log's export, and a certificate of disposal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dataroom.api.reading import strict_json
from dataroom.audit import verifier
from dataroom.audit.competition import open_certificate
from dataroom.audit.notes import VerifierKey
from dataroom.cli.generated import group_named
from dataroom.cli.remote import Failed
from dataroom.cli.showing import plain
from dataroom.errors import DataroomError

OFFLINE = {"audit.verify", "certificate.verify", "competition.verify"}
_MOST = 64 * 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.argument("bundle", type=_FILE, required=False)
@click.option("--proof", type=_FILE, help="The proof of a single entry, instead of a bundle.")
@click.option("--max-age", type=click.IntRange(min=0), help="Most seconds since the witnesses cosigned.")
@click.option("keys", "--key", multiple=True, required=True, help="Verifier key of the log or of a witness.")
@click.option("notes", "--checkpoint", multiple=True, type=_FILE, help="A checkpoint you kept from before.")
@click.option("as_json", "--json", is_flag=True, help="Print the report as JSON.")
def verify_audit(
    bundle: Path | None,
    proof: Path | None,
    max_age: int | None,
    keys: Sequence[str],
    notes: Sequence[Path],
    as_json: bool,
) -> None:
    """Check an audit log's export, or the proof of one entry, offline, against keys you got by another way.

    Exit status: 0 all holds, 1 something does not, 2 a key or the bundle cannot be read.
    """
    if (bundle is None) == (proof is None):
        raise click.UsageError("Give either a bundle or --proof.")
    arguments = [str(bundle.absolute())] if bundle else [f"--proof={proof.absolute()}" if proof else ""]
    arguments += [f"--key={key}" for key in keys] + ([f"--max-age={max_age}"] if max_age is not None else [])
    arguments += [f"--checkpoint={note.absolute()}" for note in notes]
    raise SystemExit(verifier.main(arguments + (["--json"] if as_json else [])))


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", required=True, help="The installation's certificate key (hex), got by another way.")
@click.option("as_json", "--json", is_flag=True, help="Print the certificate as JSON.")
def verify_certificate(file: Path, key: str, as_json: bool) -> None:
    """Check the signature of a certificate of disposal (its JSON form) offline."""
    body = certified(file, key)
    if as_json:
        click.echo(json.dumps(body, indent=2))
        return
    shown = ("number", "installation", "issued_at", "organisation", "method")
    for name in shown:
        click.echo(f"{name.replace('_', ' '):<13} {plain(str(body.get(name, '')))}")
    for line in body.get("documents", []):
        versions = len(line.get("versions", []))
        click.echo(f"{'document':<13} {plain(str(line.get('number', '')))}, {versions} contents destroyed")
    click.echo("OK: the signature holds")


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", required=True, help="The log's verifier key, got by another way.")
@click.option("as_json", "--json", is_flag=True, help="Print what is certified as JSON.")
def verify_competition(file: Path, key: str, as_json: bool) -> None:
    """Check a certificate of competition rules (its JSON form) offline; exit status 1 also when they did not hold."""
    try:
        verifier_key = VerifierKey.parse(key)
    except DataroomError as error:
        raise click.UsageError(f"The key cannot be read: {error.detail}") from None
    with file.open("rb") as opened:
        data = opened.read(_MOST)
    try:
        body = open_certificate(data, verifier_key)
    except DataroomError as error:
        raise Failed(f"FAULTY: {error.detail}") from None
    if as_json:
        click.echo(json.dumps(body, indent=2))
    else:
        for name in ("said", "since", "until", "entries"):
            click.echo(f"{name:<13} {plain(str(body[name]))}")
        click.echo(f"{'recorded as':<13} entry {body['recorded_as']['entry']} of {plain(body['recorded_as']['log'])}")
        click.echo("OK: the signature and the checkpoint hold")
    raise SystemExit(0 if body["held"] else 1)


def certified(file: Path, key: str) -> dict[str, Any]:
    """The certificate in `file` if `key` (32 bytes in hex) signed exactly its text; else `Failed`."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except ValueError:
        raise click.UsageError("A certificate key is 64 hexadecimal digits.") from None
    signed = _object(file)
    text, signature = signed.get("certificate"), signed.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str):
        raise Failed("The file is not a certificate in its JSON form.")
    try:
        public.verify(bytes.fromhex(signature), text.encode())
        body = strict_json(text.encode())
    except (InvalidSignature, ValueError, DataroomError):
        raise Failed("FAULTY: the signature is not by this key over this text.") from None
    if not isinstance(body, dict) or body.get("type") != "dataroom-certificate-of-disposal/v1":
        raise Failed("FAULTY: what is signed is no certificate of disposal.")
    return body


def _object(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        data = opened.read(_MOST)
    try:
        found = strict_json(data)
    except DataroomError as error:
        raise Failed(f"The file is not a certificate: {error.detail}") from None
    return found if isinstance(found, dict) else {}


def add_commands(cli: click.Group) -> None:
    """Adds `audit verify`, `certificate verify` and `competition verify`."""
    group_named(cli, "audit").add_command(verify_audit)
    group_named(cli, "certificate").add_command(verify_certificate)
    group_named(cli, "competition").add_command(verify_competition)
