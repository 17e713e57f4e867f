"""How long what a provider says of itself is believed without asking again."""

from __future__ import annotations

import pytest

from dataroom.adapters.oidc import SignInRefused
from dataroom.adapters.oidc_http import Wire
from dataroom.adapters.oidc_provider import Providers
from tests.evil_issuer import RSA_TWO, STEADY, EvilIssuer, jwk, put, row


def test_metadata_and_keys_are_believed_for_a_quarter_of_an_hour() -> None:
    now = [0.0]
    with EvilIssuer() as issuer:
        providers = Providers(Wire(STEADY), ticks=lambda: now[0])
        for moment, asked in ((0.0, 1), (899.0, 1), (901.0, 2), (1800.0, 2), (1802.0, 3)):
            now[0] = moment
            assert providers.metadata(row(issuer)).issuer == issuer.url
            assert providers.key(row(issuer), "one", "RS256")
            assert issuer.count("/.well-known/openid-configuration") == asked
            assert issuer.count("/jwks") == asked


def test_a_key_taken_back_ends_with_the_lifetime_at_the_latest() -> None:
    now = [0.0]
    with EvilIssuer() as issuer:
        providers = Providers(Wire(STEADY), ticks=lambda: now[0])
        providers.key(row(issuer), "one", "RS256")
        issuer.twist.keys = lambda: [jwk(RSA_TWO, kid="two", use="sig", alg="RS256")]
        now[0] = 901.0
        with pytest.raises(SignInRefused) as refused:
            providers.key(row(issuer), "one", "RS256")
        assert refused.value.reason == "token-key"
        assert providers.key(row(issuer), "two", "RS256")


def test_metadata_that_turn_bad_are_not_replaced_by_older_ones() -> None:
    now = [0.0]
    with EvilIssuer() as issuer:
        providers = Providers(Wire(STEADY), ticks=lambda: now[0])
        providers.metadata(row(issuer))
        issuer.twist.metadata = put(issuer="https://other.example")
        now[0] = 901.0
        with pytest.raises(SignInRefused) as refused:
            providers.metadata(row(issuer))
        assert refused.value.reason == "discovery-issuer"
