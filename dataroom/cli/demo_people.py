"""The demonstration's three companies and their people: all of them fictional, at addresses that cannot exist."""

from __future__ import annotations

from typing import Any

COMPANIES = {
    "aldermoor": "Aldermoor Instruments",
    "borealis": "Borealis Photonics",
    "cassini": "Cassini Kinetics",
}
COUNTRY = "DE"
"""Where the demonstration's companies are registered, and everybody at its pages counts as being."""
CEILING = 4
# company: (name, role, title, tier in the matter)
PEOPLE: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "aldermoor": (
        ("Ada Quill", "custodian", "Data custodian", 4),
        ("Bram Oakes", "custodian", "Second custodian", 4),
        ("Petra Lind", "partner", "Patent engineer", 2),
        ("Cleo Hart", "compliance", "Compliance officer", 4),
        ("Carl Ives", "compliance", "Records officer", 4),
    ),
    "borealis": (
        ("Bodil Rask", "custodian", "Data custodian", 4),
        ("Birk Holm", "custodian", "Second custodian", 4),
        ("Pia Strand", "partner", "Licensing analyst", 2),
        ("Corin Vale", "compliance", "Compliance officer", 4),
    ),
    "cassini": (
        ("Cass Orsini", "custodian", "Data custodian", 4),
        ("Paolo Neri", "partner", "Product engineer", 1),
        ("Chiara Conti", "compliance", "Compliance officer", 4),
    ),
}
SECOND_FACTOR = "urn:dataroom:demo:second-factor"
ROLE_MAP = {"custodian": "custodian", "partner": "partner", "compliance": "compliance"}


def email(slug: str, name: str) -> str:
    """A person's address: `ada.quill@aldermoor.example`."""
    return f"{name.lower().replace(' ', '.')}@{slug}.example"


def subject(name: str) -> str:
    """A person's subject at their company's provider."""
    return name.lower().replace(" ", "-")


def issuer_address(port: int) -> str:
    """The address of a company's provider on this machine."""
    return f"http://127.0.0.1:{port}"


def issuer_config(slug: str, port: int, secret: str, address: str) -> dict[str, Any]:
    """The configuration file of one company's provider."""
    return {
        "company": COMPANIES[slug],
        "issuer": issuer_address(port),
        "client_id": "dataroom",
        "client_secret": secret,
        "redirect_uris": [f"{address}/signin/callback"],
        "post_logout_redirect_uris": [f"{address}/signed-out"],
        "backchannel_logout_uri": f"{address}/signout/backchannel",
        "people": [
            {"sub": subject(name), "name": name, "email": email(slug, name), "roles": [role], "title": title}
            for name, role, title, _tier in PEOPLE[slug]
        ],
    }


def partner_rows(ports: dict[str, int], secrets: dict[str, str]) -> list[dict[str, Any]]:
    """What is registered about each company."""
    return [
        {
            "slug": slug,
            "name": name,
            "mail_domains": [f"{slug}.example"],
            "ceiling": CEILING,
            "issuer": issuer_address(ports[slug]),
            "client_id": "dataroom",
            "client_secret": secrets[slug],
            "role_map": ROLE_MAP,
            "strong_acr": [SECOND_FACTOR],
            "country": COUNTRY,
        }
        for slug, name in COMPANIES.items()
    ]
