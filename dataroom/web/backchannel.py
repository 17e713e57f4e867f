"""`POST /signout/backchannel`: where an organisation's provider tells that somebody was signed out there.

No cookie and no page is involved; a request counts by the provider's own signature in it (OpenID Connect Back-Channel
Logout 1.0). Whatever does not hold is answered alike, with 400, and the reason stands in the operator's log alone.
"""

from __future__ import annotations

import json
import logging

from flask import Blueprint, Response, request

from dataroom.actions.context import Principal
from dataroom.actions.identity import issuer_named
from dataroom.adapters.oidc import SignInRefused
from dataroom.errors import Conflict, DataroomError
from dataroom.web.problems import correlation
from dataroom.web.providers import issuer_of
from dataroom.web.site import site

log = logging.getLogger("dataroom.web")
PATH = "/signout/backchannel"
LIMIT = 32_768


def build() -> Blueprint:
    """The blueprint with the one address; it stands outside the pages, which look for a session and a form's secret."""
    place = Blueprint("backchannel", __name__)
    place.add_url_rule(PATH, "told", told, methods=["POST"], provide_automatic_options=False)
    return place


def told() -> Response:
    """Ends what a valid log-out token names, within the organisation of the provider that signed it."""
    try:
        _end(_token())
    except (SignInRefused, Conflict) as refused:
        reason = getattr(refused, "reason", refused.code)
        log.warning("log-out refused", extra={"reason": reason, "correlation": correlation()})
        return _answer(400, {"error": "invalid_request"})
    except DataroomError as error:
        return _answer(error.status, {"error": "server_error"})
    return Response(status=200)


def _token() -> str:
    request.max_content_length = request.max_form_memory_size = LIMIT
    given = request.form.getlist("logout_token")
    if request.mimetype != "application/x-www-form-urlencoded" or len(given) != 1:
        raise SignInRefused("logout-malformed")
    return given[0]


def _end(token: str) -> None:
    sign_in = site().sign_in
    named = sign_in.named_issuer(token)
    row = issuer_named(site().services, named)
    if row is None:
        raise SignInRefused("logout-issuer")
    out = sign_in.logged_out(issuer_of(row), token)
    who = Principal(role="service", name="sign-out", address=request.remote_addr or "")
    wanted = {"issuer": out.issuer, "sid": out.sid, "subject": out.subject, "jti": out.jti}
    site().gate.perform(who, "session.cut", None, wanted)


def _answer(status: int, document: dict[str, str]) -> Response:
    return Response(json.dumps(document), status, mimetype="application/json")
