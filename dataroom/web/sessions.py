"""Signing in at one's own company, and signing out.

The page asks for a work address and finds the provider by its mail domain, or, by the operator's choice, takes only the
sign-in address of a company, which nobody can guess. Who else takes part is never shown, not even in a header, so the
browser leaves through a page of ours instead of a redirect that a policy would have to name.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import uuid
from contextlib import suppress
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions import logins
from dataroom.actions.accounts import hashed
from dataroom.actions.context import Principal
from dataroom.actions.identity import IssuerRow, arriving, by_session, issuers, vouching
from dataroom.adapters.oidc import Demand, Identity, SignInRefused, organisation_for
from dataroom.errors import DataroomError, Invalid, NotFound, Refused, Unauthenticated
from dataroom.ids import parse_id
from dataroom.web import confirming
from dataroom.web.guards import Guarded, forget_forms
from dataroom.web.problems import correlation, told
from dataroom.web.providers import (
    BROWSER_SECONDS,
    arrived,
    begin,
    browser_cookie,
    drop_cookie,
    issuer_of,
    proof,
    set_cookie,
)
from dataroom.web.site import cookie_name, local, perform, principal, site, wants_json

log = logging.getLogger("dataroom.web")
MARK_SECONDS = 600
COMPANY_SECONDS = 180 * 86_400
NEUTRAL = (
    "No sign-in could be started for this address. Check it for typing errors; "
    "if it is right, ask the person who runs your company's access."
)
NO_ROLE = "Your company's sign-in works, but it gives you no role here. Ask the person who runs your access."


def routes(pages: Guarded) -> None:
    """The pages of signing in and out."""
    pages.add_url_rule("/signin", "sign_in", page)
    pages.add_url_rule("/signin", "sign_in_start", start, methods=["POST"])
    pages.add_url_rule("/signin/at/<mark>", "sign_in_at", page)
    pages.add_url_rule("/signin/callback", "sign_in_finish", finish)
    pages.add_url_rule("/signout", "sign_out", leave, methods=["POST"])
    pages.add_url_rule("/signed-out", "signed_out", left)


def page(mark: str = "", problem: str = "") -> str:
    """Asks for the work address; at a company's own sign-in address, which is not looked at yet, only to go on."""
    values = request.form if request.method == "POST" else request.args
    by_link = site().services.config.sign_in_by == "link"
    return render_template(
        "sessions/sign_in.html",
        problem=problem,
        correlation=correlation(),
        next=local(values.get("next"), ""),
        email=request.form.get("email", ""),
        at=mark or (request.cookies.get(_company_cookie(), "") if by_link and not problem else ""),
        by_link=by_link,
    )


def start() -> ResponseReturnValue:
    """Sends the browser to the provider of the address's mail domain, or of the company whose address it used."""
    site().gate.meter.knock(request.remote_addr or "")
    mark = request.form.get("at", "")
    found = logins.company_at(site().services, mark) if mark else _by_mail(request.form.get("email", ""))
    if found is None:
        return _not_begun("no-such-company")
    try:
        url, browser = begin(found, Demand(), {"next": local(request.form.get("next"), "/"), "at": mark})
    except SignInRefused as refused:
        return _not_begun(refused.reason)
    response = make_response(render_template("sessions/leaving.html", url=url))
    set_cookie(response, browser_cookie(), browser, BROWSER_SECONDS)
    return response


def _by_mail(address: str) -> IssuerRow | None:
    """The provider of an address's mail domain; never one where people come by their company's address alone."""
    if site().services.config.sign_in_by != "mail" or "@" not in address:
        return None
    known = {row.issuer: row for row in issuers(site().services)}
    found = organisation_for(address, [issuer_of(row) for row in known.values()])
    return known[found.issuer] if found else None


def _not_begun(reason: str) -> ResponseReturnValue:
    """One answer to whatever did not work, with a reference under which the operator finds the cause."""
    log.warning("sign-in not begun", extra={"reason": reason, "correlation": correlation()})
    return told(Invalid(NEUTRAL)) if wants_json() else (page(problem=NEUTRAL), 422)


def _company_cookie() -> str:
    """The name of the cookie in which a browser keeps its company's sign-in address until somebody signs out."""
    return "__Host-company" if site().services.config.secure else "company"


def finish() -> ResponseReturnValue:
    """Takes in who comes back from their provider, and begins their session or confirms it."""
    site().gate.meter.knock(request.remote_addr or "")
    browser = request.cookies.get(browser_cookie(), "")
    try:
        row, kept = _begun(browser)
        if "session" in kept:
            return confirming.finish(row, kept, browser)
        response, secret = _arrive(row, kept)
    except (Unauthenticated, Refused) as error:
        reason = getattr(error, "reason", error.code)
        log.warning("sign-in refused", extra={"reason": reason, "correlation": correlation()})
        shown = render_template("sessions/refused.html", detail=error.detail, correlation=correlation())
        response, secret = make_response(told(error) if wants_json() else (shown, 403)), ""
    drop_cookie(response, browser_cookie())
    if secret:
        _end_former()
        forget_forms()
        set_cookie(response, cookie_name(), secret, site().services.config.session_absolute)
        if kept.get("at") and site().services.config.sign_in_by == "link":
            set_cookie(response, _company_cookie(), kept["at"], COMPANY_SECONDS)
    return response


def _end_former() -> None:
    """Ends the session this browser came with: whoever signs in again leaves none behind."""
    secret = request.cookies.get(cookie_name(), "")
    with suppress(DataroomError):
        former = by_session(site().services, secret, request.remote_addr or "")
        site().gate.perform(former, "session.end", former.session)


def _begun(browser: str) -> tuple[IssuerRow, dict[str, Any]]:
    """The provider this browser was sent to, and what was kept of it, which is thereby used up."""
    issuer_id, kept = logins.take(site().services, browser)
    row = next((row for row in issuers(site().services) if row.id == issuer_id), None)
    if row is None or "state" not in kept:
        raise Unauthenticated()
    return row, kept


def _arrive(row: IssuerRow, kept: dict[str, Any]) -> tuple[Response, str]:
    try:
        who = arrived(row, kept, request.args.to_dict(flat=False))
    except SignInRefused as refused:
        nobody = arriving(site().services, row, "", "partner", "", "", request.remote_addr or "")
        site().gate.refuse(nobody, "session.start", refused.reason)
        raise
    secret = _begin(row, who)
    return redirect(local(str(kept.get("next")), "/"), 303), secret  # type: ignore[return-value]


def _begin(row: IssuerRow, who: Identity) -> str:
    """Starts the session of somebody who holds exactly one role here; returns its secret."""
    role = next(iter(who.roles)) if len(who.roles) == 1 else ""
    person = _principal(row, who, role or "partner")
    if not role:
        site().gate.refuse(person, "session.start", "no-single-role")
        raise Refused(NO_ROLE, code="no-single-role")
    secret = secrets.token_urlsafe(48)
    arrival = {
        "issuer": row.id,
        "subject": who.subject,
        "name": who.name,
        "email": who.email,
        "proven": who.proven,
        "role": role,
        "secret": secret,
        **proof(who),
    }
    try:
        site().gate.perform(person, "session.start", None, arrival)
    except NotFound:
        raise Refused("You can no longer sign in here.") from None
    return secret


def leave() -> ResponseReturnValue:
    """Ends the session here and in the browser; the next page offers to end the one at the company, too."""
    issuer = vouching(site().services, principal())
    perform("session.end", principal().session)
    forget_forms()
    response = make_response(redirect(url_for("web.signed_out", at=_mark(issuer) if issuer else None), 303))
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    drop_cookie(response, cookie_name())
    drop_cookie(response, _company_cookie())
    return response


def left() -> str:
    """Says that nobody is signed in any more: here, or here and, when the provider says so, at the company."""
    if _marked(request.args.get("state", "")):
        return render_template("sessions/signed_out.html", everywhere=True)
    return render_template("sessions/signed_out.html", url=_onward(request.args.get("at", "")))


def _onward(mark: str) -> str | None:
    """Where to sign out at the company. No ID token is kept to hint with, so the provider may ask who it is."""
    wanted = _marked(mark)
    row = next((row for row in issuers(site().services) if str(row.id) == wanted), None) if wanted else None
    if row is None:
        return None
    back = site().services.config.public_url.rstrip("/") + url_for("web.signed_out")
    try:
        return site().sign_in.end_session_url(issuer_of(row), back, mark)
    except SignInRefused:
        return None


def _mark(issuer: uuid.UUID, moment: int | None = None) -> str:
    """Which provider somebody came from, for the ten minutes after signing out; nobody else can make one."""
    seconds = int(site().services.clock.now().timestamp()) if moment is None else moment
    return f"{issuer}.{seconds}.{hashed(site().services.config, f'signed out {issuer} {seconds}')}"


def _marked(mark: str) -> str:
    """The id of the provider in a mark of ours that is not too old; else nothing."""
    issuer, _, rest = mark.partition(".")
    seconds = rest.partition(".")[0]
    now = site().services.clock.now().timestamp()
    try:
        genuine = _same(mark, _mark(parse_id(issuer), int(seconds[:12])))
    except (DataroomError, ValueError):
        return ""
    return issuer if genuine and now - MARK_SECONDS <= int(seconds) <= now + 1 else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (one, other)))


def _principal(row: IssuerRow, who: Identity, role: str) -> Principal:
    address = request.remote_addr or ""
    return arriving(site().services, row, who.subject, role, who.name, who.email, address, who.proven)
