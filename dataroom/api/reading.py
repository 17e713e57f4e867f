"""Reading requests strictly: a query or a JSON object becomes the action's own parameters, or is refused.

Nothing is guessed: unknown, repeated or wrongly typed members, NUL characters, times without a zone, JSON
with duplicate keys, of more than 1 MB or deeper than 32 levels are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from dataroom.actions.registry import Params
from dataroom.errors import Invalid
from dataroom.problems import Malformed

MOST_BYTES = 1_000_000
MOST_DEPTH = 32
MOST_FIELDS = 50
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def query_pairs(query: bytes) -> list[tuple[str, str]]:
    """The members of a query string; `Malformed` unless it is well-formed UTF-8."""
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Malformed("The query is not a list of name=value pairs in UTF-8.") from None


def from_query(
    model: type[Params],
    pairs: Iterable[tuple[str, str]],
    free: Iterable[str],
    given: Mapping[str, str],
) -> Params:
    """Parameters from query members named in `free`, beside those `given` by path or header."""
    values: dict[str, str] = {}
    allowed = set(free)
    for name, value in pairs:
        if name not in allowed:
            raise Invalid(f"{name[:60]}: there is no such parameter")
        if name in values:
            raise Invalid(f"{name}: given more than once")
        values[name] = value
    _check_texts(values)
    return _accepted(lambda: model.model_validate_strings({**values, **given}, strict=True), values)


def from_json(model: type[Params], body: bytes) -> Params:
    """Parameters from a JSON object; an empty body is the empty object."""
    value = strict_json(body) if body else {}
    if not isinstance(value, dict):
        raise Malformed("The body must be a JSON object.")
    _check_texts(value)
    return _accepted(lambda: model.model_validate_json(json.dumps(value), strict=True), value)


def strict_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259, UTF-8); `Malformed` for duplicate keys, NaN or excessive depth."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except Malformed:
        raise
    except RecursionError:
        raise Malformed(f"The JSON is nested more than {MOST_DEPTH} deep.", code="too-deep") from None
    except ValueError:
        raise Malformed("The body is not JSON in UTF-8.") from None
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("A JSON object names a member twice.", code="duplicate-member")
    return members


def _constant(name: str) -> float:
    raise Malformed(f"{name} is no JSON.")


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise Malformed(f"The JSON is nested more than {MOST_DEPTH} deep.", code="too-deep")
        level = [item for outer in level if isinstance(outer, dict | list) for item in _inner(outer)]


def _inner(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _check_texts(value: object, name: str = "body") -> None:
    """Texts the database cannot hold are refused by name: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Invalid(f"{name}: holds characters that are no text")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_texts(key, "body")
            _check_texts(item, key[:60])
    elif isinstance(value, list):
        for item in value:
            _check_texts(item, name)


def _accepted(build: Callable[[], Params], raw: Mapping[str, object]) -> Params:
    try:
        params = build()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        fields = {".".join(str(part)[:60] for part in one["loc"]) or "body": one["msg"] for one in found[:20]}
        name, message = next(iter(fields.items()))
        raise Invalid(f"{name}: {message}", facts={"fields": fields}) from None
    for name in type(params).model_fields:
        _check_time(name, getattr(params, name), raw.get(name))
    return params


def _check_time(name: str, value: object, raw: object) -> None:
    """Days and times come as ISO 8601, never as a number of seconds, and times with their zone."""
    if isinstance(value, date) and not (isinstance(raw, str) and _DAY.match(raw)):
        raise Invalid(f"{name}: write it as 2026-01-31, a time as 2026-01-31T12:00:00Z")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Invalid(f"{name}: a time needs its zone, such as 2026-01-31T12:00:00Z")
