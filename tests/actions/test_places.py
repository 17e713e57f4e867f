"""In which country somebody is: one trusted source, and unknown whenever it says nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from dataroom.actions import identity
from dataroom.actions.context import Services
from dataroom.config import Config, ConfigError
from tests.actions.house import House
from tests.evil_issuer import EvilIssuer, Twist, put, sign_in


def by(house: House, source: str) -> Services:
    """The services with another source of countries."""
    services = house.world.services
    return replace(services, config=replace(services.config, country_source=source, proxy_hops=1))


def session_in(house: House, country: str | None) -> str:
    """A fresh session of pia, where her provider said she was in a country; its secret."""
    person, secret = house.person("pia"), secrets.token_urlsafe(48)
    arrival = {
        "issuer": house.world.issuer("borealis").id,
        "subject": "pia",
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "secret": secret,
        "country": country,
    }
    house.world.gate.perform(person, "session.start", None, arrival)
    return secret


@pytest.mark.parametrize(
    ("source", "claimed", "told", "place"),
    [
        ("organisation", "US", "US", "DE"),
        ("claim:ctry", "US", "FR", "US"),
        ("claim:ctry", None, "FR", ""),
        ("header:CF-IPCountry", "US", "FR", "FR"),
        ("header:CF-IPCountry", "US", "", ""),
        ("header:CF-IPCountry", "US", "fr", ""),
        ("header:CF-IPCountry", "US", "FR,DE", ""),
        ("header:CF-IPCountry", "US", "T1", ""),
        ("", "US", "FR", ""),
    ],
)
def test_one_source_tells_where_somebody_is(
    house: House, source: str, claimed: str | None, told: str, place: str
) -> None:
    services = by(house, source)
    said = services.config.country_told({"CF-IPCountry": told})
    assert identity.by_session(services, session_in(house, claimed), "192.0.2.7", said).place == place


def test_a_token_knows_the_header_and_the_company_but_no_claim(house: House) -> None:
    secret = house.do("pia", "token.create", scopes=["everything"], name="reads").secret
    for source, place in (("organisation", "DE"), ("header:CF-IPCountry", "FR"), ("claim:ctry", ""), ("", "")):
        services = by(house, source)
        said = services.config.country_told({"CF-IPCountry": "FR"})
        assert identity.by_token(services, secret, "192.0.2.7", said).place == place


@pytest.mark.parametrize(
    ("claims", "trusted", "country"),
    [
        ({"ctry": "de"}, "ctry", "DE"),
        ({"ctry": "DE"}, "", None),
        ({"ctry": "Germany"}, "ctry", None),
        ({"ctry": ["DE"]}, "ctry", None),
        ({}, "ctry", None),
    ],
)
def test_the_signed_id_token_alone_is_asked_for_the_claim(
    claims: dict[str, object], trusted: str, country: str | None
) -> None:
    twist = Twist(claims=put(**claims), userinfo=put(ctry="FR"))
    with EvilIssuer(twist) as issuer:
        assert sign_in(issuer, country_claim=trusted).country == country


@pytest.mark.parametrize(
    ("source", "hops", "taken"),
    [
        ("", 0, True),
        ("organisation", 0, True),
        ("claim:ctry", 0, True),
        ("header:X-Country", 1, True),
        ("header:X-Country", 0, False),
        ("header:", 1, False),
        ("claim:", 0, False),
        ("address", 0, False),
        ("header:X Country", 1, False),
    ],
)
def test_the_source_is_one_of_three_and_a_header_needs_a_proxy(
    house: House, source: str, hops: int, taken: bool
) -> None:
    config = replace(house.world.config, country_source=source, proxy_hops=hops)
    if taken:
        Config._check(config)
        return
    with pytest.raises(ConfigError, match="COUNTRY_SOURCE"):
        Config._check(config)
