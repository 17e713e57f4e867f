"""A fixture: one real OpenBao for a test run, in its development mode on a free loopback port."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from dataroom.adapters.kms_openbao import OpenBaoKms
from tests.parts import _run_folder, _shared


@dataclass(frozen=True)
class Bao:
    """How to reach the run's OpenBao; `token` is its root token."""

    address: str
    token: str

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        """A request as root."""
        headers = {"X-Vault-Token": self.token}
        return requests.request(method, f"{self.address}/v1/{path}", json=body or None, headers=headers, timeout=10)

    def mount(self) -> str:
        """A fresh transit engine; returns its mount."""
        name = f"transit-{secrets.token_hex(6)}"
        assert self.ask("POST", f"sys/mounts/{name}", type="transit").status_code == 204
        return name

    def kms(self) -> OpenBaoKms:
        """A driver on an engine of its own."""
        return OpenBaoKms(self.address, self.token, self.mount())


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """The run's OpenBao."""
    with _shared(_run_folder(tmp_path_factory) / "openbao", start_openbao) as note:
        yield Bao(**note)


def start_openbao(folder: Path) -> tuple[dict[str, str], Callable[[], None]]:
    """Starts a server that keeps everything in memory; returns how to reach it and how to stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    port, token = free_port(), secrets.token_hex(16)
    binary = Path(sys.executable).with_name("bao")
    command = [str(binary), "server", "-dev", "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{port}"]
    with open(folder / "log", "wb") as out:
        process = subprocess.Popen(
            [*command, f"-dev-root-token-id={token}"], stdout=out, stderr=out, start_new_session=True
        )
    bao = Bao(f"http://127.0.0.1:{port}", token)

    def stop() -> None:
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    _await(bao, process)
    return {"address": bao.address, "token": bao.token}, stop


def free_port() -> int:
    """A port of the loopback address nobody listens on now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _await(bao: Bao, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            if bao.ask("GET", "sys/health").status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError("OpenBao did not start")
