"""The checks a log-out token has to pass before a session ends because of it.

Law: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6, RFC 8725. The stricter choice is taken where there is
one: the type must be named, the audience is ours alone, and the token is a few minutes old at most. Whether its `jti`
was seen before is for the caller to remember, who also decides what ends.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from dataroom.adapters.oidc_http import strict_object
from dataroom.adapters.oidc_issuer import Issuer, SignInRefused
from dataroom.adapters.oidc_provider import Providers
from dataroom.adapters.oidc_token import LEEWAY, clean

EVENT = "http://schemas.openid.net/event/backchannel-logout"
WINDOW = 300
"""The greatest age of a token in seconds; a `jti` has to be remembered for longer than this."""
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_TYPES = frozenset({"logout+jwt", "application/logout+jwt"})
_LONGEST = 16_384


@dataclass(frozen=True)
class LoggedOut:
    """Whom a provider has signed out: one of its sessions (`sid`), a person (`subject`), or a person's session."""

    issuer: str
    subject: str | None
    sid: str | None
    jti: str


def named_issuer(token: str) -> str:
    """Who a token says it is of, believed by nobody yet; `SignInRefused` when it cannot be read."""
    return str(strict_object(_part(token, 1)).get("iss", ""))


def check_logout_token(token: str, issuer: Issuer, providers: Providers, now: float) -> LoggedOut:
    """Verify `token` as one of `issuer` for us; `SignInRefused` with the reason of the first thing that does not
    hold.
    """
    claims = strict_object(_verified(token, issuer, providers))
    if claims.get("iss") != issuer.issuer:
        raise SignInRefused("logout-issuer")
    if claims.get("aud") not in (issuer.client_id, [issuer.client_id]):
        raise SignInRefused("logout-audience")
    _check_times(claims, now)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise SignInRefused("logout-event")
    if "nonce" in claims:
        raise SignInRefused("logout-nonce")
    for name in ("jti", "sid", "sub"):
        if name in claims and clean(claims[name]) is None:
            raise SignInRefused("logout-malformed")
    jti, subject, sid = (clean(claims.get(name)) for name in ("jti", "sub", "sid"))
    if jti is None or (subject is None and sid is None):
        raise SignInRefused("logout-incomplete")
    return LoggedOut(issuer.issuer, subject, sid, jti)


def _verified(token: str, issuer: Issuer, providers: Providers) -> bytes:
    header = strict_object(_part(token, 0))
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(alg, str) or not isinstance(kid, str | None) or not set(header) <= _HEADER:
        raise SignInRefused("logout-header")
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise SignInRefused("logout-type")
    if alg not in providers.metadata(issuer).algorithms:
        raise SignInRefused("logout-algorithm")
    key = providers.key(issuer, kid, alg)
    try:
        return jws.deserialize_compact(token, key, algorithms=[alg]).payload
    except (JoseError, SecurityWarning, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise SignInRefused("logout-signature") from error


def _part(token: str, number: int) -> bytes:
    """A part of a compact JWS of sane size, decoded."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST or not token.isascii():
        raise SignInRefused("logout-malformed")
    try:
        return base64.b64decode(parts[number] + "=" * (-len(parts[number]) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise SignInRefused("logout-malformed") from error


def _check_times(claims: Mapping[str, object], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp", 2**52)
    for value in (issued, expires):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
            raise SignInRefused("logout-malformed")
    if not now - WINDOW <= float(str(issued)) <= now + LEEWAY:
        raise SignInRefused("logout-issued-at")
    if float(str(expires)) + LEEWAY <= now:
        raise SignInRefused("logout-expired")
