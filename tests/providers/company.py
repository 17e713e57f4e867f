"""A company with a sign-in of its own: the process, what the service is to be told of it, and its people's browsers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.openbao import free_port
from tests.providers.node import FOLDER, NODE

MISSING = "The tests' sign-in provider is not installed: run `make .venv/.providers` once."
KEYED = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "EdDSA"}
KEYED_ES256 = {**KEYED, "token_endpoint_auth_signing_alg": "ES256"}
SHOWN = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": "between-us-and-nobody-else-0001"}


@dataclass(frozen=True)
class Person:
    """Somebody with a password, and `second` for whoever has a second factor."""

    sub: str
    name: str
    email: str
    roles: tuple[str, ...]
    password: str
    second: str = ""

    def known(self) -> dict[str, Any]:
        """As the company's provider knows them."""
        claims = {"name": self.name, "email": self.email, "email_verified": True, "roles": list(self.roles)}
        return {"sub": self.sub, "password": self.password, "second": self.second, "claims": claims}

    def typed(self, second: str = "") -> dict[str, str]:
        """What they enter at their company."""
        return {"login": self.sub, "password": self.password, "second": second}


@dataclass
class Company:
    """One company's provider. `auth` is how the service proves itself there, in the provider's words."""

    slug: str
    folder: Path
    certificate: Path
    key: Path
    room: str
    algorithm: str
    people: dict[str, Person]
    auth: dict[str, str] = field(default_factory=lambda: dict(SHOWN))
    pushed: bool = False
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        """The issuer, which is the address too."""
        return f"https://localhost:{self.port}"

    def start(self) -> None:
        """Starts the process with a signing key nobody has seen before, and waits until it answers."""
        if not (FOLDER / "node_modules").is_dir():
            raise RuntimeError(MISSING)
        settings = self.folder / f"{self.slug}.json"
        settings.write_text(json.dumps(self._settings()))
        with open(self.folder / f"{self.slug}.log", "ab") as out:
            self._process = subprocess.Popen([NODE, FOLDER / "provider.mjs", settings], stdout=out, stderr=out)
        reader = Browser(self.issuer, self.certificate)
        end = time.monotonic() + 30
        while time.monotonic() < end and self._process.poll() is None:
            try:
                reader.get("/jwks").raise_for_status()
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the provider did not start: {(self.folder / f'{self.slug}.log').read_text()[-500:]}")

    def stop(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)

    def _settings(self) -> dict[str, Any]:
        client = {
            "client_id": "dataroom",
            "redirect_uris": [f"{self.room}/signin/callback"],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": self.algorithm,
            "post_logout_redirect_uris": [f"{self.room}/signed-out"],
            "backchannel_logout_uri": f"{self.room}/signout/backchannel",
            "backchannel_logout_session_required": True,
            **self.auth,
        }
        if "client_secret" not in self.auth:
            client["jwks_uri"] = f"{self.room}/.well-known/jwks.json"
        return {
            "issuer": self.issuer,
            "key": str(self.key),
            "certificate": str(self.certificate),
            "algorithm": self.algorithm,
            "pushed": self.pushed,
            "client": client,
            "people": [person.known() for person in self.people.values()],
        }

    def partner(self) -> dict[str, Any]:
        """What the operator registers."""
        keyed = "client_secret" not in self.auth
        return {
            "slug": self.slug,
            "name": self.slug.title(),
            "mail_domains": [f"{self.slug}.example"],
            "ceiling": 3,
            "issuer": self.issuer,
            "client_id": "dataroom",
            "client_auth": "private_key_jwt" if keyed else "secret",
            "client_alg": self.auth.get("token_endpoint_auth_signing_alg", "EdDSA"),
            "client_secret": None if keyed else self.auth["client_secret"],
            "algorithms": (self.algorithm,),
            "pushed": self.pushed,
            "role_map": {"patents": "custodian", "reader": "partner", "law": "compliance"},
            "strong_acr": ["phr"],
            "country": "DE",
        }


class Browser:
    """Somebody's browser, over real HTTP: no redirect is followed unseen."""

    def __init__(self, room: str, certificate: Path) -> None:
        self.room, self.certificate, self.seen = room, certificate, requests.Session()
        self.seen.trust_env, self.seen.verify = False, str(certificate)

    def get(self, path: str) -> requests.Response:
        """A page of the service, or of an address."""
        return self.seen.get(urljoin(self.room, path), allow_redirects=False, timeout=20)

    def post(self, path: str, **form: str) -> requests.Response:
        """Sends a form of the service, with the secret its pages carry."""
        shown = self.get("/signin" if path == "/signin" else "/tokens").text
        found = re.search(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"', shown)
        assert found
        sent = {"csrf_token": found[1] or found[2], **form}
        headers = {"Referer": self.room + path, "Origin": self.room}
        return self.seen.post(self.room + path, data=sent, headers=headers, allow_redirects=False, timeout=20)

    def begin(self, mail: str, **form: str) -> str:
        """Enters a work address; returns where the browser is sent."""
        answer = self.post("/signin", email=mail, **form)
        assert answer.status_code == 200, answer.text
        return onward(answer.text)

    def at_company(self, url: str, typed: dict[str, str]) -> tuple[str, int]:
        """Goes to the company and enters what it asks for; returns the way back and how often it asked."""
        asked, answer = 0, self.get(url)
        while True:
            if answer.is_redirect:
                there = urljoin(answer.url, answer.headers["Location"])
                if there.startswith(self.room):
                    return there, asked
                answer = self.get(there)
            else:
                assert answer.status_code == 200, answer.text
                assert 'name="password"' in answer.text
                asked += 1
                answer = self.seen.post(answer.url, data=typed, allow_redirects=False, timeout=20)

    def sign_in(self, person: Person, second: str = "") -> requests.Response:
        """The whole way; the service's answer to whoever comes back."""
        return self.get(self.at_company(self.begin(person.email), person.typed(second))[0])

    @property
    def inside(self) -> bool:
        """Whether the service knows who this is."""
        return self.get("/matters").status_code == 200


def onward(page: str) -> str:
    """Where a page sends the browser by itself."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert found, page
    return unescape(found[1])
