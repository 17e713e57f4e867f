"""The parts of an upload: pieces regrouped into buffers that are filled again once they were sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress

PART_BYTES = 8 * 1024 * 1024


class Parts:
    """Parts of `PART_BYTES`; the last may be shorter, and is empty only if all is.

    Whoever takes a part gives it back with `sent` from any thread, and ends with `close`. A buffer used again costs no
    fresh memory, which would be a third of the work of an upload's sealing.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._free: deque[bytearray] = deque()
        self._all: list[bytearray] = []

    def __iter__(self) -> Iterator[bytearray]:
        part, filled, began = self._next(), 0, False
        for piece in self._pieces:
            rest = memoryview(piece)
            while len(rest):
                some = rest[: PART_BYTES - filled]
                self._put(part, filled, some)
                rest, filled = rest[len(some) :], filled + len(some)
                if filled == PART_BYTES:
                    yield part
                    part, filled, began = self._next(), 0, True
        if filled or not began:
            del part[filled:]
            yield part

    def sent(self, part: bytearray) -> None:
        """The part may be filled again."""
        self._free.append(part)

    def close(self) -> None:
        """Empties every buffer, whatever still refers to it in the client."""
        for part in self._all:
            with suppress(BufferError):
                part.clear()

    def _next(self) -> bytearray:
        """A full buffer that was sent, or a new one that grows: few uploads are as large as a part."""
        if self._free:
            return self._free.popleft()
        self._all.append(bytearray())
        return self._all[-1]

    @staticmethod
    def _put(part: bytearray, at: int, some: memoryview) -> None:
        if at == len(part):
            part += some
        else:
            with memoryview(part) as whole:
                whole[at : at + len(some)] = some
