"""Before any page: who asks, and that the request was made by our own page and not by somebody else's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf, validate_csrf

from dataroom.config import Config
from dataroom.errors import DataroomError, Refused, Unauthenticated
from dataroom.problems import WrongMedia
from dataroom.web.site import local, principal, recognise, site, wants_json

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN = frozenset({"web.sign_in", "web.sign_in_at", "web.sign_in_start", "web.sign_in_finish", "web.signed_out"})
STREAMS = frozenset({"web.upload_file", "web.replace_file"})
SMALL = 1024 * 1024


class Forged(DataroomError):
    """A request that changes something did not come from a page of ours, or from one that is too old."""

    code, status, title = "forged", 400, "The form is out of date"


class Guarded(Blueprint):
    """The pages: each one asks who it is first, except those of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_request(_limit)
        self.before_request(_own_pages_only)
        self.before_request(_who)


def prepare(app: Flask, config: Config) -> None:
    """Sets what Flask itself has to know: hosts, sizes, and the cookie that carries the forms' secret."""
    host = urlsplit(config.public_url).hostname or ""
    app.config.update(
        SECRET_KEY=config.secret_key,
        TRUSTED_HOSTS=[host],
        SESSION_COOKIE_NAME="__Host-forms" if config.secure else "forms",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SECRET_KEY=config.secret_key,
    )
    app.jinja_env.globals["csrf_token"] = generate_csrf


def _limit() -> None:
    """Uploads may be long and are never parsed as a form; everything else is short and never multipart."""
    if request.endpoint in STREAMS:
        request.max_content_length = site().services.config.upload_limit + 1
        if request.mimetype not in {"application/pdf", "application/octet-stream"}:
            raise WrongMedia("Send the bytes of the file alone, as application/pdf.")
        return
    request.max_content_length = SMALL
    request.max_form_memory_size = SMALL
    if request.mimetype == "multipart/form-data":
        raise WrongMedia("No page here sends this kind of form.")


def _own_pages_only() -> None:
    if request.method in SAFE:
        return
    config = site().services.config
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forged("The request came from another site.")
    if request.headers.get("Origin", config.public_url) != config.public_url.rstrip("/"):
        raise Forged("The request came from another site.")
    token = request.headers.get("X-CSRFToken")
    if token is None and request.endpoint not in STREAMS and not request.is_json:
        token = request.form.get("csrf_token")
    try:
        validate_csrf(token)
    except ValueError:
        raise Forged("Load the page again and repeat what you did; nothing was changed.") from None


def _who() -> ResponseReturnValue | None:
    if request.endpoint in OPEN:
        return None
    try:
        recognise()
    except Unauthenticated:
        if request.method != "GET" or wants_json():
            raise
        asked = local(request.full_path.rstrip("?"), "/")
        return redirect(url_for("web.sign_in", next=asked if asked != "/" else None), 303)
    return None


def own(organisation: object) -> bool:
    """Whether an organisation is the one of whoever asks."""
    return principal().organisation == organisation


def forget_forms() -> None:
    """Drops the secret of the forms, so that forms of before no longer count."""
    session.clear()


def refuse_others(role: str) -> None:
    """For pages that only lead to an action of one role: others see the policy's kind of answer at once."""
    if principal().role != role:
        raise Refused(f"This is for the {role}s of an organisation.")
