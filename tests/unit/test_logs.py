"""Nothing somebody sends makes a second line of the operator's log, or one that a terminal obeys."""

from __future__ import annotations

import json
import logging

import pytest

from dataroom.logs import JsonLines

FORGED = '\n{"t": "2026-01-01", "level": "info", "event": "all is well"}'


@pytest.mark.parametrize(
    "break_", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2K", "\x00"]
)
def test_one_record_is_one_line_of_plain_characters(break_: str) -> None:
    said = f"one{break_}{FORGED}"
    record = logging.makeLogRecord(
        {"name": "dataroom", "levelname": "INFO", "msg": "%s", "args": (said,), "path": said}
    )
    line = JsonLines().format(record)
    assert len(line.splitlines()) == 1
    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["event"] == json.loads(line)["path"] == said


def test_an_error_is_told_by_its_place_and_not_by_its_words() -> None:
    try:
        raise ValueError(f"the secret{FORGED}")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    line = JsonLines().format(logging.makeLogRecord({"msg": "request failed", "exc_info": info}))
    assert "secret" not in line
    assert json.loads(line)["error"] == "ValueError"
