"""A document as the PDF child sees it: a seekable file whose bytes are asked of the parent in blocks."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

BLOCK = 128 << 10
"""Bytes in a block, the smallest range asked for."""
AHEAD = 8
"""Most blocks asked for at once, when reading runs straight on."""
KEPT = 192
"""Most blocks kept (24 MiB); the least recently used go first."""


class RangeFile(io.RawIOBase):
    """Read-only and seekable; `fetch(start, stop)` answers exactly those bytes or None when they cannot be
    had.

    After one None nothing more is asked: reads come back empty and `failed` is true, so that the parser
    gives up soon.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes | bytearray | None]) -> None:
        super().__init__()
        self.size = size
        self.fetch = fetch
        self.failed = False
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._expected, self._run = -1, 1

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The offset of the next byte read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move as `io` says; never before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` from here on; short only at the end of the document or after a failure."""
        view = memoryview(buffer).cast("B")
        want = max(0, min(len(view), self.size - self._at))
        done = 0
        while done < want:
            index, skip = divmod(self._at, BLOCK)
            block = self._block(index)
            piece = block[skip : skip + want - done] if block else b""
            if not piece:
                break
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._at += len(piece)
        return done

    def whole(self) -> bytes:
        """Every byte of the document; empty after a failure. The caller has checked the size."""
        data, start = bytearray(self.size), self._at
        self._at = 0
        have = self.readinto(data)
        self._at = start
        return bytes(data) if have == self.size else b""

    def _block(self, index: int) -> bytes | None:
        found = self._blocks.get(index)
        if found is not None:
            self._blocks.move_to_end(index)
            return found
        if self.failed:
            return None
        self._run = min(AHEAD, self._run * 2) if index == self._expected else 1
        count = 1
        while count < self._run and index + count not in self._blocks:
            count += 1
        self._expected = index + count
        start, stop = index * BLOCK, min(self.size, (index + count) * BLOCK)
        data = self.fetch(start, stop)
        if data is None or len(data) != stop - start:
            self.failed = True
            return None
        for number in range(count - 1, -1, -1):
            self._blocks[index + number] = bytes(data[number * BLOCK : (number + 1) * BLOCK])
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[index]
