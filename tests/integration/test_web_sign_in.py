"""Signing in and out through the pages, at a real provider in its own process."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.logins import company_mark
from dataroom.app import create_app
from dataroom.cli.operate import Operator, sign_in_addresses_command
from dataroom.model import AuditEntry, PendingLogin
from tests.adversarial.house import environment_of
from tests.cast import World
from tests.integration.web_house import Visitor, app, house
from tests.operator_log import REFERENCE, OperatorLog, operator_log

__all__ = ["app", "house", "operator_log"]

PEOPLE = [("one", "Olga Onerole", ["law"]), ("two", "Tom Tworoles", ["law", "patents"]), ("none", "Nora Norole", ["x"])]


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


@pytest.fixture(scope="module")
def provider(house: World, app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider of a fourth company, registered, which reaches the service; yields its mail domain."""

    def named(environ: dict[str, Any], start: Any) -> Any:
        """The service under its public name, as a proxy would ask for it."""
        return app({**environ, "HTTP_HOST": "localhost"}, start)

    server = make_server("127.0.0.1", 0, named, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    process, address = _issuing(tmp_path_factory.mktemp("dorado") / "dorado.json", server.server_port)
    partner = {
        "slug": "dorado",
        "name": "Dorado",
        "mail_domains": ["dorado.example"],
        "ceiling": 3,
        "issuer": address,
        "client_id": "dataroom",
        "client_secret": "kept-in-a-file",
        "role_map": {"law": "custodian", "patents": "partner"},
        "strong_acr": ["urn:dataroom:demo:second-factor"],
        "country": "DE",
    }
    house.gate.perform(SERVICE, "partner.register", None, partner)
    yield "dorado.example"
    process.terminate()
    process.wait(10)
    server.shutdown()


def _issuing(file: Path, service: int) -> tuple[subprocess.Popen[bytes], str]:
    """A provider in a process of its own that tells the service at a port of sign-outs, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    people = [
        {"sub": sub, "name": name, "email": f"{sub}@dorado.example", "roles": roles, "title": "-"}
        for sub, name, roles in PEOPLE
    ]
    config = {
        "company": "Dorado",
        "issuer": address,
        "client_id": "dataroom",
        "client_secret": "kept-in-a-file",
        "redirect_uris": ["http://localhost/signin/callback"],
        "post_logout_redirect_uris": ["http://localhost/signed-out"],
        "backchannel_logout_uri": f"http://127.0.0.1:{service}/signout/backchannel",
        "people": people,
    }
    file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "dataroom.adapters.demo_issuer", "--config", str(file), "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "DATAROOM_DEMO": "1"})
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return process, address


def began(visitor: Visitor, address: str, **more: str) -> str:
    """Enters an address; returns where the browser is sent."""
    page = visitor.get("/signin").text
    secret = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert secret
    answer = visitor.client.post("/signin", data={"csrf_token": secret[1], "email": address, **more})
    assert answer.status_code == 200, answer.text
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert onward
    return unescape(onward[1])


def browser() -> OpenerDirector:
    """A browser at the provider, which follows nothing by itself."""
    return build_opener(_Stay, HTTPCookieProcessor())


def picked(url: str, sub: str, opener: OpenerDirector | None = None) -> str:
    """Presses a person's button at the provider; returns the path it sends the browser back to."""
    opener = opener or browser()
    with opener.open(url, timeout=10) as response:
        page = response.read().decode()
    action = re.search(r'action="([^"]+)"', page)
    seal = re.search(r'name="seal" value="([^"]+)"', page)
    assert action
    assert seal
    parts = urlsplit(url)
    request = Request(
        f"{parts.scheme}://{parts.netloc}{unescape(action[1])}", urlencode({"seal": seal[1], "pick": sub}).encode()
    )
    try:
        opener.open(request, timeout=10)
    except OSError as redirect:
        back = urlsplit(redirect.headers["Location"])  # type: ignore[attr-defined]
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider did not send the browser back")


def codes(house: World) -> list[str]:
    """The acts recorded in the house's own log, oldest first."""
    with house.services.database.reading() as session:
        return list(
            session.scalars(select(AuditEntry.act).where(AuditEntry.matter_id.is_(None)).order_by(AuditEntry.seq))
        )


def test_somebody_signs_in_at_their_company_and_out_again(house: World, app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    url = began(visitor, f"olga@{provider}", next="/tokens")
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost/signin/callback"
    answer = visitor.get(picked(url, "one"))
    assert (answer.status_code, answer.location) == (303, "/tokens")
    cookies = {c.split("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
    assert all(part in cookies["session"] for part in ("HttpOnly", "Path=/", "SameSite=Lax"))
    assert "signin" in cookies
    assert "Olga Onerole" in visitor.get("/matters").text
    assert codes(house)[-1] != "session.end"
    old = visitor.client.get_cookie("session")
    assert old
    left = visitor.post("/signout")
    assert (left.status_code, left.location.partition("?")[0]) == (303, "/signed-out")
    assert '"cookies"' in left.headers["Clear-Site-Data"]
    assert codes(house)[-1] == "session.end"
    visitor.client.set_cookie("session", old.value)
    assert visitor.get("/matters").status_code == 303


def test_a_callback_is_good_once_and_only_in_its_own_browser(app: Flask, provider: str) -> None:
    visitor, other = Visitor(app.test_client()), Visitor(app.test_client())
    back = picked(began(visitor, f"olga@{provider}"), "one")
    assert other.get(back).status_code == 403
    assert visitor.get(back).status_code == 303
    again = visitor.get(back)
    assert again.status_code == 403
    assert "You are not signed in" in again.text


def test_a_browser_has_one_sign_in_under_way(app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    first = began(visitor, f"olga@{provider}")
    second = began(visitor, f"olga@{provider}")
    assert visitor.get(picked(first, "one")).status_code == 403
    assert visitor.get(picked(second, "one")).status_code == 403, "the wrong answer used it up"
    assert visitor.get(picked(began(visitor, f"olga@{provider}"), "one")).status_code == 303


def test_a_tampered_state_is_refused_and_recorded(house: World, app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    back = picked(began(visitor, f"olga@{provider}"), "one")
    before = len(codes(house))
    answer = visitor.get(re.sub(r"state=[^&]+", "state=" + "x" * 43, back))
    assert answer.status_code == 403
    assert "state" not in answer.text.lower()
    assert len(codes(house)) == before + 1
    assert visitor.client.get_cookie("session") is None


@pytest.mark.parametrize("sub", ["none", "two"])
def test_without_exactly_one_role_nobody_comes_in(house: World, app: Flask, provider: str, sub: str) -> None:
    visitor = Visitor(app.test_client())
    before = len(codes(house))
    answer = visitor.get(picked(began(visitor, f"{sub}@{provider}"), sub))
    assert answer.status_code == 403
    assert "no role" in answer.text
    assert len(codes(house)) == before + 1
    assert visitor.get("/matters").status_code == 303


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a b", "/x\n"]
)
def test_nobody_is_sent_on_to_another_site(app: Flask, provider: str, target: str) -> None:
    visitor = Visitor(app.test_client())
    answer = visitor.get(picked(began(visitor, f"olga@{provider}", next=target), "one"))
    assert answer.location == "/"


def test_an_unknown_address_and_a_company_that_does_not_answer_look_alike(app: Flask) -> None:
    visitor = Visitor(app.test_client())
    secret = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/signin").text)
    assert secret
    pages = []
    for address in ("x@nowhere.example", "ada@aldermoor.example", "aldermoor", "@aldermoor.example", ""):
        answer = visitor.client.post("/signin", data={"csrf_token": secret[1], "email": address})
        assert answer.status_code == 422
        shown = re.sub(r'value="[^"]*"|content="[^"]*"', "", REFERENCE.sub("", answer.text))
        pages.append(shown.replace(address or "\0", ""))
    assert len(set(pages)) == 1
    assert "borealis" not in pages[0].lower()


def test_only_a_hash_of_the_browsers_secret_is_kept(house: World, app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    began(visitor, f"olga@{provider}")
    cookie = visitor.client.get_cookie("signin")
    assert cookie
    assert cookie.http_only
    with house.services.database.reading() as session:
        kept = list(session.scalars(select(PendingLogin)))
    assert kept
    assert all(cookie.value not in (row.browser_hash, json.dumps(row.data)) for row in kept)


def test_signing_in_again_gives_a_new_id_and_ends_the_former_session(app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    visitor.client.set_cookie("session", "chosen-by-somebody-else")
    values = []
    for _ in range(2):
        assert visitor.get(picked(began(visitor, f"olga@{provider}"), "one")).status_code == 303
        cookie = visitor.client.get_cookie("session")
        assert cookie
        values.append(cookie.value)
    assert len({"chosen-by-somebody-else", *values}) == 3
    assert visitor.get("/matters").status_code == 200
    visitor.client.set_cookie("session", values[0])
    assert visitor.get("/matters").status_code == 303


def test_signing_out_at_the_company_ends_the_session_here(app: Flask, provider: str) -> None:
    visitor, other, there = Visitor(app.test_client()), Visitor(app.test_client()), browser()
    url = began(visitor, f"olga@{provider}")
    assert visitor.get(picked(url, "one", there)).status_code == 303
    assert other.get(picked(began(other, f"olga@{provider}"), "one")).status_code == 303
    parts = urlsplit(url)
    with there.open(f"{parts.scheme}://{parts.netloc}/end-session", timeout=10) as response:
        assert "signed out" in response.read().decode()
    assert visitor.get("/matters").status_code == 303
    assert other.get("/matters").status_code == 200


def test_signing_out_here_offers_to_sign_out_at_the_company(app: Flask, provider: str) -> None:
    visitor, there = Visitor(app.test_client()), browser()
    assert visitor.get(picked(began(visitor, f"olga@{provider}"), "one", there)).status_code == 303
    page = visitor.get(visitor.post("/signout").location).text
    onward = re.search(r'id="onward" href="([^"]+)"', page)
    assert onward
    asked = dict(parse_qsl(urlsplit(unescape(onward[1])).query))
    assert asked["post_logout_redirect_uri"] == "http://localhost/signed-out"
    assert "id_token_hint" not in asked
    with pytest.raises(OSError, match="302") as redirect:
        there.open(unescape(onward[1]), timeout=10)
    back = urlsplit(redirect.value.headers["Location"])  # type: ignore[attr-defined]
    assert "here and at your company" in visitor.get(f"{back.path}?{back.query}").text


def test_only_a_state_of_ours_counts_after_signing_out(house: World, app: Flask, provider: str) -> None:
    visitor = Visitor(app.test_client())
    assert visitor.get(picked(began(visitor, f"olga@{provider}"), "one")).status_code == 303
    mark = dict(parse_qsl(urlsplit(visitor.post("/signout").location).query))["at"]
    issuer, seconds, digest = mark.split(".")
    older = f"{issuer}.{int(seconds) - 1}.{digest}"
    other = f"{house.matter}.{seconds}.{digest}"
    for bad in ("", "x", "x.1.y", older, other, mark + "0", f"{issuer}..{digest}", "\u0660.\u0661.\u0662"):
        assert "here and at your company" not in visitor.client.get("/signed-out", query_string={"state": bad}).text
        assert "onward" not in visitor.client.get("/signed-out", query_string={"at": bad}).text
    house.clock.forward(seconds=601)
    assert "here and at your company" not in visitor.client.get("/signed-out", query_string={"state": mark}).text


@pytest.fixture
def by_link(house: World, provider: str) -> Flask:
    """The same house where people come by their company's sign-in address alone."""
    config = replace(house.config, sign_in_by="link")
    return create_app(config, replace(house.services, config=config))


def began_at(visitor: Visitor, place: str) -> tuple[int, str]:
    """Goes on from a sign-in page as it stands; the answer's status and page."""
    page = visitor.get(place).text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    answer = visitor.client.post("/signin", data=fields)
    return answer.status_code, answer.text


def mark_of(house: World, slug: str) -> str:
    """What a company's sign-in address ends in."""
    return company_mark(house.config, house.issuer(slug).organisation)


def test_people_come_by_their_companys_own_address(house: World, by_link: Flask) -> None:
    visitor = Visitor(by_link.test_client())
    status, page = began_at(visitor, f"/signin/at/{mark_of(house, 'dorado')}?next=/tokens")
    assert status == 200
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert onward
    answer = visitor.get(picked(unescape(onward[1]), "one"))
    assert (answer.status_code, answer.location) == (303, "/tokens")
    visitor.client.delete_cookie("session")
    assert began_at(visitor, "/signin")[0] == 200, "the browser keeps the address while nobody has signed out"
    with visitor.client.session_transaction() as kept:
        kept.clear()
    visitor.client.delete_cookie("company")
    assert "Continue to your company" not in visitor.get("/signin").text


def test_by_address_alone_nobody_learns_who_takes_part(house: World, by_link: Flask, operator_log: OperatorLog) -> None:
    def words(page: str) -> str:
        return re.sub(r'(value|content)="[^"]*"', "", REFERENCE.sub("", page))

    visitor, seen = Visitor(by_link.test_client()), set()
    secret = re.search(r'csrf-token" content="([^"]+)"', visitor.get("/signin").text)
    assert secret
    for form in ({"email": "olga@dorado.example"}, {"email": "x@nowhere.example"}, {"email": "dorado"}, {}):
        answer = visitor.client.post("/signin", data={"csrf_token": secret[1], **form})
        assert answer.status_code == 422
        assert operator_log.of_page(answer.text) == "no-such-company"
        seen.add(words(answer.text))
    assert len(seen) == 1
    good = mark_of(house, "dorado")
    for mark in ("dorado", good[:-1], good + "0", good.upper(), "0" * 40, "é", mark_of(house, "dorado")[::-1]):
        status, page = began_at(visitor, f"/signin/at/{mark}")
        assert status == 422
        assert words(page) in seen
    shown = {words(visitor.get(f"/signin/at/{mark}").text) for mark in (good, "0" * 40, "dorado")}
    assert len(shown) == 1, "the page itself is looked at before anybody is looked up"


def test_the_operator_hands_out_the_addresses(house: World, provider: str, tmp_path: Path) -> None:
    operator = Operator(build=lambda _: house.services, gate=Gate)
    told = CliRunner().invoke(sign_in_addresses_command, obj=operator, env=environment_of(house.config, tmp_path))
    assert told.exit_code == 0, told.output
    assert f"dorado {house.config.public_url}/signin/at/{mark_of(house, 'dorado')}\n" in told.output
    assert len({line.split()[1] for line in told.output.splitlines()}) == 4
