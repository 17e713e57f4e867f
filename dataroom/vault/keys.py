"""Keys: the interface of a key service, wrapping of content keys, and a short-lived cache of scope keys.

A scope's key-encryption key (KEK, 32 bytes) is wrapped by the key service; each content key (DEK, 32 bytes)
is wrapped here under the KEK, 104 bytes, bound to scope, epoch and place. Scope, epoch and blobs live in
rows, not here.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from dataroom.clock import Clock
from dataroom.errors import Tampered
from dataroom.vault.sealed import KEY_BYTES, Place

WRAPPED_BYTES = 104
_DEK = b"vault/dek/v1\0"
Purpose = Literal["moves", "shreds"]
_PURPOSES: dict[Purpose, bytes] = {"moves": b"m", "shreds": b"s"}


class Kms(Protocol):
    """A key service. Names are ASCII, at most 200 characters; a destroyed name is never given to a new key.

    Every method raises `Unavailable` when the service does not answer, `KeyDestroyed` for a key that is not
    there.
    """

    def create(self, name: str) -> None:
        """Make a wrapping key. `Conflict` if the name is taken, `KeyDestroyed` if it was destroyed."""
        ...

    def create_signing(self, name: str) -> None:
        """Make an Ed25519 signing key. Errors as `create`."""
        ...

    def create_es256(self, name: str) -> None:
        """Make a key that signs with ECDSA on P-256 and SHA-256. Errors as `create`."""
        ...

    def exists(self, name: str) -> bool:
        """Whether a key of this name can be used now."""
        ...

    def was_destroyed(self, name: str) -> bool:
        """Whether the key of this name was destroyed on purpose; False for one that is merely not there."""
        ...

    def wrap(self, name: str, plain: bytes) -> bytes:
        """Encrypt `plain` under the wrapping key, bound to its name."""
        ...

    def unwrap(self, name: str, blob: bytes) -> bytes:
        """The bytes wrapped in `blob`; `Tampered` if it was not wrapped under this name."""
        ...

    def rotate(self, name: str) -> None:
        """Give the wrapping key a new version, under which everything is wrapped from now on.

        What was wrapped before still unwraps.
        """
        ...

    def trim(self, name: str, blob: bytes) -> None:
        """Destroy every version of the wrapping key older than the one that wrapped `blob`.

        Nothing wrapped under them unwraps any more (`KeyDestroyed` or `Tampered`). A blob that does not unwrap
        raises as in `unwrap` and changes nothing. Doing so twice is no error.
        """
        ...

    def disable(self, name: str) -> None:
        """Take the key out of use: `KeyDestroyed` for every use until `enable`. Doing so twice is no error."""
        ...

    def enable(self, name: str) -> None:
        """Take a disabled key into use again; `KeyDestroyed` if it was destroyed."""
        ...

    def destroy(self, name: str) -> None:
        """Remove the key for good; doing so twice is no error."""
        ...

    def sign(self, name: str, message: bytes) -> bytes:
        """The signature of `message`, 64 bytes: of Ed25519, or r and s of ES256."""
        ...

    def public_key(self, name: str) -> bytes:
        """The raw public key: of Ed25519 32 bytes, of P-256 x and y, 32 bytes each."""
        ...


def new_key() -> bytes:
    """A fresh random key, 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def scope_key(scope: UUID) -> str:
    """The name in the key service of the key that wraps the KEK of `scope`."""
    return f"s-{scope}"


CLIENT_ALGORITHMS: dict[str, str] = {"EdDSA": "client", "ES256": "client-es256"}
"""With what the installation proves itself to identity providers, and how the names of those keys begin."""


def client_key(number: int, algorithm: str = "EdDSA") -> str:
    """The name of the number-th key with which the installation proves itself to identity providers."""
    return f"{CLIENT_ALGORITHMS[algorithm]}-{number}"


def client_keys(kms: Kms, algorithm: str = "EdDSA") -> list[str]:
    """The names of those keys that can be used, newest first: the next, the one that signs, the one before it."""
    number, found = 1, list[str]()
    while (there := kms.exists(client_key(number, algorithm))) or kms.was_destroyed(client_key(number, algorithm)):
        if there:
            found.insert(0, client_key(number, algorithm))
        number += 1
    return found


def signing_client_key(kms: Kms, algorithm: str = "EdDSA") -> str | None:
    """The name of the one that signs: not the newest, which providers may not have seen, unless it is the only one."""
    names = client_keys(kms, algorithm)
    return next(iter(names[1:2] or names), None)


def make_client_key(kms: Kms, algorithm: str) -> None:
    """Makes the next of those keys, under a name that was never used."""
    number = 1
    while kms.exists(client_key(number, algorithm)) or kms.was_destroyed(client_key(number, algorithm)):
        number += 1
    (kms.create_es256 if algorithm == "ES256" else kms.create_signing)(client_key(number, algorithm))


@dataclass(frozen=True, repr=False)
class Renewal:
    """What a scope's blob wraps while its content keys move from one KEK to the next: both, and where they stand.

    Content keys of `epoch` are under `old`, those of the epoch after it under `new`. When the purpose is `shreds`, the
    versions of the wrapping key that came before are to end once the renewal is over.
    """

    purpose: Purpose
    epoch: int
    old: bytes
    new: bytes

    def to_bytes(self) -> bytes:
        """69 bytes: what the renewal is for, the epoch big-endian, the two KEKs."""
        return _PURPOSES[self.purpose] + self.epoch.to_bytes(4, "big") + self.old + self.new

    def kek(self, epoch: int) -> bytes:
        """The KEK of one of the two epochs; `Tampered` for any other."""
        if epoch not in {self.epoch, self.epoch + 1}:
            raise Tampered("The scope's keys are of other epochs.")
        return self.old if epoch == self.epoch else self.new


def renewal_in(plain: bytes) -> Renewal | None:
    """The renewal that an unwrapped blob tells of; None when it holds one KEK; `Tampered` for anything else."""
    if len(plain) == KEY_BYTES:
        return None
    purpose = next((name for name, mark in _PURPOSES.items() if mark == plain[:1]), None)
    if purpose is None or len(plain) != 5 + 2 * KEY_BYTES:
        raise Tampered("The key service returned a key of the wrong length.")
    old, new = plain[5 : 5 + KEY_BYTES], plain[5 + KEY_BYTES :]
    return Renewal(purpose, int.from_bytes(plain[1:5], "big"), old, new)


def kek_of(plain: bytes, epoch: int) -> bytes:
    """The KEK of an epoch in an unwrapped blob, 32 bytes."""
    renewal = renewal_in(plain)
    return plain if renewal is None else renewal.kek(epoch)


def wrap_dek(kek: bytes, scope: UUID, epoch: int, place: Place, dek: bytes) -> bytes:
    """The content key `dek` wrapped for one row: 104 bytes that open only for this scope, epoch and place."""
    if len(kek) != KEY_BYTES or len(dek) != KEY_BYTES:
        raise Tampered("A key has 32 bytes.")
    wrapper = Cobblestone256Encryptor(kek, _dek_context(scope, epoch, place))
    return wrapper.update(dek) + wrapper.finalize()


def unwrap_dek(kek: bytes, scope: UUID, epoch: int, place: Place, wrapped: bytes) -> bytes:
    """The content key in `wrapped`; `Tampered` if it was wrapped for another KEK, scope, epoch or place."""
    if len(kek) != KEY_BYTES or len(wrapped) != WRAPPED_BYTES:
        raise Tampered("A key or a wrapped key has the wrong length.")
    opener = Cobblestone256Decryptor(kek, _dek_context(scope, epoch, place))
    try:
        return opener.update(wrapped) + opener.finalize()
    except InvalidTag:
        raise Tampered("The wrapped key does not belong to this place.") from None


def _dek_context(scope: UUID, epoch: int, place: Place) -> bytes:
    if not 0 <= epoch < 2**32:
        raise Tampered("An epoch lies between 0 and 2^32 - 1.")
    return _DEK + scope.bytes + epoch.to_bytes(4, "big") + place.context()


@dataclass(frozen=True, slots=True)
class _Cached:
    kek: bytes
    since: datetime


_Slot = tuple[UUID, int, bytes]


class KekCache:
    """Unwrapped KEKs for a short time, in memory alone; safe for threads, at most `most` entries.

    An entry answers only for the scope, epoch and blob that made it. The row is the authority: ask only with
    a blob read from an active scope, so that no entry outlives the scope. Failures are never kept.
    """

    def __init__(self, kms: Kms, ttl_seconds: float, clock: Clock, most: int = 1024) -> None:
        self._kms = kms
        self._ttl = timedelta(seconds=ttl_seconds)
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Slot, _Cached] = OrderedDict()
        self._forgotten = 0

    def kek(self, scope: UUID, epoch: int, blob: bytes) -> bytes:
        """The KEK of `scope` wrapped in `blob`, 32 bytes. Errors as `Kms.unwrap`."""
        slot = (scope, epoch, hashlib.sha256(blob).digest())
        with self._lock:
            found, forgotten = self._entries.get(slot), self._forgotten
            if found is not None and self._fresh(found):
                self._entries.move_to_end(slot)
                return found.kek
        kek = kek_of(self._kms.unwrap(scope_key(scope), blob), epoch)
        self._keep(slot, kek, forgotten)
        return kek

    def forget(self, scope: UUID) -> None:
        """Drop what is held of `scope`; an unwrapping under way in another thread is not kept either."""
        with self._lock:
            self._forgotten += 1
            for slot in [slot for slot in self._entries if slot[0] == scope]:
                del self._entries[slot]

    def _fresh(self, entry: _Cached) -> bool:
        return timedelta(0) <= self._clock.now() - entry.since < self._ttl

    def _keep(self, slot: _Slot, kek: bytes, forgotten: int) -> None:
        entry = _Cached(kek, self._clock.now())
        with self._lock:
            if forgotten != self._forgotten:
                return
            self._entries[slot] = entry
            self._entries.move_to_end(slot)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
