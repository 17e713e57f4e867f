"""How the service proves itself to a provider, and how it hands over what it asks for.

With a secret (HTTP Basic or form), without anything (a public client with PKCE), or with a key of the installation's
own that never leaves the key service (`private_key_jwt`). A provider that is registered for the key gets the key or
nothing: its metadata can refuse a sign-in but not talk it into another way. Requests are pushed to the provider before
the browser leaves (RFC 9126) where that is registered, so that nothing of them stands in the browser's address.
Law: OpenID Connect Core 1.0 section 9, RFC 7523, RFC 9126; the audience is the issuer alone, as FAPI 2.0 has it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client

from dataroom.adapters.oidc_http import Answer, Wire
from dataroom.adapters.oidc_issuer import KEY_AUTH, Issuer, SignInRefused
from dataroom.adapters.oidc_provider import Metadata
from dataroom.errors import DataroomError
from dataroom.vault.keys import CLIENT_ALGORITHMS, Kms, client_keys, signing_client_key

ASSERTION_SECONDS = 60
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class ClientKeys:
    """The keys the installation proves itself with; the next one is published ahead, the former one still."""

    kms: Kms

    def published(self) -> list[dict[str, str]]:
        """The public keys as JWKs, of each algorithm the newest first."""
        return [self._jwk(name, alg) for alg in CLIENT_ALGORITHMS for name in client_keys(self.kms, alg)]

    def signed(self, claims: Mapping[str, object], alg: str = "EdDSA") -> str:
        """`claims` as a compact JWS by the key that signs now; `SignInRefused` when there is none to be used."""
        try:
            name = signing_client_key(self.kms, alg)
            if name is None:
                raise SignInRefused("client-key")
            header = {"alg": alg, "kid": self._jwk(name, alg)["kid"], "typ": "JWT"}
            head = f"{_b64(_json(header))}.{_b64(_json(claims))}"
            return f"{head}.{_b64(self.kms.sign(name, head.encode('ascii')))}"
        except DataroomError as error:
            raise SignInRefused("client-key") from error

    def _jwk(self, name: str, alg: str) -> dict[str, str]:
        """The key as a JWK; its id is the thumbprint of RFC 7638."""
        raw = self.kms.public_key(name)
        if alg == "ES256":
            key = {"crv": "P-256", "kty": "EC", "x": _b64(raw[:32]), "y": _b64(raw[32:])}
        else:
            key = {"crv": "Ed25519", "kty": "OKP", "x": _b64(raw)}
        return {**key, "kid": _b64(hashlib.sha256(_json(key)).digest()), "use": "sig", "alg": alg}


class Clients:
    """Our side of each provider's token endpoint and of the endpoint that takes pushed requests."""

    def __init__(self, wire: Wire, keys: ClientKeys | None) -> None:
        self._wire, self._keys = wire, keys

    def address(self, issuer: Issuer, metadata: Metadata, asked: Mapping[str, str], verifier: str, now: float) -> str:
        """Where to send the browser with `asked`, pushed before where that is registered."""
        client = _client(issuer, metadata)
        url, _ = client.create_authorization_url(metadata.authorization_endpoint, code_verifier=verifier, **asked)
        if not issuer.pushed:
            return str(url)
        if metadata.pushed_endpoint is None:
            raise SignInRefused("discovery-incomplete")
        query = urlsplit(str(url)).query
        own = urlsplit(metadata.authorization_endpoint).query
        form = query.removeprefix(own + "&") if own else query
        answer = self._post(issuer, metadata, metadata.pushed_endpoint, form, now)
        named = answer.json_object(201).get("request_uri")
        if not isinstance(named, str) or not 0 < len(named) <= 512 or not all("!" <= c <= "~" for c in named):
            raise SignInRefused("pushed-malformed")
        mark = "&" if own else "?"
        named_only = urlencode({"client_id": issuer.client_id, "request_uri": named})
        return f"{metadata.authorization_endpoint}{mark}{named_only}"

    def exchange(self, issuer: Issuer, metadata: Metadata, form: Mapping[str, str], now: float) -> Answer:
        """The answer of the token endpoint to `form`."""
        own = {"client_id": issuer.client_id} if issuer.keyed else {}
        return self._post(issuer, metadata, metadata.token_endpoint, urlencode({**form, **own}), now)

    def _post(self, issuer: Issuer, metadata: Metadata, place: str, form: str, now: float) -> Answer:
        if issuer.keyed:
            url, headers, body = place, dict(_FORM), f"{form}&{urlencode(self._assertion(issuer, metadata, now))}"
        else:
            auth: ClientAuth = _client(issuer, metadata).client_auth(_auth_method(issuer, metadata))
            url, headers, body = auth.prepare("POST", place, dict(_FORM), form)
        return self._wire.post(issuer, url, body, headers)

    def _assertion(self, issuer: Issuer, metadata: Metadata, now: float) -> dict[str, str]:
        if KEY_AUTH not in metadata.auth_methods:
            raise SignInRefused("discovery-auth-methods")
        if self._keys is None:
            raise SignInRefused("client-key")
        claims = {
            "iss": issuer.client_id,
            "sub": issuer.client_id,
            "aud": issuer.issuer,
            "jti": secrets.token_urlsafe(24),
            "iat": int(now),
            "exp": int(now) + ASSERTION_SECONDS,
        }
        return {
            "client_assertion_type": _JWT_BEARER,
            "client_assertion": self._keys.signed(claims, issuer.client_alg),
        }


def _client(issuer: Issuer, metadata: Metadata) -> OAuth2Client:
    """Authlib's client with our own settings alone; nothing a provider says reaches its constructor."""
    return OAuth2Client(
        session=None,
        client_id=issuer.client_id,
        client_secret=issuer.client_secret,
        token_endpoint_auth_method="none" if issuer.keyed else _auth_method(issuer, metadata),
        scope=" ".join(issuer.scopes),
        redirect_uri=issuer.redirect_uri,
        code_challenge_method="S256",
    )


def _auth_method(issuer: Issuer, metadata: Metadata) -> str:
    if issuer.client_secret is None:
        return "none"
    offered = metadata.auth_methods or ("client_secret_basic",)
    for method in ("client_secret_basic", "client_secret_post"):
        if method in offered:
            return method
    raise SignInRefused("discovery-auth-methods")


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
