"""A person's own keys: enrolling, naming and removing them, and confirming with one."""

from __future__ import annotations

import json
import secrets
import uuid
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions import authenticators
from dataroom.adapters.passkeys import named
from dataroom.errors import DataroomError, Invalid, Refused
from dataroom.web.confirming import looked_at, onward, provider
from dataroom.web.guards import Guarded
from dataroom.web.providers import set_cookie
from dataroom.web.site import cookie_name, fields, local, perform, principal, sent, site


def routes(pages: Guarded) -> None:
    """The page of keys and what its scripts send; the page that asks for a key."""
    pages.add_url_rule("/keys", "keys", index)
    pages.add_url_rule("/keys/new", "new_key", new, methods=["POST"])
    pages.add_url_rule("/keys", "add_key", add, methods=["POST"])
    pages.add_url_rule("/keys/<id:key_id>/remove", "remove_key", remove, methods=["POST"])
    pages.add_url_rule("/confirm/key", "confirm_by_key", ask)
    pages.add_url_rule("/confirm/key", "confirmed_by_key", confirm, methods=["POST"])


def index(problem: DataroomError | None = None) -> str:
    """The keys there are, and the form for another."""
    return render_template(
        "keys/list.html",
        keys=perform("authenticator.list"),
        problem=problem,
        given=request.form,
        usable=site().passkeys.usable,
        vouched=bool(provider().strong_acr),
    )


def new() -> ResponseReturnValue:
    """Asks the browser to make a key, once the policy permits it."""
    try:
        name = fields("name").get("name", "")
        if not 2 <= len(name) <= 100:
            raise Invalid("name: write between 2 and 100 characters")
        if not site().passkeys.usable:
            raise Refused("Keys need the service to be reached under a name, not a number.")
        site().gate.ask(principal(), "authenticator.add", None)
    except Invalid as error:
        return index(error), error.status
    who, services = principal(), site().services
    known = [row.credential for row in authenticators.own(services, who)]
    challenge = authenticators.challenge(services, _session())
    options = site().passkeys.creation(challenge, who.user or uuid.UUID(int=0), who.email, who.name, known)
    return render_template("keys/new.html", name=name, options=json.loads(options))


def add() -> ResponseReturnValue:
    """Enrols the key the browser made."""
    given = sent()
    made = site().passkeys.created(authenticators.challenged(site().services, _session()), _answer(given))
    shown = {"credential": made.credential.hex(), "public_key": made.public_key.hex(), "count": made.count}
    perform("authenticator.add", None, {"name": given.get("name"), **shown})
    flash("Enrolled. From now on you confirm with it who you are.")
    return jsonify(next=url_for("web.keys")), 201


def remove(key_id: uuid.UUID) -> ResponseReturnValue:
    """Takes a key out of use: one's own, or a colleague's."""
    perform("authenticator.remove", key_id)
    flash("Removed. It confirms nothing any more.")
    return redirect(local(request.form.get("next"), url_for("web.keys")), 303)


def ask() -> str:
    """Asks for one of the person's keys."""
    kept = looked_at()
    known = [row.credential for row in authenticators.own(site().services, principal())]
    options = site().passkeys.request(authenticators.challenge(site().services, _session()), known)
    return render_template("keys/confirm.html", options=json.loads(options), back=kept["back"])


def confirm() -> Response:
    """Takes the key's answer and leads back to the form; the session gets a new cookie value."""
    kept, answer = looked_at(), _answer(sent())
    services, who = site().services, principal()
    challenge = authenticators.challenged(services, _session())
    key = next((row for row in authenticators.own(services, who) if row.credential == named(answer)), None)
    try:
        if key is None:
            raise Refused("This is not one of your keys.", code="key-refused")
        count = site().passkeys.shown(challenge, answer, key.public_key)
    except Refused as refused:
        site().gate.refuse(who, "authenticator.use", refused.code)
        raise
    secret = secrets.token_urlsafe(48)
    perform("authenticator.use", key.id, {"count": count, "secret": secret})
    response = jsonify(next=onward(kept))
    set_cookie(response, cookie_name(), secret, services.config.session_absolute)
    return response


def _session() -> uuid.UUID:
    """The session that asks; pages are shown in one."""
    found = principal().session
    assert found is not None  # noqa: S101 - recognised by its cookie
    return found


def _answer(given: dict[str, Any]) -> dict[str, Any]:
    answer = given.get("answer")
    if not isinstance(answer, dict):
        raise Invalid("answer: what the browser was given is needed")
    return answer
