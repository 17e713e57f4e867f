"""Answers: results as JSON, files as streams, errors as problem details, with the headers that guard them."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response
from pydantic import TypeAdapter

from dataroom.actions.catalogue import ACTIONS
from dataroom.actions.context import Download
from dataroom.api.routes import Route
from dataroom.problems import MEDIA_TYPE, Problem

CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")


@cache
def adapter(action: str) -> TypeAdapter[Any]:
    """The serialiser of an action's result."""
    return TypeAdapter(ACTIONS[action].result)


def to_json(action: str, value: object) -> bytes:
    """A result as JSON: UUIDs and times (UTC, ISO 8601) as text, sets as sorted lists."""
    plain = adapter(action).dump_python(value)
    text = json.dumps(plain, default=_text, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _text(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a result holds a {type(value).__name__}, which has no JSON form")


def answer(route: Route, value: Any) -> Response:
    """The response for a result of the route's action."""
    if isinstance(value, Download):
        return _file(value)
    if isinstance(value, bytes):
        return Response(value, route.status, mimetype=route.media[0])
    return Response(to_json(route.action, value), route.status, mimetype="application/json")


def _file(download: Download) -> Response:
    response = Response(download.pieces, content_type=download.media_type)
    response.headers["Content-Disposition"] = attachment(download.name)
    if download.length is not None:
        response.content_length = download.length
    return response


def attachment(name: str) -> str:
    """A Content-Disposition (RFC 6266) that saves under `name`, with an ASCII form for those who need it."""
    plain = _UNSAFE.sub("_", name) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def problem_response(problem: Problem) -> Response:
    """The problem as `application/problem+json`."""
    data = json.dumps(problem.document(), ensure_ascii=False, default=str, separators=(",", ":"))
    return Response(data.encode(), problem.status, problem.headers(), content_type=MEDIA_TYPE)
