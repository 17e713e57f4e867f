"""Confirming who one is before what takes a strong sign-in: to the company and back to the very form.

What was typed is kept with the sign-in under way, for the browser that began it, and put into the form again. The
session gets a new cookie value, and only whoever the session belongs to can confirm it.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

from dataroom.actions import authenticators, logins
from dataroom.actions.identity import IssuerRow, by_session, issuers, vouching
from dataroom.adapters.oidc import Demand, SignInRefused
from dataroom.errors import DataroomError, NeedsStrength, NotFound, Refused, Unauthenticated, Unavailable
from dataroom.web.guards import Guarded
from dataroom.web.problems import correlation, told
from dataroom.web.providers import arrived, begin, browser_cookie, drop_cookie, proof, set_cookie
from dataroom.web.site import cookie_name, local, principal, site, wants_json

log = logging.getLogger("dataroom.web")
ASKED_WITHIN = 60
"""How many seconds ago the provider may last have asked the person: practically, it asks again."""
ELSEWHERE = {
    "web.redaction_approve": "web.review",
    "web.new_key": "web.keys",
    "web.remove_key": "web.keys",
    "web.access_confirm": "web.access",
    "web.access_contest": "web.access",
    "web.document_assess": "web.document",
    "web.resume_transfers": "web.transfers",
    "web.confirm_resumption": "web.transfers",
    "web.confirm_transfer": "web.transfers",
}
"""Where the form of an address stands that only takes it."""
CONFIRMED = "Confirmed. What you had entered is still here: look at it and send it again."
UNSURE = (
    "Your company's sign-in does not say how strongly people sign in, and keys of one's own need the service to be "
    "reached under a name."
)
KEYLESS = (
    "This takes a strong sign-in, and your company's sign-in does not say how strong it is: enrol a key of your own."
)


def routes(pages: Guarded) -> None:
    """The page on the way to the provider, and the way back into a form."""
    pages.add_url_rule("/confirm", "confirm", page)
    pages.before_request(_resume)


def register(app: Flask) -> None:
    """From now on, a form that takes a strong sign-in leads there instead of to a refusal."""
    app.register_error_handler(NeedsStrength, _ask)


def _ask(error: NeedsStrength) -> ResponseReturnValue:
    """Keeps what was typed and sends the browser to confirm; scripts are told what is missing."""
    if request.method != "POST" or request.is_json or request.blueprint != "web":
        return told(error)
    row = provider()
    typed = {name: values for name, values in request.form.to_dict(flat=False).items() if name != "csrf_token"}
    kept = {"session": str(principal().session), "back": _form(), "form": typed}
    if error.facts["strong"] and not row.strong_acr:
        return _by_key(row, kept)
    try:
        _, browser = begin(row, Demand(ASKED_WITHIN, row.strong_acr if error.facts["strong"] else ()), kept)
    except SignInRefused as refused:
        log.warning("confirmation not begun", extra={"reason": refused.reason, "correlation": correlation()})
        return told(Unavailable("Your company's sign-in does not answer, and this takes a fresh one."))
    response = make_response(redirect(url_for("web.confirm"), 303))
    set_cookie(response, browser_cookie(), browser, int(logins.LIFETIME.total_seconds()))
    return response


def _by_key(row: IssuerRow, kept: dict[str, Any]) -> ResponseReturnValue:
    """To the page that asks for the person's own key, or to where one is enrolled."""
    if not site().passkeys.usable:
        return told(Refused(UNSURE, code=NeedsStrength.code))
    if not authenticators.own(site().services, principal()):
        flash(KEYLESS)
        return redirect(url_for("web.keys"), 303)
    browser = secrets.token_urlsafe(32)
    logins.keep(site().services, browser, row.id, kept)
    response = make_response(redirect(url_for("web.confirm_by_key"), 303))
    set_cookie(response, browser_cookie(), browser, int(logins.LIFETIME.total_seconds()))
    return response


def provider() -> IssuerRow:
    """The provider of whoever asks."""
    vouched = vouching(site().services, principal())
    return next(row for row in issuers(site().services) if row.id == vouched)


def _form() -> str:
    """The page with the form that was sent."""
    other = ELSEWHERE.get(request.endpoint or "")
    if other is None:
        return local(request.full_path.rstrip("?"), "/")
    if "next" in request.form and other == "web.keys":
        return local(request.form["next"], url_for(other))
    asked = current_app.url_map.is_endpoint_expecting
    known = {"matter_id": request.form.get("matter"), **(request.view_args or {})}
    return url_for(other, **{name: value for name, value in known.items() if value and asked(other, name)})


def page() -> str:
    """Leads on to the provider."""
    kept = looked_at()
    if "url" not in kept:
        raise NotFound()
    return render_template("sessions/confirm.html", url=kept["url"], back=kept["back"])


def looked_at() -> dict[str, Any]:
    """What is kept for this browser's confirmation, which stays kept; `NotFound` for none of this very session."""
    found = logins.look(site().services, request.cookies.get(browser_cookie(), ""))
    if found is None or found.get("session") != str(principal().session):
        raise NotFound()
    return found


def finish(row: IssuerRow, kept: dict[str, Any], browser: str) -> Response:
    """Takes in who comes back from their provider to confirm a session, and leads them back to their form."""
    try:
        secret = _confirm(row, kept)
    except DataroomError as error:
        reason = getattr(error, "reason", error.code)
        log.warning("confirmation refused", extra={"reason": reason, "correlation": correlation()})
        shown = render_template(
            "sessions/unconfirmed.html", detail=error.detail, back=kept["back"], correlation=correlation()
        )
        response = make_response(told(error) if wants_json() else (shown, 403))
        drop_cookie(response, browser_cookie())
        return response
    logins.keep(site().services, browser, row.id, {name: kept[name] for name in ("session", "back", "form")})
    response = make_response(redirect(onward(kept), 303))
    set_cookie(response, cookie_name(), secret, site().services.config.session_absolute)
    return response


def onward(kept: dict[str, Any]) -> str:
    """The address of the form again, for what was typed to be put in."""
    mark = "&" if "?" in kept["back"] else "?"
    return f"{local(kept['back'], '/')}{mark}resume=1"


def _confirm(row: IssuerRow, kept: dict[str, Any]) -> str:
    """The session's new secret."""
    person = by_session(site().services, request.cookies.get(cookie_name(), ""), request.remote_addr or "")
    if str(person.session) != kept["session"]:
        raise Unauthenticated("You have signed in anew meanwhile; start again from the form.")
    try:
        who = arrived(row, kept, request.args.to_dict(flat=False))
    except SignInRefused as refused:
        site().gate.refuse(person, "session.confirm", refused.reason)
        raise
    secret = secrets.token_urlsafe(48)
    back = {"issuer": row.id, "subject": who.subject, "secret": secret, **proof(who)}
    site().gate.perform(person, "session.confirm", person.session, back)
    return secret


def _resume() -> None:
    """Puts what was typed before the confirmation into the form again, once."""
    if request.method != "GET" or request.args.get("resume") != "1" or browser_cookie() not in request.cookies:
        return
    browser = request.cookies[browser_cookie()]
    found = logins.look(site().services, browser)
    if found is None or "state" in found or found.get("session") != str(principal().session):
        return
    if not request.full_path.startswith(found["back"]):
        return
    logins.take(site().services, browser)
    request.form = ImmutableMultiDict(found["form"])
    flash(CONFIRMED)
