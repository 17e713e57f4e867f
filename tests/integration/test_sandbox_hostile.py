"""Hostile files end in named refusals within the limits, and the next reader notices nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataroom.adapters.sandbox import Sandbox, Source
from dataroom.errors import Invalid
from tests.integration import sandbox_files as files

SECONDS = 3.0
LINES = ("Ada Vance", "Borealis Photonics")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    os.environ["DATAROOM_TEST_CANARY"] = "must-not-be-inherited"
    room = Sandbox(size=1, memory=900 << 20, seconds=SECONDS, patience=60.0)
    assert room.start()
    yield room
    room.close()
    del os.environ["DATAROOM_TEST_CANARY"]


@pytest.fixture(autouse=True)
def _next_request_works(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert sandbox.inspect(files.source(files.letters(2), f"after-{request.node.name}")).pages == 2


def _pid(sandbox: Sandbox) -> int:
    pool = sandbox._pool("light")
    assert pool.wait_ready(30)
    return pool.children()[0].process.pid


def _outcome(sandbox: Sandbox, source: Source) -> str:
    try:
        picture = sandbox.render(source, 1, 600, LINES)
    except Invalid as refused:
        return refused.code
    return "drawn" if picture.startswith(b"\xff\xd8\xff") else "nonsense"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("nothing", b"", "empty"),
        ("words", b"Dear Sir, this is no document.", "not-a-pdf"),
        ("picture", b"\x89PNG\r\n\x1a\n" + bytes(5000), "not-a-pdf"),
        ("late-header", b"x" * 2000 + files.letters(1), "not-a-pdf"),
        ("header-alone", b"%PDF-1.7\n", "broken"),
        ("garbage", b"%PDF-1.7\n" + bytes(range(256)) * 400, "broken"),
        ("cut-short", files.letters(3)[:300], "broken"),
        ("password", files.locked("sesame"), "encrypted"),
        ("empty-password", files.locked(""), "encrypted"),
        (
            "no-pages",
            files.raw({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}),
            "broken",
        ),
    ],
)
def test_refused_by_name(sandbox: Sandbox, name: str, data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.inspect(files.source(data, name))
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


def test_too_many_pages(sandbox: Sandbox) -> None:
    kids = b"3 0 R " * 20_001
    data = files.raw(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[%s]/Count 20001>>" % kids,
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        }
    )
    with pytest.raises(Invalid) as refused:
        sandbox.inspect(files.source(data, "pages"))
    assert refused.value.code == "too-many-pages"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page-loop", files.page_loop()),
        ("form-loop", files.form_loop()),
        ("form-bomb", files.form_bomb()),
        ("flate-bomb", files.flate_bomb(400)),
        ("image-bomb", files.image_bomb()),
    ],
)
def test_loops_and_bombs_stay_within_the_limits(sandbox: Sandbox, name: str, data: bytes) -> None:
    began = time.monotonic()
    assert _outcome(sandbox, files.source(data, name)) in {"drawn", "broken", "could-not-render"}
    assert time.monotonic() - began < 5 * SECONDS  # two tries and a fresh child on a busy machine


def test_a_time_out_names_the_limits() -> None:
    room = Sandbox(size=1, seconds=2.0)
    try:
        with pytest.raises(Invalid) as refused:
            room.render(files.source(files.form_bomb(), "slow"), 1, 600, LINES)
        assert refused.value.code == "could-not-render"
        assert "2 seconds" in refused.value.detail
        assert refused.value.facts["timed_out"] is True
    finally:
        room.close()


def test_a_memory_bomb_ends_in_a_refusal_and_a_new_child() -> None:
    room = Sandbox(size=1, memory=500 << 20, seconds=20.0)
    try:
        old = _pid(room)
        with pytest.raises(Invalid) as refused:
            room.render(files.source(files.flate_bomb(300), "memory"), 1, 600, LINES)
        assert refused.value.code == "could-not-render"
        assert refused.value.facts["timed_out"] is False
        assert room.inspect(files.source(files.letters(1), "after")).pages == 1
        assert _pid(room) != old
    finally:
        room.close()


@pytest.mark.parametrize("size", [(14400, 14400), (200_000, 200_000), (3, 14400), (14400, 3), (0.4, 0.4)])
def test_pages_of_any_shape_make_small_pictures(sandbox: Sandbox, size: tuple[float, float]) -> None:
    data = files.letters(1).replace(b"/MediaBox [ 0 0 595 842 ]", b"/MediaBox [ 0 0 %f %f ]" % size)
    assert len(sandbox.render(files.source(data, f"shape-{size}"), 1, 4000, LINES)) < 30 << 20


@pytest.mark.parametrize("box", [b"0 0 0 0", b"0 0 1e30 1e30", b"5 5 5 900", b"/A /B /C /D"])
def test_nonsense_page_boxes_do_no_harm(sandbox: Sandbox, box: bytes) -> None:
    data = files.letters(1).replace(b"/MediaBox [ 0 0 595 842 ]", b"/MediaBox [ %s ]" % box)
    assert _outcome(sandbox, files.source(data, f"box-{box!r}")) in {"drawn", "broken", "could-not-render"}


def test_a_file_that_kills_every_child_is_refused(sandbox: Sandbox) -> None:
    data = files.letters(1)

    def fetch(start: int, stop: int) -> bytes:
        os.kill(_pid(sandbox), signal.SIGKILL)
        return data[start:stop]

    with pytest.raises(Invalid) as refused:
        sandbox.render(Source("killer", len(data), fetch), 1, 300, LINES)
    assert refused.value.code == "could-not-render"


def test_a_used_child_that_dies_is_replaced_within_the_request(sandbox: Sandbox) -> None:
    data = files.letters(1)
    sandbox.inspect(files.source(data, "first"))
    pid = _pid(sandbox)

    def fetch(start: int, stop: int) -> bytes:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)
        return data[start:stop]

    assert sandbox.inspect(Source("killed", len(data), fetch)).pages == 1
    assert _pid(sandbox) != pid


def test_a_child_killed_while_idle_is_replaced(sandbox: Sandbox) -> None:
    os.kill(_pid(sandbox), signal.SIGKILL)
    time.sleep(0.2)
    assert sandbox.inspect(files.source(files.letters(1), "idle-kill")).pages == 1


def test_a_child_that_stops_is_ended_at_the_deadline(sandbox: Sandbox) -> None:
    data, pid = files.letters(1), _pid(sandbox)

    def fetch(start: int, stop: int) -> bytes:
        os.kill(pid, signal.SIGSTOP)
        return data[start:stop]

    began = time.monotonic()
    with pytest.raises(Invalid):
        sandbox.inspect(Source("stopped", len(data), fetch))
    assert time.monotonic() - began < 3 * SECONDS
    assert not Path(f"/proc/{pid}").exists()


def test_the_child_inherits_no_secret_and_no_descriptor(sandbox: Sandbox) -> None:
    pid = _pid(sandbox)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    names = {pair.split(b"=")[0] for pair in environment.split(b"\0") if pair}
    assert names <= {b"PATH", b"LANG", b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS", b"OMP_THREAD_LIMIT", b"LC_CTYPE"}
    open_now = {int(entry.name): os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    assert set(open_now) == {0, 1, 2}
    assert open_now[0].startswith("socket:")
    assert open_now[1] == open_now[2] == "/dev/null"


def test_the_child_is_limited(sandbox: Sandbox) -> None:
    pid = _pid(sandbox)
    table = Path(f"/proc/{pid}/limits").read_text().splitlines()
    limits = {line[:26].strip(): line[26:47].strip() for line in table}
    assert limits["Max file size"] == limits["Max core file size"] == limits["Max processes"] == "0"
    assert int(limits["Max address space"]) == 900 << 20
    assert int(limits["Max open files"]) <= 64
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    held = sandbox.limits()
    assert set(held) == {"namespaces", "capabilities", "files", "calls"}
    if held["calls"]:
        assert "Seccomp:\t2" in status
    if held["capabilities"]:
        assert "CapEff:\t0000000000000000" in status


def test_nothing_is_written_to_the_temporary_folder() -> None:
    folder = Path(tempfile.gettempdir())
    before = set(folder.iterdir())
    room = Sandbox(size=1)
    try:
        room.render(files.source(files.letters(3), "no-temp"), 1, 600, LINES)
        b"".join(room.stamp(files.source(files.letters(3), "no-temp"), LINES))
    finally:
        room.close()
    made = [entry for entry in set(folder.iterdir()) - before if entry.is_file()]
    assert not [entry for entry in made if entry.read_bytes()[:4] in {b"%PDF", b"\xff\xd8\xff\xe0"}]


def test_the_child_dies_with_its_parent() -> None:
    code = (
        "import os, sys, signal; sys.path.insert(0, sys.argv[1]);"
        "from dataroom.adapters.sandbox import Sandbox; room = Sandbox(size=2); assert room.start();"
        "print(*[w.process.pid for n in ('light', 'heavy') for w in room._pool(n).children()], flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, timeout=60)
    pids = [int(word) for word in ran.stdout.split()]
    assert len(pids) == 4
    until = time.monotonic() + 5
    while time.monotonic() < until and any(_alive(pid) for pid in pids):
        time.sleep(0.05)
    assert not [pid for pid in pids if _alive(pid)]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_readers_beside_a_hostile_file_are_served() -> None:
    pair = Sandbox(size=2, seconds=6.0, patience=60.0)
    caught: list[str] = []

    def attack() -> None:
        try:
            pair.render(files.source(files.form_bomb(), "attack"), 1, 600, LINES)
        except Invalid as refused:
            caught.append(refused.code)

    try:
        assert pair.start()
        attacker = threading.Thread(target=attack)
        attacker.start()
        for number in range(10):
            pair.render(files.source(files.letters(1), f"calm-{number}"), 1, 300, LINES)
        assert attacker.is_alive()
        attacker.join()
        assert caught == ["could-not-render"]
    finally:
        pair.close()
