"""The protocol half of the demonstration provider: Authlib's authorization server over a small memory.

Code flow only, PKCE with S256 always, codes good once and for a minute, no refresh tokens. Everything is
forgotten when the process ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from authlib.integrations.flask_oauth2 import (
    AuthorizationServer,
    ResourceProtector,
)
from authlib.oauth2.rfc6749 import (
    ClientMixin,
    InvalidRequestError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import UserInfo, UserInfoEndpoint
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask
from joserfc.jwk import ECKey, RSAKey

CODE_SECONDS, TOKEN_SECONDS = 60, 300
SCOPES = ("openid", "profile", "email")
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """One of the company's people; `roles` are the company's own words, for the data room to map."""

    sub: str
    name: str
    email: str
    roles: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Company:
    """All that one provider knows: the company, its people, the one client it serves, and its key."""

    company: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    people: tuple[Person, ...]
    algorithm: str
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    key: ECKey | RSAKey = field(repr=False)

    def person(self, sub: str) -> Person | None:
        """The person with this `sub`, or None."""
        return next((person for person in self.people if person.sub == sub), None)


@dataclass(frozen=True)
class SignedIn:
    """A person, when they signed in (seconds since 1970), how (`acr`), and the session's id."""

    person: Person
    auth_time: int
    acr: str
    sid: str


@dataclass(frozen=True)
class Code:
    """What an authorization code stands for; it answers the questions Authlib asks of a code."""

    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    who: SignedIn

    def get_redirect_uri(self) -> str:
        """The redirect address of the request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The scope granted."""
        return self.scope

    def get_nonce(self) -> str | None:
        """The nonce of the request."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When the person signed in."""
        return self.who.auth_time

    def get_acr(self) -> str:
        """How the person signed in."""
        return self.who.acr

    def get_amr(self) -> None:
        """No authentication method is claimed: there was none."""


@dataclass(frozen=True)
class Token:
    """What an access token stands for."""

    client: Client
    scope: str
    who: SignedIn
    until: float

    def is_expired(self) -> bool:
        """Whether its time is over."""
        return time.time() >= self.until

    def is_revoked(self) -> bool:
        """Never: tokens live minutes."""
        return False

    def get_scope(self) -> str:
        """The scope granted."""
        return self.scope

    def get_client(self) -> Client:
        """Whose token it is."""
        return self.client

    def get_user(self) -> SignedIn:
        """Whom it is about."""
        return self.who


class Memory(Generic[T]):
    """Values by random name for a limited time, at most `most` at once (the oldest go first). Safe between
    threads.
    """

    def __init__(self, seconds: float, most: int = 2000) -> None:
        self._seconds, self._most, self._lock = seconds, most, threading.Lock()
        self._held: dict[str, tuple[float, T]] = {}

    def put(self, name: str, value: T) -> None:
        """Remember `value` as `name`."""
        with self._lock:
            self._held.pop(name, None)
            while len(self._held) >= self._most:
                del self._held[next(iter(self._held))]
            self._held[name] = (time.monotonic() + self._seconds, value)

    def get(self, name: str) -> T | None:
        """The value, or None when it is unknown or too old."""
        with self._lock:
            until, value = self._held.get(name, (0.0, None))
            return value if until > time.monotonic() else None

    def take(self, name: str) -> T | None:
        """The value for the one and last time, or None."""
        with self._lock:
            until, value = self._held.pop(name, (0.0, None))
            return value if until > time.monotonic() else None


class Client(ClientMixin):  # type: ignore[misc]
    """The data room, the only client."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.client_metadata: Mapping[str, str] = {}

    def get_client_id(self) -> str:
        """The client id."""
        return self._company.client_id

    def get_default_redirect_uri(self) -> None:
        """There is none: the address must be named in every request."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Those of the requested scopes that exist."""
        return " ".join(name for name in (scope or "").split() if name in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether the address is registered, character by character."""
        return redirect_uri in self._company.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is the client's."""
        return hmac.compare_digest(client_secret.encode(), (self._company.client_secret or "").encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client with a secret must use it."""
        return (method == "none") == (self._company.client_secret is None)

    def check_response_type(self, response_type: str) -> bool:
        """Code only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes only."""
        return grant_type == "authorization_code"


class _Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256, asked of every client."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        """Refuse a request without an S256 challenge."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with method S256 is needed.")
        if "openid" not in (grant.request.payload.scope or "").split():
            raise InvalidRequestError("The scope openid is needed.")
        super().validate_code_challenge(grant, redirect_uri)


class DemoServer(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server for one company, with its memory and the endpoint `userinfo`."""

    def __init__(self, app: Flask, company: Company) -> None:
        self.company, self.client = company, Client(company)
        self.codes: Memory[Code] = Memory(CODE_SECONDS)
        self.tokens: Memory[Token] = Memory(TOKEN_SECONDS)
        self.nonces: Memory[bool] = Memory(3600)
        app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": TOKEN_SECONDS}
        super().__init__(app)
        self.register_grant(_CodeGrant, [_Pkce(required=True), _IdToken(self)])
        self.register_extension(_Named(company.issuer))
        protector = ResourceProtector()
        protector.register_token_validator(_Validator(self.tokens))
        self.register_endpoint(_Described(resource_protector=protector))

    def query_client(self, client_id: str) -> Client | None:
        """The data room, when it is meant."""
        return self.client if client_id == self.company.client_id else None

    def save_token(self, token: Mapping[str, str], request: OAuth2Request) -> None:
        """Remember an access token."""
        value = Token(self.client, token.get("scope", ""), request.user, time.time() + TOKEN_SECONDS)
        self.tokens.put(token["access_token"], value)


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes in memory; asking for a code takes it, so that a failed attempt spends it too."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Remember `code`."""
        data = request.payload.data
        value = Code(
            client_id=request.client.get_client_id(),
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=data.get("nonce"),
            code_challenge=data["code_challenge"],
            code_challenge_method="S256",
            who=request.user,
        )
        self.server.codes.put(code, value)
        self.server.nonces.put(data["nonce"], True)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """What `code` stands for, once."""
        found: Code | None = self.server.codes.take(code)
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing is left to delete."""

    def authenticate_user(self, authorization_code: Code) -> SignedIn:
        """Who signed in."""
        return authorization_code.who


class _IdToken(OpenIDCode):  # type: ignore[misc]
    """ID tokens signed with the company's key; a nonce is needed and works once."""

    def __init__(self, server: DemoServer) -> None:
        super().__init__(require_nonce=True)
        self._company, self._nonces = server.company, server.nonces

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """Whether a code was already given for `nonce`."""
        return self._nonces.get(nonce) is not None

    def resolve_client_private_key(self, client: Client) -> ECKey | RSAKey:
        """The company's key."""
        return self._company.key

    def get_client_algorithm(self, client: Client) -> str:
        """The company's algorithm."""
        return self._company.algorithm

    def get_encode_header(self, client: Client) -> dict[str, str]:
        """The header of every token."""
        return {"alg": self._company.algorithm, "kid": str(self._company.key.kid)}

    def get_client_claims(self, client: Client) -> dict[str, object]:
        """Issuer, audience and times."""
        now = int(time.time())
        audience = self._company.client_id
        return {"iss": self._company.issuer, "aud": audience, "iat": now, "exp": now + TOKEN_SECONDS}

    def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, object]:
        """Nonce, time and class of the sign-in, and the session."""
        claims: dict[str, object] = super().get_authorization_code_claims(authorization_code)
        return {**claims, "sid": authorization_code.who.sid}

    def generate_user_info(self, user: SignedIn, scope: str) -> UserInfo:
        """The claims about the person."""
        return describe(user, scope)


class _Described(UserInfoEndpoint):  # type: ignore[misc]
    """The userinfo endpoint."""

    def generate_user_info(self, user: SignedIn, scope: str) -> UserInfo:
        """The claims about the person."""
        return describe(user, scope)


class _Validator(BearerTokenValidator):  # type: ignore[misc]
    """Looks access tokens up."""

    def __init__(self, tokens: Memory[Token]) -> None:
        super().__init__()
        self._tokens = tokens

    def authenticate_token(self, token_string: str) -> Token | None:
        """What the token stands for."""
        return self._tokens.get(token_string)


class _Named(IssuerParameter):  # type: ignore[misc]
    """Adds `iss` to every answer of the authorization endpoint (RFC 9207)."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        """The issuer."""
        return self._issuer


def describe(user: SignedIn, scope: str) -> UserInfo:
    """The claims about `user` that `scope` covers."""
    person, names = user.person, scope.split()
    claims: dict[str, object] = {"sub": person.sub}
    if "profile" in names:
        claims |= {"name": person.name, "roles": list(person.roles), "title": person.title}
    if "email" in names:
        claims |= {"email": person.email, "email_verified": True}
    return UserInfo(claims)


def new_sid() -> str:
    """A fresh session id."""
    return secrets.token_urlsafe(24)
