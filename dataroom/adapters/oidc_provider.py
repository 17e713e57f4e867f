"""What a provider says about itself: its metadata and its signing keys, fetched, judged and kept for a while.

Only the members named in `Metadata` are ever read. The rest of a discovery document is dropped, because a
client library that merges it over its own settings can be talked out of PKCE, certificate checks or its
proxies by a partner.
Law: OpenID Connect Discovery 1.0 sections 3 and 4.3; RFC 7517.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from dataroom.adapters.oidc_http import Wire
from dataroom.adapters.oidc_issuer import Issuer, SignInRefused, is_plain_url

_OURS = frozenset(
    {"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "max_age"}
    | {"code_challenge", "code_challenge_method", "acr_values", "prompt", "request", "request_uri", "claims"}
)
_SHAPES: Mapping[str, tuple[type[Key], str]] = {
    "RS256": (RSAKey, ""),
    "PS256": (RSAKey, ""),
    "ES256": (ECKey, "P-256"),
    "EdDSA": (OKPKey, "Ed25519"),
}
_MOST_KEYS = 32
T = TypeVar("T")


@dataclass(frozen=True)
class Metadata:
    """The members of a discovery document that are used, each already judged."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    iss_parameter: bool
    pushed_endpoint: str | None
    auth_methods: tuple[str, ...]
    algorithms: tuple[str, ...]


@dataclass(frozen=True)
class SigningKey:
    """One public key of a provider; `kid` and `alg` are None where the provider gives none."""

    kid: str | None
    alg: str | None
    key: Key

    def suits(self, alg: str) -> bool:
        """Whether this key may verify a signature made with `alg`."""
        kind, curve = _SHAPES[alg]
        if self.alg not in (None, alg) or not isinstance(self.key, kind):
            return False
        return not curve or self.key.as_dict(private=False).get("crv") == curve


def read_metadata(issuer: Issuer, document: Mapping[str, object]) -> Metadata:
    """The usable part of a discovery document of `issuer`, or `SignInRefused`."""
    if document.get("issuer") != issuer.issuer:
        raise SignInRefused("discovery-issuer")
    where = {name: _called(issuer, document, name) for name in ("token_endpoint", "jwks_uri")}
    where["authorization_endpoint"] = _address(issuer, document, "authorization_endpoint")
    if any(value is None for value in where.values()):
        raise SignInRefused("discovery-incomplete")
    query = urlsplit(where["authorization_endpoint"] or "").query
    if any(name in _OURS for name, _ in parse_qsl(query, keep_blank_values=True)):
        raise SignInRefused("discovery-endpoint")
    offered = _strings(document, "id_token_signing_alg_values_supported")
    algorithms = tuple(a for a in issuer.algorithms if not offered or a in offered)
    if not algorithms:
        raise SignInRefused("discovery-algorithms")
    return Metadata(
        issuer=issuer.issuer,
        authorization_endpoint=where["authorization_endpoint"] or "",
        token_endpoint=where["token_endpoint"] or "",
        jwks_uri=where["jwks_uri"] or "",
        userinfo_endpoint=_called(issuer, document, "userinfo_endpoint"),
        end_session_endpoint=_address(issuer, document, "end_session_endpoint"),
        iss_parameter=document.get("authorization_response_iss_parameter_supported") is True,
        pushed_endpoint=_called(issuer, document, "pushed_authorization_request_endpoint"),
        auth_methods=_strings(document, "token_endpoint_auth_methods_supported"),
        algorithms=algorithms,
    )


def _called(issuer: Issuer, document: Mapping[str, object], name: str) -> str | None:
    """An address the service calls itself: of a host that was registered for this issuer."""
    address = _address(issuer, document, name)
    if address is not None and urlsplit(address).hostname not in issuer.callable_hosts:
        raise SignInRefused("discovery-host")
    return address


def _address(issuer: Issuer, document: Mapping[str, object], name: str) -> str | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not is_plain_url(value, loopback=issuer.local):
        raise SignInRefused("discovery-endpoint")
    return value


def _strings(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise SignInRefused("discovery-malformed")
    return tuple(value)


def read_keys(document: Mapping[str, object]) -> tuple[SigningKey, ...]:
    """The signing keys of a JWK set.

    A set that holds a symmetric or private key, a weak RSA key or one `kid` twice is refused whole: its owner
    has lost control of it. Keys for encryption and of unknown types are passed over.
    """
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise SignInRefused("keys-malformed")
    keys = [found for entry in listed if (found := _read_key(entry)) is not None]
    named = [key.kid for key in keys if key.kid is not None]
    prints = [key.key.thumbprint() for key in keys]
    if len(set(named)) != len(named) or len(set(prints)) != len(prints):
        raise SignInRefused("keys-duplicate")
    if not keys:
        raise SignInRefused("keys-none")
    return tuple(keys)


def _read_key(entry: object) -> SigningKey | None:
    if not isinstance(entry, dict) or entry.get("kty") == "oct" or "d" in entry or "k" in entry:
        raise SignInRefused("keys-unsafe")
    if entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use", "sig") != "sig":
        return None
    kid, alg = entry.get("kid"), entry.get("alg")
    if not isinstance(kid, str | None) or not isinstance(alg, str | None):
        raise SignInRefused("keys-malformed")
    try:
        key = import_key({str(name): value for name, value in entry.items() if name in _MEMBERS})
        raw = key.raw_value
    except (
        JoseError,
        SecurityWarning,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise SignInRefused("keys-malformed") from error
    if isinstance(raw, RSAPublicKey) and not 2048 <= raw.key_size <= 8192:
        raise SignInRefused("keys-unsafe")
    return SigningKey(kid, alg, key)


_MEMBERS = frozenset({"kty", "n", "e", "crv", "x", "y"})


class _Shelf:
    """What is known of one provider, under a lock of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.metadata: Metadata | None = None
        self.metadata_at = 0.0
        self.keys: tuple[SigningKey, ...] = ()
        self.keys_at = 0.0
        self.asked_at = 0.0
        self.failed: str | None = None
        self.failed_at = 0.0


class Providers:
    """Metadata and keys of every provider. Safe between threads; one slow provider does not hold up another.

    Both are kept for `ttl` seconds. An unknown key id fetches the keys again, but not within `key_pause`
    seconds of the last fetch, and a fetch that failed is not repeated within `failure_pause` seconds. `ticks`
    gives monotonic seconds.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        ttl: float = 900.0,
        key_pause: float = 30.0,
        failure_pause: float = 3.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire, self._ttl, self._ticks = wire, ttl, ticks
        self._key_pause, self._failure_pause = key_pause, failure_pause
        self._shelves: dict[tuple[str, tuple[str, ...], frozenset[str]], _Shelf] = {}
        self._lock = threading.Lock()

    def metadata(self, issuer: Issuer) -> Metadata:
        """What `issuer` says of itself, fresh or remembered. Raises `SignInRefused`."""
        shelf = self._shelf(issuer)
        with shelf.lock:
            return self._metadata(issuer, shelf)

    def key(self, issuer: Issuer, kid: str | None, alg: str) -> Key:
        """The key of `issuer` that is to verify a token with these header members. Raises `SignInRefused`."""
        shelf = self._shelf(issuer)
        with shelf.lock:
            metadata = self._metadata(issuer, shelf)
            if not shelf.keys or self._ticks() - shelf.keys_at > self._ttl:
                shelf.keys = ()
                self._fetch_keys(issuer, metadata, shelf)
            found = _choose(shelf.keys, kid, alg)
            if found is None and self._ticks() - shelf.asked_at >= self._key_pause:
                self._fetch_keys(issuer, metadata, shelf)
                found = _choose(shelf.keys, kid, alg)
        if found is None:
            raise SignInRefused("token-key")
        return found

    def _shelf(self, issuer: Issuer) -> _Shelf:
        with self._lock:
            return self._shelves.setdefault((issuer.issuer, issuer.algorithms, issuer.hosts), _Shelf())

    def _metadata(self, issuer: Issuer, shelf: _Shelf) -> Metadata:
        if shelf.metadata is not None and self._ticks() - shelf.metadata_at <= self._ttl:
            return shelf.metadata
        shelf.metadata = None
        url = issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
        shelf.metadata = self._fetch(issuer, url, shelf, lambda document: read_metadata(issuer, document))
        shelf.metadata_at = self._ticks()
        return shelf.metadata

    def _fetch_keys(self, issuer: Issuer, metadata: Metadata, shelf: _Shelf) -> None:
        shelf.asked_at = self._ticks()
        shelf.keys = self._fetch(issuer, metadata.jwks_uri, shelf, read_keys)
        shelf.keys_at = self._ticks()

    def _fetch(self, issuer: Issuer, url: str, shelf: _Shelf, read: Callable[[Mapping[str, object]], T]) -> T:
        if shelf.failed is not None and self._ticks() - shelf.failed_at < self._failure_pause:
            raise SignInRefused(shelf.failed)
        try:
            result = read(self._wire.get(issuer, url).json_object())
        except SignInRefused as refusal:
            shelf.failed, shelf.failed_at = refusal.reason, self._ticks()
            raise
        shelf.failed = None
        return result


def _choose(keys: tuple[SigningKey, ...], kid: str | None, alg: str) -> Key | None:
    if kid is not None:
        fitting = [key for key in keys if key.kid == kid and key.suits(alg)]
    else:
        fitting = [key for key in keys if key.suits(alg)]
    return fitting[0].key if len(fitting) == 1 else None
