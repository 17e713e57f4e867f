"""What the sandbox and its child say to each other over one socket pair.

A message is `u32 header length, u64 body length` (big endian), a JSON object, and a binary body. Both sides
bound what they accept. A document never crosses as a whole: the child asks for ranges and the parent
answers them.

Parent to child, one request at a time: `{"op", "sources": [{"key", "size"}], ...}`; then one answer for
each range the child asks for: `{"range": true}` with the bytes as body, or `{"range": false}` when the
bytes cannot be had.

Child to parent: `{"hello": limits}` once; then for each request any number of `{"fetch": source, "start",
"stop"}`, `{"progress": stage, "of": [done, all]}` and `{"piece": true}` with a body, and at last one of
`{"done": facts}` with a body, `{"refused": code, "detail": sentence}`, `{"failed": "range"}` or
`{"failed": "internal", "kind": name of the exception class}`.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

HEADER_LIMIT = 64 << 20
"""Bytes of JSON either side accepts; the words of a very dense file are the longest."""
BODY_LIMIT = 1 << 30
"""Bytes of body either side accepts."""

_PREFIX = struct.Struct(">IQ")


class Closed(Exception):
    """The other side is gone."""


class Malformed(Exception):
    """The other side sent something that is not a message."""


class Channel:
    """Messages over a connected stream socket. With `deadline` set (on `time.monotonic`) both ways end in
    TimeoutError at that moment, however slowly the other side drips."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.deadline: float | None = None

    def _hurry(self) -> None:
        if self.deadline is None:
            return
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)

    def send(self, header: dict[str, Any], body: bytes | bytearray | memoryview = b"") -> None:
        """Send one message; raises Closed when nobody listens."""
        text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        self._hurry()
        try:
            self.sock.sendall(_PREFIX.pack(len(text), len(body)) + text)
            if len(body):
                self.sock.sendall(body)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed from error

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        """Wait for one message; raises Closed at the end of the stream and Malformed for anything out of
        form."""
        head, size = _PREFIX.unpack(self._exactly(_PREFIX.size))
        if head > HEADER_LIMIT or size > BODY_LIMIT:
            raise Malformed
        try:
            header = json.loads(self._exactly(head))
        except (ValueError, RecursionError) as error:
            raise Malformed from error
        if not isinstance(header, dict):
            raise Malformed
        return header, self._exactly(size)

    def _exactly(self, size: int) -> bytearray:
        data, have = bytearray(size), 0
        view = memoryview(data)
        while have < size:
            self._hurry()
            try:
                got = self.sock.recv_into(view[have:])
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed from error
            if not got:
                raise Closed
            have += got
        return data

    def close(self) -> None:
        """Close this end."""
        self.sock.close()
