"""A fake of AWS KMS: its JSON protocol over HTTP, with real AES-GCM behind it, as far as the driver speaks it.

It keeps to what AWS documents of states and errors. It is no proof that AWS does.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PAGE = 3


class Refusal(Exception):
    """An error of AWS by its code."""


class FakeAwsKms:
    """Keys and aliases in memory. Every operation is a method of its own name."""

    def __init__(self) -> None:
        self.address = ""
        self.keys: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, str] = {}
        self.lock = threading.Lock()

    def key(self, name: str) -> dict[str, Any]:
        """A key by its id or alias."""
        found = self.keys.get(self.aliases.get(name, name))
        if found is None:
            raise Refusal("NotFoundException")
        return found

    def usable(self, name: str) -> dict[str, Any]:
        """A key that is enabled."""
        found = self.key(name)
        if found["KeyState"] != "Enabled":
            raise Refusal("DisabledException" if found["KeyState"] == "Disabled" else "KMSInvalidStateException")
        return found

    def waiting(self, name: str) -> dict[str, Any]:
        """A key that is not about to be deleted."""
        found = self.key(name)
        if found["KeyState"] == "PendingDeletion":
            raise Refusal("KMSInvalidStateException")
        return found

    def CreateKey(self, **_given: Any) -> dict[str, Any]:
        """A key with random bytes."""
        made = {"KeyId": str(uuid.uuid4()), "KeyState": "Enabled", "secret": secrets.token_bytes(32)}
        self.keys[made["KeyId"]] = made  # type: ignore[index]
        return self.DescribeKey(KeyId=made["KeyId"])

    def DescribeKey(self, KeyId: str) -> dict[str, Any]:
        """What is public of a key."""
        return {"KeyMetadata": {k: v for k, v in self.key(KeyId).items() if k != "secret"}}

    def CreateAlias(self, AliasName: str, TargetKeyId: str) -> dict[str, Any]:
        """A new alias of an existing key."""
        if AliasName in self.aliases:
            raise Refusal("AlreadyExistsException")
        self.aliases[AliasName] = self.waiting(TargetKeyId)["KeyId"]
        return {}

    def UpdateAlias(self, AliasName: str, TargetKeyId: str) -> dict[str, Any]:
        """Points an alias elsewhere."""
        if AliasName not in self.aliases:
            raise Refusal("NotFoundException")
        self.aliases[AliasName] = self.waiting(TargetKeyId)["KeyId"]
        return {}

    def DeleteAlias(self, AliasName: str) -> dict[str, Any]:
        """Forgets an alias."""
        if self.aliases.pop(AliasName, None) is None:
            raise Refusal("NotFoundException")
        return {}

    def ListAliases(self, Marker: str = "", **_given: Any) -> dict[str, Any]:
        """A few at a time, so that paging is used."""
        names = sorted(name for name in self.aliases if name > Marker)
        rows = [{"AliasName": name, "TargetKeyId": self.aliases[name]} for name in names[:PAGE]]
        more = len(names) > PAGE
        return {"Aliases": rows, "Truncated": more} | ({"NextMarker": names[PAGE - 1]} if more else {})

    def Encrypt(self, KeyId: str, Plaintext: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """The key's id, a nonce and AES-GCM with the context as associated data."""
        key, nonce, plain = self.usable(KeyId), secrets.token_bytes(12), base64.b64decode(Plaintext)
        if not 1 <= len(plain) <= 4096:
            raise Refusal("ValidationException")
        box = AESGCM(key["secret"]).encrypt(nonce, plain, json.dumps(EncryptionContext, sort_keys=True).encode())
        blob = uuid.UUID(key["KeyId"]).bytes + nonce + box
        return {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": key["KeyId"]}

    def Decrypt(self, KeyId: str, CiphertextBlob: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        """What Encrypt took, if key and context are the same."""
        key, blob = self.usable(KeyId), base64.b64decode(CiphertextBlob)
        if len(blob) < 44 or str(uuid.UUID(bytes=blob[:16])) not in self.keys:
            raise Refusal("InvalidCiphertextException")
        if blob[:16] != uuid.UUID(key["KeyId"]).bytes:
            raise Refusal("IncorrectKeyException")
        context = json.dumps(EncryptionContext, sort_keys=True).encode()
        try:
            plain = AESGCM(key["secret"]).decrypt(blob[16:28], blob[28:], context)
        except InvalidTag:
            raise Refusal("InvalidCiphertextException") from None
        return {"Plaintext": base64.b64encode(plain).decode(), "KeyId": key["KeyId"]}

    def DisableKey(self, KeyId: str) -> dict[str, Any]:
        """Takes a key out of use."""
        self.waiting(KeyId)["KeyState"] = "Disabled"
        return {}

    def EnableKey(self, KeyId: str) -> dict[str, Any]:
        """Takes a key into use again."""
        self.waiting(KeyId)["KeyState"] = "Enabled"
        return {}

    def ScheduleKeyDeletion(self, KeyId: str, PendingWindowInDays: int) -> dict[str, Any]:
        """Unusable at once."""
        if not 7 <= PendingWindowInDays <= 30:
            raise Refusal("ValidationException")
        self.waiting(KeyId)["KeyState"] = "PendingDeletion"
        return {"KeyId": KeyId, "KeyState": "PendingDeletion"}


@contextmanager
def serving() -> Iterator[FakeAwsKms]:
    """The fake on a loopback port."""
    fake = FakeAwsKms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
            assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")
            try:
                with fake.lock:
                    status, answer = 200, getattr(fake, operation)(**body)
            except Refusal as refusal:
                status, answer = 400, {"__type": str(refusal), "message": "no"}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
