"""A person's own key in a real browser, with the browser's own software keys: enrol, confirm, back to the form, remove."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect
from werkzeug.serving import make_server

from dataroom.app import create_app
from tests.actions.house import enrol, keyed_company
from tests.cast import make_config, make_world
from tests.e2e.room import browser
from tests.parts import Seaweed

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Kay:
    """Somebody whose company tells no class of sign-in, at a browser into which keys can be put."""

    page: Page
    devices: CDPSession
    address: str

    def put_in(self, **more: bool) -> str:
        """A key put into the computer; returns its id."""
        options = {"options": KEY | more}
        return str(self.devices.send("WebAuthn.addVirtualAuthenticator", options)["authenticatorId"])

    def take_out(self, key: str) -> None:
        """Takes a key away."""
        self.devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})

    def enrol(self, name: str) -> None:
        """Asks for a key to be enrolled, up to the button that uses it."""
        self.page.get_by_label("What you call it").fill(name)
        self.page.get_by_role("button", name="Continue").click()

    def shot(self, title: str) -> None:
        """A picture of the page, where one was asked for (`SCREENSHOTS` names a folder)."""
        if folder := os.environ.get("SCREENSHOTS"):
            for width in (1440, 390):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.screenshot(path=f"{folder}/{title}-{width}.png", full_page=True)
            self.page.set_viewport_size({"width": 1440, "height": 900})


@pytest.fixture
def kay(tmp_path: Path, seaweed: Seaweed) -> Iterator[Kay]:
    """The service under a name, and Kay signed in a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://localhost:{port}"
    world = make_world(make_config(tmp_path, f"sqlite:///{tmp_path}/room.db", seaweed, public_url=address))
    keyed_company(world)
    server = make_server("127.0.0.1", port, create_app(world.config, world.services), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        secret = enrol(world, "kay", "elmira", "custodian")
        context.add_cookies([{"name": "session", "value": secret, "url": address}])
        page = context.new_page()
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        page.goto(f"{address}/keys")
        yield Kay(page, devices, address)
    server.shutdown()
    world.close()


def test_a_key_is_enrolled_confirms_and_is_removed(kay: Kay) -> None:
    page, blue = kay.page, kay.put_in()
    expect(page.get_by_text("No keys")).to_be_visible()
    kay.shot("keys-none")
    kay.enrol("Blue key")
    kay.shot("keys-new")
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_text("Enrolled. From now on")).to_be_visible(timeout=20_000)
    kay.shot("keys-one")
    kay.enrol("Red key")
    expect(page.get_by_role("heading", name="Confirm who you are")).to_be_visible(timeout=20_000)
    kay.shot("keys-confirm")
    page.get_by_role("button", name="Use your key").click()
    expect(page.get_by_label("What you call it")).to_have_value("Red key")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("alert")).to_contain_text("enrolled already")
    kay.take_out(blue)
    kay.put_in()
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("row", name=re.compile("Red key"))).to_be_visible()
    page.get_by_role("row", name=re.compile("Blue key")).get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name=re.compile("Blue key"))).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("Red key"))).to_be_visible()


def test_a_key_that_verifies_nobody_is_not_taken(kay: Kay) -> None:
    kay.put_in(isUserVerified=False)
    kay.enrol("Blue key")
    kay.page.get_by_role("button", name="Use the key").click()
    expect(kay.page.get_by_role("alert")).to_contain_text("not used")
