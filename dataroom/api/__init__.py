"""The REST API: every action below `/api/v1`, made from the registry and the table in `routes`.

    dataroom.api.register(app, gate, services)

The API knows tokens only and never looks at a cookie, so the CSRF guard of the pages is not for its blueprint, which
`register` returns. Every
error below `/api` is answered by a problem document (RFC 9457), also for addresses that do not exist.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed, default_exceptions
from werkzeug.routing import RequestRedirect

from dataroom.actions.context import Services
from dataroom.actions.gate import Gate
from dataroom.api.answering import CONTENT_POLICY, HEADERS
from dataroom.api.docs import STYLE, page
from dataroom.api.endpoints import Endpoint, correlation, told
from dataroom.api.openapi import document_bytes
from dataroom.api.probes import build_probes
from dataroom.api.routes import PREFIX, ROUTES
from dataroom.api.scim import build_scim
from dataroom.api.witness import build_witness
from dataroom.errors import NotFound
from dataroom.problems import WrongMethod

ROOT = "/api"
_VERSION = PREFIX.removeprefix(ROOT)

__all__ = ["register"]


def register(app: Flask, gate: Gate, services: Services) -> Blueprint:
    """Adds the API, the probes `/healthz` and `/readyz`, the witness and SCIM to `app`; returns the API's blueprint."""
    api = Blueprint("api", __name__, url_prefix=ROOT)
    for route in ROUTES:
        api.add_url_rule(
            _VERSION + route.rule(),
            endpoint=route.action.replace(".", "_"),
            view_func=Endpoint(route, gate),
            methods=[route.method],
            provide_automatic_options=False,
        )
    _add_documents(api)
    _add_errors(app, api)
    api.after_request(_guard)
    api.after_request(_limits(gate))
    app.register_blueprint(api)
    app.register_blueprint(build_probes(services))
    app.register_blueprint(build_witness(gate))
    app.register_blueprint(build_scim(app, gate))
    return api


def _add_documents(api: Blueprint) -> None:
    served = {
        "/openapi.json": (document_bytes(), "application/json"),
        "/": (page().encode(), "text/html; charset=utf-8"),
        "/docs.css": (STYLE.encode(), "text/css; charset=utf-8"),
    }
    for path, (data, content_type) in served.items():

        def view(data: bytes = data, content_type: str = content_type) -> Response:
            return Response(data, content_type=content_type)

        name = "document_" + (path.strip("/").replace(".", "_") or "page")
        api.add_url_rule(_VERSION + path, name, view, methods=["GET"], provide_automatic_options=False)


def _add_errors(app: Flask, api: Blueprint) -> None:
    """Errors from outside the endpoints: hooks and limits, and requests that reach none of them."""
    for status in default_exceptions:
        api.register_error_handler(status, told)
    api.register_error_handler(Exception, told)

    def unrouted() -> Response | None:
        error = request.routing_exception
        if error is None or not f"{request.path}/".startswith(f"{ROOT}/"):
            return None
        if isinstance(error, MethodNotAllowed):
            return _guard(told(WrongMethod(facts={"allowed": sorted(error.valid_methods or ())})))
        return _guard(told(NotFound() if isinstance(error, RequestRedirect) else error))

    app.before_request(unrouted)


def _limits(gate: Gate) -> Callable[[Response], Response]:
    """Tells what is left of a caller's allowances (draft-ietf-httpapi-ratelimit-headers)."""

    def tell(response: Response) -> Response:
        known = gate.meter.left(g.asking) if "asking" in g else ()
        if known:
            policies = (f'"{one.limit}";q={one.quota};w={one.window}' for one in known)
            response.headers["RateLimit-Policy"] = ", ".join(policies)
            response.headers["RateLimit"] = ", ".join(f'"{one.limit}";r={one.left};t={one.full}' for one in known)
        return response

    return tell


def _guard(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Correlation-Id"] = correlation()
    if request.path == f"{PREFIX}/":
        response.headers["Content-Security-Policy"] = f"{CONTENT_POLICY}; style-src 'self'"
    return response
