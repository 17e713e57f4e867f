"""How the demonstration provider tells the data room that somebody signed out (OpenID Connect Back-Channel Logout)."""

from __future__ import annotations

import logging
import secrets
import time
from urllib.parse import urlencode

from joserfc import jwt

from dataroom.adapters.demo_issuer_server import Company, SignedIn
from dataroom.adapters.oidc_http import Egress, Wire
from dataroom.adapters.oidc_issuer import SignInRefused, is_loopback_http
from dataroom.adapters.oidc_logout import EVENT

log = logging.getLogger("dataroom.demo")
SECONDS = 120


def announce(company: Company, ended: SignedIn) -> None:
    """Sends a log-out token for a session that has ended, once; without an address to send it to, nothing."""
    place = company.backchannel_logout_uri
    if place is None:
        return
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"logout_token": _token(company, ended)})
    try:
        answer = Wire(Egress(timeout=3)).tell(place, body, loopback=is_loopback_http(place), headers=headers)
    except SignInRefused as refused:
        log.warning("the data room was not told of a sign-out: %s", refused.reason)
        return
    if answer.status != 200:
        log.warning("the data room refused a log-out token with %s", answer.status)


def _token(company: Company, ended: SignedIn) -> str:
    now = int(time.time())
    claims = {
        "iss": company.issuer,
        "aud": company.client_id,
        "iat": now,
        "exp": now + SECONDS,
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
        "sub": ended.person.sub,
        "sid": ended.sid,
    }
    header = {"alg": company.algorithm, "kid": str(company.key.kid), "typ": "logout+jwt"}
    return jwt.encode(header, claims, company.key, algorithms=[company.algorithm])
