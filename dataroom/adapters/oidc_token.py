"""The checks an ID token has to pass before a word of it is believed.

Law: OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725, RFC 7519. Where those leave a choice the stricter one
is taken: the audience is ours alone, `iat` is recent, `sub` is a short printable name, and every value has
the right JSON type.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from dataroom.adapters.oidc_http import strict_object
from dataroom.adapters.oidc_issuer import Demand, Issuer, SignInRefused
from dataroom.adapters.oidc_provider import Metadata, Providers

LEEWAY = 30
MAX_AGE = 600
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_LONGEST = 65_536


@dataclass(frozen=True)
class Checked:
    """The claims of a token that held, and the SHA-256 (hex) of them as they were signed."""

    claims: Mapping[str, object]
    digest: str

    def text(self, name: str) -> str | None:
        """The claim `name` when it is a non-empty printable string of at most 255 characters; else None."""
        return clean(self.claims.get(name))


def clean(value: object) -> str | None:
    """`value` when it is a non-empty printable string of at most 255 characters; else None."""
    return value if isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable() else None


def same_text(one: str, other: str) -> bool:
    """Whether both are equal, in a time that does not tell where they differ; any string will do."""
    return hmac.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (one, other)))


@dataclass(frozen=True)
class Expected:
    """What the token must fit: the row, the nonce sent, the access token it came with, what was demanded, and
    now.
    """

    issuer: Issuer
    nonce: str
    access_token: str
    demand: Demand
    now: float


def check_id_token(token: str, expected: Expected, metadata: Metadata, providers: Providers) -> Checked:
    """Verify `token` and return its claims; `SignInRefused` with the reason of the first thing that does not
    hold.
    """
    alg, payload = _verify(token, expected.issuer, metadata, providers)
    claims = strict_object(payload)
    _check_parties(claims, expected.issuer)
    _check_times(claims, expected.now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not same_text(nonce, expected.nonce):
        raise SignInRefused("token-nonce")
    if "at_hash" in claims and claims["at_hash"] != half_hash(expected.access_token, alg):
        raise SignInRefused("token-at-hash")
    if "events" in claims:
        raise SignInRefused("token-type")
    _check_demand(claims, expected.demand, expected.now)
    return Checked(claims, hashlib.sha256(payload).hexdigest())


def half_hash(access_token: str, alg: str) -> str:
    """The `at_hash` of `access_token` for a token signed with `alg` (Ed25519 goes with SHA-512, all others
    with SHA-256).
    """
    digest = hashlib.new("sha512" if alg == "EdDSA" else "sha256", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _verify(token: str, issuer: Issuer, metadata: Metadata, providers: Providers) -> tuple[str, bytes]:
    if len(token) > _LONGEST or not token.isascii():
        raise SignInRefused("token-malformed")
    alg, kid = _read_header(token)
    if alg not in metadata.algorithms:
        raise SignInRefused("token-algorithm")
    key = providers.key(issuer, kid, alg)
    try:
        return alg, jws.deserialize_compact(token, key, algorithms=[alg]).payload
    except (
        JoseError,
        SecurityWarning,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise SignInRefused("token-signature") from error


def _read_header(token: str) -> tuple[str, str | None]:
    head = token.partition(".")[0]
    try:
        header = strict_object(base64.b64decode(head + "=" * (-len(head) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise SignInRefused("token-malformed") from error
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(alg, str) or not isinstance(kid, str | None) or not isinstance(typ, str):
        raise SignInRefused("token-malformed")
    if not set(header) <= _HEADER:
        raise SignInRefused("token-header")
    if typ.upper() != "JWT":
        raise SignInRefused("token-type")
    return alg, kid


def _check_parties(claims: Mapping[str, object], issuer: Issuer) -> None:
    if claims.get("iss") != issuer.issuer:
        raise SignInRefused("token-issuer")
    if claims.get("aud") not in (issuer.client_id, [issuer.client_id]):
        raise SignInRefused("token-audience")
    if claims.get("azp", issuer.client_id) != issuer.client_id:
        raise SignInRefused("token-party")
    subject = clean(claims.get("sub"))
    if subject is None or not subject.isascii():
        raise SignInRefused("token-subject")
    for name in ("sid", "acr"):
        if name in claims and clean(claims[name]) is None:
            raise SignInRefused("token-malformed")


def _check_times(claims: Mapping[str, object], now: float) -> None:
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or expires + LEEWAY <= now:
        raise SignInRefused("token-expired")
    if issued is None or not now - MAX_AGE <= issued <= now + LEEWAY:
        raise SignInRefused("token-issued-at")
    begins, signed_in = _moment(claims, "nbf"), _moment(claims, "auth_time")
    if begins is not None and begins > now + LEEWAY:
        raise SignInRefused("token-not-yet")
    if signed_in is not None and signed_in > now + LEEWAY:
        raise SignInRefused("token-auth-time")


def _moment(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise SignInRefused("token-malformed")
    return value


def _check_demand(claims: Mapping[str, object], demand: Demand, now: float) -> None:
    if demand.max_age is not None:
        signed_in = _moment(claims, "auth_time")
        if signed_in is None or now - signed_in > demand.max_age + LEEWAY:
            raise SignInRefused("token-auth-time")
    if demand.acr and claims.get("acr") not in demand.acr:
        raise SignInRefused("token-acr")
