"""Files the service hands out, saved whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from dataroom.cli.remote import Query, Service


def save(service: Service, path: str, query: Query, output: Path) -> int:
    """Streams a file into `output` (`-`: standard output) and returns its size; a broken transfer leaves nothing."""
    with service.opened(path, query) as (_, pieces):
        if str(output) == "-":
            return sum(sys.stdout.buffer.write(piece) for piece in pieces)
        part = output.with_name(f".{output.name}.{secrets.token_hex(4)}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                size = sum(file.write(piece) for piece in pieces)
            part.replace(output)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return size
