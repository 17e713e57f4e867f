"""Whole sign-ins: the real demonstration provider in its own process, plain HTTP, and the relying party."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest

from dataroom.adapters.oidc import Begin, Demand, Issuer, RelyingParty, SignInRefused

CALLBACK = "http://127.0.0.1:9/signin/callback"
AFTER = "http://127.0.0.1:9/goodbye"
SECOND = "urn:dataroom:demo:second-factor"


@dataclass
class Provider:
    """A running demonstration provider and the registry row that fits it."""

    row: Issuer
    folder: Path
    process: subprocess.Popen[bytes]


@dataclass
class Browser:
    """Remembers cookies; asks one thing at a time and follows nothing."""

    cookies: dict[str, str]

    def ask(self, url: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        """Status, headers in lower case, text."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode(form)
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request("GET" if form is None else "POST", target, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, content = value.partition(";")[0].partition("=")
            self.cookies[name] = content
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, text

    def pick(self, url: str, sub: str) -> dict[str, list[str]]:
        """Open the page at `url`, press the button of `sub`, and return the parameters of the callback."""
        status, _, page = self.ask(url)
        assert status == 200
        action = re.search(r'action="([^"]+)"', page)
        seal = re.search(r'name="seal" value="([^"]+)"', page)
        assert action
        assert seal
        parts = urlsplit(url)
        target = f"{parts.scheme}://{parts.netloc}{unescape(action[1])}"
        status, headers, _ = self.ask(target, {"seal": seal[1], "pick": sub})
        assert status == 302
        assert headers["location"].startswith(CALLBACK + "?")
        return parse_qs(urlsplit(headers["location"]).query)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(port: int, name: str, algorithm: str) -> dict[str, object]:
    """A configuration of two people."""
    return {
        "company": f"{name} & Co",
        "issuer": f"http://127.0.0.1:{port}",
        "client_id": "dataroom",
        "client_secret": f"secret-of-{name}",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [AFTER],
        "algorithm": algorithm,
        "people": [
            {
                "sub": "1",
                "name": f"Anna {name}",
                "email": "a@x.example",
                "roles": ["patents"],
                "title": "Head",
            },
            {
                "sub": "2",
                "name": f"Jon {name}",
                "email": "j@x.example",
                "roles": ["law", "?"],
                "title": "Counsel",
            },
        ],
    }


def start(folder: Path, name: str, algorithm: str) -> Provider:
    """Start a provider and wait until it answers."""
    port = free_port()
    config = folder / f"{name}.json"
    config.write_text(json.dumps(settings(port, name, algorithm)))
    command = [
        sys.executable,
        "-m",
        "dataroom.adapters.demo_issuer",
        "--config",
        str(config),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, env={**os.environ, "DATAROOM_DEMO": "1"})
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    row = Issuer(
        organisation=uuid4(),
        issuer=f"http://127.0.0.1:{port}",
        client_id="dataroom",
        client_secret=f"secret-of-{name}",
        redirect_uri=CALLBACK,
        role_map={"patents": "partner", "law": "compliance"},
        ceiling=2,
    )
    return Provider(row, folder, process)


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, Provider]]:
    """Two companies, one with ES256 and one with RS256."""
    folder = tmp_path_factory.mktemp("issuers")
    pair = (start(folder, "aurora", "ES256"), start(folder, "borea", "RS256"))
    yield pair
    for provider in pair:
        provider.process.terminate()
        provider.process.wait(10)


def test_a_person_of_either_company_signs_in(providers: tuple[Provider, Provider]) -> None:
    party = RelyingParty()
    for provider, name in zip(providers, ("aurora", "borea"), strict=True):
        begun = party.begin(provider.row)
        who = party.finish(provider.row, begun.pending, Browser({}).pick(begun.url, "2"))
        assert (who.organisation, who.issuer) == (provider.row.organisation, provider.row.issuer)
        assert (who.subject, who.name, who.email) == ("2", f"Jon {name}", "j@x.example")
        assert who.roles == {"compliance"}
        assert who.ceiling == 2
        assert who.sid
        assert who.auth_time is not None
        assert abs(who.auth_time - time.time()) < 10
        assert re.fullmatch("[0-9a-f]{64}", who.claims_digest)


def test_a_code_of_one_company_is_worth_nothing_at_another(providers: tuple[Provider, Provider]) -> None:
    party = RelyingParty()
    ours, theirs = (provider.row for provider in providers)
    begun = party.begin(ours)
    stolen = Browser({}).pick(party.begin(theirs).url, "1")
    forged = {"code": stolen["code"][0], "state": begun.pending.state, "iss": ours.issuer}
    with pytest.raises(SignInRefused) as refused:
        party.finish(ours, begun.pending, forged)
    assert refused.value.reason == "code-refused"


def test_a_callback_at_the_wrong_companys_address_is_refused(providers: tuple[Provider, Provider]) -> None:
    party = RelyingParty()
    ours, theirs = (provider.row for provider in providers)
    begun = party.begin(theirs)
    params = Browser({}).pick(begun.url, "1")
    with pytest.raises(SignInRefused) as refused:
        party.finish(ours, begun.pending, params)
    assert refused.value.reason == "issuer-mixed-up"


def test_a_code_works_once(providers: tuple[Provider, Provider]) -> None:
    row = providers[0].row
    party, other = RelyingParty(), RelyingParty()
    begun = party.begin(row)
    params = Browser({}).pick(begun.url, "1")
    party.finish(row, begun.pending, params)
    with pytest.raises(SignInRefused) as here:
        party.finish(row, begun.pending, params)
    with pytest.raises(SignInRefused) as there:
        other.finish(row, begun.pending, params)
    assert (here.value.reason, there.value.reason) == ("state-reused", "code-refused")


def test_a_code_without_its_verifier_is_worth_nothing(providers: tuple[Provider, Provider]) -> None:
    row, party = providers[0].row, RelyingParty()
    begun = party.begin(row)
    params = Browser({}).pick(begun.url, "1")
    with pytest.raises(SignInRefused) as refused:
        party.finish(row, replace(begun.pending, verifier="x" * 64), params)
    assert refused.value.reason == "code-refused"


def test_a_wrong_client_secret_is_refused(providers: tuple[Provider, Provider]) -> None:
    row, party = replace(providers[0].row, client_secret="guess"), RelyingParty()
    begun = party.begin(row)
    with pytest.raises(SignInRefused) as refused:
        party.finish(row, begun.pending, Browser({}).pick(begun.url, "1"))
    assert refused.value.reason == "code-refused"


def test_step_up_is_asked_for_and_proved(providers: tuple[Provider, Provider]) -> None:
    row, party = providers[0].row, RelyingParty()
    begun = party.begin(row, Demand(max_age=60, acr=(SECOND,)))
    assert parse_qs(urlsplit(begun.url).query)["acr_values"] == [SECOND]
    who = party.finish(row, begun.pending, Browser({}).pick(begun.url, "1"))
    assert who.acr == SECOND
    plain = party.begin(row)
    forged = replace(plain.pending, demand=Demand(acr=(SECOND,)))
    with pytest.raises(SignInRefused) as refused:
        party.finish(row, forged, Browser({}).pick(plain.url, "1"))
    assert refused.value.reason == "token-acr"


def quiet(begun: Begin, **changes: str) -> str:
    """The address of `begun` with prompt=none and `changes`."""
    parts = urlsplit(begun.url)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), "prompt": "none", **changes})).geturl()


def test_a_silent_sign_in_needs_a_session_young_enough(providers: tuple[Provider, Provider]) -> None:
    row, party, person = providers[0].row, RelyingParty(), Browser({})
    first = party.begin(row)
    _, headers, _ = person.ask(quiet(first))
    with pytest.raises(SignInRefused) as refused:
        party.finish(row, first.pending, parse_qs(urlsplit(headers["location"]).query))
    assert refused.value.reason == "provider-login-required"
    begun = party.begin(row)
    loud = party.finish(row, begun.pending, person.pick(begun.url, "1"))
    again = party.begin(row)
    _, headers, _ = person.ask(quiet(again, max_age="600"))
    silent = party.finish(row, again.pending, parse_qs(urlsplit(headers["location"]).query))
    assert (silent.subject, silent.sid, silent.auth_time) == (loud.subject, loud.sid, loud.auth_time)
    time.sleep(1.1)
    _, headers, _ = person.ask(quiet(party.begin(row), max_age="0"))
    assert "error=login_required" in headers["location"]


def test_declining_comes_back_as_a_refusal(providers: tuple[Provider, Provider]) -> None:
    row, party = providers[0].row, RelyingParty()
    begun = party.begin(row)
    with pytest.raises(SignInRefused) as refused:
        party.finish(row, begun.pending, Browser({}).pick(begun.url, ""))
    assert refused.value.reason == "provider-access-denied"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "http://127.0.0.1:9/elsewhere"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": ""},
    ],
)
def test_the_provider_redirects_only_where_it_is_registered(
    providers: tuple[Provider, Provider], change: dict[str, str]
) -> None:
    parts = urlsplit(RelyingParty().begin(providers[0].row).url)
    query = urlencode({**dict(parse_qsl(parts.query)), **change})
    status, headers, _ = Browser({}).ask(parts._replace(query=query).geturl())
    assert status == 400
    assert "location" not in headers


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"nonce": ""},
        {"scope": "profile"},
        {"response_type": "token"},
    ],
)
def test_the_provider_asks_for_pkce_and_a_nonce(providers: tuple[Provider, Provider], change: dict[str, str]) -> None:
    parts = urlsplit(RelyingParty().begin(providers[0].row).url)
    query = urlencode({k: v for k, v in {**dict(parse_qsl(parts.query)), **change}.items() if v})
    status, headers, _ = Browser({}).ask(parts._replace(query=query).geturl())
    assert status == 302
    answer = parse_qs(urlsplit(headers["location"]).query)
    assert "code" not in answer
    assert answer["iss"] == [providers[0].row.issuer]


def test_the_page_is_strict_and_says_what_it_is(providers: tuple[Provider, Provider]) -> None:
    _, headers, page = Browser({}).ask(RelyingParty().begin(providers[0].row).url)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "Demonstration sign-in of aurora &amp; Co" in page
    assert "not for real use" in page
    assert not re.search(r"<script|style=|onclick", page)


def test_a_stranger_cannot_press_the_button(providers: tuple[Provider, Provider]) -> None:
    person = Browser({})
    url = RelyingParty().begin(providers[0].row).url
    person.ask(url)
    status, headers, _ = person.ask(url, {"pick": "1", "seal": "0" * 64})
    assert status == 400
    assert "location" not in headers


def test_the_provider_answers_to_its_own_name_only(providers: tuple[Provider, Provider]) -> None:
    parts = urlsplit(providers[0].row.issuer)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", "/", headers={"Host": "rebound.example"})
    assert connection.getresponse().status == 400
    connection.close()


def test_signing_out_goes_back_only_where_registered(providers: tuple[Provider, Provider]) -> None:
    row, party, person = providers[0].row, RelyingParty(), Browser({})
    begun = party.begin(row)
    party.finish(row, begun.pending, person.pick(begun.url, "1"))
    away = party.end_session_url(row, "http://127.0.0.1:9/other")
    assert away
    status, headers, page = person.ask(away)
    assert status == 200
    assert "You are signed out" in page
    home = party.end_session_url(row, AFTER, "st")
    assert home
    status, headers, _ = person.ask(home)
    assert (status, headers["location"]) == (302, AFTER + "?state=st")
    _, headers, _ = person.ask(quiet(party.begin(row)))
    assert "error=login_required" in headers["location"]


def test_the_key_is_private_and_kept(providers: tuple[Provider, Provider]) -> None:
    for name in ("aurora", "borea"):
        path = providers[0].folder / f"{name}.key.json"
        assert path.stat().st_mode & 0o777 == 0o600
    _, _, shown = Browser({}).ask(providers[0].row.issuer + "/jwks")
    assert "d" not in json.loads(shown)["keys"][0]


@pytest.mark.parametrize(
    ("demo", "host", "shift", "issuer_host"),
    [
        (None, "127.0.0.1", 0, "127.0.0.1"),
        ("yes", "127.0.0.1", 0, "127.0.0.1"),
        ("1", "0.0.0.0", 0, "127.0.0.1"),
        ("1", "127.0.0.1", 1, "127.0.0.1"),
        ("1", "127.0.0.1", 0, "sso.example"),
    ],
)
def test_it_refuses_to_start(tmp_path: Path, demo: str | None, host: str, shift: int, issuer_host: str) -> None:
    port = free_port()
    config = tmp_path / "c.json"
    config.write_text(json.dumps({**settings(port, "c", "ES256"), "issuer": f"http://{issuer_host}:{port}"}))
    environment = {k: v for k, v in os.environ.items() if k != "DATAROOM_DEMO"}
    if demo is not None:
        environment["DATAROOM_DEMO"] = demo
    command = [sys.executable, "-m", "dataroom.adapters.demo_issuer", "--config", str(config)]
    command += ["--port", str(port + shift), "--host", host]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr
    assert not (tmp_path / "c.key.json").exists()


def test_an_organisation_is_never_taken_from_a_claim(providers: tuple[Provider, Provider]) -> None:
    row = replace(providers[0].row, organisation=UUID(int=7))
    party = RelyingParty()
    begun = party.begin(row)
    assert party.finish(row, begun.pending, Browser({}).pick(begun.url, "1")).organisation == UUID(int=7)
