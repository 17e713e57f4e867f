"""The limited process in which every PDF is parsed, drawn and redacted; started by `sandbox.py` and by
nobody else.

It has one descriptor to the outside, the socket on standard input, speaks `sandbox_wire` over it, gives up
what `sandbox_child_limits` lists before the first request, and answers requests until the socket closes:

`inspect`, `render` {page, width, lines}, `words` {page}, `search` {term}, `find` {queries, read, first, last},
`hidden` {marks}, `sketch`, `pictured`, `recognise` {page}, `redact` {plan, salt}, `verify` {report, plan; sources:
output, original}, `stamp` {lines, numbers}, `overstamp` {lines, numbers}. Two documents stay open between requests, and
are closed after a minute of quiet.
"""

from __future__ import annotations

import dataclasses
import resource
import socket
import sys
import sysconfig
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium

import redaction
from dataroom.adapters import sandbox_child_limits as limits
from dataroom.adapters import sandbox_child_ocr as ocr
from dataroom.adapters import sandbox_child_pdf as pdf
from dataroom.adapters import sandbox_child_survey as survey
from dataroom.adapters import watermark
from dataroom.adapters.sandbox_child_overstamp import overstamp
from dataroom.adapters.sandbox_child_source import RangeFile
from dataroom.adapters.sandbox_wire import Channel, Closed
from dataroom.adapters.tesseract import DATA, languages
from redaction.errors import RedactionError, Refused

OPEN_DOCUMENTS = 2
QUIET = 60.0
"""Seconds without a request after which open documents are closed and forgotten."""
WHOLE = 256 << 20
"""Largest document, in bytes, that is worked on as a whole (words, search, redaction, stamping)."""
_RANGE = 1 << 20
_TELL_EVERY = 0.5
"""Seconds between two words on how far the work has come."""


class Child:
    """One process's state: its channel to the parent and the documents it has open."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.files: OrderedDict[tuple[str, int], RangeFile] = OrderedDict()
        self.documents: dict[tuple[str, int], pdfium.PdfDocument] = {}
        self.sources: list[tuple[str, int]] = []
        self.last_told = 0.0

    def serve(self) -> None:
        """Answer requests until the parent goes away."""
        while True:
            self.channel.sock.settimeout(QUIET)
            try:
                request, _ = self.channel.receive()
            except TimeoutError:
                self.forget()
                continue
            except Closed:
                return
            self.channel.sock.settimeout(None)
            limits.allow_seconds(int(request["seconds"]))
            self.answer(request)

    def answer(self, request: dict[str, Any]) -> None:
        """Do one request and send its outcome; nothing of an unexpected error but its class name leaves the
        process."""
        self.sources = [(str(source["key"]), int(source["size"])) for source in request["sources"]]
        body = b""
        try:
            facts, body = OPERATIONS[request["op"]](self, request)
            reply: dict[str, Any] = {"done": facts}
        except (pdf.Refusal, Refused) as refusal:
            reply = {"refused": refusal.code, "detail": str(refusal)}
        except RedactionError as failure:
            reply = {"refused": "redaction-failed", "detail": str(failure)}
        except Closed:
            raise
        except Exception as error:
            reply = {"failed": "internal", "kind": type(error).__name__}
        if any(self.files[source].failed for source in self.sources if source in self.files):
            reply, body = {"failed": "range"}, b""
        if "done" not in reply:
            self.forget()
        self.channel.send(reply, body)

    def forget(self) -> None:
        """Close every document and drop its bytes."""
        for document in self.documents.values():
            document.close()
        self.documents.clear()
        self.files.clear()

    def file(self, index: int = 0) -> RangeFile:
        """The bytes of the request's source `index`, kept among the few most recently used."""
        source = self.sources[index]
        if source not in self.files:
            while len(self.files) >= OPEN_DOCUMENTS:
                oldest, _ = self.files.popitem(last=False)
                if oldest in self.documents:
                    self.documents.pop(oldest).close()
            self.files[source] = RangeFile(source[1], self._fetch(source))
        self.files.move_to_end(source)
        return self.files[source]

    def document(self) -> pdfium.PdfDocument:
        """The request's first source, opened for reading and kept open."""
        file, source = self.file(), self.sources[0]
        if source not in self.documents:
            self.documents[source] = pdf.open_document(file)
        return self.documents[source]

    def whole(self, index: int = 0) -> bytes:
        """All bytes of a source; refused above `WHOLE`."""
        if self.sources[index][1] > WHOLE:
            raise pdf.Refusal("too-large", f"This can be done only to documents of up to {WHOLE >> 20} MiB.")
        return self.file(index).whole()

    def tell(self, stage: str, done: int, of: int) -> None:
        """Says to the parent how far the work has come, not more often than it wants to hear."""
        now = time.monotonic()
        if now - self.last_told >= _TELL_EVERY:
            self.last_told = now
            self.channel.send({"progress": stage, "of": [done, of]})

    def _fetch(self, source: tuple[str, int]) -> Callable[[int, int], bytearray | None]:
        def fetch(start: int, stop: int) -> bytearray | None:
            data = bytearray()
            index = self.sources.index(source)
            while start < stop:
                upto = min(stop, start + _RANGE)
                self.channel.send({"fetch": index, "start": start, "stop": upto})
                header, piece = self.channel.receive()
                if not header.get("range") or len(piece) != upto - start:
                    return None
                data += piece
                start = upto
            return data

        return fetch


def _inspect(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return pdf.inspect(child.document()), b""


def _render(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return {}, pdf.render(child.document(), request["page"], request["width"], tuple(request["lines"]))


def _words(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    found = [dataclasses.asdict(word) for word in redaction.words(child.whole(), request["page"])]
    box, rotation = pdf.placement(child.document(), request["page"])
    return {"words": found, "box": box, "rotation": rotation}, b""


def _search(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return [dataclasses.asdict(hit) for hit in redaction.search(child.whole(), request["term"])], b""


def _find(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    queries = [redaction.Query(**query) for query in request["queries"]]
    read = {int(page): [redaction.Word(**word) for word in words] for page, words in request["read"].items()}
    findings = redaction.find(child.whole(), queries, read, request["first"], request["last"])
    frames = []
    for page in sorted({one.page for one in findings.found}):
        box, rotation = pdf.placement(child.document(), page)
        frames.append({"page": page, "box": box, "rotation": rotation})
    return {**dataclasses.asdict(findings), "frames": frames}, b""


def _hidden(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return survey.hidden(child.whole(), {int(page): boxes for page, boxes in request["marks"].items()}), b""


def _sketch(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return survey.sketch(child.document()), b""


def _pictured(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    return list(redaction.pictured(child.whole())), b""


def _recognise(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    if not languages():
        raise pdf.Refusal("no-reader", "Pictures of text cannot be read here: Tesseract is not installed.")
    page = pdf.page_of(child.document(), request["page"])
    try:
        return ocr.words(page), b""
    finally:
        page.close()


def _redact(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    original = child.whole()
    result = redaction.apply(original, redaction.Plan.from_json(request["plan"]), child.tell)
    held = redaction.proof(result, original, bytes.fromhex(request["salt"]))
    return {"report": result.report.to_json(), "proof": held}, result.output


def _verify(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    marks, affected = _reported(request["report"])
    output, original = child.whole(0), child.whole(1)
    checks = redaction.verify(
        output,
        marks,
        original=original,
        affected=affected,
        title=str(request["report"].get("title", "")),
        told=child.tell,
    )
    checks += redaction.verify_sealed(output, original, redaction.Plan.from_json(request["plan"]), child.tell)
    return [dataclasses.asdict(check) for check in checks], b""


def _reported(report: dict[str, Any]) -> tuple[list[redaction.FinalMark], list[tuple[int, Any]]]:
    """The marks and the areas changed along with them, from a report as JSON data."""
    corners = [tuple(tuple(corner) for corner in mark["quad"]) for mark in report["marks"]]
    marks = [redaction.FinalMark(**{**mark, "quad": quad}) for mark, quad in zip(report["marks"], corners, strict=True)]
    return marks, [(int(page), tuple(box)) for page, box in report["affected"]]


def _stamp(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    document = pdf.open_document(child.file())
    try:
        said = tuple(request["lines"]), tuple(request["numbers"])
        pages = pdf.stamp(document, *said, lambda piece: child.channel.send({"piece": True}, piece))
    finally:
        document.close()
    return {"pages": pages}, b""


def _overstamp(child: Child, request: dict[str, Any]) -> tuple[Any, bytes]:
    proven = child.whole()
    added = overstamp(proven, tuple(request["lines"]), tuple(request["numbers"]))
    for start in range(0, len(proven), _RANGE):
        child.channel.send({"piece": True}, proven[start : start + _RANGE])
    child.channel.send({"piece": True}, added)
    return {}, b""


OPERATIONS: dict[str, Callable[[Child, dict[str, Any]], tuple[Any, bytes]]] = {
    "inspect": _inspect,
    "render": _render,
    "words": _words,
    "search": _search,
    "find": _find,
    "hidden": _hidden,
    "sketch": _sketch,
    "pictured": _pictured,
    "recognise": _recognise,
    "redact": _redact,
    "verify": _verify,
    "stamp": _stamp,
    "overstamp": _overstamp,
}


def _readable() -> list[str]:
    """Folders code and fonts lie in: the interpreter, its packages, this project, the shared libraries."""
    project = str(sys.argv[1])
    paths = sysconfig.get_paths()
    own = [f"{project}/dataroom/adapters", f"{project}/redaction"]
    return [
        *own,
        *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *(path for path in sys.path if path.endswith(("site-packages", "dist-packages"))),
        "/usr/share/fonts",
        *DATA,
        "/usr/lib",
        "/lib",
        "/lib64",
        "/usr/lib64",
    ]


def main() -> None:
    """Warm up, give everything up, say so, and serve."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    channel = Channel(socket.socket(fileno=0))
    pdfium.PdfDocument.new().close()
    watermark.overlay(("ready",), (64, 64))
    watermark.overlay.cache_clear()
    report = limits.drop(int(sys.argv[2]), _readable())
    channel.send({"hello": report})
    Child(channel).serve()
