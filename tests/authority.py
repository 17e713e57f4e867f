"""A time-stamp authority of the tests: Debian's `openssl ts` behind a small HTTP server, with a CA made on the spot."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

POLICY = "1.2.3.4.1"
_CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[signer]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa_1
[tsa_1]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = {policy}
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A running authority; `mood` changes what it answers, `asked` counts."""

    folder: Path
    url: str = ""
    asked: int = 0
    mood: str = "honest"
    kept: list[bytes] = field(default_factory=list)

    @property
    def ca(self) -> Path:
        """The certificate everything leads to."""
        return self.folder / "ca.pem"

    def openssl(self, *words: str, data: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Runs openssl in the authority's folder."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(
            ["openssl", *words],
            input=data,
            capture_output=True,
            cwd=self.folder,
            env=environment,
            check=check,
            timeout=60,
        )

    def make(self) -> None:
        """A fresh CA, and a signer it vouches for."""
        config = self.folder / "openssl.cnf"
        config.write_text(_CONFIG.format(folder=self.folder, policy=POLICY))
        (self.folder / "serial").write_text("01\n")
        fresh = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf".split()
        self.openssl(*fresh, "-x509", "-days", "30", "-subj", "/CN=Test CA", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
        self.openssl(*fresh, "-subj", "/CN=Test TSA", "-keyout", "signer.key", "-out", "signer.csr")
        issue = "x509 -req -in signer.csr -CA ca.pem -CAkey ca.key -days 20 -set_serial 7 -extfile openssl.cnf -out signer.pem"
        self.openssl(*issue.split(), "-extensions", "signer")

    def answer(self, query: bytes) -> bytes:
        """The reply to a query, as the mood is."""
        self.asked += 1
        (self.folder / "query.tsq").write_bytes(query)
        if self.mood == "other-note":
            self.openssl("ts", "-query", "-digest", "00" * 32, "-sha256", "-cert", "-out", "query.tsq")
        if self.mood == "replayed":
            return self.kept[0]
        policy = ["-tspolicy", "1.2.3.4.9"] if self.mood == "other-policy" else []
        done = self.openssl("ts", "-reply", "-config", "openssl.cnf", "-queryfile", "query.tsq", *policy)
        reply = done.stdout if self.mood != "damaged" else done.stdout[:-1] + bytes([done.stdout[-1] ^ 1])
        self.kept.append(reply)
        return reply


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """An authority that answers at `url` while it lasts."""
    folder.mkdir()
    made = Authority(folder)
    made.make()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                reply = made.answer(query) if made.mood != "away" else b""
            self.send_response(200 if reply else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/tsa"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
