"""Callbacks, token answers, metadata, keys and userinfo that have to be refused, each with the cause the operator reads."""

from __future__ import annotations

from tests.evil_issuer import EC_ONE, RSA_ONE, RSA_TWO, RSA_WEAK, Change, Raw, Twist, drop, jwk, number, put


def at_localhost(name: str) -> Change:
    """A change that has an endpoint stand at another host, which is this machine as well."""
    return lambda metadata: {**metadata, name: metadata[name].replace("127.0.0.1", "localhost")}


BAD: dict[str, tuple[Twist, str]] = {
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
    "a code with a line break": (Twist(callback=put(code="a\r\nb")), "callback-malformed"),
    "a code too long": (Twist(callback=put(code="x" * 5000)), "callback-malformed"),
    "an error": (Twist(callback=put(error="access_denied")), "provider-access-denied"),
    "an unheard-of error": (Twist(callback=put(error="<script>")), "provider-error"),
    "another code": (Twist(callback=put(code="made-up")), "code-refused"),
    # the token answer
    "token_type mac": (Twist(answer=put(token_type="mac")), "token-kind"),
    "token_type missing": (Twist(answer=drop("token_type")), "token-kind"),
    "token_type a list": (Twist(answer=put(token_type=["Bearer"])), "token-kind"),
    "no ID token": (Twist(answer=drop("id_token")), "token-missing"),
    "no access token": (Twist(answer=drop("access_token")), "token-missing"),
    "access token with a line break": (Twist(answer=put(access_token="a\r\nX: y")), "token-missing"),
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
    ),
    **{
        f"{name} at a host nobody registered": (Twist(metadata=at_localhost(name)), "discovery-host")
        for name in ("jwks_uri", "token_endpoint", "userinfo_endpoint")
    },
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
        Twist(metadata=lambda m: {**m, "authorization_endpoint": m["authorization_endpoint"] + "?scope=admin"}),
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
    "a modulus that is a number": (Twist(keys=lambda: [{**jwk(RSA_ONE), "n": 5}]), "keys-malformed"),
    "a modulus that is empty": (Twist(keys=lambda: [{**jwk(RSA_ONE), "n": ""}]), "keys-malformed"),
    "an exponent of nothing": (Twist(keys=lambda: [{**jwk(RSA_ONE), "e": "AA"}]), "keys-malformed"),
    "a key without its parts": (Twist(keys=lambda: [{"kty": "EC"}]), "keys-malformed"),
    "a curve of its own": (Twist(keys=lambda: [jwk(EC_ONE, crv=["P-256"])]), "keys-malformed"),
    "a key that is text": (Twist(raw={"/jwks": Raw(body=b'{"keys":["key"]}')}), "keys-unsafe"),
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
