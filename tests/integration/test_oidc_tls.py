"""Certificates: a provider over https is believed only when its certificate is for its name and from a known
authority.
"""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from dataroom.adapters.oidc import Egress, Issuer, SignInRefused
from dataroom.adapters.oidc_http import Wire
from tests.tls import write_certificate


@dataclass(frozen=True)
class Secure:
    """An https server for the name localhost, and the file of the authority behind it."""

    port: int
    ca_file: str


class _Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with an object."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.end_headers()
        self.wfile.write(b'{"hello": 1}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def in_one_file(folder: Path) -> Path:
    """A self-signed certificate for localhost with its key, in one file."""
    path, key = folder / "localhost.pem", folder / "localhost.key"
    write_certificate(path, key)
    path.write_bytes(key.read_bytes() + path.read_bytes())
    return path


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """Run an https server."""
    path = in_one_file(tmp_path_factory.mktemp("tls"))
    server = http.server.ThreadingHTTPServer(("localhost", 0), _Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Secure(server.server_port, str(path))
    server.shutdown()
    server.server_close()
    thread.join()


def at(issuer: str) -> Issuer:
    """A provider at an address."""
    return Issuer(UUID(int=1), issuer, "dataroom", None, "https://room.example/signin/callback")


INSIDE = frozenset({"localhost", "127.0.0.1"})


def test_a_known_authority_and_the_right_name(secure: Secure) -> None:
    wire = Wire(Egress(private_hosts=INSIDE, ca_file=secure.ca_file))
    assert wire.get(at(f"https://localhost:{secure.port}"), f"https://localhost:{secure.port}/").json_object() == {
        "hello": 1
    }


@pytest.mark.parametrize(
    ("host", "known", "inside", "reason"),
    [
        ("localhost", False, INSIDE, "provider-unreachable"),
        ("127.0.0.1", True, INSIDE, "provider-unreachable"),
        ("localhost", True, frozenset[str](), "address-refused"),
    ],
)
def test_anything_less_is_refused(secure: Secure, host: str, known: bool, inside: frozenset[str], reason: str) -> None:
    wire = Wire(Egress(private_hosts=inside, ca_file=secure.ca_file if known else None))
    with pytest.raises(SignInRefused) as refused:
        wire.get(at(f"https://{host}:{secure.port}"), f"https://{host}:{secure.port}/")
    assert refused.value.reason == reason
