"""A proxy before an S3 server that spoils single exchanges: busy answers, broken bodies, changed heads."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


@dataclass
class Faults:
    """What to do to the next exchanges, and what was asked."""

    endpoint: str = ""
    busy: int = 0
    cuts: list[int] = field(default_factory=list)
    meanwhile: Any = None
    asked: list[tuple[str, str]] = field(default_factory=list)


def _proxy(faults: Faults, behind: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            faults.asked.append((self.command, self.headers.get("Range") or ""))
            if faults.busy:
                faults.busy -= 1
                self._send(503, [("Content-Type", "application/xml")], SLOW_DOWN, len(SLOW_DOWN))
                return
            connection = http.client.HTTPConnection(behind, timeout=30)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            data, length = reply.read(), int(reply.headers.get("Content-Length") or 0)
            connection.close()
            heads = [
                (n, v) for n, v in reply.getheaders() if n not in ("Content-Length", "Connection", "Transfer-Encoding")
            ]
            cut = faults.cuts.pop(0) if faults.cuts and self.command == "GET" else None
            self._send(reply.status, heads, data[:cut], length if self.command == "HEAD" else len(data))
            if cut is not None:
                self.close_connection = True
                if faults.meanwhile:
                    faults.meanwhile()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do

        def _send(self, status: int, heads: list[tuple[str, str]], data: bytes, length: int) -> None:
            self.send_response(status)
            for name, value in heads:
                self.send_header(name, value)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)
                self.wfile.flush()

        def log_message(self, *_given: Any) -> None:
            pass

    return Handler


@contextmanager
def faulty(endpoint: str) -> Iterator[Faults]:
    """A proxy to `endpoint`; give clients its own `endpoint`. It passes the Host they signed on.

    `busy` requests are answered 503 SlowDown; each of `cuts` breaks the next body off after so many bytes and then
    calls `meanwhile`; `asked` is each request's method and Range.
    """
    faults = Faults()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _proxy(faults, urlsplit(endpoint).netloc))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield faults
    finally:
        server.shutdown()
        server.server_close()
