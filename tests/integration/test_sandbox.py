"""The PDF child at work: pages, copies, refusals by name, many threads, errors of the store."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pdfminer.high_level import extract_text
from PIL import Image, ImageChops

from dataroom.adapters.sandbox import Sandbox, Source
from dataroom.errors import Invalid, Unavailable
from tests.integration import sandbox_files as files

LINES = (
    "Ada Vance <ada@borealis.example>",
    "Borealis Photonics",
    "2026-11-21 22:10:05 UTC",
    "Chart, version 2",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    room = Sandbox(size=2, seconds=5.0, heavy_seconds=20.0, patience=60.0)
    assert room.start()
    yield room
    room.close()


def _picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_inspect_tells_pages_and_sizes(sandbox: Sandbox) -> None:
    seen = sandbox.inspect(files.source(files.letters(3, (612, 792)), "three"))
    assert (seen.pages, seen.sizes) == (3, ((612.0, 792.0),) * 3)


def test_render_gives_a_marked_jpeg_of_the_width_asked_for(sandbox: Sandbox) -> None:
    blank = files.source(files.letters(1), "marked")
    one = _picture(sandbox.render(blank, 1, 700, LINES))
    two = _picture(sandbox.render(blank, 1, 700, ("Somebody else",)))
    assert (one.format, one.mode, one.size) == ("JPEG", "RGB", (700, 991))
    assert ImageChops.difference(one, two).convert("L").point(lambda v: 255 * (v > 30)).getbbox() is not None


def test_thumbnails_are_marked_too(sandbox: Sandbox) -> None:
    thumbnail = _picture(sandbox.render(files.source(files.letters(1), "thumb"), 1, 160, LINES))
    lowest = thumbnail.convert("L").crop((0, 100, 160, 200)).getextrema()[0]
    assert thumbnail.width == 160
    assert lowest < 235


@pytest.mark.parametrize("page", [0, -1, 4])
def test_a_page_that_is_not_there_is_refused_by_name(sandbox: Sandbox, page: int) -> None:
    with pytest.raises(Invalid) as refused:
        sandbox.render(files.source(files.letters(3), "three-pages"), page, 300, LINES)
    assert refused.value.code == "no-such-page"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_stamp_prints_the_copy_line_upright_on_every_page(sandbox: Sandbox, turn: int) -> None:
    plain = files.letters(2).replace(b"/Rotate 0", b"/Rotate %d" % turn)
    copy = b"".join(sandbox.stamp(files.source(plain, f"stamp-{turn}"), LINES))
    text = extract_text(io.BytesIO(copy))
    assert text.replace("\n", "").count("ada@borealis.example") >= 2
    shown = _picture(sandbox.render(files.source(copy, f"stamped-{turn}"), 1, 1200, ("x",))).convert("RGB")
    red = ImageChops.subtract(*shown.split()[:2]).point(lambda v: 255 * (v > 60))
    edge, foot = round(shown.width * 0.03), round(shown.height * 0.96)
    assert red.crop((0, foot, *shown.size)).histogram()[255] > 200
    assert red.crop((0, 0, edge, foot)).histogram()[255] > 200
    assert red.crop((edge, 0, shown.width, foot)).getbbox() is None


def test_stamp_keeps_the_text_of_the_document(sandbox: Sandbox) -> None:
    copy = b"".join(sandbox.stamp(files.source(files.letters(2), "kept"), ("Żółć Ωmega",)))
    text = extract_text(io.BytesIO(copy))
    assert "Page 1 of the letter" in text
    assert "Page 2 of the letter" in text


def test_a_mark_without_text_never_reaches_the_child(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="text"):
        sandbox.render(files.source(files.letters(1), "no-mark"), 1, 300, (" ",))


def test_ranges_are_read_not_the_whole_file(sandbox: Sandbox) -> None:
    data = files.letters(2)
    padding = b"% " + b"x" * (64 << 20) + b"\n"
    large = (
        data.replace(b"%PDF-1.", padding.join([b"", b""]) + b"%PDF-1.", 0) + padding + data[data.rindex(b"trailer") :]
    )
    taken: list[int] = []

    def fetch(start: int, stop: int) -> bytes:
        taken.append(stop - start)
        return large[start:stop]

    assert sandbox.inspect(Source("large", len(large), fetch)).pages == 2
    assert sum(taken) < 4 << 20
    assert max(taken) <= 1 << 20


def test_a_second_page_of_an_open_document_fetches_nothing_again(sandbox: Sandbox) -> None:
    data, calls = files.letters(5), []
    opened = Source("affine", len(data), lambda a, b: calls.append(a) or data[a:b])
    sandbox.render(opened, 1, 300, LINES)
    first = len(calls)
    for page in range(2, 6):
        sandbox.render(opened, page, 300, LINES)
    assert len(calls) == first


class Gone(Exception):
    """What a store might raise."""


def test_errors_of_fetch_reach_the_caller_unchanged(sandbox: Sandbox) -> None:
    def fetch(start: int, stop: int) -> bytes:
        raise Gone

    with pytest.raises(Gone):
        sandbox.render(Source("gone", 5000, fetch), 1, 300, LINES)


def test_fetch_failing_midway_is_raised_and_forgotten(sandbox: Sandbox) -> None:
    data, broken = files.letters(40) + b"%" * 900_000, threading.Event()
    broken.set()

    def fetch(start: int, stop: int) -> bytes:
        if broken.is_set() and start > 0:
            raise Gone
        return data[start:stop]

    flaky = Source("flaky", len(data), fetch)
    with pytest.raises(Gone):
        sandbox.inspect(flaky)
    broken.clear()
    assert sandbox.inspect(flaky).pages == 40


def test_short_answers_of_fetch_are_not_taken_for_the_document(sandbox: Sandbox) -> None:
    data = files.letters(1)
    with pytest.raises(Invalid):
        sandbox.inspect(Source("short", len(data), lambda a, b: data[a : b - 1]))
    assert sandbox.inspect(files.source(data, "not-short")).pages == 1


def test_no_child_reads_behind_two_walls() -> None:
    room, data = Sandbox(size=2), files.letters(2)
    seen: dict[int, set[str]] = {}

    def look(number: int) -> None:
        wall = f"matter-{number % 3}"

        def fetch(start: int, stop: int) -> bytes:
            for worker in room._pool("light").children():
                if worker.wall is not None:
                    seen.setdefault(worker.process.pid, set()).add(worker.wall)
            return data[start:stop]

        assert room.inspect(Source(f"{wall}-{number}", len(data), fetch, wall)).pages == 2

    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(look, range(12)))
    finally:
        room.close()
    assert len(seen) >= 3
    assert all(len(walls) == 1 for walls in seen.values())


def test_ten_threads_at_once(sandbox: Sandbox) -> None:
    several = [files.source(files.letters(10), f"many-{number}") for number in range(3)]

    def work(number: int) -> tuple[int, int]:
        return _picture(sandbox.render(several[number % 3], number % 10 + 1, 400, LINES)).size

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(work, range(60))) == {(400, 566)}


def test_a_full_queue_answers_unavailable() -> None:
    small = Sandbox(size=1, seconds=20.0, patience=0.3)
    hold = threading.Event()
    data = files.letters(1)

    def slow(start: int, stop: int) -> bytes:
        hold.wait(10)
        return data[start:stop]

    try:
        assert small.start()
        first = threading.Thread(target=small.inspect, args=(Source("slow", len(data), slow),))
        first.start()
        time.sleep(0.1)
        with pytest.raises(Unavailable):
            small.inspect(files.source(data, "waits"))
        hold.set()
        first.join()
        assert small.inspect(files.source(data, "waits")).pages == 1
    finally:
        hold.set()
        small.close()


def test_a_forked_process_makes_children_of_its_own(sandbox: Sandbox) -> None:
    ours = {worker.process.pid for worker in sandbox._pool("light").children()}
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            seen = sandbox.inspect(files.source(files.letters(2), "forked"))
            theirs = {worker.process.pid for worker in sandbox._pool("light").children()}
            sandbox.close()
            os.write(write, b"ok" if seen.pages == 2 and not theirs & ours else b"no")
        finally:
            os._exit(0)
    os.close(write)
    assert os.read(read, 2) == b"ok"
    os.close(read)
    os.waitpid(pid, 0)
    assert sandbox.inspect(files.source(files.letters(2), "still-here")).pages == 2
    assert {worker.process.pid for worker in sandbox._pool("light").children()} == ours


def test_closing_ends_every_child() -> None:
    room = Sandbox(size=2)
    assert room.start()
    pids = [worker.process.pid for name in ("light", "heavy") for worker in room._pool(name).children()]
    room.close()
    assert len(pids) == 4
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_the_service_itself_loads_no_reader_of_pdfs() -> None:
    """What reads hostile files is loaded in the limited children alone, not where the keys are."""
    look = "import sys, dataroom.app; print(*({'pypdfium2', 'pikepdf', 'pdfminer', 'fontTools'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
