"""The key service as AWS KMS, through boto3: one customer managed key for each name, found by its alias.

Rotating makes a new key and keeps the old one under a numbered alias; trimming and destroying schedule old keys for
deletion, which makes them unusable at once and removes them after `waiting_days`. Signing keys and the names of
destroyed keys are kept by a local key service: AWS signs at most 4096 bytes with Ed25519, less than a certificate
may have, and it forgets the names of deleted keys. Tried against a fake of the protocol only.
"""

from __future__ import annotations

import re
from typing import Any

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from dataroom.adapters.kms_keyring import KeyringKms
from dataroom.errors import Conflict, Invalid, KeyDestroyed, Tampered, Unavailable

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,200}\Z")
_NOT_THERE = frozenset({"NotFoundException", "DisabledException", "KMSInvalidStateException"})
_NOT_OURS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class AwsKms:
    """`dataroom.vault.keys.Kms` on AWS KMS. Safe for threads and for any number of processes."""

    def __init__(
        self,
        local: KeyringKms,
        region: str,
        prefix: str,
        endpoint: str = "",
        credentials: tuple[str, str] | None = None,
        waiting_days: int = 7,
    ) -> None:
        """A client for one region; every alias begins with `prefix`. boto3's own chain finds missing `credentials`."""
        keys = {"aws_access_key_id": credentials[0], "aws_secret_access_key": credentials[1]} if credentials else {}
        patience = ClientConfig(connect_timeout=3, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
        self._kms: Any = boto3.session.Session().client(
            "kms", region_name=region, endpoint_url=endpoint or None, config=patience, **keys
        )
        self._local, self._prefix, self._days = local, prefix, waiting_days

    def create(self, name: str) -> None:
        """Make a wrapping key. `Conflict` if the name is taken, `KeyDestroyed` if it was destroyed."""
        alias = self._alias(name)
        self._local.check_free(name)
        found = self._described(alias)
        if found is not None and found["KeyState"] in {"PendingDeletion", "Disabled"}:
            raise KeyDestroyed("A key of this name was destroyed; its name is not used again.")
        if found is not None:
            raise Conflict("A key of this name exists.")
        self._do("create_alias", AliasName=alias, TargetKeyId=self._new_key(name))

    def create_signing(self, name: str) -> None:
        """Make an Ed25519 signing key in the local key service. Errors as `create`."""
        self._check_free(name)
        self._local.create_signing(name)

    def create_es256(self, name: str) -> None:
        """Make a key that signs with ECDSA on P-256 and SHA-256, in the local key service. Errors as `create`."""
        self._check_free(name)
        self._local.create_es256(name)

    def _check_free(self, name: str) -> None:
        alias = self._alias(name)
        self._local.check_free(name)
        if self._described(alias) is not None:
            raise Conflict("A key of this name exists.")

    def exists(self, name: str) -> bool:
        """Whether a key of this name can be used now."""
        if not _NAME.match(name):
            return False
        found = self._described(self._alias(name))
        return self._local.exists(name) or (found is not None and found["KeyState"] == "Enabled")

    def was_destroyed(self, name: str) -> bool:
        """Whether the local key service has the name among those of destroyed keys."""
        return self._local.was_destroyed(name)

    def wrap(self, name: str, plain: bytes) -> bytes:
        """Encrypt `plain` (1 to 4096 bytes) under the name's key, its name in the encryption context."""
        reply = self._do("encrypt", KeyId=self._alias(name), Plaintext=plain, EncryptionContext={"name": name})
        return bytes(reply["CiphertextBlob"])

    def unwrap(self, name: str, blob: bytes) -> bytes:
        """The bytes wrapped in `blob`; `Tampered` if it was not wrapped under this name."""
        return self._unwrapped(name, blob)[0]

    def rotate(self, name: str) -> None:
        """Make a new key for the name and keep the old one, under a numbered alias, for what it wrapped."""
        old, older = self._current(name), self._older(name)
        self._do("create_alias", AliasName=f"{self._alias(name)}/{max(older, default=0) + 1}", TargetKeyId=old)
        self._do("update_alias", AliasName=self._alias(name), TargetKeyId=self._new_key(name))

    def trim(self, name: str, blob: bytes) -> None:
        """Schedule for deletion the keys older than the one that wrapped `blob`: unusable from now on."""
        _plain, kept = self._unwrapped(name, blob)
        older = self._older(name)
        born = min((number for number, key in older.items() if key == kept), default=max(older, default=0) + 1)
        for number in sorted(number for number in older if number < born):
            if older[number] != self._current(name):
                self._delete(older[number])
            self._do("delete_alias", AliasName=f"{self._alias(name)}/{number}")

    def disable(self, name: str) -> None:
        """Disable every key of the name."""
        self._local.disable(name)
        for key in self._all(name):
            if self._state(key) == "Enabled":
                self._do("disable_key", KeyId=key)

    def enable(self, name: str) -> None:
        """Enable every key of the name again; `KeyDestroyed` if it is scheduled for deletion."""
        keys = self._all(name)
        if not keys:
            self._local.enable(name)
        if any(self._state(key) not in {"Enabled", "Disabled"} for key in keys):
            raise KeyDestroyed("There is no such key.")
        for key in keys:
            self._do("enable_key", KeyId=key)

    def destroy(self, name: str) -> None:
        """Schedule every key of the name for deletion: unusable at once, gone after the waiting time."""
        for key in self._all(name):
            self._delete(key)
        self._local.destroy(name)

    def sign(self, name: str, message: bytes) -> bytes:
        """The signature of `message`, 64 bytes, by the local key service."""
        return self._local.sign(name, message)

    def public_key(self, name: str) -> bytes:
        """The raw public key: of Ed25519 32 bytes, of P-256 x and y."""
        return self._local.public_key(name)

    def _unwrapped(self, name: str, blob: bytes) -> tuple[bytes, str]:
        """What is in `blob`, and the id of the key that wrapped it, which is one of this name's."""
        if not blob:
            raise Tampered("This is no wrapped key of the key service.")
        older = self._older(name)
        for key in (self._current(name), *(older[number] for number in sorted(older, reverse=True))):
            try:
                reply = self._do("decrypt", KeyId=key, CiphertextBlob=blob, EncryptionContext={"name": name})
            except Tampered:
                continue
            return bytes(reply["Plaintext"]), key
        raise Tampered("The wrapped key does not belong to this key of the key service.")

    def _new_key(self, name: str) -> str:
        reply = self._do(
            "create_key",
            KeySpec="SYMMETRIC_DEFAULT",
            KeyUsage="ENCRYPT_DECRYPT",
            Description=f"{self._prefix} {name}",
            Tags=[{"TagKey": "dataroom", "TagValue": self._prefix}],
        )
        return str(reply["KeyMetadata"]["KeyId"])

    def _alias(self, name: str) -> str:
        if not _NAME.match(name):
            raise Invalid("A key's name has 1 to 200 letters, digits or . _ : - characters.")
        return f"alias/{self._prefix}/{name.replace(':', '_')}"

    def _current(self, name: str) -> str:
        found = self._described(self._alias(name))
        if found is None:
            raise KeyDestroyed("There is no such key.")
        return str(found["KeyId"])

    def _older(self, name: str) -> dict[int, str]:
        """The keys before the current one by their number, the oldest first."""
        begin = f"{self._alias(name)}/"
        try:
            pages = list(self._kms.get_paginator("list_aliases").paginate())
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The key service does not answer.") from error
        rows = [row for page in pages for row in page["Aliases"] if row["AliasName"].startswith(begin)]
        return {int(row["AliasName"][len(begin) :]): str(row["TargetKeyId"]) for row in rows}

    def _all(self, name: str) -> list[str]:
        found = self._described(self._alias(name))
        return [*dict.fromkeys([*self._older(name).values(), *([str(found["KeyId"])] if found else [])])]

    def _state(self, key: str) -> str:
        found = self._described(key)
        return str(found["KeyState"]) if found else "Gone"

    def _delete(self, key: str) -> None:
        if self._state(key) in {"Enabled", "Disabled"}:
            self._do("schedule_key_deletion", KeyId=key, PendingWindowInDays=self._days)

    def _described(self, key: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._do("describe_key", KeyId=key)["KeyMetadata"]
        except KeyDestroyed:
            return None
        return found

    def _do(self, operation: str, **given: Any) -> dict[str, Any]:
        """One call; what AWS says is the error of this service it stands for, anything unknown `Unavailable`."""
        try:
            reply: dict[str, Any] = getattr(self._kms, operation)(**given)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _NOT_THERE:
                raise KeyDestroyed("There is no such key.") from error
            if code in _NOT_OURS:
                raise Tampered("The wrapped key does not belong to this key of the key service.") from error
            raise Unavailable(f"The key service answered {code or 'with an error'}.") from error
        except BotoCoreError as error:
            raise Unavailable("The key service does not answer.") from error
        return reply
