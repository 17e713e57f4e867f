"""JWT access tokens of a partner's provider (RFC 9068), verified by python-jose inside one guarded function.

python-jose alone takes too much: DER bytes of a public key as an HMAC secret, any key of a set whatever the `kid`,
tokens without `exp`, `aud` or `typ`, repeated JSON members, and it lets arithmetic and recursion errors out. So the
key comes by its id from the provider's own set, as one JWK of an asymmetric kind, and the algorithm from that key.
Law: RFC 9068 sections 2 and 4, RFC 8693 section 4.2, RFC 8725.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from jose import jwt

from dataroom.adapters.oidc_http import Egress, Wire, strict_object
from dataroom.adapters.oidc_issuer import Issuer
from dataroom.adapters.oidc_provider import Providers
from dataroom.errors import Unauthenticated

LONGEST = 8192
LEEWAY = 30
LIFETIME = 3600
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SCOPE = re.compile(r"(?:[!#-\[\]-~]+(?: [!#-\[\]-~]+)*)?")
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}
_REQUIRED = ("aud", "iat", "exp", "iss", "sub", "jti")
_OPTIONS = {"leeway": LEEWAY} | {f"require_{name}": True for name in _REQUIRED}
_REFUSED = "The access token does not hold."


@dataclass(frozen=True)
class Trusted:
    """Whose access tokens hold: issuer and audience as registered; `key` gives the public JWK of a key id, or raises.

    `key` is also told the token's algorithm, to choose by; what verifies is the algorithm of the key's own kind.
    """

    issuer: str
    audience: str
    key: Callable[[str, str], Mapping[str, object]]


class AccessTokens:
    """Access tokens of registered providers, whose keys are fetched and kept as those of ID tokens are."""

    def __init__(self, egress: Egress | None = None) -> None:
        self._providers = Providers(Wire(egress or Egress()))

    def issuer(self, token: str) -> str:
        """Whose token this claims to be; nothing of it is believed yet. `Unauthenticated` when it is no JWT."""
        try:
            return _text(_read(token)[1]["iss"])
        except Exception as error:
            raise Unauthenticated(_REFUSED) from error

    def holder(
        self, token: str, issuer: str, audience: str, algorithms: tuple[str, ...], hosts: tuple[str, ...], now: float
    ) -> tuple[str, tuple[str, ...] | None]:
        """The `sub` of a token of `issuer` for `audience` that holds now, and the scopes it names (None: no claim).

        Everything else is `Unauthenticated`.
        """
        row = Issuer(
            organisation=UUID(int=0),
            issuer=issuer,
            client_id="none",
            client_secret=None,
            redirect_uri=issuer,
            algorithms=algorithms,
            hosts=frozenset(hosts),
        )

        def key(kid: str, alg: str) -> Mapping[str, object]:
            if alg not in algorithms:
                raise ValueError("algorithm")
            return self._providers.key(row, kid, alg).as_dict(private=False)

        return bearer_holder(token, Trusted(issuer, audience, key), now)


def bearer_holder(token: str, trusted: Trusted, now: float) -> tuple[str, tuple[str, ...] | None]:
    """`sub` and the words of `scope` (None: there is no such claim) of an access token that holds at `now` (seconds
    since 1970); everything else is `Unauthenticated`.

    Only these are believed: role, organisation and tier are those of the person registered under the subject.
    """
    try:
        return _verified(token, trusted, now)
    except Exception as error:
        raise Unauthenticated(_REFUSED) from error


def _verified(token: str, trusted: Trusted, now: float) -> tuple[str, tuple[str, ...] | None]:
    head, body = _read(token)
    if not set(head) <= _HEADER or head["typ"] not in ("at+jwt", "application/at+jwt"):
        raise ValueError("header")
    key = dict(trusted.key(_text(head["kid"]), _text(head["alg"])))
    algorithm = _ALGORITHMS[str(key["kty"]), key.get("crv")]  # type: ignore[index]
    given = {"audience": trusted.audience, "issuer": trusted.issuer}
    claims = jwt.decode(token, key, algorithms=[algorithm], options=dict(_OPTIONS), **given)
    if claims != body or claims["aud"] not in (trusted.audience, [trusted.audience]):
        raise ValueError("audience")
    issued, expires = _moment(claims["iat"]), _moment(claims["exp"])
    if not now - LIFETIME - LEEWAY <= issued <= now + LEEWAY or not now - LEEWAY < expires <= issued + LIFETIME:
        raise ValueError("times")
    if "nbf" in claims and _moment(claims["nbf"]) > now + LEEWAY:
        raise ValueError("not yet")
    _text(claims["jti"])
    return _text(claims["sub"]), _scopes(claims)


def _scopes(claims: Mapping[str, object]) -> tuple[str, ...] | None:
    """The words of the scope claim (RFC 8693 section 4.2): a text, separated by single blanks."""
    if "scope" not in claims:
        return None
    told = claims["scope"]
    if not isinstance(told, str) or not _SCOPE.fullmatch(told):
        raise TypeError("scope")
    return tuple(told.split(" ")) if told else ()


def _read(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims as they stand, unverified; raises for what is too long, of another shape or not strict JSON."""
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        raise ValueError("shape")
    head, body = (_object(part) for part in token.split(".")[:2])
    return head, body


def _object(part: str) -> dict[str, object]:
    return strict_object(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not (value.isascii() and value.isprintable()):
        raise TypeError("text")
    return value


def _moment(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise TypeError("time")
    return value
