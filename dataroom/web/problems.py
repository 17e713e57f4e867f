"""What a person sees when something does not work: one page or, for scripts, one problem document (RFC 9457).

What does not exist and what may not be seen are answered alike, byte for byte but for the correlation id.
"""

from __future__ import annotations

import logging
import re
import secrets
from contextlib import suppress

from flask import Flask, Response, g, jsonify, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from dataroom.actions.context import Principal
from dataroom.errors import DataroomError, NotFound
from dataroom.web.site import recognise, wants_json

log = logging.getLogger("dataroom.web")

WHAT_TO_DO = {
    400: "Load the page again and repeat what you did.",
    401: "Sign in to continue.",
    403: "If you need this, speak to a custodian or compliance officer of your organisation.",
    404: "Check the address, or go back to your matters. What you may not see is answered like this, too.",
    405: "Go back and use the buttons of the page.",
    409: "Somebody may have changed it meanwhile. Load the page again to see how things stand.",
    410: "It was disposed of; its certificate is in the matter's disposals.",
    413: "Send a smaller file, or split it into parts.",
    415: "Go back and use the buttons of the page.",
    422: "Go back, correct what is named above, and try again.",
    429: "Wait a moment, then try again.",
    500: "Try again; if it happens again, give the reference below to whoever runs this service.",
    503: "Nothing was changed. Try again in a minute.",
}
_TITLES = {400: "The request was not understood", 405: "Not possible here", 413: "Too large"}
_LENGTH = re.compile(r"String should have at (least|most) (\d+) characters?")
_PHRASES = (
    ("Field required", "this is needed"),
    ("Value error, ", ""),
    ("Input should be a valid integer, unable to parse string as an integer", "choose one"),
)


def correlation() -> str:
    """The reference of this request, which the operator finds in the log."""
    if "correlation" not in g:
        g.correlation = secrets.token_hex(6)
    return str(g.correlation)


def plain(message: str) -> str:
    """A validator's message in the words of the pages."""
    found = _LENGTH.search(message)
    if found:
        return f"write at {found[1]} {found[2]} characters"
    for phrase, ours in _PHRASES:
        message = message.replace(phrase, ours)
    return message


def sentence(error: DataroomError) -> str:
    """The detail of an error as one sentence."""
    named = error.facts.get("fields")
    if isinstance(named, dict) and named:
        name, message = next(iter(named.items()))
        return f"{str(name).replace('_', ' ').replace(' at', '').capitalize()}: {plain(str(message))}."
    return error.detail


def field_errors(error: DataroomError | None) -> dict[str, str]:
    """What is wrong with which field; also for errors whose detail begins with the field's name."""
    if error is None:
        return {}
    named = error.facts.get("fields")
    if isinstance(named, dict):
        return {str(name).split(".")[0]: plain(str(message)) for name, message in named.items()}
    found = re.match(r"([a-z_]+): (.+)", error.detail)
    return {found[1]: found[2]} if found else {}


def register(app: Flask) -> None:
    """Answers every error of `app` that no blueprint answers itself."""
    app.register_error_handler(DataroomError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.globals.update(field_errors=field_errors, sentence=sentence)

    @app.after_request
    def refer(response: Response) -> Response:
        response.headers.setdefault("X-Request-Id", correlation())
        return response


def _ours(error: DataroomError) -> ResponseReturnValue:
    if error.status >= 500:
        log.error("request failed", extra={"correlation": correlation(), "code": error.code}, exc_info=error)
    if isinstance(error, NotFound):
        error = NotFound()
    return _answer(error.status, error.code, error.title, sentence(error), error.facts)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code == 404:
        return _ours(NotFound())
    if error.code is None or error.code < 400:
        return error.get_response()
    title = _TITLES.get(error.code, error.name)
    return _answer(error.code, error.name.lower().replace(" ", "-"), title, title + ".", {})


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("request broke", extra={"correlation": correlation()}, exc_info=error)
    return _ours(DataroomError())


def _somebody() -> Principal | None:
    """Who is signed in, if anybody is; an error page is shown to both, and even when the database is away."""
    with suppress(DataroomError):
        return recognise()
    return None


def _answer(status: int, code: str, title: str, detail: str, facts: dict[str, object]) -> ResponseReturnValue:
    if wants_json():
        body = {"type": f"urn:dataroom:{code}", "title": title, "status": status, "detail": detail, "code": code}
        response = jsonify({**body, "correlation": correlation(), **{k: v for k, v in facts.items() if k not in body}})
        response.mimetype = "application/problem+json"
        return response, status
    page = render_template(
        "problem.html",
        status=status,
        title=title,
        detail="" if detail.rstrip(".") == title else detail,
        advice=WHAT_TO_DO.get(status, WHAT_TO_DO[500]),
        correlation=correlation(),
        who=_somebody(),
    )
    return page, status
