"""`/scim/v2`: where an organisation's directory keeps its people's accounts (SCIM 2.0, RFC 7643 and RFC 7644).

Users alone, without groups, bulk and sorting. A directory comes with a secret of its own kind, which opens nothing
else, and no cookie is looked at. Every request but those about SCIM itself passes the gate as an action on accounts.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from dataroom.actions import identity
from dataroom.actions.context import Principal
from dataroom.actions.directories import SECRET_PREFIX
from dataroom.actions.gate import Gate
from dataroom.actions.views_people import AccountView
from dataroom.api import scim_shapes as shapes
from dataroom.api.answering import HEADERS
from dataroom.api.endpoints import correlation
from dataroom.api.reading import query_pairs, strict_json
from dataroom.api.scim_reading import filed, patched, replaced, sought
from dataroom.errors import DataroomError, Invalid, NotFound, TooLarge, Unauthenticated
from dataroom.problems import Internal, WrongMedia, WrongMethod, error_of_status, problem_of

log = logging.getLogger("dataroom.api")
ROOT = "/scim/v2"
MOST_BYTES = 100_000
_BEARER = re.compile(rf"[Bb]earer ({SECRET_PREFIX}[A-Za-z0-9_-]{{20,200}})")
_TAG = re.compile(r'(?:W/)?"([0-9a-f]{1,64})"')
_NAMES = {"email": "userName", "name": "displayName", "external_id": "externalId"}
View = Callable[..., Response]


class Directories:
    """The views. `base` is the address under which directories know this service."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._base = gate.services.config.public_url.rstrip("/") + ROOT

    def about(self, path: str) -> Response:
        """What there is of SCIM here."""
        self._who()
        told: dict[str, Callable[[str], dict[str, Any]]] = {
            "ServiceProviderConfig": shapes.provider_config,
            "ResourceTypes": shapes.resource_types,
            "ResourceTypes/User": shapes.resource_type,
            "Schemas": shapes.schemas,
            f"Schemas/{shapes.USER}": shapes.schema,
        }
        if path not in told:
            raise NotFound()
        return _answer(told[path](self._base))

    def listed(self) -> Response:
        """A page of accounts."""
        query = dict(query_pairs(request.query_string))
        params = sought(query)
        page = self._do("account.list", None, params)
        found = shapes.listed(page, params["start"], self._base)
        return _answer(found | {"Resources": [_chosen(one, query) for one in found["Resources"]]})

    def read(self, user: UUID) -> Response:
        """One account."""
        view = self._do("account.read", user, {})
        if view.version in _tags("If-None-Match"):
            return Response(status=304, headers={"ETag": shapes.etag(view)})
        return self._user(view)

    def create(self) -> Response:
        """Files somebody."""
        who = self._who()
        view = self._do("account.create", None, filed(_body()), who)
        response = self._user(view, 201)
        response.headers["Location"] = f"{self._base}/Users/{view.id}"
        return response

    def replace(self, user: UUID) -> Response:
        """Describes an account anew."""
        who = self._who()
        return self._user(self._do("account.change", user, replaced(_body()) | {"known": _tags("If-Match")}, who))

    def patch(self, user: UUID) -> Response:
        """Changes an account."""
        who = self._who()
        return self._user(self._do("account.change", user, patched(_body()) | {"known": _tags("If-Match")}, who))

    def remove(self, user: UUID) -> Response:
        """Ends an account."""
        self._do("account.remove", user, {"known": _tags("If-Match")})
        return Response(status=204)

    def _user(self, view: AccountView, status: int = 200) -> Response:
        document = _chosen(shapes.user(view, self._base), dict(query_pairs(request.query_string)))
        response = _answer(document, status)
        response.headers["ETag"] = shapes.etag(view)
        return response

    def _do(self, action: str, target: UUID | None, params: dict[str, Any], who: Principal | None = None) -> Any:
        try:
            return self._gate.perform(who or self._who(), action, target, params)
        except Invalid as error:
            name, colon, rest = error.detail.partition(":")
            raise Invalid(f"{_NAMES.get(name, name)}{colon}{rest}") from None

    def _who(self) -> Principal:
        """The directory whose secret came along; a bad one counts for its address."""
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        address = request.remote_addr or ""
        try:
            if match is None:
                raise Unauthenticated("Send the secret of a directory: Authorization: Bearer drs_...")
            return identity.by_directory(self._gate.services, match[1], address)
        except Unauthenticated as error:
            self._gate.meter.knock(address)
            error.facts["given"] = match is not None
            raise


def build_scim(app: Flask, gate: Gate) -> Blueprint:
    """The blueprint; whatever else is asked of below its address is answered in SCIM's form as well."""
    scim, views = Blueprint("scim", __name__, url_prefix=ROOT), Directories(gate)
    rules: tuple[tuple[str, str, str, View], ...] = (
        ("/Users", "list_users", "GET", views.listed),
        ("/Users", "create_user", "POST", views.create),
        ("/Users/<uuid:user>", "read_user", "GET", views.read),
        ("/Users/<uuid:user>", "replace_user", "PUT", views.replace),
        ("/Users/<uuid:user>", "patch_user", "PATCH", views.patch),
        ("/Users/<uuid:user>", "remove_user", "DELETE", views.remove),
        ("/<path:path>", "about", "GET", views.about),
    )
    for rule, name, method, view in rules:
        scim.add_url_rule(rule, name, _safe(view), methods=[method], provide_automatic_options=False)
    for status in (400, 404, 405, 413):
        scim.register_error_handler(status, _told)

    def unrouted() -> Response | None:
        error = request.routing_exception
        return _told(error) if error is not None and f"{request.path}/".startswith(f"{ROOT}/") else None

    app.before_request(unrouted)
    return scim


def _safe(view: View) -> View:
    @wraps(view)
    def guarded(**variables: Any) -> Response:
        try:
            return _guard(view(**variables))
        except Exception as error:
            return _told(error)

    return guarded


def _told(given: Exception) -> Response:
    error = error_of_status(given.code or 500) if isinstance(given, HTTPException) else given
    if isinstance(given, MethodNotAllowed):
        error = WrongMethod(facts={"allowed": sorted(given.valid_methods or ())})
    known = error if isinstance(error, DataroomError) else Internal("The error has been recorded; quote its id.")
    problem = problem_of(known, correlation())
    if problem.status >= 500:
        extra = {"correlation": correlation(), "code": problem.code, "path": request.path}
        log.error("request failed", extra=extra, exc_info=given)
    response = _answer(shapes.error(known), shapes.status_of(known))
    response.headers.update(problem.headers())
    return _guard(response)


def _guard(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Correlation-Id"] = correlation()
    return response


def _answer(document: dict[str, Any], status: int = 200) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, content_type=shapes.MEDIA)


def _chosen(document: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The attributes a directory wants to see, by their first names; id and schemas are always shown."""
    only, without = (
        {name.strip().rpartition(":")[2].partition(".")[0].lower() for name in query.get(each, "").split(",")} - {""}
        for each in ("attributes", "excludedAttributes")
    )
    always = {"schemas", "id"}
    return {
        name: value
        for name, value in document.items()
        if name in always or ((not only or name.lower() in only) and name.lower() not in without)
    }


def _tags(header: str) -> tuple[str, ...]:
    """The versions a condition names; none where it is not given or takes any. What cannot be read names no version."""
    given = request.headers.get(header, "*").strip()
    return () if given == "*" else tuple(_TAG.findall(given))[:20] or ("none",)


def _body() -> Any:
    """The JSON of a request."""
    if request.mimetype not in (shapes.MEDIA, "application/json") or "Content-Encoding" in request.headers:
        raise WrongMedia(f"Send the body as {shapes.MEDIA}, unencoded.")
    request.max_content_length = MOST_BYTES
    try:
        return strict_json(request.get_data(cache=False, parse_form_data=False))
    except RequestEntityTooLarge:
        raise TooLarge(f"A body has at most {MOST_BYTES} bytes.") from None
