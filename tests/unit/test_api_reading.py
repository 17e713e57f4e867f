"""Reading requests: what a text of JSON or a query may hold, and what is never guessed."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataroom.actions.audit import Filter
from dataroom.actions.documents import Classify
from dataroom.actions.registry import Nothing
from dataroom.actions.retention import Trigger
from dataroom.api.answering import attachment, to_json
from dataroom.api.reading import MOST_DEPTH, from_json, from_query, query_pairs, strict_json
from dataroom.errors import Invalid
from dataroom.problems import Malformed

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES)
def test_what_json_writes_is_read_unchanged(value: Any) -> None:
    assert strict_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        strict_json(data)


@pytest.mark.parametrize(("depth", "fits"), [(MOST_DEPTH - 1, True), (MOST_DEPTH, False), (100_000, False)])
def test_depth_is_bounded(depth: int, fits: bool) -> None:
    text = b"[" * depth + b"1" + b"]" * depth
    if fits:
        strict_json(text)
    else:
        with pytest.raises(Malformed) as caught:
            strict_json(text)
        assert caught.value.code == "too-deep"


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 1}',
        b'[{"b": {"a": 1, "\\u0061": 2}}]',
        b"NaN",
        b"-Infinity",
        b"[1,]",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"",
    ],
)
def test_what_is_no_strict_json(text: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json(text)


@pytest.mark.parametrize(
    "body",
    [
        {"tier": "1", "category": "a", "schedule": "b"},
        {"tier": 1.0, "category": "a", "schedule": "b"},
        {"tier": True, "category": "a", "schedule": "b"},
        {"tier": 1, "category": None, "schedule": "b"},
        {"tier": 1, "category": "a"},
        {"tier": 1, "category": "a", "schedule": "b", "state": "published"},
        {"tier": 1, "category": "a\0", "schedule": "b"},
        {"tier": 1, "category": "a", "schedule": "b", "ti\0tle": "x"},
    ],
)
def test_members_have_their_type_and_no_other(body: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        from_json(Classify, json.dumps(body).encode())


def test_a_body_without_members_may_be_empty() -> None:
    assert from_json(Nothing, b"") == from_json(Nothing, b"{}") == Nothing()
    with pytest.raises(Malformed):
        from_json(Nothing, b"null")


@pytest.mark.parametrize("day", ["1577836800", 1577836800, "2020-13-01", "01.02.2020", "2020-01-01T10:00:00Z"])
def test_days_are_written_as_days(day: object) -> None:
    with pytest.raises(Invalid):
        from_json(Trigger, json.dumps({"on": day}).encode())


def test_a_day_and_ids_are_understood() -> None:
    other = UUID(int=7)
    params = from_json(Trigger, json.dumps({"on": "2020-01-31", "also": [str(other)]}).encode())
    assert params == Trigger(on=date(2020, 1, 31), also=[other])


def test_a_query_is_understood() -> None:
    pairs = query_pairs(
        b"act=hold.place&since=2026-01-31T12:00:00%2B02:00&limit=7&document=" + str(UUID(int=9)).encode()
    )
    params = from_query(Filter, pairs, Filter.model_fields, {})
    moment = datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert params == Filter(act="hold.place", since=moment, limit=7, document=UUID(int=9))


@pytest.mark.parametrize("query", [b"a", b"a=%ff", b"\xff=1", b"&&", b"&".join(b"a%d=1" % n for n in range(60))])
def test_a_query_that_cannot_be_read(query: bytes) -> None:
    with pytest.raises(Malformed):
        query_pairs(query)


def test_what_path_and_header_give_cannot_be_given_again() -> None:
    with pytest.raises(Invalid, match="there is no such parameter"):
        from_query(Filter, [("limit", "3")], ["act"], {"limit": "5"})


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("a.pdf", "a.pdf", "a.pdf"),
        ('a";b\r\n.pdf', "a__b__.pdf", "a%22%3Bb%0D%0A.pdf"),
        ("Ähre.pdf", "_hre.pdf", "%C3%84hre.pdf"),
        ("", "file", ""),
        ("../../x", ".._.._x", "..%2F..%2Fx"),
    ],
)
def test_file_names_in_headers(name: str, plain: str, encoded: str) -> None:
    assert attachment(name) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def test_results_have_one_form() -> None:
    ids = tuple(UUID(int=n) for n in (3, 1, 2))
    assert json.loads(to_json("redaction.mark", ids)) == [str(one) for one in ids]
