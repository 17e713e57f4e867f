"""The relying party against a provider that misbehaves on purpose, over real loopback HTTP."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from dataroom.adapters.oidc import Demand, Egress, Identity, Issuer, Pending, RelyingParty, SignInRefused
from dataroom.errors import Unauthenticated
from tests.evil_issuer import (
    EC_ONE,
    EC_WIDE,
    ED_ONE,
    RSA_ONE,
    RSA_TWO,
    RSA_WEAK,
    EvilIssuer,
    Raw,
    Twist,
    half,
    jwk,
    number,
)

QUICK = Egress(timeout=0.6, limit=131_072)
ORGANISATION = UUID(int=1)
SYMMETRIC = b"a symmetric key of thirty-two by"
Params = dict[str, str | list[str]]


def row(of: EvilIssuer, **changes: Any) -> Issuer:
    """The registry row of the provider `of`."""
    base = Issuer(
        organisation=ORGANISATION,
        issuer=of.url,
        client_id="dataroom",
        client_secret="between us",  # noqa: S106
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
    used = party or RelyingParty(QUICK)
    begun = used.begin(row(issuer, **changes))
    return used.finish(row(issuer, **changes), begun.pending, come_back(begun.url))


def refusal(twist: Twist) -> str:
    """Why a sign-in with `twist` is refused; it has to be."""
    with EvilIssuer(twist) as issuer, pytest.raises(SignInRefused) as refused:
        sign_in(issuer)
    assert isinstance(refused.value, Unauthenticated)
    assert refused.value.reason not in refused.value.detail
    assert refused.value.facts == {}
    return refused.value.reason


def put(**members: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change that sets `members`."""
    return lambda document: {**document, **members}


def drop(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change that removes `names`."""
    return lambda document: {name: value for name, value in document.items() if name not in names}


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())


def es256() -> list[dict[str, Any]]:
    """A set with one EC key."""
    return [jwk(EC_ONE, kid="one")]


GOOD = {
    "normal": Twist(),
    "no kid, one key": Twist(header=drop("kid")),
    "no kid, one key for this algorithm": Twist(
        header=drop("kid"), keys=lambda: [jwk(RSA_ONE, kid="one"), jwk(EC_ONE, kid="two")]
    ),
    "no typ": Twist(header=drop("typ")),
    "typ in small letters": Twist(header=put(typ="jwt")),
    "an encryption key beside": Twist(
        keys=lambda: [jwk(RSA_TWO, kid="enc", use="enc"), jwk(RSA_ONE, kid="one", use="sig")]
    ),
    "ES256": Twist(alg="ES256", key=EC_ONE, keys=es256),
    "PS256": Twist(alg="PS256", keys=lambda: [jwk(RSA_ONE, kid="one")]),
    "EdDSA": Twist(alg="EdDSA", key=ED_ONE, keys=lambda: [jwk(ED_ONE, kid="one")]),
    "aud is a list of us": Twist(claims=put(aud=["dataroom"])),
    "azp is us": Twist(claims=put(azp="dataroom")),
    "no at_hash": Twist(claims=drop("at_hash")),
    "bearer in small letters": Twist(answer=put(token_type="bearer")),  # noqa: S106
    "a clock half a minute ahead": Twist(claims=lambda c: {**c, "iat": c["iat"] + 25}),
    "iss sent back": Twist(callback=lambda c: c),
    "session_state beside": Twist(callback=put(session_state="x")),
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str) -> None:
    with EvilIssuer(GOOD[name]) as issuer:
        who = sign_in(issuer)
    assert (who.organisation, who.issuer, who.subject) == (ORGANISATION, issuer.url, "s-1")
    assert (who.name, who.email, who.roles, who.ceiling) == ("Mallory", "m@evil.example", {"partner"}, 3)


BAD: dict[str, tuple[Twist, str]] = {
    # the signature
    "unsigned": (Twist(alg="none"), "token-algorithm"),
    "unsigned, and advertised": (
        Twist(alg="none", metadata=put(id_token_signing_alg_values_supported=["none", "RS256"])),
        "token-algorithm",
    ),
    "only unsigned advertised": (
        Twist(metadata=put(id_token_signing_alg_values_supported=["none"])),
        "discovery-algorithms",
    ),
    "HS256 with the client secret": (Twist(alg="HS256", key=b"between us"), "token-algorithm"),
    "HS256 with a published key": (
        Twist(
            alg="HS256",
            key=SYMMETRIC,
            keys=lambda: [{"kty": "oct", "kid": "one", "k": "YSBzeW1tZXRyaWMga2V5IG9mIHRoaXJ0eS10d28gYnk"}],
        ),
        "token-algorithm",
    ),
    "alg none in other letters": (Twist(header=put(alg="nOnE")), "token-algorithm"),
    "alg is no string": (Twist(wrap=lambda t: "eyJhbGciOjF9." + t.partition(".")[2]), "token-malformed"),
    "another key": (Twist(key=RSA_TWO), "token-signature"),
    "signature cut off": (Twist(wrap=lambda t: t.rpartition(".")[0] + "."), "token-signature"),
    "payload exchanged": (
        Twist(wrap=lambda t: ".".join([t.split(".")[0], "e30", t.split(".")[2]])),
        "token-signature",
    ),
    "five parts": (Twist(wrap=lambda t: t + ".a.b"), "token-signature"),
    "unknown kid": (Twist(header=put(kid="other")), "token-key"),
    "no kid, two keys": (
        Twist(header=drop("kid"), keys=lambda: [jwk(RSA_ONE, kid="a"), jwk(RSA_TWO, kid="b")]),
        "token-key",
    ),
    "a key made for another algorithm": (
        Twist(keys=lambda: [jwk(RSA_ONE, kid="one", alg="PS256")]),
        "token-key",
    ),
    "a key of another kind": (Twist(keys=es256), "token-key"),
    "a curve that does not belong": (
        Twist(alg="ES256", key=EC_WIDE, keys=lambda: [jwk(EC_WIDE, kid="one")]),
        "token-key",
    ),
    "jwk in the header": (Twist(key=RSA_TWO, header=put(jwk=jwk(RSA_TWO))), "token-header"),
    "jku in the header": (Twist(header=put(jku="http://127.0.0.1/jwks")), "token-header"),
    "crit in the header": (Twist(header=put(crit=["exp"])), "token-header"),
    "b64 in the header": (Twist(header=put(b64=True)), "token-header"),
    "an access token": (Twist(header=put(typ="at+jwt")), "token-type"),
    "a logout token": (Twist(header=put(typ="logout+jwt")), "token-type"),
    "a logout token without typ": (
        Twist(claims=put(events={"http://schemas.openid.net/event/backchannel-logout": {}})),
        "token-type",
    ),
    "not a token": (Twist(wrap=lambda _: "hello"), "token-malformed"),
    "not ASCII": (Twist(wrap=lambda t: t + "\u00e9"), "token-malformed"),
    "a token too long": (Twist(claims=put(x="y" * 55_000)), "token-malformed"),
    # the claims
    "wrong iss": (Twist(claims=put(iss="https://other.example")), "token-issuer"),
    "iss with a slash": (Twist(claims=lambda c: {**c, "iss": c["iss"] + "/"}), "token-issuer"),
    "no iss": (Twist(claims=drop("iss")), "token-issuer"),
    "another aud": (Twist(claims=put(aud="other")), "token-audience"),
    "no aud": (Twist(claims=drop("aud")), "token-audience"),
    "empty aud": (Twist(claims=put(aud=[])), "token-audience"),
    "another aud beside": (Twist(claims=put(aud=["dataroom", "other"])), "token-audience"),
    "another aud beside, azp ours": (
        Twist(claims=put(aud=["dataroom", "other"], azp="dataroom")),
        "token-audience",
    ),
    "another aud, azp ours": (Twist(claims=put(aud="other", azp="dataroom")), "token-audience"),
    "aud twice": (Twist(claims=put(aud=["dataroom", "dataroom"])), "token-audience"),
    "another azp": (Twist(claims=put(azp="other")), "token-party"),
    "no nonce": (Twist(claims=drop("nonce")), "token-nonce"),
    "another nonce": (Twist(claims=put(nonce="n")), "token-nonce"),
    "nonce is a list": (Twist(claims=lambda c: {**c, "nonce": [c["nonce"]]}), "token-nonce"),
    "expired": (Twist(claims=lambda c: {**c, "exp": now() - 100}), "token-expired"),
    "expired a minute ago": (Twist(claims=lambda c: {**c, "exp": now() - 60}), "token-expired"),
    "no exp": (Twist(claims=drop("exp")), "token-expired"),
    "exp is text": (Twist(claims=put(exp="9999999999")), "token-malformed"),
    "exp is true": (Twist(claims=put(exp=True)), "token-malformed"),
    "exp is infinite": (
        Twist(payload=lambda p: p.replace(b'"exp": ', b'"exp": Infinity, "y": ')),
        "malformed-json",
    ),
    "exp overflows": (
        Twist(payload=lambda p: p.replace(b'"exp": ', b'"exp": 1e999, "y": ')),
        "token-malformed",
    ),
    "no iat": (Twist(claims=drop("iat")), "token-issued-at"),
    "iat a day old": (Twist(claims=lambda c: {**c, "iat": now() - 86_400}), "token-issued-at"),
    "iat in the future": (Twist(claims=lambda c: {**c, "iat": now() + 120}), "token-issued-at"),
    "not yet": (Twist(claims=lambda c: {**c, "nbf": now() + 120}), "token-not-yet"),
    "auth_time in the future": (Twist(claims=lambda c: {**c, "auth_time": now() + 120}), "token-auth-time"),
    "auth_time is text": (Twist(claims=put(auth_time="now")), "token-malformed"),
    "no sub": (Twist(claims=drop("sub")), "token-subject"),
    "empty sub": (Twist(claims=put(sub="")), "token-subject"),
    "long sub": (Twist(claims=put(sub="x" * 256)), "token-subject"),
    "sub is a number": (Twist(claims=put(sub=7)), "token-subject"),
    "sub with a line break": (Twist(claims=put(sub="a\nb")), "token-subject"),
    "sub not ASCII": (Twist(claims=put(sub="\u0430dmin")), "token-subject"),
    "sid is a list": (Twist(claims=put(sid=["x"])), "token-malformed"),
    "another at_hash": (Twist(claims=put(at_hash=half("another", "sha256"))), "token-at-hash"),
    "at_hash null": (Twist(claims=put(at_hash=None)), "token-at-hash"),
    "claim named twice": (Twist(payload=lambda p: p[:-1] + b', "sub": "s-2"}'), "malformed-json"),
    "claims are a list": (Twist(payload=lambda _: b"[]"), "malformed-json"),
    "claims nested deep": (Twist(payload=lambda _: b"[" * 30_000), "malformed-json"),
    # the callback
    "another state": (Twist(callback=put(state="x" * 43)), "state-mismatch"),
    "no state": (Twist(callback=drop("state")), "state-mismatch"),
    "empty state": (Twist(callback=put(state="")), "state-mismatch"),
    "state not ASCII": (Twist(callback=put(state="\u00e9")), "state-mismatch"),
    "another iss parameter": (Twist(callback=put(iss="https://other.example")), "callback-issuer"),
    "no iss parameter though promised": (
        Twist(metadata=put(authorization_response_iss_parameter_supported=True)),
        "callback-issuer-missing",
    ),
    "no code": (Twist(callback=drop("code")), "callback-malformed"),
    "empty code": (Twist(callback=put(code="")), "callback-malformed"),
    "code sent twice": (Twist(callback=lambda c: {**c, "code": [c["code"], "x"]}), "callback-duplicate"),
    "state sent twice": (Twist(callback=lambda c: {**c, "state": [c["state"]] * 2}), "callback-duplicate"),
    "anything sent twice": (Twist(callback=put(foo=["a", "b"])), "callback-duplicate"),
    "a token in the callback": (Twist(callback=put(id_token="x")), "callback-malformed"),
    "a code too long": (Twist(callback=put(code="x" * 5000)), "callback-malformed"),
    "an error": (Twist(callback=put(error="access_denied")), "provider-access-denied"),
    "an unheard-of error": (Twist(callback=put(error="<script>")), "provider-error"),
    "another code": (Twist(callback=put(code="made-up")), "code-refused"),
    # the token answer
    "token_type mac": (Twist(answer=put(token_type="mac")), "token-kind"),  # noqa: S106
    "token_type missing": (Twist(answer=drop("token_type")), "token-kind"),
    "token_type a list": (Twist(answer=put(token_type=["Bearer"])), "token-kind"),
    "no ID token": (Twist(answer=drop("id_token")), "token-missing"),
    "no access token": (Twist(answer=drop("access_token")), "token-missing"),
    "access token with a line break": (Twist(answer=put(access_token="a\r\nX: y")), "token-missing"),  # noqa: S106
    "token answer is HTML": (
        Twist(raw={"/token": Raw(headers={"Content-Type": "text/html"})}),
        "provider-media-type",
    ),
    "token answer 500": (Twist(raw={"/token": Raw(status=500)}), "provider-status"),
    "token answer redirects": (
        Twist(raw={"/token": Raw(status=307, headers={"Location": "http://127.0.0.1:9/"})}),
        "provider-redirects",
    ),
    "token answer twice named": (
        Twist(raw={"/token": Raw(body=b'{"token_type":"mac","token_type":"Bearer"}')}),
        "malformed-json",
    ),
    "token answer too large": (Twist(raw={"/token": Raw(body=b" " * 140_000)}), "provider-oversized"),
    "token answer late": (Twist(raw={"/token": Raw(delay=1.5)}), "provider-slow"),
    # discovery and keys
    "discovery for another issuer": (Twist(metadata=put(issuer="https://other.example")), "discovery-issuer"),
    "discovery issuer with a slash": (
        Twist(metadata=lambda m: {**m, "issuer": m["issuer"] + "/"}),
        "discovery-issuer",
    ),
    "discovery without issuer": (Twist(metadata=drop("issuer")), "discovery-issuer"),
    "discovery without keys": (Twist(metadata=drop("jwks_uri")), "discovery-incomplete"),
    "discovery redirects": (
        Twist(raw={"/.well-known/openid-configuration": Raw(status=302, headers={"Location": "/jwks"})}),
        "provider-redirects",
    ),
    "discovery too large": (
        Twist(raw={"/.well-known/openid-configuration": Raw(body=b" " * 140_000)}),
        "provider-oversized",
    ),
    "discovery drips": (
        Twist(raw={"/.well-known/openid-configuration": Raw(body=b"{" * 40, drip=True)}),
        "provider-slow",
    ),
    "discovery compressed": (
        Twist(
            raw={
                "/.well-known/openid-configuration": Raw(
                    headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
                )
            }
        ),
        "provider-encoding",
    ),
    "discovery cut short": (
        Twist(
            raw={
                "/.well-known/openid-configuration": Raw(
                    headers={"Content-Type": "application/json", "Content-Length": "500"}
                )
            }
        ),
        "provider-unreachable",
    ),
    "discovery is a list": (
        Twist(raw={"/.well-known/openid-configuration": Raw(body=b"[]")}),
        "malformed-json",
    ),
    "discovery is not UTF-8": (
        Twist(raw={"/.well-known/openid-configuration": Raw(body=b'{"a":"\xff"}')}),
        "malformed-json",
    ),
    "token endpoint elsewhere": (
        Twist(metadata=put(token_endpoint="http://10.0.0.1/t")),
        "discovery-endpoint",
    ),  # noqa: S106
    "keys from a file": (Twist(metadata=put(jwks_uri="file:///etc/passwd")), "discovery-endpoint"),
    "keys from a look-alike": (
        Twist(metadata=put(jwks_uri="http://127.0.0.1@10.0.0.1/")),
        "discovery-endpoint",
    ),
    "endpoint with a line break": (
        Twist(metadata=lambda m: {**m, "jwks_uri": m["jwks_uri"] + "\r\nX: y"}),
        "discovery-endpoint",
    ),
    "endpoint that is a number": (Twist(metadata=put(userinfo_endpoint=7)), "discovery-endpoint"),
    "authorization endpoint sets our parameters": (
        Twist(
            metadata=lambda m: {**m, "authorization_endpoint": m["authorization_endpoint"] + "?scope=admin"}
        ),
        "discovery-endpoint",
    ),
    "algorithms that are text": (
        Twist(metadata=put(id_token_signing_alg_values_supported="RS256")),
        "discovery-malformed",
    ),
    "an auth method we do not have": (
        Twist(metadata=put(token_endpoint_auth_methods_supported=["private_key_jwt"])),
        "discovery-auth-methods",
    ),
    "a symmetric key among them": (
        Twist(keys=lambda: [jwk(RSA_ONE, kid="one"), {"kty": "oct", "kid": "two", "k": "AAAA"}]),
        "keys-unsafe",
    ),
    "a private key among them": (Twist(keys=lambda: [jwk(RSA_ONE, kid="one", d="AQAB")]), "keys-unsafe"),
    "a weak key": (Twist(keys=lambda: [jwk(RSA_WEAK, kid="one")]), "keys-unsafe"),
    "one kid for two keys": (
        Twist(keys=lambda: [jwk(RSA_ONE, kid="one"), jwk(RSA_TWO, kid="one")]),
        "keys-duplicate",
    ),
    "one key under two kids": (
        Twist(keys=lambda: [jwk(RSA_ONE, kid="one"), jwk(RSA_ONE, kid="two")]),
        "keys-duplicate",
    ),
    "no keys": (Twist(keys=list), "keys-none"),
    "too many keys": (Twist(keys=lambda: [jwk(RSA_ONE, kid=str(i)) for i in range(33)]), "keys-malformed"),
    "a point off the curve": (
        Twist(keys=lambda: [{**jwk(EC_ONE, kid="one"), "x": number(1 << 254)}]),
        "keys-malformed",
    ),
    "a kid that is a number": (Twist(keys=lambda: [jwk(RSA_ONE, kid=1)]), "keys-malformed"),
    "keys are late": (Twist(raw={"/jwks": Raw(delay=1.5)}), "provider-slow"),
    "keys are too large": (Twist(raw={"/jwks": Raw(body=b" " * 140_000)}), "provider-oversized"),
    "keys redirect": (
        Twist(raw={"/jwks": Raw(status=301, headers={"Location": "/x"})}),
        "provider-redirects",
    ),
    # userinfo
    "userinfo of another person": (Twist(claims=drop("name"), userinfo=put(sub="s-2")), "userinfo-subject"),
    "userinfo of nobody": (Twist(claims=drop("roles"), userinfo=drop("sub")), "userinfo-subject"),
    "userinfo too large": (
        Twist(claims=drop("name"), raw={"/userinfo": Raw(body=b" " * 140_000)}),
        "provider-oversized",
    ),
    "userinfo as a token": (
        Twist(claims=drop("name"), raw={"/userinfo": Raw(headers={"Content-Type": "application/jwt"})}),
        "provider-media-type",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    twist, reason = BAD[name]
    assert refusal(twist) == reason


def test_hostile_metadata_changes_nothing_of_ours() -> None:
    hostile = put(
        code_challenge_method=None,
        code_challenge_methods_supported=[],
        scope="openid admin",
        scopes_supported=["admin"],
        verify=False,
        proxies={"http": "http://127.0.0.1:9"},
        cert="/etc/passwd",
        response_type="token",
        redirect_uri="http://127.0.0.1:9/theirs",
        client_id="theirs",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106
        default_timeout=None,
    )
    with EvilIssuer(Twist(metadata=hostile)) as issuer:
        party = RelyingParty(QUICK)
        begun = party.begin(row(issuer))
        query = parse_qs(urlsplit(begun.url).query)
        party.finish(row(issuer), begun.pending, come_back(begun.url))
        headers, form = next((h, f) for _, path, h, f in issuer.asked if path == "/token")
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert (query["scope"], query["client_id"], query["response_type"]) == (
        ["openid profile email"],
        ["dataroom"],
        ["code"],
    )
    assert query["redirect_uri"] == ["http://127.0.0.1:9/signin/callback"]
    assert "client_secret" not in form
    assert headers["Authorization"].startswith("Basic ")
    assert len(form["code_verifier"][0]) >= 43


def test_the_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with EvilIssuer() as issuer:
        assert sign_in(issuer).subject == "s-1"


def test_a_public_client_and_one_that_posts_its_secret() -> None:
    with EvilIssuer() as issuer:
        sign_in(issuer, client_secret=None)
        issuer.twist.metadata = put(token_endpoint_auth_methods_supported=["client_secret_post"])
        sign_in(issuer)
        public, posted = (asked for asked in issuer.asked if asked[1] == "/token")
    assert "Authorization" not in public[2]
    assert public[3]["client_id"] == ["dataroom"]
    assert posted[3]["client_secret"] == ["between us"]
    assert "Authorization" not in posted[2]


def test_keys_rotate() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(QUICK, key_pause=0)
        sign_in(issuer, party)
        issuer.twist.key = RSA_TWO
        issuer.twist.header = put(kid="two")
        issuer.twist.keys = lambda: [jwk(RSA_TWO, kid="two"), jwk(RSA_ONE, kid="one")]
        assert sign_in(issuer, party).subject == "s-1"
        assert issuer.count("/jwks") == 2
        sign_in(issuer, party)
        assert issuer.count("/jwks") == 2
        assert issuer.count("/.well-known/openid-configuration") == 1


def test_unknown_kids_do_not_make_us_hammer_the_provider() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(QUICK)
        sign_in(issuer, party)
        issuer.twist.header = put(kid="other")
        for _ in range(5):
            with pytest.raises(SignInRefused):
                sign_in(issuer, party)
        assert issuer.count("/jwks") == 1
        issuer.twist.header = put(kid="one")
        assert sign_in(issuer, party).subject == "s-1"


def test_a_failing_provider_is_left_alone_for_a_moment() -> None:
    with EvilIssuer(Twist(raw={"/.well-known/openid-configuration": Raw(status=500)})) as issuer:
        party = RelyingParty(QUICK)
        for _ in range(5):
            with pytest.raises(SignInRefused):
                party.begin(row(issuer))
        assert issuer.count("/.well-known/openid-configuration") == 1


def test_many_people_at_once_fetch_metadata_and_keys_once() -> None:
    with EvilIssuer() as issuer:
        party, found = RelyingParty(), []
        threads = [threading.Thread(target=lambda: found.append(sign_in(issuer, party))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 12
        assert issuer.count("/.well-known/openid-configuration") == 1
        assert issuer.count("/jwks") == 1


def test_a_slow_provider_does_not_hold_up_another() -> None:
    slow = Twist(raw={"/.well-known/openid-configuration": Raw(delay=1.5)})
    with EvilIssuer(slow) as lame, EvilIssuer() as issuer:
        party = RelyingParty(Egress(timeout=1.0))
        thread = threading.Thread(target=lambda: pytest.raises(SignInRefused, party.begin, row(lame)))
        thread.start()
        time.sleep(0.1)
        begun = time.monotonic()
        sign_in(issuer, party)
        assert time.monotonic() - begun < 0.8
        thread.join()


@dataclass
class Trickle:
    """A server that sends a header a byte at a time."""

    url: str


@pytest.fixture
def trickle() -> Iterator[Trickle]:
    """Run a `Trickle`."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            for letter in b"HTTP/1.1 200 OK\r\nX-Name: " + b"x" * 60:
                connection.sendall(bytes([letter]))
                time.sleep(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    yield Trickle(f"http://127.0.0.1:{listener.getsockname()[1]}")
    thread.join()
    listener.close()


def test_the_clock_runs_for_the_whole_exchange(trickle: Trickle) -> None:
    with EvilIssuer() as issuer:
        begun = time.monotonic()
        with pytest.raises(SignInRefused) as refused:
            RelyingParty(QUICK).begin(row(issuer, issuer=trickle.url))
    assert refused.value.reason == "provider-slow"
    assert time.monotonic() - begun < 2


def test_another_issuers_token_is_refused() -> None:
    with EvilIssuer() as honest, EvilIssuer() as evil:
        evil.twist.claims = put(iss=honest.url)
        with pytest.raises(SignInRefused) as refused:
            sign_in(evil)
        assert refused.value.reason == "token-issuer"


def test_a_mixed_up_callback_never_reaches_the_wrong_token_endpoint() -> None:
    with EvilIssuer() as honest, EvilIssuer() as evil:
        honest.twist.callback = put(iss=honest.url)
        party = RelyingParty(QUICK)
        begun = party.begin(row(evil))
        at_honest = party.begin(row(honest))
        params = {**come_back(at_honest.url), "state": begun.pending.state}
        with pytest.raises(SignInRefused) as refused:
            party.finish(row(evil), begun.pending, params)
        assert refused.value.reason == "callback-issuer"
        assert evil.count("/token") == 0


def finish_later(pending: Pending, issuer: EvilIssuer, params: Params) -> str:
    """The reason why finishing `pending` is refused."""
    with pytest.raises(SignInRefused) as refused:
        RelyingParty(QUICK).finish(row(issuer), pending, params)
    return refused.value.reason


def test_state_and_pending_are_held_to_their_rules() -> None:
    with EvilIssuer() as issuer:
        party = RelyingParty(QUICK)
        begun = party.begin(row(issuer))
        params = come_back(begun.url)
        party.finish(row(issuer), begun.pending, params)
        with pytest.raises(SignInRefused) as again:
            party.finish(row(issuer), begun.pending, params)
        assert again.value.reason == "state-reused"
        fresh = party.begin(row(issuer))
        there = come_back(fresh.url)
        old = replace(fresh.pending, created=datetime.now(UTC) - timedelta(minutes=11))
        assert finish_later(old, issuer, there) == "sign-in-too-old"
        ahead = replace(fresh.pending, created=datetime.now(UTC) + timedelta(minutes=2))
        assert finish_later(ahead, issuer, there) == "sign-in-too-old"
        assert (
            finish_later(replace(fresh.pending, state=""), issuer, {**there, "state": ""}) == "state-mismatch"
        )
        assert finish_later(replace(fresh.pending, nonce="n"), issuer, there) == "token-nonce"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (drop("auth_time"), "token-auth-time"),
        (lambda c: {**c, "auth_time": now() - 200}, "token-auth-time"),
        (put(acr="low"), "token-acr"),
        (drop("acr"), "token-acr"),
        (put(acr=["high"]), "token-malformed"),
    ],
)
def test_a_step_up_that_was_not_made_is_refused(claims: Callable[[Any], Any], reason: str) -> None:
    with EvilIssuer() as issuer:
        issuer.twist.claims = lambda c: claims({**c, "acr": "high"})
        party = RelyingParty(QUICK)
        begun = party.begin(row(issuer), Demand(max_age=60, acr=("high", "higher")))
        query = parse_qs(urlsplit(begun.url).query)
        assert (query["max_age"], query["acr_values"]) == (["60"], ["high higher"])
        with pytest.raises(SignInRefused) as refused:
            party.finish(row(issuer), begun.pending, come_back(begun.url))
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        (["patents", "law"], {"partner", "compliance"}),
        ("law", {"compliance"}),
        (["custodian", "partner", "Patents", "patents "], set()),
        ([["patents"], {"patents": 1}, 7, None], set()),
        ({"patents": True}, set()),
        (None, set()),
    ],
)
def test_only_mapped_roles_count(given: object, roles: set[str]) -> None:
    with EvilIssuer(Twist(claims=put(roles=given))) as issuer:
        assert sign_in(issuer).roles == roles


def test_userinfo_fills_gaps_and_never_overrides() -> None:
    with EvilIssuer(Twist(claims=drop("name"))) as issuer:
        who = sign_in(issuer)
        assert (who.name, who.roles) == ("From userinfo", {"partner"})
        issuer.twist.claims = drop("roles")
        who = sign_in(issuer)
        assert (who.name, who.roles) == ("Mallory", {"compliance"})


@pytest.mark.parametrize("name", ["", "x" * 256, "a\u202eb", "a\nb", 7, None])
def test_a_name_that_cannot_be_shown_is_not_shown(name: object) -> None:
    with EvilIssuer(Twist(claims=put(name=name))) as issuer:
        assert sign_in(issuer).name == "s-1"


def test_a_provider_that_is_not_there() -> None:
    with EvilIssuer() as issuer:
        gone = row(issuer)
    with pytest.raises(SignInRefused) as refused:
        RelyingParty(QUICK).begin(gone)
    assert refused.value.reason == "provider-unreachable"


def test_ending_the_session() -> None:
    with EvilIssuer() as issuer:
        assert RelyingParty(QUICK).end_session_url(row(issuer), "https://room.example/") is None
        issuer.twist.metadata = lambda m: {**m, "end_session_endpoint": issuer.url + "/out?tenant=a"}
        url = RelyingParty(QUICK).end_session_url(row(issuer), "https://room.example/?x=1&y", "s")
    assert url
    query = parse_qs(urlsplit(url).query)
    assert query == {
        "tenant": ["a"],
        "client_id": ["dataroom"],
        "post_logout_redirect_uri": ["https://room.example/?x=1&y"],
        "state": ["s"],
    }


def test_nothing_secret_shows_in_what_is_printed() -> None:
    with EvilIssuer() as issuer:
        begun = RelyingParty(QUICK).begin(row(issuer))
        shown = repr(begun.pending) + repr(row(issuer))
    for secret in (begun.pending.state, begun.pending.nonce, begun.pending.verifier, "between us"):
        assert secret not in shown
