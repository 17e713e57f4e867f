"""What a person sees when something does not work: one page or, for scripts, one problem document (RFC 9457).

What does not exist and what may not be seen are answered alike, byte for byte but for the correlation id.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from dataclasses import replace

from flask import Flask, Response, g, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from dataroom.actions.context import Principal
from dataroom.errors import DataroomError, NotFound
from dataroom.problems import MEDIA_TYPE, Problem, error_of_status, new_instance, problem_of
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
CLAWED = "Stop reading, and tell your custodian or compliance officer which copies there are; the notice says the rest."
_LENGTH = re.compile(r"String should have at (least|most) (\d+) characters?")
_PHRASES = (
    ("Field required", "this is needed"),
    ("Value error, ", ""),
    ("Input should be a valid integer, unable to parse string as an integer", "choose one"),
)


def correlation() -> str:
    """The reference of this request, which the operator finds in the log."""
    if "correlation" not in g:
        g.correlation = new_instance().rpartition(":")[2]
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
    for kind in (DataroomError, HTTPException, Exception):
        app.register_error_handler(kind, told)
    app.jinja_env.globals.update(field_errors=field_errors, sentence=sentence)

    @app.after_request
    def refer(response: Response) -> Response:
        response.headers.setdefault("X-Request-Id", correlation())
        return response


def told(error: Exception) -> ResponseReturnValue:
    """One error as a page or a problem document; the service's own faults are logged under the reference."""
    if isinstance(error, HTTPException):
        if error.code is None or error.code < 400:
            return error.get_response()
        error = error_of_status(error.code)
    if isinstance(error, NotFound):
        error = NotFound()
    problem = problem_of(error, f"urn:uuid:{correlation()}")
    if problem.status >= 500:
        log.error("request failed", extra={"correlation": correlation(), "code": problem.code}, exc_info=error)
    if isinstance(error, DataroomError):
        problem = replace(problem, detail=sentence(error))
    headers = {name: value for name, value in problem.headers().items() if name != "WWW-Authenticate"}
    if wants_json():
        return Response(json.dumps(problem.document(), default=str), mimetype=MEDIA_TYPE), problem.status, headers
    return _page(problem), problem.status, headers


def _page(problem: Problem) -> str:
    claw_back = problem.facts.get("claw_back")
    return render_template(
        "problem.html",
        status=problem.status,
        title=problem.title,
        detail="" if problem.detail.rstrip(".") == problem.title else problem.detail,
        advice=CLAWED if claw_back else WHAT_TO_DO.get(problem.status, WHAT_TO_DO[500]),
        claw_back=claw_back,
        why_not=problem.facts.get("why_not"),
        correlation=correlation(),
        who=_somebody(),
    )


def _somebody() -> Principal | None:
    """Who is signed in, if anybody is; an error page is shown to both, and even when the database is away."""
    with suppress(DataroomError):
        return recognise()
    return None
