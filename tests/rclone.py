"""An rclone serving a folder as S3, the second implementation the object store is tested on: no versions, no conditions."""

from __future__ import annotations

import secrets
import signal
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from dataroom.adapters.parts_process import TiedProcess, hold_ports, program, until
from dataroom.adapters.s3_client import S3Settings
from dataroom.adapters.s3_unversioned import UnversionedStore
from dataroom.errors import Unavailable


@dataclass(frozen=True)
class Rclone:
    """How to reach it."""

    endpoint: str
    access_key: str
    secret_key: str

    def settings(self, bucket: str) -> S3Settings:
        """Settings for `bucket`, which need not exist yet."""
        return S3Settings(self.endpoint, bucket, self.access_key, self.secret_key, versions="none")

    def bucket(self) -> UnversionedStore:
        """A store on a fresh bucket of its own."""
        store = UnversionedStore(self.settings(f"test-{uuid.uuid4()}"))
        store.prepare()
        return store


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rclone]:
    """One for the tests of a module."""
    folder = tmp_path_factory.mktemp("rclone")
    with ExitStack() as held:
        port = hold_ports(held, ["s3"], {})["s3"]
    reached = Rclone(f"http://127.0.0.1:{port}", secrets.token_hex(10), secrets.token_hex(20))
    child = TiedProcess(_command(folder, port, reached), folder / "rclone.log", signal.SIGTERM)
    child.start(None, {"HOME": str(folder)})
    assert until(lambda: _answers(reached), child.runs, 30), (folder / "rclone.log").read_text()
    yield reached
    child.stop(signal.SIGTERM)


def _command(folder: Path, port: int, reached: Rclone) -> list[str]:
    served = folder / "served"
    served.mkdir()
    key = f"{reached.access_key},{reached.secret_key}"
    fixed = ["--config", "/dev/null", "--addr", f"127.0.0.1:{port}", "--auth-key", key]
    return [program("rclone"), "serve", "s3", *fixed, str(served)]


def _answers(reached: Rclone) -> bool:
    try:
        UnversionedStore(reached.settings("none")).alive()
    except Unavailable:
        return False
    return True
