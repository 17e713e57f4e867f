"""The embedded parts: several side by side, back with their data, and never left over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dataroom.adapters.parts import Postgres, SeaweedFS
from dataroom.adapters.parts_process import PartFailed, TiedProcess
from dataroom.adapters.s3 import S3Store


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside pytest's folder, whose rights every beginning pytest narrows to one account."""
    made = Path(tempfile.mkdtemp(prefix="parts-"))
    yield made
    shutil.rmtree(made)


def plain(url: str) -> str:
    """libpq's form of an SQLAlchemy address."""
    return url.replace("+psycopg", "")


def ends(pid: int) -> bool:
    """Whether the process is gone (or a zombie) within 20 seconds."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_seaweedfs_side_by_side_and_back_with_its_data(folder: Path) -> None:
    first, second = SeaweedFS(folder / "one"), SeaweedFS(folder / "two")
    first.start()
    second.start()
    try:
        assert not set(first._ports.values()) & set(second._ports.values())
        store = S3Store(first.settings("bucket-one"))
        store.prepare()
        stored = store.put_stream("kept", [b"across a restart"])
        secret = first.secret_key
        first.stop()
        first.stop()
        again = SeaweedFS(folder / "one")
        again.start()
        assert again.secret_key == secret
        store = S3Store(again.settings("bucket-one"))
        store.ready()
        assert b"".join(store.read_stream(stored)) == b"across a restart"
        assert store.put_stream("more", [b"x"]).length == 1
        again.stop()
    finally:
        first.stop()
        second.stop()
    assert (folder / "one" / "part.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "one" / "seaweedfs.log").stat().st_size > 0


def test_seaweedfs_listens_on_loopback_alone(folder: Path) -> None:
    part = SeaweedFS(folder / "part")
    part.start()
    try:
        assert part._child is not None
        assert part._child._process is not None
        inodes = {
            link.name
            for link in (Path(os.readlink(one)) for one in Path(f"/proc/{part._child._process.pid}/fd").iterdir())
            if link.name.startswith("socket:")
        }
        for table, local in (("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            ours = [row for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
            assert all(row[1].startswith(local) for row in ours)
            if table == "tcp":
                listening = {int(row[1][-4:], 16) for row in ours}
                assert part._ports["s3"] in listening
                assert listening <= set(part._ports.values())
    finally:
        part.stop()


def test_postgres_comes_back_with_its_data(folder: Path) -> None:
    part = Postgres(folder / "pg", {"fsync": "off"})
    part.start()
    try:
        url = part.create_database("things")
        assert part.create_database("things") == url
        with psycopg.connect(plain(url)) as connection:
            connection.execute("create table t as select 42 as n")
            assert connection.execute("show listen_addresses").fetchone() == ("",)
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        part.stop()
        part.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(plain(url))
        part.start()
        with psycopg.connect(plain(url)) as connection:
            assert connection.execute("select n from t").fetchone() == (42,)
        part.drop_database("things")
        part.drop_database("things")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(plain(url))
    finally:
        part.stop()


def test_postgres_in_a_deep_folder_finds_room_for_its_socket(folder: Path) -> None:
    part = Postgres(folder / ("deep" * 20) / "pg", {"fsync": "off"})
    part.start()
    try:
        with psycopg.connect(plain(part.url)) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        part.stop()
    assert not part._sockets.exists()


def test_a_part_that_cannot_start_says_where_to_look(folder: Path) -> None:
    part = Postgres(folder / "pg", {"no_such_setting": "1"})
    with pytest.raises(PartFailed, match=r"postgres\.log"):
        part.start()
    assert "no_such_setting" in (folder / "pg" / "postgres.log").read_text()


PARENT = """
import sys, time
from pathlib import Path
from dataroom.adapters.parts import Postgres, SeaweedFS
parts = [Postgres(Path(sys.argv[1], "pg"), {"fsync": "off"}), SeaweedFS(Path(sys.argv[1], "sw"))]
for part in parts:
    part.start()
print(*[part._child._process.pid for part in parts], flush=True)
time.sleep(600)
"""


def test_parts_end_with_a_killed_parent(folder: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert all(ends(pid) for pid in children)


def test_a_process_that_will_not_stop_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = TiedProcess(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"], folder / "log", signal.SIGTERM)
    child.patience = 1.0
    child.start(None, {"PATH": os.defpath})
    time.sleep(0.5)
    assert child.runs()
    child.stop(signal.SIGTERM)
    assert not child.runs()
