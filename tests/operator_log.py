"""A fixture: what the operator's log says during a test, as the lines of JSON that would be written."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dataroom.logs import JsonLines

REFERENCE = re.compile(r"Reference <code>([0-9a-f-]{36})</code>")


class OperatorLog(logging.Handler):
    """Keeps every line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line."""
        self.lines.append(json.loads(self.format(record)))

    def cause(self, reference: str) -> str:
        """The cause of the one refusal with a reference."""
        (line,) = [line for line in self.lines if line.get("correlation") == reference]
        assert line["level"] == "warning"
        return str(line["reason"])

    def of_page(self, page: str) -> str:
        """The cause of what a page refuses, which the page itself does not tell."""
        (reference,) = REFERENCE.findall(page)
        cause = self.cause(reference)
        assert cause not in page
        return cause


@pytest.fixture
def operator_log() -> Iterator[OperatorLog]:
    """The log of this test."""
    made = OperatorLog()
    logging.getLogger().addHandler(made)
    yield made
    logging.getLogger().removeHandler(made)
