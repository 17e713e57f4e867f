"""Sending a browser to its person's company, for signing in and for confirming, and what is kept meanwhile."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response

from dataroom.actions import logins
from dataroom.actions.identity import IssuerRow
from dataroom.adapters.oidc import Demand, Identity, Issuer, Pending
from dataroom.web.site import site

BROWSER_SECONDS = 600


def issuer_of(row: IssuerRow) -> Issuer:
    """The registered provider as the sign-in wants it, with our own callback address."""
    return Issuer(
        organisation=row.organisation,
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=row.client_secret,
        redirect_uri=site().services.config.public_url.rstrip("/") + "/signin/callback",
        algorithms=row.algorithms,
        role_claim=row.role_claim,
        role_map=row.role_map,
        ceiling=row.ceiling,
        slug=row.organisation_slug,
        domains=frozenset(row.mail_domains),
        client_auth=row.client_auth,
        pushed=row.pushed,
        hosts=frozenset(row.hosts),
        country_claim=site().services.config.country_claim,
    )


def begin(row: IssuerRow, demand: Demand, kept: dict[str, Any]) -> tuple[str, str]:
    """Starts a sign-in and keeps its state with `kept`; returns the provider's address and the browser's secret.

    Raises `SignInRefused` when the provider does not answer properly.
    """
    begun = site().sign_in.begin(issuer_of(row), demand)
    browser = secrets.token_urlsafe(32)
    pending = {**asdict(begun.pending), "created": begun.pending.created.isoformat()}
    logins.keep(site().services, browser, row.id, {**pending, **kept, "url": begun.url})
    return begun.url, browser


def arrived(row: IssuerRow, kept: dict[str, Any], params: dict[str, list[str]]) -> Identity:
    """Who came back with the callback's parameters; raises `SignInRefused`."""
    return site().sign_in.finish(issuer_of(row), _pending(kept), params)


def proof(who: Identity) -> dict[str, Any]:
    """What the provider said of how and when the person signed in."""
    said = {"acr": who.acr, "amr": who.amr, "auth_time": who.auth_time, "issuer_session": who.sid}
    return {**said, "country": who.country}


def _pending(kept: dict[str, Any]) -> Pending:
    demand = kept.get("demand") or {}
    return Pending(
        state=str(kept["state"]),
        nonce=str(kept["nonce"]),
        verifier=str(kept["verifier"]),
        issuer=str(kept["issuer"]),
        created=datetime.fromisoformat(str(kept["created"])),
        demand=Demand(demand.get("max_age"), tuple(demand.get("acr", ()))),
    )


def browser_cookie() -> str:
    """The name of the cookie that ties a sign-in under way to its browser."""
    return "__Host-signin" if site().services.config.secure else "signin"


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """Gives the browser a value no script and no other site can send."""
    secure = site().services.config.secure
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")


def drop_cookie(response: Response, name: str) -> None:
    """Takes a cookie from the browser."""
    response.delete_cookie(name, secure=site().services.config.secure, httponly=True, samesite="Lax")
