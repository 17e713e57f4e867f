"""How the service proves itself to a provider: with a key of its own, and with requests pushed before the browser leaves."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask

from dataroom.actions.context import SERVICE
from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.adapters.oidc import ClientKeys, RelyingParty, SignInRefused
from dataroom.adapters.oidc_issuer import KEY_AUTH, KEY_AUTH_ES256
from dataroom.errors import Invalid
from dataroom.vault.keys import client_key
from tests.cast import World
from tests.evil_issuer import STEADY, EvilIssuer, Raw, Twist, come_back, now, put, row, sign_in
from tests.integration.web_house import app, house

__all__ = ["app", "house"]

KEYED = {"client_secret": None, "client_auth": KEY_AUTH}
OFFERED = put(token_endpoint_auth_methods_supported=["client_secret_post", KEY_AUTH])


@pytest.fixture
def keys(tmp_path: Path) -> ClientKeys:
    """An installation's keys, of which there is one."""
    kms = KeyringKms.create_new(tmp_path / "keyring.json", tmp_path / "master")
    kms.create_signing(client_key(1))
    return ClientKeys(kms)


def decoded(text: str) -> bytes:
    """Base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(assertion: str, published: list[dict[str, str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of an assertion that one of the published keys signed."""
    head, body, signature = assertion.split(".")
    header = json.loads(decoded(head))
    (key,) = [one for one in published if one["kid"] == header["kid"]]
    Ed25519PublicKey.from_public_bytes(decoded(key["x"])).verify(decoded(signature), f"{head}.{body}".encode())
    return header, json.loads(decoded(body))


def sent(issuer: EvilIssuer, path: str) -> list[tuple[dict[str, str], dict[str, list[str]]]]:
    """Headers and form of every request to a path."""
    return [(headers, form) for _, asked, headers, form in issuer.asked if asked == path]


def test_a_key_of_our_own_signs_for_the_provider_alone_and_each_time_anew(keys: ClientKeys) -> None:
    party = RelyingParty(STEADY, keys=keys)
    with EvilIssuer(Twist(metadata=OFFERED)) as issuer:
        for _ in range(2):
            assert sign_in(issuer, party, **KEYED).subject == "s-1"
        told = sent(issuer, "/token")
        url = issuer.url
    seen = set()
    for headers, form in told:
        assert "Authorization" not in headers
        assert "client_secret" not in form
        assert form["client_id"] == ["dataroom"]
        assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
        header, claims = verified(form["client_assertion"][0], keys.published())
        assert header["alg"] == "EdDSA"
        assert (claims["iss"], claims["sub"], claims["aud"]) == ("dataroom", "dataroom", url)
        assert claims["iat"] <= now() < claims["exp"] <= claims["iat"] + 60
        seen.add(claims["jti"])
    assert len(seen) == 2


def test_the_provider_cannot_ask_for_anything_else_instead(keys: ClientKeys) -> None:
    twist = Twist(metadata=put(token_endpoint_auth_methods_supported=["client_secret_post", "none"]))
    with EvilIssuer(twist) as issuer, pytest.raises(SignInRefused) as refused:
        sign_in(issuer, RelyingParty(STEADY, keys=keys), **KEYED)
    assert refused.value.reason == "discovery-auth-methods"
    assert sent(issuer, "/token") == []


def test_without_a_key_nothing_is_sent(keys: ClientKeys) -> None:
    keys.kms.destroy(client_key(1))
    for party in (RelyingParty(STEADY, keys=keys), RelyingParty(STEADY)):
        with EvilIssuer(Twist(metadata=OFFERED)) as issuer, pytest.raises(SignInRefused) as refused:
            sign_in(issuer, party, **KEYED)
        assert refused.value.reason == "client-key"
        assert sent(issuer, "/token") == []


def test_keys_of_another_algorithm_are_kept_apart(keys: ClientKeys) -> None:
    with EvilIssuer(Twist(metadata=OFFERED)) as issuer, pytest.raises(SignInRefused) as refused:
        sign_in(issuer, RelyingParty(STEADY, keys=keys), client_secret=None, client_auth=KEY_AUTH_ES256)
    assert refused.value.reason == "client-key", "a key of the usual algorithm is no substitute"
    keys.kms.create_es256(client_key(1, "ES256"))
    with EvilIssuer(Twist(metadata=OFFERED)) as issuer:
        sign_in(issuer, RelyingParty(STEADY, keys=keys), client_secret=None, client_auth=KEY_AUTH_ES256)
        ((_, form),) = sent(issuer, "/token")
    header = json.loads(decoded(form["client_assertion"][0].partition(".")[0]))
    known = {key["kid"]: key for key in keys.published()}
    assert (header["alg"], known[header["kid"]]["kty"], len(known)) == ("ES256", "EC", 2)


def test_a_secret_and_a_key_are_not_registered_together() -> None:
    with EvilIssuer() as issuer:
        for changes in ({"client_auth": KEY_AUTH}, {"client_secret": None, "client_auth": "client_secret_jwt"}):
            with pytest.raises(Invalid, match="not both"):
                row(issuer, **changes)


def test_keys_are_published_without_their_secret_and_renewed(house: World, app: Flask) -> None:
    def published() -> list[dict[str, str]]:
        answer = app.test_client().get("/.well-known/jwks.json", headers={"Host": "localhost"})
        assert answer.status_code == 200
        assert answer.json
        return list(answer.json["keys"])

    assert published() == []
    seen: list[list[str]] = []
    for number in (1, 2, 3):
        house.gate.perform(SERVICE, "client-key.rotate")
        found = published()
        assert all(set(key) == {"crv", "kty", "x", "kid", "use", "alg"} for key in found)
        assert len(found) == min(number + 1, 3)
        seen.append([key["kid"] for key in found])
        assertion = ClientKeys(house.services.kms).signed({"iss": "dataroom"})
        header, _ = verified(assertion, published())
        assert header["kid"] == seen[-1][1], "the one that was published ahead"
    assert seen[1][1:] == seen[0]
    assert seen[2][1:] == seen[1][:2]
    assert seen[0][1] not in seen[2]
    head, body, signature = assertion.split(".")
    with pytest.raises(InvalidSignature):
        verified(f"{head}.{body[:-4]}{'AAAA'}.{signature}", published())


class Pushed(EvilIssuer):
    """A provider that takes pushed requests and answers only these."""

    def __init__(self, twist: Twist | None = None) -> None:
        super().__init__(twist)
        self.held: dict[str, dict[str, list[str]]] = {}

    def metadata(self) -> dict[str, Any]:
        """The discovery document with the further endpoint."""
        return {"pushed_authorization_request_endpoint": self.url + "/par", **super().metadata()}

    def _answer(self, path: str, form: dict[str, list[str]], query: dict[str, list[str]]) -> Raw:
        if path == "/par" and path not in self.twist.raw:
            name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
            self.held[name] = form
            return Raw(201, body=json.dumps({"request_uri": name, "expires_in": 60}).encode())
        if path == "/authorize":
            query = self.held.pop(query["request_uri"][0])
        return super()._answer(path, form, query)


def test_a_pushed_request_leaves_nothing_in_the_browsers_address() -> None:
    party = RelyingParty(STEADY)
    with Pushed() as issuer:
        begun = party.begin(row(issuer, pushed=True))
        asked = parse_qs(urlsplit(begun.url).query)
        who = party.finish(row(issuer, pushed=True), begun.pending, come_back(begun.url))
        ((headers, form),) = sent(issuer, "/par")
    assert set(asked) == {"client_id", "request_uri"}
    assert who.subject == "s-1"
    assert headers["Authorization"].startswith("Basic ")
    assert form["code_challenge_method"] == ["S256"]
    assert form["redirect_uri"] == ["http://127.0.0.1:9/signin/callback"]
    assert form["state"] == [begun.pending.state]


def test_a_pushed_request_is_signed_for_with_our_own_key(keys: ClientKeys) -> None:
    with Pushed(Twist(metadata=OFFERED)) as issuer:
        assert sign_in(issuer, RelyingParty(STEADY, keys=keys), pushed=True, **KEYED).subject == "s-1"
        ((headers, form),) = sent(issuer, "/par")
    assert "Authorization" not in headers
    verified(form["client_assertion"][0], keys.published())
    assert form["client_id"] == ["dataroom"]


BAD: dict[str, tuple[Twist, str]] = {
    "not offered": (Twist(metadata=put(pushed_authorization_request_endpoint=None)), "discovery-incomplete"),
    "elsewhere": (
        Twist(metadata=put(pushed_authorization_request_endpoint="http://10.0.0.1/par")),
        "discovery-endpoint",
    ),
    "refused": (Twist(raw={"/par": Raw(400)}), "provider-status"),
    "wrong status": (Twist(raw={"/par": Raw(200, body=b'{"request_uri": "urn:x"}')}), "provider-status"),
    "nothing": (Twist(raw={"/par": Raw(201, body=b"{}")}), "pushed-malformed"),
    "blank": (Twist(raw={"/par": Raw(201, body=b'{"request_uri": "a b"}')}), "pushed-malformed"),
    "not json": (Twist(raw={"/par": Raw(201, body=b"urn:x")}), "malformed-json"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_registered_to_be_pushed_is_never_sent_by_the_browser(case: str) -> None:
    twist, reason = BAD[case]
    with Pushed(twist) as issuer, pytest.raises(SignInRefused) as refused:
        RelyingParty(STEADY).begin(row(issuer, pushed=True))
    assert refused.value.reason == reason
