"""What the application refuses before any page or action: methods, repeated and surplus parameters, smuggled requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from gunicorn.config import Config as Gunicorn
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

import dataroom.web
from dataroom.api.routes import PREFIX, ROUTES
from tests.cast import World
from tests.integration.test_web_guards import unsafe_rules
from tests.integration.web_house import PROBLEM, Visitor, anything, app, as_, house, secure, sign_in

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]
HTTPS = "https://room.example"
HEAD = b"POST /signin HTTP/1.1\r\nHost: room.example\r\n"
SMUGGLED = {
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length with a sign": HEAD + b"Content-Length: +5\r\n\r\nhello",
    "a length that is a list": HEAD + b"Content-Length: 5, 5\r\n\r\nhello",
    "an unknown transfer coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked that is not last": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a blank before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded line": HEAD + b"X-One: a\r\n b\r\n\r\n",
    "a line break alone in a value": HEAD + b"X-One: a\nTransfer-Encoding: chunked\r\n\r\n",
    "a NUL in a value": HEAD + b"X-One: a\x00b\r\n\r\n",
}


def served(data: bytes) -> tuple[str, bytes]:
    """Method and body of a request as the server's own parser reads it."""
    request = next(RequestParser(Gunicorn(), iter([data]), ("127.0.0.1", 1)))
    return str(request.method), bytes(request.body.read())


def test_only_known_methods_are_answered(app: Flask, as_: As) -> None:
    ada = as_("ada")
    for address in ("/matters", "/tokens", "/signin", f"{PREFIX}/matters"):
        for method in ("TRACE", "CONNECT", "PATCH", "DELETE", "PROPFIND", "NONSENSE"):
            answer = ada.client.open(address, method=method, headers={"X-CSRFToken": ada.forms, **PROBLEM})
            assert answer.status_code == 405, (address, method)
            assert method not in answer.headers["Allow"]


def test_a_get_never_changes_what_a_form_changes(app: Flask, as_: As) -> None:
    ada = as_("ada")
    for rule, method in unsafe_rules(app):
        if method != "POST" or "GET" in (rule.methods or ()):
            continue
        others = [r for r in app.url_map.iter_rules() if r.rule == rule.rule and "GET" in (r.methods or ())]
        assert others or ada.get(anything(rule.rule), headers=PROBLEM).status_code == 405, rule.rule


def test_a_method_in_a_header_or_field_is_not_obeyed(as_: As) -> None:
    ada = as_("ada")
    form = {"csrf_token": ada.forms, "_method": "DELETE", "scopes": "read", "name": "overridden", "days": "1"}
    answer = ada.client.post("/tokens", data=form, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code in {201, 422}


def test_a_form_sets_nothing_but_its_own_fields(house: World, as_: As) -> None:
    ada = as_("ada")
    other = str(house.people["pia"].user)
    surplus = {"user_id": other, "token_hash": "0" * 64, "expires_at": "2099-01-01", "id": other, "scope": "all"}
    before = {token.id for token in house.do("ada", "token.list")}
    assert ada.post("/tokens", scopes="everything", name="plain", days="1", **surplus).status_code in {201, 422}
    for token in house.do("ada", "token.list"):
        if token.id not in before:
            assert str(token.id) != other
            assert (token.expires_at - token.created_at).days == 1
    assert not [token for token in house.do("pia", "token.list") if token.name == "plain"]


def test_surplus_and_repeated_parameters_of_the_interface_are_refused(house: World, app: Flask) -> None:
    secret = house.do("ada", "token.create", scopes=["everything"], name="pollution").secret
    headers = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    path = f"{PREFIX}/matters/{house.matter}/documents"
    assert client.get(f"{path}?q=a&q=b", headers=headers).status_code == 422
    assert client.get(f"{path}?organisation=cassini", headers=headers).status_code == 422
    body = {"name": "Mine", "reference": "M-1", "participants": ["borealis"], "organisation": "cassini"}
    assert client.post(f"{PREFIX}/matters", json=body, headers=headers).status_code == 422


def test_no_page_is_framed_embedded_or_opened_by_another_site(house: World) -> None:
    client = secure(house).test_client()
    client.set_cookie("__Host-session", sign_in(house, "ada"), domain="room.example", secure=True)
    for path in ("/matters", "/tokens", "/signin", "/no/such/page"):
        headers = client.get(path, base_url=HTTPS).headers
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert "Access-Control-Allow-Origin" not in headers, path
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000"), path


def test_no_answer_of_the_interface_may_be_read_by_another_site(app: Flask) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        answer = app.test_client().open(f"{PREFIX}/matters", method=method, headers=origin)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


def test_every_cookie_is_bound_to_the_host_and_hidden_from_scripts(house: World) -> None:
    client = secure(house).test_client()
    given = client.get("/signin", base_url=HTTPS).headers.getlist("Set-Cookie")
    assert given
    for cookie in given:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-"), cookie
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts, cookie
        assert not re.search(r"domain=", cookie, re.IGNORECASE), cookie
        assert len(cookie) < 4096


@pytest.mark.parametrize("name", SMUGGLED)
def test_the_server_refuses_requests_that_two_servers_would_read_differently(name: str) -> None:
    with pytest.raises(ParseException):
        served(SMUGGLED[name])


def test_the_server_reads_an_honest_request() -> None:
    assert served(HEAD + b"Content-Length: 5\r\n\r\nhello") == ("POST", b"hello")


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "authorization", "session", "bearer"])
def test_a_secret_in_an_address_opens_nothing(house: World, app: Flask, name: str) -> None:
    token = house.do("ada", "token.create", scopes=["everything"], name=f"in the address as {name}").secret
    for secret in (token, f"Bearer {token}"):
        answer = app.test_client().get(f"{PREFIX}/matters", query_string={name: secret})
        assert (answer.status_code, secret in answer.text) == (401, False)
    page = app.test_client().get("/matters", query_string={name: sign_in(house, "ada")})
    assert (page.status_code, page.location.partition("?")[0]) == (303, "/signin")


def test_no_address_has_a_place_for_a_secret(app: Flask) -> None:
    named = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    named |= {name for route in ROUTES for name in (*route.fixed, *(route.free if route.by_query else ()))}
    assert len(named) > 30
    assert not [name for name in named if re.search("secret|password|cookie|key$|bearer|credential", name)]


def test_no_page_writes_what_it_was_given_as_markup(app: Flask) -> None:
    folder = Path(dataroom.web.__file__).parent / "templates"
    sources = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    assert len(sources) > 40
    unsafe = re.compile(r"""\|\s*safe\b|autoescape|\bMarkup\b|="[^"']*\|\s*tojson""")
    assert [name for name, source in sources.items() if unsafe.search(source)] == []
    assert all(app.select_jinja_autoescape(name) for name in sources)
