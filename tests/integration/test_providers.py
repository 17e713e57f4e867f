"""Two companies, two processes of a certified provider, one service, and everything between them over real HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from dataroom.actions.context import SERVICE
from dataroom.adapters.oidc import ClientKeys, Demand, Issuer, RelyingParty, SignInRefused
from dataroom.app import create_app, to_providers
from dataroom.model import Organisation, User
from dataroom.web.providers import issuer_of
from tests.cast import World, make_config, make_world
from tests.operator_log import OperatorLog, operator_log
from tests.parts import Seaweed
from tests.providers.company import KEYED, KEYED_ES256, SHOWN, Browser, Company, Person, onward
from tests.tls import write_certificate

__all__ = ["operator_log"]

GWEN = Person("p-1", "Gwen Arden", "gwen@gavia.example", ("law",), "gwen's password", "gwen's second factor")
GIL = Person("p-2", "Gil Asher", "gil@gavia.example", ("reader",), "gil's password")
IVO = Person("p-9", "Ivo Berg", "ivo@hedera.example", ("law",), "ivo's password", "ivo's second factor")
"""Somebody for whom their company vouches under an address of another company, at which they are awaited."""
HANA = Person("p-1", "Hana Birk", "hana@hedera.example", ("law",), "hana's password", "hana's second factor")
HOLT = Person("p-2", "Holt Ebner", "holt@hedera.example", ("patents",), "holt's password")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of these tests lies, with a certificate for localhost."""
    made = tmp_path_factory.mktemp("providers")
    write_certificate(made / "localhost.pem", made / "localhost.key")
    return made


@pytest.fixture(scope="module")
def served() -> dict[str, Flask]:
    """The application, once it is made."""
    return {}


@pytest.fixture(scope="module")
def house(folder: Path, seaweed: Seaweed, served: dict[str, Flask]) -> Iterator[World]:
    """The service, listening on loopback for people and for providers."""
    server = make_server("127.0.0.1", 0, lambda environ, start: served["app"](environ, start), threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    config = make_config(folder, f"sqlite:///{folder}/room.db", seaweed, address)
    config = replace(config, provider_ca_file=folder / "localhost.pem", provider_private_hosts="localhost")
    world = make_world(config)
    served["app"] = create_app(config, world.services)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    world.gate.perform(SERVICE, "client-key.rotate")
    yield world
    server.shutdown()
    server.server_close()
    world.close()


@pytest.fixture(scope="module")
def gavia(folder: Path, house: World) -> Iterator[Company]:
    """A company that is shown a secret."""
    people = {person.sub: person for person in (GWEN, GIL, IVO)}
    yield from running(house, Company("gavia", folder, *pair(folder), room(house), "ES256", people, dict(SHOWN)))


@pytest.fixture(scope="module")
def hedera(folder: Path, house: World) -> Iterator[Company]:
    """A company to which every request is pushed, signed for with the service's own key."""
    people = {person.sub: person for person in (HANA, HOLT)}
    yield from running(house, Company("hedera", folder, *pair(folder), room(house), "EdDSA", people, dict(KEYED), True))


def pair(folder: Path) -> tuple[Path, Path]:
    """The certificate and its key."""
    return folder / "localhost.pem", folder / "localhost.key"


def room(house: World) -> str:
    """The service's address."""
    return house.config.public_url


def running(house: World, company: Company) -> Iterator[Company]:
    """Registers a company with the service and has its provider run."""
    house.gate.perform(SERVICE, "partner.register", None, company.partner())
    company.start()
    yield company
    company.stop()


@pytest.fixture
def browser(house: World, gavia: Company) -> Browser:
    """A browser nobody has used."""
    return Browser(room(house), gavia.certificate)


@pytest.fixture
def other(house: World, gavia: Company) -> Browser:
    """A second one."""
    return Browser(room(house), gavia.certificate)


def accounts(house: World, sub: str) -> dict[str, str]:
    """By company: the name of whoever its provider knows under a subject."""
    with house.services.database.reading() as session:
        people = select(Organisation.slug, User.name).join(User, User.organisation_id == Organisation.id)
        return {row.slug: row.name for row in session.execute(people.where(User.subject == sub))}


def test_each_company_signs_in_its_own_person(
    house: World, gavia: Company, hedera: Company, browser: Browser, other: Browser
) -> None:
    for visitor, person, company in ((browser, GWEN, gavia), (other, HOLT, hedera)):
        url = visitor.begin(person.email)
        sent = parse_qs(urlsplit(url).query)
        assert set(sent) == (
            {"client_id", "request_uri"} if company.pushed else set(sent) | {"code_challenge", "nonce"}
        )
        back, asked = visitor.at_company(url, person.typed())
        assert asked == 1
        assert dict(parse_qsl(urlsplit(back).query))["iss"] == company.issuer
        assert visitor.get(back).status_code == 303
        assert person.name in visitor.get("/matters").text
        assert accounts(house, person.sub)[company.slug] == person.name


def test_a_wrong_password_brings_nobody_in(operator_log: OperatorLog, gavia: Company, browser: Browser) -> None:
    back, _ = browser.at_company(browser.begin(GIL.email), {**GIL.typed(), "password": "guessed"})
    answer = browser.get(back)
    assert (answer.status_code, browser.inside) == (403, False)
    assert operator_log.of_page(answer.text) == "provider-access-denied"


def test_a_request_that_is_not_pushed_is_refused_by_the_company(hedera: Company, browser: Browser) -> None:
    plain = {"client_id": "dataroom", "response_type": "code", "scope": "openid", "state": "s"}
    plain |= {"redirect_uri": f"{browser.room}/signin/callback"}
    answer = browser.get(f"{hedera.issuer}/auth?{urlencode(plain)}")
    assert "error=invalid_request" in answer.headers["Location"]


def test_nobody_of_one_company_becomes_anybody_of_another(
    operator_log: OperatorLog, house: World, hedera: Company, browser: Browser, other: Browser
) -> None:
    assert other.sign_in(HANA).status_code == 303
    assert other.post("/accounts", email=IVO.email, days="7").status_code == 303
    back, _ = browser.at_company(browser.begin(GIL.email), IVO.typed())
    answer = browser.get(back)
    assert (answer.status_code, browser.inside) == (403, False)
    assert operator_log.of_page(answer.text) == "foreign-address"
    assert accounts(house, IVO.sub) == {}
    gwen = Browser(browser.room, browser.certificate)
    assert gwen.sign_in(GWEN).status_code == 303
    assert "Hana Birk" not in gwen.get("/accounts").text
    assert "Hana Birk" in other.get("/accounts").text
    assert accounts(house, "p-1") == {"gavia": "Gwen Arden", "hedera": "Hana Birk"}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda theirs, ours: {**theirs, "state": ours}, "callback-issuer"),
        (lambda theirs, ours: {"code": theirs["code"], "state": ours}, "callback-issuer-missing"),
        (lambda theirs, ours: theirs, "state-mismatch"),
    ],
)
def test_what_one_company_answers_ends_no_sign_in_at_another(
    operator_log: OperatorLog,
    gavia: Company,
    hedera: Company,
    browser: Browser,
    other: Browser,
    change: Any,
    cause: str,
) -> None:
    theirs = dict(parse_qsl(urlsplit(other.at_company(other.begin(GWEN.email), GWEN.typed())[0]).query))
    back, _ = browser.at_company(browser.begin(HANA.email), HANA.typed())
    ours = dict(parse_qsl(urlsplit(back).query))["state"]
    answer = browser.get("/signin/callback?" + urlencode(change(theirs, ours)))
    assert (answer.status_code, browser.inside) == (403, False)
    assert operator_log.of_page(answer.text) == cause


def confirm(browser: Browser) -> str:
    """Sends a form that takes a strong sign-in; returns where the browser is led."""
    answer = browser.post("/directory", name="staff", days="30")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/confirm")
    return onward(browser.get("/confirm").text)


@pytest.mark.parametrize("person", [GWEN, HANA], ids=["gavia", "hedera"])
def test_a_strong_sign_in_is_asked_for_and_brings_back_to_the_form(
    gavia: Company, hedera: Company, browser: Browser, person: Person
) -> None:
    assert browser.sign_in(person).status_code == 303
    back, asked = browser.at_company(confirm(browser), person.typed(person.second))
    assert asked == 1, "the company had a session of theirs, and still asked"
    answer = browser.get(back)
    assert answer.headers["Location"] == "/directory?resume=1"
    assert 'value="staff"' in browser.get(answer.headers["Location"]).text
    assert browser.post("/directory", name="staff", days="30").status_code == 201


@pytest.mark.parametrize(
    ("who", "second", "cause"),
    [(GWEN, "", "token-acr"), (IVO, IVO.second, "another-person")],
    ids=["weak", "not theirs"],
)
def test_a_confirmation_that_is_not_strong_or_not_theirs_is_none(
    operator_log: OperatorLog, browser: Browser, other: Browser, who: Person, second: str, cause: str
) -> None:
    assert browser.sign_in(GWEN).status_code == 303
    answer = browser.get(other.at_company(confirm(browser), who.typed(second))[0])
    assert (answer.status_code, browser.inside) == (403, True)
    assert operator_log.of_page(answer.text) == cause
    assert browser.post("/directory", name="staff", days="30").status_code == 303


def party_of(house: World) -> RelyingParty:
    """The service's own side without its pages; it asks for unknown keys at once."""
    return RelyingParty(to_providers(house.config), keys=ClientKeys(house.services.kms), key_pause=0)


@pytest.fixture
def issuer(house: World, gavia: Company, served: dict[str, Flask]) -> Issuer:
    """The provider that is shown a secret, as the pages have it."""
    with served["app"].app_context():
        return issuer_of(house.issuer(gavia.slug))


def test_a_session_at_the_company_serves_until_an_age_is_asked_for(
    house: World, issuer: Issuer, browser: Browser
) -> None:
    assert browser.sign_in(GWEN).status_code == 303
    back, asked = browser.at_company(browser.begin(GWEN.email), GWEN.typed())
    assert asked == 0
    assert browser.get(back).status_code == 303
    party = party_of(house)
    for demand, times in ((Demand(max_age=600), 0), (Demand(max_age=0), 1), (Demand(max_age=600, acr=("phr",)), 1)):
        begun = party.begin(issuer, demand)
        back, asked = browser.at_company(begun.url, GWEN.typed(GWEN.second if demand.acr else ""))
        assert asked == times, demand
        who = party.finish(issuer, begun.pending, parse_qs(urlsplit(back).query))
        assert (who.subject, who.name, who.roles) == ("p-1", "Gwen Arden", {"compliance"})
        assert who.auth_time is not None
    assert who.acr == "phr"


def test_signing_out_at_the_company_ends_that_session_here_at_once(
    gavia: Company, hedera: Company, browser: Browser, other: Browser
) -> None:
    colleague = Browser(browser.room, gavia.certificate)
    for visitor, person in ((browser, GWEN), (other, HANA), (colleague, GIL)):
        assert visitor.sign_in(person).status_code == 303
    assert left(browser, f"{gavia.issuer}/session/end").status_code == 200
    assert [visitor.inside for visitor in (browser, other, colleague)] == [False, True, True]
    assert left(other, f"{hedera.issuer}/session/end").status_code == 200
    assert [visitor.inside for visitor in (other, colleague)] == [False, True]


def left(browser: Browser, url: str) -> requests.Response:
    """Signs out at the company, as its page asks; the page the browser is led to, which may be the service's."""
    page = browser.get(url)
    form = re.search(r'action="([^"]+)".*name="xsrf" value="([^"]+)"', page.text, re.DOTALL)
    assert form, page.text
    sent = {"xsrf": form[2], "logout": "yes"}
    answer = browser.seen.post(unescape(form[1]), data=sent, allow_redirects=False, timeout=20)
    assert answer.is_redirect, answer.text
    return browser.get(urljoin(answer.url, answer.headers["Location"]))


def test_signing_out_here_leads_to_the_company_and_back(gavia: Company, browser: Browser) -> None:
    assert browser.sign_in(GWEN).status_code == 303
    answer = browser.post("/signout")
    assert not browser.inside
    offered = re.search(r'id="onward" href="([^"]+)"', browser.get(answer.headers["Location"]).text)
    assert offered
    page = left(browser, unescape(offered[1]))
    assert "here and at your company" in page.text
    assert browser.at_company(browser.begin(GWEN.email), GWEN.typed())[1] == 1, "nobody is signed in at the company"


def test_keys_of_either_side_are_renewed_under_way(
    house: World, issuer: Issuer, gavia: Company, hedera: Company, other: Browser
) -> None:
    party, seen = party_of(house), set()
    for _ in range(2):
        begun = party.begin(issuer)
        visitor = Browser(other.room, gavia.certificate)
        back, _asked = visitor.at_company(begun.url, GWEN.typed())
        assert party.finish(issuer, begun.pending, parse_qs(urlsplit(back).query)).subject == "p-1"
        seen.add(visitor.get(f"{gavia.issuer}/jwks").json()["keys"][0]["kid"])
        gavia.stop()
        gavia.start()
    assert len(seen) == 2
    assert other.sign_in(HANA).status_code == 303
    house.gate.perform(SERVICE, "client-key.rotate")
    assert Browser(other.room, gavia.certificate).sign_in(HANA).status_code == 303


def test_a_provider_that_wants_es256_is_shown_such_a_key(house: World, folder: Path) -> None:
    ines = replace(GIL, email="ines@ilex.example")
    company = Company("ilex", folder, *pair(folder), room(house), "PS256", {ines.sub: ines}, dict(KEYED_ES256), True)
    house.gate.perform(SERVICE, "client-key.rotate", None, {"algorithm": "ES256"})
    for _ in running(house, company):
        assert Browser(room(house), company.certificate).sign_in(ines).status_code == 303
        published = Browser(room(house), company.certificate).get("/.well-known/jwks.json").json()["keys"]
        assert {(key["kty"], key["alg"]) for key in published} == {("OKP", "EdDSA"), ("EC", "ES256")}
        house.gate.perform(SERVICE, "partner.register", None, {**company.partner(), "client_alg": "EdDSA"})
        refused = Browser(room(house), company.certificate).post("/signin", email=ines.email)
        assert refused.status_code == 422, "the provider takes ES256 alone"


def test_a_wrong_secret_is_refused_by_the_company(house: World, issuer: Issuer, browser: Browser) -> None:
    party = party_of(house)
    begun = party.begin(issuer)
    back, _ = browser.at_company(begun.url, GWEN.typed())
    with pytest.raises(SignInRefused) as refused:
        party.finish(replace(issuer, client_secret="not the secret"), begun.pending, parse_qs(urlsplit(back).query))
    assert refused.value.reason == "code-refused"
