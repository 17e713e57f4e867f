"""An OpenID provider on loopback that can be told to misbehave, one way at a time.

`EvilIssuer` is honest until its `twist` says otherwise: each member of `Twist` replaces or changes one step
of an otherwise correct answer. It signs with whatever key a case wants, because it builds its tokens by hand.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from dataroom.adapters.oidc import Egress, Identity, Issuer, RelyingParty

Document = dict[str, Any]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    """A JWK integer."""
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


RSA_ONE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_TWO = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC_ONE = ec.generate_private_key(ec.SECP256R1())
EC_WIDE = ec.generate_private_key(ec.SECP384R1())
ED_ONE = ed25519.Ed25519PrivateKey.generate()


def jwk(key: PrivateKey, **more: object) -> Document:
    """The public half of `key` as a JWK with the members `more`."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **more}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        size = key.curve.key_size // 8
        curve = {256: "P-256", 384: "P-384"}[key.curve.key_size]
        return {
            "kty": "EC",
            "crv": curve,
            "x": b64(point.x.to_bytes(size, "big")),
            "y": b64(point.y.to_bytes(size, "big")),
            **more,
        }
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().public_bytes_raw()), **more}


def sign(alg: str, key: PrivateKey | bytes, data: bytes) -> bytes:
    """The raw JWS signature of `data`."""
    if alg == "none":
        return b""
    if isinstance(key, bytes):
        return hmac.new(key, data, hashlib.sha256).digest()
    if isinstance(key, rsa.RSAPrivateKey) and alg == "PS256":
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = key.curve.key_size // 8
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return key.sign(data)


def half(access_token: str, digest: str) -> str:
    """The at_hash of `access_token` under `digest`."""
    full = hashlib.new(digest, access_token.encode()).digest()
    return b64(full[: len(full) // 2])


def token(header: Mapping[str, object], payload: bytes, key: PrivateKey | bytes) -> str:
    """A compact JWS over `payload` as it is."""
    head = b64(json.dumps(header).encode()) + "." + b64(payload)
    return head + "." + b64(sign(str(header["alg"]), key, head.encode()))


@dataclass
class Raw:
    """An answer given as it stands, after `delay` seconds; with `drip`, a byte every tenth of a second."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes = b"{}"
    delay: float = 0.0
    drip: bool = False


Change = Callable[[Document], Document]


def same(document: Document) -> Document:
    """No change."""
    return document


@dataclass
class Twist:
    """One way to misbehave; the default is honest."""

    alg: str = "RS256"
    key: PrivateKey | bytes = RSA_ONE
    header: Change = same
    claims: Change = same
    payload: Callable[[bytes], bytes] = bytes
    wrap: Callable[[str], str] = str
    keys: Callable[[], list[Document]] = lambda: [jwk(RSA_ONE, kid="one", use="sig", alg="RS256")]
    metadata: Change = same
    answer: Change = same
    userinfo: Change = same
    callback: Change = same
    raw: dict[str, Raw] = field(default_factory=dict)


class EvilIssuer:
    """A provider at `url`; use it in a `with`. `asked` lists every request: method, path, headers, form."""

    def __init__(self, twist: Twist | None = None) -> None:
        self.twist = twist or Twist()
        self.asked: list[tuple[str, str, dict[str, str], dict[str, list[str]]]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> EvilIssuer:
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, path: str) -> int:
        """How often `path` was asked for."""
        return sum(asked[1] == path for asked in self.asked)

    def metadata(self) -> Document:
        """The discovery document."""
        return self.twist.metadata(
            {
                "issuer": self.url,
                "authorization_endpoint": self.url + "/authorize",
                "token_endpoint": self.url + "/token",
                "jwks_uri": self.url + "/jwks",
                "userinfo_endpoint": self.url + "/userinfo",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
            }
        )

    def authorize(self, query: dict[str, list[str]]) -> str:
        """The address the browser is sent back to."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = {name: values[0] for name, values in query.items()}
        back = self.twist.callback({"code": code, "state": query["state"][0]})
        return query["redirect_uri"][0] + "?" + urlencode(back, doseq=True)

    def tokens(self, form: dict[str, list[str]]) -> tuple[int, Document]:
        """The token endpoint's status and answer."""
        asked = self._codes.pop(form.get("code", [""])[0], None)
        verifier = form.get("code_verifier", [""])[0].encode()
        if asked is None or b64(hashlib.sha256(verifier).digest()) != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        header = self.twist.header({"alg": self.twist.alg, "kid": "one", "typ": "JWT"})
        claims = self.twist.claims(self._claims(asked, access))
        payload = self.twist.payload(json.dumps(claims).encode())
        made = self.twist.wrap(token(header, payload, self.twist.key))
        return 200, self.twist.answer({"access_token": access, "token_type": "Bearer", "id_token": made})

    def _claims(self, asked: dict[str, str], access: str) -> Document:
        now = int(time.time())
        digest = "sha512" if self.twist.alg == "EdDSA" else "sha256"
        return {
            "iss": self.url,
            "sub": "s-1",
            "aud": asked["client_id"],
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": asked["nonce"],
            "at_hash": half(access, digest),
            "name": "Mallory",
            "email": "m@evil.example",
            "roles": ["patents"],
        }

    def _answer(self, path: str, form: dict[str, list[str]], query: dict[str, list[str]]) -> Raw:
        if path in self.twist.raw:
            return self.twist.raw[path]
        if path == "/authorize":
            return Raw(302, {"Location": self.authorize(query)}, b"")
        status, document = 200, {}
        if path == "/.well-known/openid-configuration":
            document = self.metadata()
        elif path == "/jwks":
            document = {"keys": self.twist.keys()}
        elif path == "/userinfo":
            document = self.twist.userinfo({"sub": "s-1", "name": "From userinfo", "roles": ["law"]})
        elif path == "/token":
            status, document = self.tokens(form)
        else:
            status = 404
        return Raw(status, body=json.dumps(document).encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                self._serve(parse_qs(self.rfile.read(length).decode()))

            def _serve(self, form: dict[str, list[str]]) -> None:
                parts = urlsplit(self.path)
                issuer.asked.append((self.command, parts.path, dict(self.headers.items()), form))
                raw = issuer._answer(parts.path, form, parse_qs(parts.query))
                time.sleep(raw.delay)
                try:
                    self.send_response(raw.status)
                    for name, value in raw.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    pieces = [raw.body[i : i + 1] for i in range(len(raw.body))] if raw.drip else [raw.body]
                    for piece in pieces:
                        self.wfile.write(piece)
                        time.sleep(0.1 if raw.drip else 0)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


STEADY = Egress(timeout=20, limit=131_072)
QUICK = Egress(timeout=0.6, limit=131_072)
ORGANISATION = UUID(int=1)
Params = dict[str, str | list[str]]


def row(of: EvilIssuer, **changes: Any) -> Issuer:
    """The registry row of the provider `of`."""
    base = Issuer(
        organisation=ORGANISATION,
        issuer=of.url,
        client_id="dataroom",
        client_secret="between us",
        redirect_uri="http://127.0.0.1:9/signin/callback",
        role_map={"patents": "partner", "law": "compliance"},
        ceiling=3,
    )
    return replace(base, **changes)


def come_back(url: str) -> Params:
    """Follow the browser's way by hand: what the callback is called with."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().headers["Location"]
    connection.close()
    return dict(parse_qs(urlsplit(location).query, keep_blank_values=True))


def sign_in(issuer: EvilIssuer, party: RelyingParty | None = None, **changes: Any) -> Identity:
    """A whole sign-in."""
    used = party or RelyingParty(STEADY)
    begun = used.begin(row(issuer, **changes))
    return used.finish(row(issuer, **changes), begun.pending, come_back(begun.url))


def put(**members: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change that sets `members`."""
    return lambda document: {**document, **members}


def drop(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change that removes `names`."""
    return lambda document: {name: value for name, value in document.items() if name not in names}


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())
