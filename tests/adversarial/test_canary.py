"""A sentence inside an uploaded PDF is afterwards nowhere on a disk in the clear, in no spelling, from no process."""

from __future__ import annotations

import base64
import binascii
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from dataroom.adapters.parts import SeaweedFS
from tests.adversarial.house import House, closing, house_on, read, remove, short_folder
from tests.parts import Seaweed

CANARY = f"The canary {uuid.uuid4().hex} sings of royalties"
WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Room:
    """A house with an object store of its own, all of whose files lie below one folder."""

    house: House
    folder: Path


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """Everything that writes lies below one folder: database, objects, keys, logs, temporary files."""
    folder = short_folder()
    part = SeaweedFS(folder / "objects")
    part.start()
    seaweed = Seaweed(part.endpoint, part.access_key, part.secret_key)
    with house_on(f"sqlite:///{folder}/room.db", seaweed, folder) as house:
        house.start_web(workers=2)
        house.start_worker()
        yield Room(house, folder)
    part.stop()
    remove(folder)


def pdf_with(sentence: str, padding: int = 0) -> bytes:
    """A PDF whose only content stream is uncompressed and says the sentence; `padding` bytes of comment follow."""
    stream = f"BT /F1 12 Tf 72 700 Td ({sentence}) Tj ET\n".encode() + b"%" + b"p" * padding + b"\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def spellings(sentence: str) -> list[bytes]:
    """The middle of the sentence as text, UTF-16, hexadecimal and base64 at each of its three alignments."""
    middle = sentence[4:40]
    plain, wide = middle.encode(), middle.encode("utf-16-le")
    found = [plain, wide, middle.encode("utf-16-be"), plain[::-1]]
    for raw in (plain, wide):
        found += [binascii.hexlify(raw), binascii.hexlify(raw).upper()]
        for shift in range(3):
            cut = raw[shift : shift + (len(raw) - shift) // 3 * 3]
            found += [base64.b64encode(cut), base64.urlsafe_b64encode(cut)]
    return found


def leaks(folders: list[Path], needles: list[bytes]) -> list[str]:
    """The files below some folders that hold one of the needles."""
    found, longest = [], max(len(needle) for needle in needles)
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(OSError):
                if path.is_file() and not path.is_symlink() and _holds(path, needles, longest):
                    found.append(str(path))
    return found


def _holds(path: Path, needles: list[bytes], longest: int) -> bool:
    tail = b""
    with open(path, "rb") as file:
        while piece := file.read(8 * 1024 * 1024):
            window = tail + piece
            if any(needle in window for needle in needles):
                return True
            tail = window[-longest:]
    return False


def test_the_search_itself_finds_every_spelling(tmp_path: Path) -> None:
    for number, needle in enumerate(spellings(CANARY)):
        (tmp_path / f"{number}.bin").write_bytes(b"x" * number + needle)
    assert len(leaks([tmp_path], spellings(CANARY))) == len(spellings(CANARY))
    encoded = base64.b64encode(b"zz" + CANARY.encode() + b"zz")
    (tmp_path / "whole").write_bytes(encoded)
    assert str(tmp_path / "whole") in leaks([tmp_path], spellings(CANARY))


def test_the_sentence_is_nowhere_in_the_clear(room: Room) -> None:
    house = room.house
    line = house.upload("ada", pdf_with(CANARY), "charts/secret.pdf")
    version = line["version"]
    assert house.ask("ada", "GET", f"/versions/{version}/pages/1").body.startswith(b"\xff\xd8")
    words = house.ask("ada", "GET", f"/versions/{version}/pages/1/words")
    assert "royalties" in {word["text"] for word in words.json["words"]}
    hits = house.ask("ada", "POST", f"/versions/{version}/searches", {"term": "canary"})
    assert len(hits.json) == 1
    stamped = house.ask("ada", "GET", f"/versions/{version}/file")
    assert stamped.body.startswith(b"%PDF-")
    redacted(house, version)
    broken = house.ask(
        "ada", "PUT", f"/matters/{house.world.matter}/documents", pdf_with(CANARY)[:-300], "application/pdf",
        path="charts/broken.pdf",
    )  # fmt: skip
    assert broken.status in {201, 422}
    everywhere = [room.folder, Path("/dev/shm"), Path("/var/tmp"), *cores()]
    assert leaks(everywhere, spellings(CANARY)) == []


def redacted(house: House, version: str) -> None:
    """Takes the sentence out and looks at the copy."""
    body = {"title": "For partners", "tier": 1, "category": "claim-chart"}
    redaction = house.ask("ada", "POST", f"/versions/{version}/redactions", body).json["id"]
    mark = {"page": 1, "box": (60, 600, 540, 800), "kind": "box", "code": "TS", "rationale": "Names the royalty."}
    house.ask("ada", "POST", f"/redactions/{redaction}/marks", {"marks": [mark]})
    house.ask("ada", "POST", f"/redactions/{redaction}/submission")
    house.wait(lambda: state(house, redaction) == "in_review", "the redaction was not applied")
    result = house.ask("ada", "GET", f"/redactions/{redaction}").json["result"]["id"]
    assert house.ask("bram", "POST", f"/redactions/{redaction}/approval").status == 200
    copy = house.ask("ada", "GET", f"/versions/{result}/file")
    assert copy.body.startswith(b"%PDF-")
    assert CANARY.encode() not in copy.body


def state(house: House, redaction: str) -> str:
    """How far a redaction has come."""
    return str(house.ask("ada", "GET", f"/redactions/{redaction}").json["state"])


def cores() -> list[Path]:
    """Where this machine would put memory images of crashed processes."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    return [Path(pattern).parent] if pattern.startswith("/") else []


def test_during_a_slow_upload_no_process_writes_a_file_of_it(room: Room) -> None:
    house, data = room.house, pdf_with(CANARY, padding=12 * 1024 * 1024)
    with closing(house.begin_upload("ada", len(data), "charts/slow.pdf")) as connection:
        connection.send(data[: len(data) * 3 // 4])
        house.wait(lambda: bool(house.pids()), "no process")
        allowed = {room.folder / name for name in ("room.db", "room.db-wal", "room.db-shm", "web.log", "worker.log")}
        opened = [one for _ in range(5) for pid in house.pids() for one in written_files(pid)]
        assert {path for path, _, size in opened if path not in allowed and size > 0} == set()
        assert any(path.name == "room.db" for path, _, _ in opened)
        assert leaks([room.folder, Path("/dev/shm")], spellings(CANARY)) == []
        connection.send(data[len(data) * 3 // 4 :])
        assert read(connection.getresponse()).status == 201
    assert leaks([room.folder, Path("/dev/shm")], spellings(CANARY)) == []


def written_files(pid: int) -> list[tuple[Path, int, int]]:
    """The regular files a process has open for writing: path, descriptor, size (deleted ones too)."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError, StopIteration):
            about = entry.stat()
            lines = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().splitlines()
            flags = int(next(line for line in lines if line.startswith("flags:")).split()[1], 8)
            if stat.S_ISREG(about.st_mode) and flags & WRITING:
                found.append((Path(os.readlink(entry)), int(entry.name), about.st_size))
    return found


def test_no_process_leaves_an_image_of_its_memory(room: Room) -> None:
    assert len(room.house.pids()) >= 4
    for pid in room.house.pids():
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        core = next(line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"], pid
