"""Signing in at OpenBao: a provider that neither we nor the library we use have written, with people who have passwords."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from dataroom.adapters.oidc import Demand, Egress, Identity, Issuer, RelyingParty, SignInRefused
from tests.evil_issuer import ORGANISATION
from tests.openbao import Bao, openbao

__all__ = ["openbao"]

BACK = "http://127.0.0.1:9/signin/callback"
CLAIMS = '{"name": {{identity.entity.name}}, "roles": [{{identity.entity.metadata.role}}], "email": {{identity.entity.metadata.mail}}}'


@dataclass
class Company:
    """A provider of one company in OpenBao, with a person who has a password there."""

    bao: Bao
    row: Issuer
    key: str
    person: str
    password: str
    entity: str

    def session(self) -> str:
        """The person types the password; returns their session at OpenBao."""
        answer = requests.post(
            f"{self.bao.address}/v1/auth/people/login/{self.person}", json={"password": self.password}, timeout=10
        )
        return str(answer.json()["auth"]["client_token"])

    def come_back(self, url: str, session: str) -> dict[str, str]:
        """What OpenBao's page does when the person agrees: the parameters of the callback."""
        parts = urlsplit(url)
        place = self.row.issuer + "/authorize"
        answer = requests.get(
            place, params=dict(parse_qsl(parts.query)), headers={"X-Vault-Token": session}, timeout=10
        )
        given: dict[str, str] = answer.json()
        return {name: given[name] for name in ("code", "state") if name in given} or {"error": given["error"]}

    def sign_in(self, party: RelyingParty, demand: Demand | None = None, **changes: Any) -> Identity:
        """A whole sign-in."""
        row = replace(self.row, **changes)
        begun = party.begin(row, demand)
        return party.finish(row, begun.pending, self.come_back(begun.url, self.session()))


def asked(bao: Bao, path: str, **body: Any) -> dict[str, Any]:
    """Sets something up as root; returns what OpenBao answers."""
    answer = bao.ask("POST", path, **body)
    assert answer.status_code in (200, 204), answer.text
    return dict(answer.json().get("data") or {}) if answer.content else {}


@pytest.fixture(scope="module")
def company(openbao: Bao) -> Iterator[Company]:
    """The provider, its one client and its one person."""
    mark, person, password = secrets.token_hex(4), "noor", secrets.token_urlsafe(16)
    asked(openbao, "sys/auth/people", type="userpass")
    asked(openbao, f"auth/people/users/{person}", password=password)
    about = {"role": "dr-custodian", "mail": "noor@elmira.example"}
    entity = asked(openbao, "identity/entity", name="Noor Haddad", metadata=about)["id"]
    listed = openbao.ask("GET", "sys/auth").json()["data"]
    asked(
        openbao,
        "identity/entity-alias",
        name=person,
        canonical_id=entity,
        mount_accessor=listed["people/"]["accessor"],
    )
    asked(openbao, f"identity/oidc/key/{mark}", algorithm="ES256", allowed_client_ids=["*"])
    asked(openbao, f"identity/oidc/assignment/{mark}", entity_ids=[entity])
    asked(openbao, f"identity/oidc/client/{mark}", key=mark, redirect_uris=[BACK], assignments=[mark])
    client = openbao.ask("GET", f"identity/oidc/client/{mark}").json()["data"]
    template = base64.b64encode(CLAIMS.encode()).decode()
    asked(openbao, f"identity/oidc/scope/profile{mark}", template=template)
    asked(
        openbao,
        f"identity/oidc/provider/{mark}",
        issuer=openbao.address,
        allowed_client_ids=[client["client_id"]],
        scopes_supported=[f"profile{mark}"],
    )
    row = Issuer(
        organisation=ORGANISATION,
        issuer=f"{openbao.address}/v1/identity/oidc/provider/{mark}",
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        redirect_uri=BACK,
        algorithms=("ES256",),
        role_map={"dr-custodian": "custodian"},
        ceiling=3,
        scopes=("openid", f"profile{mark}"),
    )
    yield Company(openbao, row, mark, person, password, str(entity))
    openbao.ask("DELETE", "sys/auth/people")


@pytest.fixture
def party() -> RelyingParty:
    """Our side."""
    return RelyingParty(Egress(timeout=20), key_pause=0.0)


def test_somebody_signs_in(company: Company, party: RelyingParty) -> None:
    who = company.sign_in(party)
    assert who.subject == company.entity
    assert (who.name, who.email) == ("Noor Haddad", "noor@elmira.example")
    assert who.roles == {"custodian"}
    assert who.acr is None


def test_a_fresh_sign_in_is_told_and_a_class_is_not(company: Company, party: RelyingParty) -> None:
    assert company.sign_in(party, Demand(max_age=60)).auth_time is not None
    with pytest.raises(SignInRefused) as refused:
        company.sign_in(party, Demand(max_age=60, acr=("phr",)))
    assert refused.value.reason == "token-acr"


def test_keys_are_rotated_under_way(company: Company, party: RelyingParty) -> None:
    assert company.sign_in(party).subject == company.entity
    asked(company.bao, f"identity/oidc/key/{company.key}/rotate")
    asked(company.bao, f"identity/oidc/key/{company.key}/rotate")
    assert company.sign_in(party).subject == company.entity


def test_a_wrong_secret_and_a_used_code_are_refused(company: Company, party: RelyingParty) -> None:
    with pytest.raises(SignInRefused) as refused:
        company.sign_in(party, client_secret="not the secret")
    assert refused.value.reason == "code-refused"
    begun = party.begin(company.row)
    back = company.come_back(begun.url, company.session())
    again = party.begin(company.row)
    party.finish(company.row, begun.pending, back)
    with pytest.raises(SignInRefused) as refused:
        party.finish(company.row, again.pending, {**back, "state": again.pending.state})
    assert refused.value.reason == "code-refused"


def test_what_another_client_was_given_is_refused(company: Company, party: RelyingParty) -> None:
    begun = party.begin(company.row)
    back = company.come_back(begun.url, company.session())
    other = replace(company.row, algorithms=("RS256",))
    with pytest.raises(SignInRefused):
        party.finish(other, begun.pending, back)
