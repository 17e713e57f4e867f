"""Signing in through an organisation's own OpenID provider: authorization code with PKCE, for several
providers at once.

The web layer calls `RelyingParty.begin`, keeps the returned `Pending` on the server, sends the browser to the
address, and calls `finish` with what comes back. Nothing here knows Flask or a database. Every refusal is a
`SignInRefused`, which is an `Unauthenticated` with a neutral sentence for the person and a stable `reason`
for the operator's log.
Law: OpenID Connect Core 1.0, RFC 6749, RFC 7636, RFC 9207, RFC 9700.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dataroom.adapters.oidc_client import ClientKeys, Clients
from dataroom.adapters.oidc_http import Egress, Wire
from dataroom.adapters.oidc_issuer import (
    Begin,
    Demand,
    Identity,
    Issuer,
    Pending,
    SignInRefused,
    organisation_for,
)
from dataroom.adapters.oidc_logout import LoggedOut, check_logout_token, named_issuer
from dataroom.adapters.oidc_provider import Metadata, Providers
from dataroom.adapters.oidc_token import Checked, Expected, check_id_token, clean, same_text
from dataroom.clock import Clock, SystemClock

__all__ = [
    "Begin",
    "ClientKeys",
    "Demand",
    "Egress",
    "Identity",
    "Issuer",
    "LoggedOut",
    "Pending",
    "RelyingParty",
    "SignInRefused",
    "organisation_for",
]

PENDING_FOR = timedelta(minutes=10)
_REFUSALS = frozenset({"access_denied", "login_required", "interaction_required", "temporarily_unavailable"})
_NEVER = frozenset({"access_token", "id_token", "token_type", "response"})


class RelyingParty:
    """Our side of every sign-in. One instance serves all threads; it remembers metadata and keys, never
    people.
    """

    def __init__(
        self,
        egress: Egress | None = None,
        *,
        clock: Clock | None = None,
        key_pause: float = 30.0,
        keys: ClientKeys | None = None,
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._wire = Wire(egress or Egress())
        self._providers = Providers(self._wire, key_pause=key_pause)
        self._clients = Clients(self._wire, keys)
        self._spent = _Spent()

    def begin(self, issuer: Issuer, demand: Demand | None = None) -> Begin:
        """Start a sign-in at `issuer`. Raises `SignInRefused` when the provider does not answer properly."""
        wanted = demand or Demand()
        metadata = self._providers.metadata(issuer)
        pending = Pending(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            issuer=issuer.issuer,
            created=self._clock.now(),
            demand=wanted,
        )
        asked: dict[str, str] = {"state": pending.state, "nonce": pending.nonce}
        if wanted.max_age is not None:
            asked["max_age"] = str(wanted.max_age)
        if wanted.acr:
            asked["acr_values"] = " ".join(wanted.acr)
        now = self._clock.now().timestamp()
        return Begin(self._clients.address(issuer, metadata, asked, pending.verifier, now), pending)

    def finish(self, issuer: Issuer, pending: Pending, callback_params: Mapping[str, str | Sequence[str]]) -> Identity:
        """Complete the sign-in `pending` with the query parameters of the callback.

        `issuer` is the row whose callback address was called. Lists stand for parameters sent more than once.
        """
        params = _single(callback_params)
        self._check_state(issuer, pending, params.get("state", ""))
        metadata = self._providers.metadata(issuer)
        code = _read_code(params, metadata)
        access_token, id_token = self._exchange(issuer, metadata, code, pending.verifier)
        expected = Expected(issuer, pending.nonce, access_token, pending.demand, self._clock.now().timestamp())
        checked = check_id_token(id_token, expected, metadata, self._providers)
        return _identity(issuer, checked, self._userinfo(issuer, metadata, checked, access_token))

    def named_issuer(self, token: str) -> str:
        """Which provider a log-out token claims to be of; nothing of it is believed yet."""
        return named_issuer(token)

    def logged_out(self, issuer: Issuer, token: str) -> LoggedOut:
        """Whom `issuer` says it has signed out; raises `SignInRefused` for a token that does not hold."""
        return check_logout_token(token, issuer, self._providers, self._clock.now().timestamp())

    def end_session_url(self, issuer: Issuer, return_to: str, state: str = "") -> str | None:
        """Where to send the browser to end the session at the provider as well; None where it has no such
        place.
        """
        endpoint = self._providers.metadata(issuer).end_session_endpoint
        if endpoint is None:
            return None
        parts = urlsplit(endpoint)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("client_id", issuer.client_id)]
        query.append(("post_logout_redirect_uri", return_to))
        if state:
            query.append(("state", state))
        return urlunsplit(parts._replace(query=urlencode(query)))

    def _check_state(self, issuer: Issuer, pending: Pending, state: str) -> None:
        if not same_text(state, pending.state) or len(pending.state) < 32:
            raise SignInRefused("state-mismatch")
        now = self._clock.now()
        if not self._spent.first_time(pending.state, now.timestamp()):
            raise SignInRefused("state-reused")
        if pending.issuer != issuer.issuer:
            raise SignInRefused("issuer-mixed-up")
        if not timedelta(seconds=-30) <= now - pending.created <= PENDING_FOR:
            raise SignInRefused("sign-in-too-old")

    def _exchange(self, issuer: Issuer, metadata: Metadata, code: str, verifier: str) -> tuple[str, str]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": issuer.redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._clients.exchange(issuer, metadata, form, self._clock.now().timestamp())
        if answer.status in (400, 401):
            raise SignInRefused("code-refused")
        token = answer.json_object()
        kind, access, identity = token.get("token_type"), token.get("access_token"), token.get("id_token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise SignInRefused("token-kind")
        if not isinstance(access, str) or not isinstance(identity, str) or not _is_visible(access):
            raise SignInRefused("token-missing")
        return access, identity

    def _userinfo(
        self, issuer: Issuer, metadata: Metadata, checked: Checked, access_token: str
    ) -> Mapping[str, object]:
        if metadata.userinfo_endpoint is None or {"name", "email", issuer.role_claim} <= set(checked.claims):
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        found = self._wire.get(issuer, metadata.userinfo_endpoint, headers).json_object()
        if found.get("sub") != checked.claims["sub"]:
            raise SignInRefused("userinfo-subject")
        return found


class _Spent:
    """States already presented, for as long as they could be presented again. Only a second bolt: the caller
    hands each `Pending` out once. Kept as digests.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[bytes, float] = {}

    def first_time(self, state: str, now: float) -> bool:
        """Whether `state` is presented for the first time; from now on it no longer is."""
        mark = hashlib.sha256(state.encode()).digest()
        with self._lock:
            self._until = {known: until for known, until in self._until.items() if until > now}
            if mark in self._until:
                return False
            self._until[mark] = now + 2 * PENDING_FOR.total_seconds()
            return True


def _single(callback_params: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    params: dict[str, str] = {}
    for name, value in callback_params.items():
        values = [value] if isinstance(value, str) else list(value)
        if len(values) != 1:
            raise SignInRefused("callback-duplicate")
        if len(values[0]) > 4096 or name in _NEVER:
            raise SignInRefused("callback-malformed")
        params[name] = values[0]
    return params


def _read_code(params: Mapping[str, str], metadata: Metadata) -> str:
    named = params.get("iss")
    if named is None and metadata.iss_parameter:
        raise SignInRefused("callback-issuer-missing")
    if named is not None and named != metadata.issuer:
        raise SignInRefused("callback-issuer")
    if "error" in params:
        known = params["error"] in _REFUSALS
        raise SignInRefused("provider-" + (params["error"].replace("_", "-") if known else "error"))
    if not _is_visible(params.get("code", "")):
        raise SignInRefused("callback-malformed")
    return params["code"]


def _is_visible(text: str) -> bool:
    return 0 < len(text) <= 8192 and all("!" <= c <= "~" for c in text)


def _methods(given: object) -> tuple[str, ...]:
    """The methods of a sign-in (RFC 8176), as far as they are short words; never more than twenty."""
    listed = given if isinstance(given, list) else []
    return tuple(word for word in listed if isinstance(word, str) and 0 < len(word) <= 100 and word.isprintable())[:20]


def _identity(issuer: Issuer, checked: Checked, more: Mapping[str, object]) -> Identity:
    signed_in = checked.claims.get("auth_time")
    given = checked.claims.get(issuer.role_claim, more.get(issuer.role_claim, ()))
    values = [given] if isinstance(given, str) else given if isinstance(given, list | tuple) else []
    subject = checked.text("sub") or ""
    source = checked.claims if checked.text("email") else more
    email = clean(source.get("email")) or ""
    return Identity(
        organisation=issuer.organisation,
        issuer=issuer.issuer,
        subject=subject,
        name=checked.text("name") or clean(more.get("name")) or subject,
        email=email,
        proven=email if source.get("email_verified") is True else "",
        roles=frozenset(issuer.role_map[v] for v in values if isinstance(v, str) and v in issuer.role_map),
        ceiling=issuer.ceiling,
        auth_time=int(signed_in) if isinstance(signed_in, int | float) else None,
        acr=checked.text("acr"),
        sid=checked.text("sid"),
        claims_digest=checked.digest,
        amr=_methods(checked.claims.get("amr")),
        country=_country(checked.text(issuer.country_claim) if issuer.country_claim else None),
    )


def _country(said: str | None) -> str | None:
    """A country's code of two letters, as the signed ID token has it; None for anything else."""
    return said.upper() if said is not None and re.fullmatch("[A-Za-z]{2}", said) else None
