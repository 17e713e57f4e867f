"""Certificates: a provider over https is believed only when its certificate is for its name and from a known
authority.
"""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dataroom.adapters.oidc import Egress, SignInRefused
from dataroom.adapters.oidc_http import Wire


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


def write_certificate(folder: Path) -> Path:
    """A self-signed certificate for localhost with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "localhost.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """Run an https server."""
    path = write_certificate(tmp_path_factory.mktemp("tls"))
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


INSIDE = frozenset({"localhost", "127.0.0.1"})


def test_a_known_authority_and_the_right_name(secure: Secure) -> None:
    wire = Wire(Egress(private_hosts=INSIDE, ca_file=secure.ca_file))
    assert wire.get(f"https://localhost:{secure.port}/", loopback=False).json_object() == {"hello": 1}


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
        wire.get(f"https://{host}:{secure.port}/", loopback=False)
    assert refused.value.reason == reason
