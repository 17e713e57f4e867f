"""One endpoint for every route: who asks, what they ask, through the gate, and the answer."""

from __future__ import annotations

import logging
import re
from typing import Any
from uuid import UUID

from flask import Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from dataroom.actions import identity
from dataroom.actions.accounts import TOKEN_PREFIX
from dataroom.actions.context import Principal
from dataroom.actions.gate import Gate
from dataroom.actions.registry import Params
from dataroom.api.answering import answer, problem_response
from dataroom.api.reading import MOST_BYTES, from_json, from_query, query_pairs
from dataroom.api.routes import LENGTH, Route
from dataroom.errors import Invalid, TooLarge, Unauthenticated
from dataroom.problems import Malformed, WrongMedia, error_of_status, new_instance, problem_of

log = logging.getLogger("dataroom.api")

_BEARER = re.compile(rf"[Bb]earer ({TOKEN_PREFIX}[A-Za-z0-9_-]{{20,200}})")
_JWT = re.compile(r"[Bb]earer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)")
_ANY_LENGTH = 2**63 - 1
_CORRELATION = "dataroom.correlation"


class Endpoint:
    """The view of one route. Errors of every kind come back as problem details."""

    def __init__(self, route: Route, gate: Gate) -> None:
        self._route, self._gate = route, gate

    def __call__(self, **variables: Any) -> Response:
        """Serves the request at hand; `variables` are those of the path."""
        try:
            return self._perform(variables)
        except Exception as error:
            return told(error)

    def _perform(self, variables: dict[str, Any]) -> Response:
        route = self._route
        principal = bearer(self._gate)
        g.asking = principal
        target: UUID | None = variables.pop(route.target) if route.target else None
        params = self._params({name: str(value) for name, value in variables.items()})
        stream = _Body() if route.takes else None
        return answer(route, self._gate.perform(principal, route.action, target, params, stream))

    def _params(self, given: dict[str, str]) -> Params:
        route, model = self._route, self._route.spec.params
        if "Content-Encoding" in request.headers:
            raise WrongMedia("Bodies are taken unencoded only.")
        pairs = query_pairs(request.query_string)
        if route.by_query:
            if route.takes:
                _expect(route.takes, "application/octet-stream")
                given |= {} if request.content_length is None else {LENGTH: str(request.content_length)}
            elif _has_body():
                raise Malformed("This request takes no body.")
            return from_query(model, pairs, route.free, given)
        if pairs:
            raise Invalid(f"{pairs[0][0][:60]}: parameters of this request go into its body")
        return from_json(model, _json_body())


def bearer(gate: Gate) -> Principal:
    """The person the request's token acts for. A cookie is never looked at; a bad token counts for its address."""
    header = request.headers.get("Authorization")
    if header is None:
        raise Unauthenticated("Send an API token: Authorization: Bearer dr_...")
    match, foreign = _BEARER.fullmatch(header), _JWT.fullmatch(header)
    country = gate.services.config.country_told(dict(request.headers))
    try:
        if match is not None:
            return identity.by_token(gate.services, match[1], request.remote_addr or "", country)
        if foreign is not None:
            return identity.by_access_token(gate.services, foreign[1], request.remote_addr or "", country)
        raise Unauthenticated("The Authorization header holds no API token.")
    except Unauthenticated as error:
        gate.meter.knock(request.remote_addr or "")
        error.facts["given"] = True
        raise


def told(error: Exception) -> Response:
    """An error as problem details; what is the service's own fault is logged under its id."""
    instance = correlation()
    if isinstance(error, HTTPException):
        error = error_of_status(error.code or 500)
    problem = problem_of(error, instance)
    if problem.status >= 500:
        extra = {"correlation": instance, "code": problem.code, "path": request.path}
        log.error("request failed", extra=extra, exc_info=error)
    return problem_response(problem)


def correlation() -> str:
    """The correlation id of the request at hand."""
    found: str = request.environ.setdefault(_CORRELATION, new_instance())
    return found


def _has_body() -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _expect(*types: str) -> None:
    if request.mimetype not in types:
        raise WrongMedia(f"Send the body as {types[0]}.", facts={"accepted": list(types)})


def _json_body() -> bytes:
    if not _has_body():
        return b""
    _expect("application/json")
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise WrongMedia("JSON comes in UTF-8.")
    request.max_content_length = MOST_BYTES
    try:
        return request.get_data(cache=False, parse_form_data=False)
    except RequestEntityTooLarge:
        limit = {"limit": MOST_BYTES}
        raise TooLarge(f"A JSON body has at most {MOST_BYTES} bytes.", facts=limit) from None


class _Body:
    """The raw body, read as it arrives; its bound is the action's own."""

    def __init__(self) -> None:
        request.max_content_length = _ANY_LENGTH
        self._stream = request.stream

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end; an upload that breaks off is `Invalid`."""
        try:
            return self._stream.read(size)
        except (ClientDisconnected, OSError):
            raise Invalid("The upload broke off before its end; nothing was kept.", code="incomplete") from None
