"""Identifiers: random UUIDs, so that an id tells neither order nor time nor how many there are."""

from __future__ import annotations

import re
import uuid

from dataroom.errors import NotFound

_PLAIN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def new_id() -> uuid.UUID:
    """A fresh random id."""
    return uuid.uuid4()


def parse_id(text: str) -> uuid.UUID:
    """The id written as `text` in its one canonical form; anything else is `NotFound`, like an unknown id."""
    if not _PLAIN.match(text):
        raise NotFound()
    return uuid.UUID(text)
