"""The command line against the composed service behind a real gunicorn, and the offline checks of what it saved."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pikepdf
import pytest
from click.testing import CliRunner, Result

from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.disposals import CERTIFICATE_KEY
from dataroom.cli import cli
from dataroom.config import Config
from tests.cast import World, make_config, make_world
from tests.parts import Seaweed, migrated_sqlite
from tests.pdfs import simple_pdf
from tests.tls import write_certificate

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = "A court has ordered that this is kept."
MEBIBYTE = 1024 * 1024
MEASURED = """
import resource, sys
from dataroom.cli import cli
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    cli(sys.argv[1:])
finally:
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"grown {after - before}", file=sys.stderr)
"""


@dataclass
class Served:
    """The service as a process, with one house behind it."""

    world: World
    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, seaweed: Seaweed) -> Iterator[Served]:
    """A house on SQLite, served by gunicorn on a free port."""
    folder = tmp_path_factory.mktemp("served")
    world = make_world(make_config(folder, migrated_sqlite(folder), seaweed))
    with serving(world, folder / "log") as (url, process):
        wait_until_ready(url, process)
        yield Served(world, url, process)
    world.close()


@contextmanager
def serving(world: World, log: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A gunicorn on a free port with further arguments; its address is on plain HTTP unless they say otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://localhost:{listening.getsockname()[1]}"
        command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "8", *more]
        command += ["-b", f"fd://{listening.fileno()}", "--no-control-socket", "wsgi:app"]
        environment = {"PATH": os.defpath, **variables(world.config)}
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stderr=out, pass_fds=[listening.fileno()], start_new_session=True
            )
    try:
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


def variables(config: Config) -> dict[str, str]:
    """The configuration as environment variables."""
    given = {field.name: getattr(config, field.name) for field in fields(config)}
    plain = {field.name: field.default for field in fields(config)}
    return {f"DATAROOM_{name.upper()}": str(value) for name, value in given.items() if value != plain[name]}


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns when the service says that it is ready."""
    for _ in range(300):
        assert process.poll() is None, "the service ended"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=10) as reply:
                assert json.load(reply)["status"] == "ready"
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the service does not come up")


Call = Callable[..., Result]


@pytest.fixture(scope="module")
def as_(served: Served) -> Callable[[str], Call]:
    """Gives a function that runs commands as somebody of the cast."""
    tokens: dict[str, str] = {}

    def caller(who: str) -> Call:
        if who not in tokens:
            tokens[who] = served.world.do(who, "token.create", scopes=["everything"], name="command line").secret

        def call(*arguments: object) -> Result:
            environment = {"DATAROOM_CLI_URL": served.url, "DATAROOM_CLI_TOKEN": tokens[who]}
            return CliRunner(env=environment).invoke(cli, [str(one) for one in arguments])

        return call

    return caller


def told(result: Result, code: int = 0) -> Any:
    """The JSON a command printed, when it ended with `code`."""
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def lines(result: Result) -> list[str]:
    """The lines a command that went well has printed."""
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def large_pdf(size: int) -> bytes:
    """A PDF with about `size` bytes of noise in it."""
    pdf = pikepdf.open(io.BytesIO(simple_pdf(["One page and much else."])))
    pdf.Root.Noise = pikepdf.Stream(pdf, os.urandom(size))
    out = io.BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def test_a_folder_with_a_manifest(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    box, data = tmp_path / "box", simple_pdf(["The mapping of claim 1."])
    for name in ("a.pdf", "inner/b.pdf", "inner/ä c.pdf"):
        (box / name).parent.mkdir(parents=True, exist_ok=True)
        (box / name).write_bytes(data)
    (box / "notes.txt").write_text("no PDF")
    (box / "fake.pdf").write_bytes(b"MZ" * 600_000)
    (box / "link.pdf").symlink_to(box / "a.pdf")
    manifest = tmp_path / "manifest.csv"
    chosen = ("--tier", 2, "--category", "claim-chart", "--schedule", "work-product")
    result = as_("ada")("document", "upload", served.world.matter, box, *chosen, "--manifest", manifest, "--json")
    rows = {row["path"]: row for row in told(result, 1)}
    stored = {path for path, row in rows.items() if row["outcome"] == "stored"}
    assert stored == {"box/a.pdf", "box/inner/b.pdf", "box/inner/ä c.pdf"}
    assert {rows[path]["sha256"] for path in stored} == {hashlib.sha256(data).hexdigest()}
    assert "[not-a-pdf]" in rows["box/notes.txt"]["outcome"]
    assert "[not-a-pdf]" in rows["box/fake.pdf"]["outcome"]
    assert set(rows) == stored | {"box/notes.txt", "box/fake.pdf"}
    assert "2 of 5 files were not stored" in result.stderr
    with manifest.open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [(row["path"], row["sha256"]) for row in written] == [(r["path"], r["sha256"]) for r in rows.values()]
    listed = told(as_("ada")("document", "list", served.world.matter, "--folder", "box/inner", "--json"))
    assert {item["title"] for item in listed["items"]} == {"b", "ä c"}


def test_the_way_of_a_document(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    ada, file = as_("ada"), tmp_path / "chart.pdf"
    file.write_bytes(simple_pdf(["The mapping of claim 1."]))
    line = told(ada("document", "upload", served.world.matter, file, "--json"))[0]
    chosen = ("--tier", 1, "--category", "claim-chart", "--schedule", "work-product")
    assert lines(ada("document", "classify", line["document"], *chosen)) == [line["document"]]
    file.write_bytes(simple_pdf(["The mapping of claim 1, corrected."]))
    again = told(ada("document", "replace", line["document"], file, "--json"))
    assert again["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert lines(ada("document", "publish", line["document"])) == [again["version"]]
    page = tmp_path / "page.jpg"
    assert ada("page", "view", again["version"], 1, "--width", 200, "-o", page).exit_code == 0
    assert page.read_bytes().startswith(b"\xff\xd8")
    assert [hit["page"] for hit in told(ada("page", "search", again["version"], "--term", "corrected", "--json"))] == [
        1
    ]
    assert lines(ada("document", "withdraw", line["document"])) == [line["document"]]
    refused = ada("document", "classify", line["document"], "--tier", 9, *chosen[2:])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: tier: ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_redaction_with_marks_from_a_file(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    line, marks = served.world.ready(), tmp_path / "marks.json"
    mark = {"page": 1, "box": [60, 600, 540, 800], "code": "TS", "rationale": "Names the licensed product."}
    marks.write_text(json.dumps([mark, {**mark, "kind": "page", "box": None}]))
    start = ("--title", "For partners", "--tier", 1, "--category", "claim-chart")
    redaction = lines(as_("ada")("redaction", "start", line.version, *start))[0]
    ids = lines(as_("ada")("redaction", "mark", redaction, "--marks", marks))
    assert len(ids) == 2
    assert lines(as_("ada")("redaction", "unmark", redaction, "--marks", ids[0])) == [redaction]
    assert [m["id"] for m in told(as_("ada")("redaction", "read", redaction, "--json"))["marks"]] == ids[1:]
    log = tmp_path / "log.csv"
    assert as_("ada")("redaction", "log", redaction, "--form", "csv", "-o", log).exit_code == 0
    assert log.read_text(encoding="utf-8").startswith('"Document"')
    marks.write_text('[{"page": 1, "page": 2}]')
    assert as_("ada")("redaction", "mark", redaction, "--marks", marks).exit_code == 2


def test_tables_for_people(served: Served, as_: Callable[[str], Call]) -> None:
    line = served.world.ready(path="tables/one.pdf")
    hold = lines(as_("cleo")("hold", "place", line.document, "--kind", "litigation", "--reason", SENTENCE))[0]
    table = lines(as_("cleo")("hold", "list", served.world.matter))
    assert table[0].split() == ["ID", "KIND", "PLACED", "BY", "PLACED", "AT", "RELEASED", "AT", "DOCUMENTS"]
    assert any(row.startswith(hold) and row.endswith(line.number) for row in table[1:])
    record = lines(as_("ada")("document", "read", line.document))
    assert f"number        {line.number}" in record
    more = as_("cleo")("audit", "list", served.world.matter, "--limit", 2)
    assert len(lines(more)) == 3
    assert more.stderr.startswith("more: --before ")
    assert lines(as_("ada")("document", "list", served.world.matter, "--folder", "none")) == []


def test_exit_codes(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    matter, runner = served.world.matter, CliRunner()
    place = {"DATAROOM_CLI_URL": served.url}
    assert as_("stray")("matter", "read", matter).exit_code == 1
    assert as_("ada")("matter", "read", "no-id").exit_code == 2
    assert as_("ada")("matter", "nothing").exit_code == 2
    assert runner.invoke(cli, ["matter", "list"], env=place).exit_code == 3
    assert runner.invoke(cli, ["matter", "list"], env={**place, "DATAROOM_CLI_TOKEN": "dr_" + "x" * 43}).exit_code == 3
    wrong = ["--token-file", str(tmp_path / "none"), "matter", "list"]
    assert runner.invoke(cli, wrong, env=place).exit_code == 3
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    gone = runner.invoke(cli, ["--url", nowhere, "matter", "list"], env={"DATAROOM_CLI_TOKEN": "dr_" + "x" * 43})
    assert gone.exit_code == 4
    assert "does not answer" in gone.stderr


def test_a_token_never_leaves_unprotected(as_: Callable[[str], Call]) -> None:
    for url in ("http://dataroom.example", "ftp://localhost", "https://localhost/path", "localhost"):
        result = as_("ada")("--url", url, "matter", "list")
        assert result.exit_code == 2, url


def test_a_token_file(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(served.world.do("ada", "token.create", scopes=["everything"], name="file").secret + "\n")
    given = ["--url", served.url, "--token-file", str(file), "matter", "list", "--json"]
    assert [row["reference"] for row in told(CliRunner().invoke(cli, given))] == ["LvB-1"]


def test_an_export_verifies_offline(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    bundle, world = tmp_path / "bundle.zip", served.world
    assert as_("cleo")("audit", "export", world.matter, "-o", bundle).exit_code == 0
    key = verifier_key(world.services, world.matter)
    report = told(CliRunner().invoke(cli, ["audit", "verify", str(bundle), "--key", key, "--json"]))
    assert report["faults"] == []
    assert report["entries"] > 20
    data = bytearray(bundle.read_bytes())
    data[data.index(b'"_sd"') + 10] ^= 1
    bundle.write_bytes(data)
    assert CliRunner().invoke(cli, ["audit", "verify", str(bundle), "--key", key]).exit_code == 1
    assert CliRunner().invoke(cli, ["audit", "verify", str(bundle), "--key", "x"]).exit_code == 2


def test_a_certificate_verifies_offline(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    world, file = served.world, tmp_path / "certificate.json"
    line = world.due()
    disposal = lines(as_("ada")("disposal", "propose", line.document, "--reason", SENTENCE))[0]
    for who in ("bram", "cleo"):
        assert as_(who)("disposal", "approve", disposal).exit_code == 0
    executed = as_("carl")("disposal", "execute", disposal)
    assert executed.exit_code == 0, executed.output
    assert as_("cleo")("disposal", "certificate", disposal, "-o", file).exit_code == 0
    key = world.services.kms.public_key(CERTIFICATE_KEY).hex()
    verify = ["certificate", "verify", str(file), "--key"]
    shown = CliRunner().invoke(cli, [*verify, key])
    assert "OK: the signature holds" in lines(shown)
    assert told(CliRunner().invoke(cli, [*verify, key, "--json"]))["disposal"]["id"] == disposal
    assert CliRunner().invoke(cli, [*verify, "00" * 32]).exit_code == 1
    assert CliRunner().invoke(cli, [*verify, "key"]).exit_code == 2
    signed = json.loads(file.read_text())
    file.write_text(json.dumps({**signed, "certificate": signed["certificate"].replace(line.number, "ALD-9999")}))
    assert CliRunner().invoke(cli, [*verify, key]).exit_code == 1
    own = {**signed, "public_key": "00" * 32}
    file.write_text(json.dumps(own))
    assert CliRunner().invoke(cli, [*verify, key]).exit_code == 0


def test_a_large_file_passes_in_bounded_memory(served: Served, tmp_path: Path) -> None:
    file, data = tmp_path / "large.pdf", large_pdf(40 * MEBIBYTE)
    file.write_bytes(data)
    first, _ = measured(served, file)
    assert first["outcome"] == "stored"
    file.write_bytes(data := large_pdf(96 * MEBIBYTE))
    parent = served.process.pid
    worker = int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])
    before = peak(worker)
    row, grown = measured(served, file)
    assert (row["outcome"], row["size"]) == ("stored", len(data))
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    assert grown < 24 * MEBIBYTE, f"the client grew by {grown // MEBIBYTE} MiB"
    served_more = peak(worker) - before
    assert served_more < 40 * MEBIBYTE, f"the service grew by {served_more // MEBIBYTE} MiB"


def measured(served: Served, file: Path) -> tuple[dict[str, Any], int]:
    """Uploads a file in a process of its own; returns the manifest line and how much that process grew, in bytes."""
    secret = served.world.do("ada", "token.create", scopes=["everything"], name="large").secret
    environment = {**os.environ, "DATAROOM_CLI_URL": served.url, "DATAROOM_CLI_TOKEN": secret}
    command = [sys.executable, "-c", MEASURED, "document", "upload", str(served.world.matter), str(file), "--json"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)[0], int(ended.stderr.split("grown ")[1].split()[0]) * 1024


def peak(process: int) -> int:
    """The most memory a process has had, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_a_refusal_comes_before_the_whole_body(served: Served, as_: Callable[[str], Call], tmp_path: Path) -> None:
    file = tmp_path / "fake.pdf"
    file.write_bytes(b"MZ" * 20 * MEBIBYTE)
    result = as_("ada")("document", "upload", served.world.matter, file, "--json")
    assert "[not-a-pdf]" in told(result, 1)[0]["outcome"]


def test_a_body_in_chunks_needs_no_length(served: Served) -> None:
    data, place = simple_pdf(["In chunks."]), urlsplit(served.url)
    secret = served.world.do("ada", "token.create", scopes=["everything"], name="in chunks").secret
    connection = HTTPConnection(str(place.hostname), place.port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/pdf"}
    path = f"/api/v1/matters/{served.world.matter}/documents?path=chunks.pdf"
    pieces = (data[at : at + 100] for at in range(0, len(data), 100))
    connection.request("PUT", path, pieces, headers, encode_chunked=True)
    reply = connection.getresponse()
    assert (reply.status, json.load(reply)["size"]) == (201, len(data))
    connection.close()


def test_an_upload_cut_off_on_the_way_leaves_nothing(served: Served, as_: Callable[[str], Call]) -> None:
    before = told(as_("ada")("document", "list", served.world.matter, "--json"))["total"]
    secret, place = (
        served.world.do("ada", "token.create", scopes=["everything"], name="cut off").secret,
        urlsplit(served.url),
    )
    with socket.create_connection((str(place.hostname), place.port or 80)) as line:
        head = f"PUT /api/v1/matters/{served.world.matter}/documents?path=cut.pdf HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {secret}\r\nContent-Type: application/pdf\r\nContent-Length: 9999\r\n\r\n"
        line.sendall(head.encode() + simple_pdf(["Cut off."]))
    for _ in range(50):
        entries = told(as_("cleo")("audit", "list", served.world.matter, "--outcome", "failed", "--json"))["items"]
        if any(entry["code"] == "incomplete" for entry in entries):
            break
        time.sleep(0.2)
    assert any(entry["act"] == "document.upload" and entry["code"] == "incomplete" for entry in entries)
    assert told(as_("ada")("document", "list", served.world.matter, "--json"))["total"] == before


def test_over_tls(served: Served, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    file, fake = tmp_path / "chart.pdf", tmp_path / "fake.pdf"
    file.write_bytes(large_pdf(3 * MEBIBYTE))
    fake.write_bytes(b"MZ" * 10 * MEBIBYTE)
    token = served.world.do("ada", "token.create", scopes=["everything"], name="over TLS").secret
    with serving(served.world, tmp_path / "log", f"--certfile={certificate}", f"--keyfile={key}") as (url, process):
        secure = url.replace("http:", "https:")

        def call(*arguments: object, **more: str) -> Result:
            environment = {"DATAROOM_CLI_URL": secure, "DATAROOM_CLI_TOKEN": token, **more}
            return CliRunner(env=environment).invoke(cli, [str(one) for one in arguments])

        trusted = {"DATAROOM_CLI_CA_FILE": str(certificate)}
        for _ in range(100):
            assert process.poll() is None
            if call("matter", "list", **trusted).exit_code != 4:
                break
            time.sleep(0.2)
        assert len(told(call("matter", "list", "--json", **trusted))) == 1
        untrusted = call("matter", "list")
        assert untrusted.exit_code == 4
        assert "is not trusted" in untrusted.stderr
        upload = call("document", "upload", served.world.matter, file, "--json", **trusted)
        assert told(upload)[0]["outcome"] == "stored"
        refused = call("document", "upload", served.world.matter, fake, "--json", **trusted)
        assert "[not-a-pdf]" in told(refused, 1)[0]["outcome"]
