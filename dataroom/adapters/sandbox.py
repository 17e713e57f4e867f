"""PDF work, done in limited child processes only: the web and worker processes never parse a PDF.

`Sandbox` is safe for many threads and across forks (each process starts children of its own at first use).
Documents are handed over as `Source`s, read range by range through the caller's `fetch`, so neither side
ever holds a large one whole and nothing touches a disk. What the child refuses by name becomes
`errors.Invalid` with that code; a crash, a time-out or too much memory becomes `errors.Invalid` with code
`could-not-render` (pages) or `could-not-process`; no free child in time becomes `errors.Unavailable`; an
error raised by `fetch` is raised unchanged.
"""

from __future__ import annotations

import logging
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from os import register_at_fork
from typing import Any, TypeVar

from dataroom.adapters.sandbox_pool import Pool
from dataroom.adapters.sandbox_worker import Declined, Died, Profile, Reply, Source, Told, silent
from dataroom.adapters.tesseract import languages
from dataroom.errors import Invalid

__all__ = ["Check", "Findings", "Found", "Hit", "Inspection", "RedactedPdf", "Sandbox", "Source", "Word"]

log = logging.getLogger(__name__)

_PDF = b"%PDF-"
_CODE = re.compile(r"[a-z][a-z0-9-]{0,59}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
T = TypeVar("T")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Inspection:
    """Number of pages, width and height of each in points as it is shown, and whether sampled pages hold
    text."""

    pages: int
    sizes: tuple[tuple[float, float], ...]
    has_text: bool


@dataclass(frozen=True)
class Word:
    """A word and its box (x0, y0, x1, y1): user space points, origin at the bottom left, before page
    rotation."""

    text: str
    box: Box
    line: int


@dataclass(frozen=True)
class PageText:
    """A page's words, its visible box in user space points, and its rotation in degrees clockwise."""

    words: tuple[Word, ...]
    box: Box
    rotation: int


@dataclass(frozen=True)
class Hit:
    """One place a term was found: page from 1, one box a line, the text as it stands there."""

    page: int
    boxes: tuple[Box, ...]
    text: str


@dataclass(frozen=True)
class Found:
    """One place a query was found: the query's id, page from 1, one box a line, the text and what stands around it.

    `read` tells that the words were read from a picture.
    """

    query: str
    page: int
    boxes: tuple[Box, ...]
    text: str
    before: str
    after: str
    read: bool


@dataclass(frozen=True)
class Findings:
    """Every place in reading order, the pages without text that nobody has read, all pages, whether places were left
    out because there were too many, and how the pages with places lie: visible box and rotation, by page."""

    found: tuple[Found, ...]
    blank: tuple[int, ...]
    pages: int
    cut: bool
    frames: Mapping[int, tuple[Box, int]]


@dataclass(frozen=True)
class RedactedPdf:
    """A redacted document that passed its verification, the engine's report and its unsigned proof as JSON data."""

    output: bytes
    report: dict[str, Any]
    proof: dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One check of a redacted document: its name, whether it held, what was seen."""

    name: str
    passed: bool
    detail: str


class Sandbox:
    """The door to PDF work. `size` children draw pages and read words (bounds `memory` bytes, `seconds` a
    request); `heavy_size` children redact, verify and stamp (`heavy_memory`, `heavy_seconds`)."""

    def __init__(
        self,
        size: int = 3,
        memory: int = 1536 << 20,
        seconds: float = 20.0,
        heavy_size: int = 2,
        heavy_memory: int = 3 << 30,
        heavy_seconds: float = 300.0,
        patience: float = 30.0,
        requests: int = 500,
    ) -> None:
        light = Profile(size, memory, seconds, requests, 64 << 20, patience)
        heavy = Profile(heavy_size, heavy_memory, heavy_seconds, 20, 512 << 20, max(patience, heavy_seconds))
        self._profiles = {"light": light, "heavy": heavy}
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}
        register_at_fork(after_in_child=partial(_after_fork, weakref.ref(self)))

    def inspect(self, source: Source) -> Inspection:
        """Pages and their sizes; refused: "empty", "not-a-pdf", "encrypted", "broken", "too-many-pages"."""
        facts = self._run("light", {"op": "inspect"}, source).facts
        return _shaped(
            lambda: Inspection(
                int(facts["pages"]), tuple(_pair(size) for size in facts["sizes"]), bool(facts["has_text"])
            )
        )

    def render(self, source: Source, page: int, width: int, lines: Sequence[str]) -> bytes:
        """Page `page` (from 1) as a JPEG `width` pixels wide (16 to 4000) with `lines` burned into the
        picture.

        An extreme shape comes out narrower so that no picture exceeds 24 million pixels. Refused:
        "no-such-page".
        """
        operation = {"op": "render", "page": int(page), "width": int(width), "lines": _said(lines)}
        body = self._run("light", operation, source).body
        return _shaped(lambda: _begins(body, b"\xff\xd8\xff"))

    def words(self, source: Source, page: int) -> PageText:
        """The words of page `page` (from 1) in reading order, and how the page lies."""
        facts = self._run("light", {"op": "words", "page": int(page)}, source).facts
        return _shaped(
            lambda: PageText(
                tuple(Word(str(w["text"]), _box(w["box"]), int(w["line"])) for w in facts["words"]),
                _box(facts["box"]),
                int(facts["rotation"]) % 360,
            )
        )

    def search(self, source: Source, term: str) -> tuple[Hit, ...]:
        """Where `term` stands in the document."""
        facts = self._run("light", {"op": "search", "term": str(term)}, source).facts
        return _shaped(
            lambda: tuple(Hit(int(h["page"]), tuple(_box(b) for b in h["boxes"]), str(h["text"])) for h in facts)
        )

    def find(
        self,
        source: Source,
        queries: Sequence[dict[str, Any]],
        read: Mapping[int, Sequence[dict[str, Any]]],
        first: int = 1,
        last: int | None = None,
    ) -> Findings:
        """Where the queries (fields of `redaction.Query`) stand on pages `first` to `last` (None: to the end); `read`
        holds words read from pictures, by page."""
        told = {str(page): list(words) for page, words in read.items()}
        asked = {"op": "find", "queries": list(queries), "read": told, "first": first, "last": last}
        facts = self._run("heavy", asked, source).facts
        return _shaped(
            lambda: Findings(
                tuple(_found(one) for one in facts["found"]),
                tuple(int(page) for page in facts["blank"]),
                int(facts["pages"]),
                bool(facts["cut"]),
                {int(f["page"]): (_box(f["box"]), int(f["rotation"]) % 360) for f in facts["frames"]},
            )
        )

    def hidden(self, source: Source, marks: Mapping[int, Sequence[Box]]) -> tuple[str, ...]:
        """The phrases that boxes on pages (from 1) cover, each once."""
        boxes = {str(page): [list(box) for box in found] for page, found in marks.items()}
        facts = self._run("heavy", {"op": "hidden", "marks": boxes}, source).facts
        return _shaped(lambda: tuple(str(phrase)[:400] for phrase in facts))

    def sketch(self, source: Source) -> tuple[int, ...]:
        """What tells documents of nearly the same text: the part of places in which two sketches agree is about the
        part of their text they share; empty for too little text."""
        facts = self._run("heavy", {"op": "sketch"}, source).facts
        return _shaped(lambda: tuple(int(value) for value in facts))

    def pictured(self, source: Source) -> tuple[int, ...]:
        """The pages (from 1) that show a picture instead of text."""
        facts = self._run("heavy", {"op": "pictured"}, source).facts
        return _shaped(lambda: tuple(int(page) for page in facts))

    def recognise(self, source: Source, page: int) -> tuple[Word, ...]:
        """The words read from the picture of page `page` (from 1); refused: "no-reader" without Tesseract."""
        facts = self._run("heavy", {"op": "recognise", "page": int(page)}, source).facts
        return _shaped(lambda: tuple(Word(str(w["text"]), _box(w["box"]), int(w["line"])) for w in facts))

    def reads(self) -> tuple[str, ...]:
        """The languages in which pictures of text can be read; none where Tesseract is not installed."""
        return languages()

    def redact(self, source: Source, plan: dict[str, Any], salt: bytes, told: Told = silent) -> RedactedPdf:
        """Apply a redaction plan (JSON data as `redaction.Plan` reads it) and verify the result; `salt` closes the
        proof's commitment to the original, `told` hears how far it has come."""
        reply = self._run("heavy", {"op": "redact", "plan": plan, "salt": salt.hex()}, source, told=told)
        return _shaped(
            lambda: RedactedPdf(_begins(reply.body, b"%PDF-"), dict(reply.facts["report"]), dict(reply.facts["proof"]))
        )

    def verify(
        self,
        output: Source,
        original: Source,
        report: dict[str, Any],
        plan: dict[str, Any],
        told: Told = silent,
    ) -> tuple[Check, ...]:
        """Check a redacted document once more against its original, the report `redact` gave and the plan: all public
        and sealed checks, the twin test with them."""
        facts = self._run("heavy", {"op": "verify", "report": report, "plan": plan}, output, original, told=told).facts
        return _shaped(
            lambda: tuple(Check(str(c["name"]), c["passed"] is True, str(c.get("detail", ""))) for c in facts)
        )

    def stamp(self, source: Source, lines: Sequence[str], numbers: Sequence[str] = ()) -> Iterator[bytes]:
        """A copy with `lines` printed small on every page, for one person's download, piece by piece; with `numbers`,
        one for each page, also the page's number in a production."""
        return self._stamped("stamp", source, lines, numbers)

    def overstamp(self, source: Source, lines: Sequence[str], numbers: Sequence[str] = ()) -> Iterator[bytes]:
        """Like `stamp`, for a copy the redaction engine made: it begins with the proven bytes as they are."""
        return self._stamped("overstamp", source, lines, numbers)

    def _stamped(self, name: str, source: Source, lines: Sequence[str], numbers: Sequence[str]) -> Iterator[bytes]:
        operation = {"op": name, "lines": _said(lines), "numbers": [str(number)[:60] for number in numbers]}
        head = b""
        with self._refusals("heavy", name):
            for piece in self._pool("heavy").stream(operation, (source,)):
                if len(head) < len(_PDF):
                    head += piece[: len(_PDF)]
                    _shaped(lambda: _begins(_PDF[: len(head)], head[: len(_PDF)]))  # noqa: B023 - called at once
                yield piece

    def start(self, seconds: float = 30.0) -> bool:
        """Start this process's children now, not at first use; false when they are not ready in time."""
        return all(self._pool(name).wait_ready(seconds) for name in self._profiles)

    def begin(self) -> None:
        """Begins to start the children that draw pages, and does not wait for them."""
        self._pool("light")

    def limits(self) -> dict[str, bool]:
        """Which optional restrictions every page-drawing child holds (see `sandbox_child_limits`)."""
        pool = self._pool("light")
        pool.wait_ready(30.0)
        held = [worker.limits for worker in pool.children()]
        return {name: all(one.get(name, False) for one in held) for name in (held[0] if held else ())}

    def close(self) -> None:
        """End this process's children."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def _pool(self, name: str) -> Pool:
        with self._lock:
            if name not in self._pools:
                self._pools[name] = Pool(self._profiles[name])
            return self._pools[name]

    def _run(self, name: str, operation: dict[str, Any], *sources: Source, told: Told = silent) -> Reply:
        with self._refusals(name, str(operation["op"])):
            return self._pool(name).run(operation, sources, told)

    @contextmanager
    def _refusals(self, name: str, operation: str) -> Iterator[None]:
        try:
            yield
        except Declined as refusal:
            raise _invalid(refusal) from None
        except Died as death:
            log.warning("sandbox: %s ended in %s", operation, death.why)
            raise _beyond_limits(operation, self._profiles[name], death) from None


def _after_fork(reference: weakref.ref[Sandbox]) -> None:
    sandbox = reference()
    if sandbox is not None:
        sandbox._lock = threading.Lock()
        pools, sandbox._pools = sandbox._pools, {}
        for pool in pools.values():
            pool.abandon()


def _invalid(refusal: Declined) -> Invalid:
    code = refusal.code if _CODE.fullmatch(refusal.code) else "refused"
    return Invalid(_UNPRINTABLE.sub(" ", refusal.detail)[:400], code=code)


def _beyond_limits(operation: str, profile: Profile, death: Died) -> Invalid:
    code = "could-not-render" if operation in {"inspect", "render"} else "could-not-process"
    bounds = f"{profile.seconds:g} seconds and {profile.memory >> 20} MiB of memory"
    detail = f"The document could not be processed within the limits ({bounds})."
    facts = {"seconds": profile.seconds, "memory": profile.memory, "timed_out": death.why == "time-out"}
    return Invalid(detail, code=code, facts=facts)


def _shaped(build: Callable[[], T]) -> T:
    """What the child says is data from a process that read a hostile file: anything out of shape is a
    failure."""
    try:
        return build()
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise Invalid("The document could not be processed.", code="could-not-process") from None


def _said(lines: Sequence[str]) -> list[str]:
    said = [str(line)[:200] for line in lines if str(line).strip()][:8]
    if not said:
        raise ValueError("a mark needs text")
    return said


def _begins(body: bytes, magic: bytes) -> bytes:
    if not body.startswith(magic):
        raise ValueError("unexpected content")
    return body


def _found(one: Any) -> Found:
    boxes = tuple(_box(box) for box in one["boxes"])
    text, before, after = str(one["text"]), str(one["before"]), str(one["after"])
    return Found(str(one["query"]), int(one["page"]), boxes, text, before, after, one["read"] is True)


def _pair(value: Any) -> tuple[float, float]:
    width, height = value
    return float(width), float(height)


def _box(value: Any) -> Box:
    x0, y0, x1, y1 = value
    return float(x0), float(y0), float(x1), float(y1)
