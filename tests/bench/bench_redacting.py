"""Redacting as a custodian does it, in a real browser on the demonstration: `python -m tests.bench.bench_redacting`.

Two documents, each from upload to released: a filing of 300 pages with its marks found by a term and by patterns, and
a scan of 50 pages at 300 dpi with a box drawn on each page. Prints the seconds of each step, and for every step that
lasts how often the page told something new meanwhile, and at the end the most memory any one process of the house
held. With `SCREENSHOTS` naming a folder, pictures are kept there. `filing` or `scan` after the name walks one alone.
"""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator, Page, expect
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.bench.figures import machine
from tests.e2e.room import Demo, Person, browser

FILING_PAGES = 300
SCAN_PAGES = 50
DOTS = 300
PATIENCE = 900_000
WHY = "Names a licensee whose terms are a trade secret."
_WORDS = (
    "the panel holds layers whose edges were measured under a lamp and compared with claim one of the patent in suit "
    "while counsel for each side noted that no sample had left the bench before the second reading was finished"
).split()


def _lines(page: int, count: int) -> list[str]:
    chance = random.Random(page)
    lines = [" ".join(chance.choices(_WORDS, k=12)) for _ in range(count)]
    if page % 3 == 0:
        lines[5] = "a licence was granted to Halvorsen Optik against a royalty for each unit sold"
    if page % 6 == 1:
        lines[9] = f"questions were sent to clerk{page}@halvorsen.example and answered within a day"
    if page % 6 == 4:
        lines[12] = f"the parties agreed upon a lump sum of EUR {page},250.00 payable on the first of the month"
    return lines


def filing(pages: int = FILING_PAGES) -> bytes:
    """A filing with text on every page; a third of the pages name the licensee, another third an address or a sum."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for page in range(1, pages + 1):
        canvas.setFont("Times-Roman", 10.5)
        for number, text in enumerate(_lines(page, 44)):
            canvas.drawString(60, 780 - 16 * number, text)
        canvas.drawString(290, 30, str(page))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def scan(pages: int = SCAN_PAGES) -> bytes:
    """Pages of grey paper with grain and print, each one JPEG of 300 dpi."""
    wide, high = round(8.27 * DOTS), round(11.69 * DOTS)
    font = ImageFont.truetype("DejaVuSerif.ttf", 44)
    grain = Image.effect_noise((wide, high), 14).point(lambda value: min(255, value + 110))
    out = BytesIO()
    rl_config.useA85 = 0
    canvas = Canvas(out, pagesize=A4)
    for page in range(1, pages + 1):
        sheet = grain.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if page % 2 else grain.copy()
        pen = ImageDraw.Draw(sheet)
        for number, text in enumerate(_lines(page, 44)):
            pen.text((200, 260 + 68 * number), text, fill=30, font=font)
        held = BytesIO()
        sheet.save(held, "JPEG", quality=70)
        held.seek(0)
        canvas.drawImage(ImageReader(held), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


class Walk:
    """One custodian's way through one document, with the time of each step."""

    def __init__(self, ada: Person, bram: Person, name: str) -> None:
        self.ada, self.bram, self.name = ada, bram, name
        self.page: Page = ada.page
        self.begun = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Times a step and prints it."""
        begun = time.monotonic()
        yield
        print(f"{self.name}: {what}: {time.monotonic() - begun:.1f} s", flush=True)

    def shot(self, title: str) -> None:
        """Keeps a picture if asked."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{self.name}-{title}.png")

    def upload(self, data: bytes) -> None:
        """From the list of documents to a document that is ready."""
        page = self.page
        page.goto(self.ada.address)
        page.get_by_role("link", name=re.compile("Lumen v. Brightfall")).first.click()
        matter = page.url
        page.get_by_role("link", name="Upload").click()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{self.name}.pdf"
            file.write_bytes(data)
            expect(page.locator("#files")).to_be_enabled()
            page.locator("#files").set_input_files(file)
            row = page.locator("#manifest").get_by_role("row", name=re.compile(self.name))
            expect(row).to_contain_text(re.compile("stored", re.IGNORECASE), timeout=PATIENCE)
        page.goto(matter)
        page.get_by_role("link", name=self.name).first.click()
        page.get_by_label("Tier", exact=True).select_option("2")
        page.get_by_label("Category").select_option("technical")
        page.get_by_label("Retention schedule").select_option("work-product")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Ready", exact=True).first).to_be_visible()

    def editor(self) -> None:
        """Opens the editor on its first page."""
        page = self.page
        page.get_by_role("link", name="Redact", exact=True).click()
        page.get_by_label("What the redacted copy is for").fill("For Borealis: without the licensee")
        page.get_by_role("button", name="Start marking").click()
        expect(page.locator("#sheet img")).to_be_visible(timeout=PATIENCE)

    def reason(self) -> None:
        """Gives what is open its code and sentence."""
        page = self.page
        page.get_by_label("Reason", exact=True).select_option("TS")
        page.get_by_label("Rationale, in a sentence").fill(WHY)
        page.get_by_role("button", name=re.compile("^Save mark")).click()
        expect(page.locator("#draft")).to_be_hidden(timeout=PATIENCE)

    def find(self, term: str, patterns: tuple[str, ...]) -> None:
        """Looks for a term or patterns and waits for the answer."""
        page = self.page
        if page.locator("#finder").get_attribute("open") is None:
            page.locator("#finder > summary").click()
            page.get_by_text("Options, patterns and the dictionary").click()
        page.get_by_label("Term", exact=True).fill(term)
        for box in page.locator("[name=find-pattern]").all():
            box.set_checked(box.get_attribute("value") in patterns)
        page.get_by_role("button", name="Find", exact=True).click()
        expect(page.locator("#find-note")).to_contain_text("place", timeout=PATIENCE)

    def mark_found(self) -> None:
        """Marks every place that was found."""
        self.page.get_by_role("button", name="Mark all hits").click()
        self.reason()

    def box(self, number: int) -> None:
        """Draws a box on a page, having gone there."""
        page = self.page
        if number > 1:
            page.get_by_role("button", name="Next page").click()
        expect(page.locator(f"#sheet img[alt='Page {number}']")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#sheet svg.drawing")).to_be_visible(timeout=PATIENCE)
        sheet = page.locator("#sheet").bounding_box()
        assert sheet is not None
        page.mouse.move(sheet["x"] + 120, sheet["y"] + 150)
        page.mouse.down()
        page.mouse.move(sheet["x"] + 420, sheet["y"] + 190, steps=3)
        page.mouse.up()
        if number == 1:
            page.get_by_label("Use the same for the next marks").check()
            self.reason()
        expect(page.locator("#count")).to_contain_text(f"({number})", timeout=PATIENCE)

    def submit(self) -> list[str]:
        """Hands the marks in and waits for the copy; what the page told meanwhile."""
        page = self.page
        page.get_by_role("button", name="Submit for review").click()
        self.ada.confirm("Submit for review")
        ended = page.get_by_role("link", name="Review").or_(page.get_by_role("alert"))
        told = told_until(page.locator("#waiting-text"), ended)
        assert not page.get_by_role("alert").count(), page.get_by_role("alert").first.inner_text()
        return told

    def release(self) -> None:
        """The second custodian looks at the first and the last page with marks, and approves."""
        page = self.bram.page
        page.goto(f"{self.page.url}/review")
        expect(page.locator("#left img")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#right img")).to_be_visible(timeout=PATIENCE)
        asked = page.get_by_role("heading", name="Confirm who you are")
        released = page.get_by_text("Released")
        page.get_by_role("button", name="Approve and release").click()
        self.bram.confirm("Release")
        expect(asked.or_(released).first).to_be_visible()
        if asked.count():
            self.bram.step_up()
            page.get_by_role("button", name="Approve and release").click()
            self.bram.confirm("Release")
        expect(released.first).to_be_visible()


class Scale:
    """Looks every second at the memory of the processes that descend from this one; `most` is by what they do, in MiB."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Scale:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._ended.wait(1.0):
            for what, size in _memory():
                self.most[what] = max(self.most.get(what, 0), size)


def _memory() -> Iterator[tuple[str, int]]:
    """What the processes below this one do, and the most each has held, in MiB."""
    known = {b"sandbox_child": "PDF child", b"gunicorn": "web", b"operate worker": "worker"}
    above: dict[int, int] = {}
    facts: dict[int, tuple[str, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            pid, held = int(folder.name), status.get("VmHWM", "0 kB").split()[0]
            above[pid] = int(status["PPid"])
            what = next((name for part, name in known.items() if part in command), "")
            if what:
                facts[pid] = (what, int(held) >> 10)
    for pid, fact in facts.items():
        while pid in above and pid != os.getpid():
            pid = above[pid]
        if pid == os.getpid():
            yield fact


def told_until(text: Locator, ended: Locator) -> list[str]:
    """What an element said, each once, until something is to be seen."""
    told: list[str] = []
    while not ended.count():
        said = text.inner_text() if text.count() else ""
        if said and said not in told:
            told.append(said)
        time.sleep(0.3)
    return told


def redact_filing(walk: Walk) -> None:
    """The filing: marks by a term and by two patterns."""
    with walk.step("generated"):
        data = filing()
    walk.begun = time.monotonic()
    with walk.step(f"upload of {len(data) >> 10} KiB, classified"):
        walk.upload(data)
    with walk.step("editor"):
        walk.editor()
    for term, patterns in (("Halvorsen Optik", ()), ("", ("email", "money"))):
        with walk.step(f"find {term or ' and '.join(patterns)}"):
            walk.find(term, patterns)
        walk.shot(f"found-{term[:3] or 'patterns'}")
        with walk.step("mark"):
            walk.mark_found()
    print(f"{walk.name}: marks {walk.page.locator('#count').inner_text()}")


def redact_scan(walk: Walk) -> None:
    """The scan: a box on each page."""
    with walk.step("generated"):
        data = scan()
    walk.begun = time.monotonic()
    with walk.step(f"upload of {len(data) >> 20} MiB, classified"):
        walk.upload(data)
    with walk.step("editor"):
        walk.editor()
    with walk.step(f"a box on each of {SCAN_PAGES} pages"):
        for number in range(1, SCAN_PAGES + 1):
            walk.box(number)
    walk.shot("boxes")


def finish(walk: Walk) -> None:
    """From the marks to the released copy."""
    with walk.step("submit to review"):
        told = walk.submit()
    print(f"{walk.name}: told {len(told)} times, last: {told[-1] if told else ''}")
    walk.shot("made")
    with walk.step("review to released"):
        walk.release()
    print(f"{walk.name}: from upload to released {time.monotonic() - walk.begun:.1f} s", flush=True)


def main() -> None:
    """Starts a demonstration and walks both ways through it."""
    with tempfile.TemporaryDirectory() as folder, browser() as chromium, Scale() as scale:
        demo = Demo(Path(folder) / "demo", Path(folder) / "demo.log")
        demo.start()
        try:
            ada = Person(chromium, demo.address, "ada.quill@aldermoor.example", "Ada Quill")
            bram = Person(chromium, demo.address, "bram.oakes@aldermoor.example", "Bram Oakes")
            for name, mark in (("long filing", redact_filing), ("scanned file", redact_scan)):
                if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
                    continue
                walk = Walk(ada, bram, name)
                mark(walk)
                finish(walk)
        finally:
            print("most memory, MiB:", ", ".join(f"{what} {size}" for what, size in sorted(scale.most.items())))
            demo.stop()


if __name__ == "__main__":
    machine()
    main()
