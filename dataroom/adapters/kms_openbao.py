"""The key service as OpenBao's (or Vault's) transit engine.

Names are bound through the key's own name, never through associated data, which transit cannot rewrap. A destroyed
key leaves a marker of its name behind, so that the name is never given again: a key of a type that can neither
encrypt nor sign. Transit makes missing keys on encryption unless told not to; this driver tells it, and does not
wrap before it has.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from dataroom.adapters.kms_signing import raw_point, raw_signature
from dataroom.errors import Conflict, Invalid, KeyDestroyed, Tampered, Unavailable

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,200}\Z")
_BLOB = re.compile(r"vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]+={0,2}\Z")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WRAPPING, _SIGNING, _P256, _GONE = "aes256-gcm96", "ed25519", "ecdsa-p256", "hmac"
_NOT_THERE = ("key not found", "soft-deleted key", "not supported for key type", "does not support", "too old")
_NOT_OURS = ("message authentication failed", "invalid ciphertext", "version is too new")
_SYSTEM = Path()
_SECONDS = (3.05, 10.0)


class OpenBaoKms:
    """`dataroom.vault.keys.Kms` on a transit engine. Safe for threads and for any number of processes."""

    def __init__(self, address: str, token: str, mount: str = "transit", role: str = "", ca_file: Path = _SYSTEM):
        """A client of the server at `address`; `Invalid` when that is neither https nor this machine.

        `token` is a token, or with `role` an AppRole's secret id, exchanged for a token when one is needed. `ca_file`
        replaces the certificates the system trusts.
        """
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise Invalid("The key service must be reached over https, or on this machine.")
        self._base = f"{address.rstrip('/')}/v1"
        self._mount, self._role, self._secret = mount.strip("/"), role, token
        self._token = "" if role else token
        self._threads = threading.local()
        self._verify: bool | str = True if ca_file == _SYSTEM else str(ca_file)
        self._strict = False

    def __repr__(self) -> str:
        return f"OpenBaoKms({self._base!r}, mount={self._mount!r})"

    def create(self, name: str) -> None:
        """Make a wrapping key. `Conflict` if the name is taken, `KeyDestroyed` if it was destroyed."""
        self._create(name, _WRAPPING)

    def create_signing(self, name: str) -> None:
        """Make an Ed25519 signing key. Errors as `create`."""
        self._create(name, _SIGNING)

    def create_es256(self, name: str) -> None:
        """Make a key that signs with ECDSA on P-256 and SHA-256. Errors as `create`."""
        self._create(name, _P256)

    def exists(self, name: str) -> bool:
        """Whether a key of this name can be used now."""
        if not _NAME.match(name):
            return False
        found = self._read(name)
        return found is not None and found["type"] != _GONE and not found.get("soft_deleted")

    def was_destroyed(self, name: str) -> bool:
        """Whether the marker of a destroyed key has the name."""
        found = self._read(name)
        return found is not None and found["type"] == _GONE

    def wrap(self, name: str, plain: bytes) -> bytes:
        """Encrypt `plain` under the newest version of the key; about 60 bytes and a third longer."""
        self._never_on_demand()
        reply = self._do("POST", f"encrypt/{_checked(name)}", {"plaintext": _text(plain)})
        return str(reply["ciphertext"]).encode()

    def unwrap(self, name: str, blob: bytes) -> bytes:
        """The bytes wrapped in `blob`; `Tampered` if it was not wrapped under this name."""
        text = _blob(blob)[0]
        return _bytes(self._do("POST", f"decrypt/{_checked(name)}", {"ciphertext": text})["plaintext"])

    def rotate(self, name: str) -> None:
        """Add a version to the wrapping key, under which everything is wrapped from now on."""
        self._usable(name)
        self._do("POST", f"keys/{name}/rotate")

    def trim(self, name: str, blob: bytes) -> None:
        """Destroy the versions older than the one that wrapped `blob`."""
        oldest = _blob(blob)[1]
        self.unwrap(name, blob)
        if self._usable(name)["min_available_version"] < oldest:
            bounds = {"min_decryption_version": oldest, "min_encryption_version": oldest}
            self._do("POST", f"keys/{name}/config", bounds)
            self._do("POST", f"keys/{name}/trim", {"min_available_version": oldest})

    def disable(self, name: str) -> None:
        """Delete the key softly: the server refuses every use until it is restored."""
        if self.exists(name):
            self._do("DELETE", f"keys/{name}/soft-delete")

    def enable(self, name: str) -> None:
        """Restore a softly deleted key; `KeyDestroyed` if it was destroyed."""
        found = self._read(name)
        if found is None or found["type"] == _GONE:
            raise KeyDestroyed("There is no such key.")
        if found.get("soft_deleted"):
            self._do("POST", f"keys/{name}/soft-delete-restore")

    def destroy(self, name: str) -> None:
        """Delete every version of the key and keep its name taken; doing so twice is no error."""
        found = self._read(_checked(name))
        if found is not None and found["type"] == _GONE:
            return
        if found is not None:
            self._do("POST", f"keys/{name}/config", {"deletion_allowed": True})
            self._do("DELETE", f"keys/{name}")
        self._do("POST", f"keys/{name}", {"type": _GONE, "key_size": 32})

    def sign(self, name: str, message: bytes) -> bytes:
        """The signature of `message` by the kind of the key, 64 bytes."""
        reply = self._do("POST", f"sign/{_checked(name)}", {"input": _text(message)})
        return raw_signature(_bytes(str(reply["signature"]).rpartition(":")[2]))

    def public_key(self, name: str) -> bytes:
        """The raw public key: of Ed25519 32 bytes, of P-256 x and y."""
        found = self._usable(name)
        if found["type"] not in {_SIGNING, _P256}:
            raise KeyDestroyed("There is no such key.")
        told = str(found["keys"][str(found["latest_version"])]["public_key"])
        if found["type"] == _SIGNING:
            return _bytes(told)
        key = load_pem_public_key(told.encode("ascii"))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Unavailable("OpenBao answers with another kind of key.")
        return raw_point(key)

    def _create(self, name: str, kind: str) -> None:
        found = self._read(_checked(name))
        if found is not None and (found["type"] == _GONE or found.get("soft_deleted")):
            raise KeyDestroyed("A key of this name was destroyed; its name is not used again.")
        if found is not None:
            raise Conflict("A key of this name exists.")
        self._do("POST", f"keys/{name}", {"type": kind})

    def _read(self, name: str) -> dict[str, Any] | None:
        reply = self._send("GET", f"{self._mount}/keys/{_checked(name)}", None)
        return None if reply.status_code == 404 else self._understood(reply)

    def _usable(self, name: str) -> dict[str, Any]:
        found = self._read(name)
        if found is None or found["type"] == _GONE or found.get("soft_deleted"):
            raise KeyDestroyed("There is no such key.")
        return found

    def _never_on_demand(self) -> None:
        """Sees to it, once a process, that encrypting under a missing name makes no key."""
        if not self._strict:
            if not self._do("GET", "config/keys").get("disable_upsert"):
                self._do("POST", "config/keys", {"disable_upsert": True})
            self._strict = True

    def _do(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._understood(self._send(method, f"{self._mount}/{path}", body))

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> requests.Response:
        """One request, with a fresh token and once more when the AppRole's has run out."""
        if self._role and not self._token:
            self._log_in()
        reply = self._raw(method, path, body, self._token)
        if reply.status_code == 403 and self._role:
            self._log_in()
            reply = self._raw(method, path, body, self._token)
        return reply

    def _log_in(self) -> None:
        pair = {"role_id": self._role, "secret_id": self._secret}
        reply = self._raw("POST", "auth/approle/login", pair, "")
        if reply.status_code != 200:
            raise Unavailable("The key service refused our sign-in.")
        self._token = str(reply.json()["auth"]["client_token"])

    def _raw(self, method: str, path: str, body: dict[str, Any] | None, token: str) -> requests.Response:
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true"} if token else {"X-Vault-Request": "true"}
        try:
            return self._session().request(
                method,
                f"{self._base}/{path}",
                json=body,
                headers=headers,
                timeout=_SECONDS,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unavailable("The key service does not answer.") from error

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
            self._threads.session.trust_env = False
        session: requests.Session = self._threads.session
        return session

    def _understood(self, reply: requests.Response) -> dict[str, Any]:
        """The data of an answer, or the error of this service it stands for; anything unknown is `Unavailable`."""
        if reply.status_code in {200, 204}:
            return _data(reply)
        said = reply.text if reply.status_code in {400, 404, 422} else ""
        if any(words in said for words in _NOT_THERE):
            raise KeyDestroyed("There is no such key, or no longer this version of it.")
        if any(words in said for words in _NOT_OURS):
            raise Tampered("The wrapped key does not belong to this key of the key service.")
        raise Unavailable(f"The key service answered {reply.status_code}.")


def _data(reply: requests.Response) -> dict[str, Any]:
    try:
        body = reply.json() if reply.content else {}
    except ValueError as error:
        raise Unavailable("The key service's answer cannot be read.") from error
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise Invalid("A key's name has 1 to 200 letters, digits or . _ : - characters.")
    return name


def _blob(blob: bytes) -> tuple[str, int]:
    """A wrapped key as text, and the version of the key that wrapped it."""
    text = blob.decode("ascii", "replace")
    found = _BLOB.match(text)
    if found is None:
        raise Tampered("This is no wrapped key of the key service.")
    return text, int(found[1])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unavailable("The key service's answer cannot be read.") from error
