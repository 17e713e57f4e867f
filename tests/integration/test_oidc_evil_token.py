"""ID tokens that have to be accepted or refused, from a provider that misbehaves on purpose over real
loopback HTTP.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.evil_issuer import (
    EC_ONE,
    EC_WIDE,
    ED_ONE,
    ORGANISATION,
    RSA_ONE,
    RSA_TWO,
    EvilIssuer,
    Twist,
    drop,
    half,
    jwk,
    now,
    put,
    sign_in,
)

SYMMETRIC = b"a symmetric key of thirty-two by"


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
    "bearer in small letters": Twist(answer=put(token_type="bearer")),
    "a clock half a minute ahead": Twist(claims=lambda c: {**c, "iat": c["iat"] + 25}),
    "iss sent back": Twist(callback=lambda c: c),
    "session_state beside": Twist(callback=put(session_state="x")),
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("name", GOOD)
def test_accepted(name: str) -> None:
    with EvilIssuer(GOOD[name]) as issuer:
        who = sign_in(issuer)
    assert (who.organisation, who.issuer, who.subject) == (ORGANISATION, issuer.url, "s-1")
    assert (who.name, who.email, who.roles, who.ceiling) == (
        "Mallory",
        "m@evil.example",
        frozenset({"partner"}),
        3,
    )


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
    "alg is null": (Twist(header=put(alg=None)), "token-malformed"),
    "another key": (Twist(key=RSA_TWO), "token-signature"),
    "another key of a curve": (
        Twist(alg="ES256", key=ec.generate_private_key(ec.SECP256R1()), keys=es256),
        "token-signature",
    ),
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
    "nonce is half a character": (Twist(claims=put(nonce="\ud800")), "token-nonce"),
    "name is half a character, aud too": (Twist(claims=put(name="\ud800", aud="\ud800")), "token-audience"),
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
}
