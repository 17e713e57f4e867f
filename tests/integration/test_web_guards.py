"""What stands before every page: who asks, where the request comes from, how large it is, and what headers go out."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

import dataroom.web
from dataroom.web.guards import OPEN, SMALL, STREAMS
from tests.cast import World
from tests.integration.web_house import PROBLEM, Visitor, anything, app, as_, house, secure, sign_in

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]
WEB = Path(dataroom.web.__file__).parent
UNSAFE = ("POST", "PUT", "DELETE", "PATCH")


def unsafe_rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule of the pages that changes something, with its method."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web.")]
    found = [(rule, method) for rule in rules for method in UNSAFE if method in (rule.methods or ())]
    assert len(found) > 25
    return found


def test_every_unsafe_address_refuses_a_request_without_the_forms_secret(app: Flask, as_: As) -> None:
    ada = as_("ada")
    for rule, method in unsafe_rules(app):
        kind = "application/pdf" if rule.endpoint in STREAMS else "application/x-www-form-urlencoded"
        answer = ada.client.open(anything(rule.rule), method=method, data=b"a=b", content_type=kind, headers=PROBLEM)
        assert (answer.status_code, answer.json["code"]) == (400, "forged"), rule.rule


def test_the_forms_secret_of_one_browser_is_worth_nothing_in_another(as_: As) -> None:
    theirs = as_("bodil").forms
    answer = as_("ada").client.post(
        "/tokens", data={"csrf_token": theirs, "scopes": "read", "name": "stolen", "days": "1"}
    )
    assert answer.status_code == 400
    assert "stolen" not in as_("ada").get("/tokens").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_request_of_another_site_is_refused_even_with_the_secret(as_: As, headers: dict[str, str]) -> None:
    ada = as_("ada")
    given = {"csrf_token": ada.forms, "scopes": "read", "name": "from elsewhere", "days": "1"}
    answer = ada.client.post("/tokens", data=given, headers={**headers, **PROBLEM})
    assert (answer.status_code, answer.json["code"]) == (400, "forged")


def test_a_form_of_our_own_page_is_accepted(as_: As) -> None:
    ada = as_("ada")
    given = {"csrf_token": ada.forms, "scopes": "read", "name": "from our page", "days": "1"}
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert ada.client.post("/tokens", data=given, headers=headers).status_code == 201


def test_multipart_bodies_are_refused_before_they_are_parsed(app: Flask, as_: As) -> None:
    ada = as_("ada")
    for rule, method in unsafe_rules(app):
        if rule.endpoint in OPEN:
            continue
        answer = ada.client.open(
            anything(rule.rule),
            method=method,
            data={"csrf_token": ada.forms, "file": (io.BytesIO(b"%PDF-"), "x.pdf")},
            headers={"X-CSRFToken": ada.forms, **PROBLEM},
        )
        assert answer.status_code == 415, rule.rule


def test_a_long_form_is_too_large(as_: As) -> None:
    answer = as_("ada").post("/tokens", scopes="everything", name="x" * (SMALL + 1), days="1")
    assert answer.status_code == 413
    assert "Too large" in answer.text


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(app: Flask) -> None:
    stranger = app.test_client()
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("web.") or rule.endpoint in OPEN or "GET" not in (rule.methods or ()):
            continue
        address = anything(rule.rule)
        answer = stranger.get(address)
        assert answer.status_code == 303, address
        assert answer.location.startswith("/signin"), address
        answer = stranger.get(address, headers=PROBLEM)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), address
    assert stranger.get("/tokens?x=1").location == "/signin?next=/tokens?x%3D1"


@pytest.mark.parametrize("secret", ["", "x", "x" * 64])
def test_a_made_up_cookie_is_nobody(app: Flask, secret: str) -> None:
    client = app.test_client()
    client.set_cookie("session", secret)
    assert client.get("/matters").status_code == 303


def test_a_session_ends_when_it_was_left_alone(house: World, app: Flask) -> None:
    visitor = Visitor(app.test_client())
    visitor.client.set_cookie("session", sign_in(house, "carl"))
    assert visitor.get("/matters").status_code == 200
    house.clock.forward(seconds=house.config.session_idle + 1)
    try:
        assert visitor.get("/matters").status_code == 303
    finally:
        house.clock.forward(seconds=-house.config.session_idle - 1)


def test_every_answer_carries_the_headers(app: Flask, as_: As) -> None:
    ada = as_("ada")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(("api.", "probes.")):
            continue
        answer = ada.get(anything(rule.rule))
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), rule.rule
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] == "no-store", rule.rule
        assert "Strict-Transport-Security" not in answer.headers


def test_over_https_cookies_and_transport_are_strict(house: World) -> None:
    client = secure(house).test_client()
    answer = client.get("/signin", base_url="https://room.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-forms=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in cookie
    client.set_cookie("session", sign_in(house, "ada"), domain="room.example", secure=True)
    assert client.get("/matters", base_url="https://room.example").status_code == 303
    client.set_cookie("__Host-session", sign_in(house, "ada"), domain="room.example", secure=True)
    assert client.get("/matters", base_url="https://room.example").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1"])
def test_a_foreign_host_header_is_refused(app: Flask, host: str) -> None:
    assert app.test_client().get("/signin", headers={"Host": host}).status_code == 400


def test_what_may_not_be_seen_answers_as_what_does_not_exist(house: World, as_: As) -> None:
    line = house.upload("ada")
    pia = as_("pia")

    def told(path: str, **more: object) -> tuple[int, str, dict[str, str]]:
        answer = pia.get(path, **more)
        same = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", answer.text)
        same = re.sub(r'(content|value)="[\w.-]{60,}"', "SECRET", same)
        headers = {k: v for k, v in answer.headers.items() if k not in {"X-Request-Id", "Set-Cookie", "Content-Length"}}
        return answer.status_code, same, headers

    nothing = uuid.UUID(int=7)
    for kind, real in (("documents", line.document), ("versions", line.version)):
        for headers in ({}, PROBLEM):
            missing = told(f"/{kind}/{nothing}", headers=headers)
            assert told(f"/{kind}/{real}", headers=headers) == missing
            assert missing[0] == 404
    assert told(f"/versions/{line.version}/pages/1.jpg") == told(f"/versions/{nothing}/pages/1.jpg")
    assert told("/no/such/page") == told(f"/documents/{nothing}")
    assert told(f"/documents/{str(line.document).upper()}") == told(f"/documents/{nothing}")


def test_a_refusal_of_something_visible_says_why(house: World, as_: As) -> None:
    line = house.published("ada")
    answer = as_("pia").post(f"/versions/{line.version}/download")
    assert answer.status_code == 403
    assert "Not permitted" in answer.text
    assert re.search(r"<code>[0-9a-f-]{36}</code>", answer.text)


def test_problems_for_scripts_are_documents(as_: As) -> None:
    answer = as_("ada").get("/matters/x", headers=PROBLEM)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 404
    assert answer.json["type"] == "urn:dataroom:problem:not-found"
    assert answer.json["instance"] == "urn:uuid:" + answer.headers["X-Request-Id"]


def test_no_page_holds_code_or_style_of_its_own() -> None:
    for template in (WEB / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|safe", text), template
        scripts = re.findall(r"<script[^>]*>", text)
        assert all('src="' in tag or 'type="application/json"' in tag for tag in scripts), template
    for script in (WEB / "static").glob("*.js"):
        text = script.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), (
            script
        )


def test_assets_are_kept_for_ever_under_their_own_digest(as_: As) -> None:
    ada = as_("ada")
    found = re.search(r'href="(/assets/[0-9a-f]{16}/app\.css)"', ada.get("/matters").text)
    assert found
    answer = ada.get(found[1])
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert ada.get("/assets/0000000000000000/app.css").status_code == 404
    assert ada.get(found[1].replace("app.css", "../site.py")).status_code == 404
    module = ada.get(found[1].replace("app.css", "viewer.js"))
    assert module.mimetype == "text/javascript"
