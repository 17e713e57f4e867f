"""The key service as one local file, for installations without OpenBao or AWS KMS.

The keyring is JSON around one Cobblestone-256 object that holds every key; the master key comes from a
key file on another path or, through scrypt, from a passphrase. Several processes may share a keyring: changes
happen under a file lock, replace the file as a whole and are noticed by the others. Never put it in the
database's backups, and give its own copies a short life: a copy made before a key was destroyed still holds
that key.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from dataroom.adapters import kms_signing
from dataroom.errors import Conflict, Invalid, KeyDestroyed, Tampered, Unavailable
from dataroom.vault.keys import new_key
from dataroom.vault.sealed import KEY_BYTES

_FORMAT = "dataroom-keyring-1"
_RING = b"vault/keyring/v1\0"
_WRAP = b"vault/kek/v1\0"
_SALT_BYTES = 16
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,200}\Z")
_KEY_FILE = re.compile(rb"[0-9a-f]{64}\n?\Z")


@dataclass(slots=True)
class _Ring:
    """What the keyring holds: wrapping keys, signing seeds, and the names of keys that were destroyed or disabled.

    A wrapping key is the concatenation of its versions, 32 bytes each, the newest last.
    """

    wrapping: dict[str, bytes] = field(default_factory=dict, repr=False)
    signing: dict[str, bytes] = field(default_factory=dict, repr=False)
    destroyed: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)

    def versions(self, name: str) -> list[bytes]:
        """The versions of a wrapping key in use, the oldest first."""
        key = self.found(self.wrapping, name)
        return [key[start : start + KEY_BYTES] for start in range(0, len(key), KEY_BYTES)]

    def found(self, keys: dict[str, bytes], name: str) -> bytes:
        """A key in use; `KeyDestroyed` if there is none."""
        if name not in keys or name in self.disabled:
            raise KeyDestroyed("There is no such key.")
        return keys[name]

    def copy(self) -> _Ring:
        """The same keys, to be changed."""
        return _Ring(dict(self.wrapping), dict(self.signing), set(self.destroyed), set(self.disabled))


class KeyringKms:
    """`dataroom.vault.keys.Kms` on a keyring file. Safe for threads and for several processes."""

    def __init__(self, path: Path, key_path: Path) -> None:
        """Open the keyring at `path` with the key file at `key_path`; `Unavailable` says what is wrong."""
        self._begin(path, _read_key_file(key_path))

    @classmethod
    def with_passphrase(cls, path: Path, passphrase: str) -> KeyringKms:
        """Open a keyring made with a passphrase; takes about half a second, and 128 MB for a moment."""
        kms = cls.__new__(cls)
        with _locked(path, fcntl.LOCK_SH):
            salt = _salt_of(_Private(path, "keyring").read())
        kms._begin(path, _master_from(passphrase, salt))
        return kms

    @classmethod
    def create_new(cls, path: Path, key_path: Path) -> KeyringKms:
        """Make an empty keyring, and the key file if there is none; `Conflict` if the keyring exists."""
        if path.absolute() == key_path.absolute():
            raise Invalid("The key file and the keyring are two files.")
        if not key_path.exists():
            _write_new(key_path, new_key().hex().encode() + b"\n")
        _write_new(path, _sealed(_read_key_file(key_path), b"", _Ring()))
        return cls(path, key_path)

    @classmethod
    def create_new_with_passphrase(cls, path: Path, passphrase: str) -> KeyringKms:
        """Make an empty keyring under a passphrase of at least 12 characters; `Conflict` if it exists."""
        if len(passphrase) < 12:
            raise Invalid("A keyring's passphrase has at least 12 characters.")
        salt = os.urandom(_SALT_BYTES)
        _write_new(path, _sealed(_master_from(passphrase, salt), salt, _Ring()))
        return cls.with_passphrase(path, passphrase)

    def create(self, name: str) -> None:
        """Make a wrapping key. `Conflict` if the name is taken, `KeyDestroyed` if it was destroyed."""
        with self._change() as ring:
            _check_free(ring, name)
            ring.wrapping[name] = new_key()

    def create_signing(self, name: str) -> None:
        """Make an Ed25519 signing key. Errors as `create`."""
        with self._change() as ring:
            _check_free(ring, name)
            ring.signing[name] = new_key()

    def create_es256(self, name: str) -> None:
        """Make a key that signs with ECDSA on P-256 and SHA-256. Errors as `create`."""
        with self._change() as ring:
            _check_free(ring, name)
            ring.signing[name] = kms_signing.new_es256()

    def check_free(self, name: str) -> None:
        """Returns if a key of this name could be made; errors as `create`."""
        _check_free(self._current(), name)

    def exists(self, name: str) -> bool:
        """Whether a key of this name can be used now."""
        ring = self._current()
        return name not in ring.disabled and (name in ring.wrapping or name in ring.signing)

    def was_destroyed(self, name: str) -> bool:
        """Whether the name is among those of destroyed keys."""
        return name in self._current().destroyed

    def wrap(self, name: str, plain: bytes) -> bytes:
        """Encrypt `plain` under the wrapping key, bound to its name; 72 bytes longer for short contents."""
        sealer = Cobblestone256Encryptor(self._current().versions(name)[-1], _WRAP + name.encode())
        return sealer.update(plain) + sealer.finalize()

    def unwrap(self, name: str, blob: bytes) -> bytes:
        """The bytes wrapped in `blob`; `Tampered` if it was not wrapped under this name."""
        return _unwrapped(self._current(), name, blob)[1]

    def rotate(self, name: str) -> None:
        """Add a version to the wrapping key, under which everything is wrapped from now on."""
        with self._change() as ring:
            ring.wrapping[name] = ring.found(ring.wrapping, name) + new_key()

    def trim(self, name: str, blob: bytes) -> None:
        """Remove the versions older than the one that wrapped `blob` from the keyring."""
        with self._change() as ring:
            place, _plain = _unwrapped(ring, name, blob)
            ring.wrapping[name] = b"".join(ring.versions(name)[place:])

    def disable(self, name: str) -> None:
        """Take the key out of use; it stays in the keyring until it is destroyed."""
        with self._change() as ring:
            if name in ring.wrapping or name in ring.signing:
                ring.disabled.add(name)

    def enable(self, name: str) -> None:
        """Take a disabled key into use again; `KeyDestroyed` if it was destroyed."""
        with self._change() as ring:
            ring.disabled.discard(name)
            if name not in ring.wrapping and name not in ring.signing:
                raise KeyDestroyed("There is no such key.")

    def destroy(self, name: str) -> None:
        """Remove the key for good and remember its name; doing so twice is no error."""
        with self._change() as ring:
            ring.wrapping.pop(name, None)
            ring.signing.pop(name, None)
            ring.disabled.discard(name)
            ring.destroyed.add(_checked(name))

    def sign(self, name: str, message: bytes) -> bytes:
        """The signature of `message` by the kind of the key, 64 bytes."""
        ring = self._current()
        return kms_signing.signature(ring.found(ring.signing, name), message)

    def public_key(self, name: str) -> bytes:
        """The raw public key: of Ed25519 32 bytes, of P-256 x and y."""
        ring = self._current()
        return kms_signing.public_key(ring.found(ring.signing, name))

    def _begin(self, path: Path, master: bytes) -> None:
        self._path = path
        self._master = master
        self._threads = threading.RLock()
        self._ring = _Ring()
        self._salt = b""
        self._file: _Private | None = None
        self._current()

    def _current(self) -> _Ring:
        """The keys as they are on disk now; read again only if the file changed."""
        with self._threads:
            if self._file is None or _mark(self._path) != self._file.mark:
                with _locked(self._path, fcntl.LOCK_SH):
                    self._load()
            return self._ring

    def _load(self) -> None:
        file = _Private(self._path, "keyring")
        data = file.read()
        self._ring, self._salt, self._file = _opened(self._master, data), _salt_of(data), file

    @contextmanager
    def _change(self) -> Iterator[_Ring]:
        """The keys, to be changed; written when the block ends well, forgotten when it does not."""
        with self._threads, _locked(self._path, fcntl.LOCK_EX):
            self._load()
            changed = self._ring.copy()
            yield changed
            _replace(self._path, _sealed(self._master, self._salt, changed))
            self._load()


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise Invalid("A key's name has 1 to 200 letters, digits or . _ : - characters.")
    return name


def _check_free(ring: _Ring, name: str) -> None:
    if _checked(name) in ring.destroyed:
        raise KeyDestroyed("A key of this name was destroyed; its name is not used again.")
    if name in ring.wrapping or name in ring.signing:
        raise Conflict("A key of this name exists.")


def _unwrapped(ring: _Ring, name: str, blob: bytes) -> tuple[int, bytes]:
    """Which version of the key opens `blob`, and what is in it; the format commits to its key, so one does."""
    versions = ring.versions(name)
    for place in range(len(versions) - 1, -1, -1):
        opener = Cobblestone256Decryptor(versions[place], _WRAP + name.encode())
        with suppress(InvalidTag):
            return place, opener.update(blob) + opener.finalize()
    raise Tampered("The wrapped key does not belong to this key of the keyring.")


def _sealed(master: bytes, salt: bytes, ring: _Ring) -> bytes:
    body = {
        "wrapping": {name: key.hex() for name, key in ring.wrapping.items()},
        "signing": {name: key.hex() for name, key in ring.signing.items()},
        "destroyed": sorted(ring.destroyed),
        "disabled": sorted(ring.disabled),
    }
    sealer = Cobblestone256Encryptor(master, _RING + salt)
    box = sealer.update(json.dumps(body).encode()) + sealer.finalize()
    outer = {"format": _FORMAT, "scrypt_salt": salt.hex(), "sealed": base64.b64encode(box).decode()}
    return json.dumps(outer, indent=1).encode() + b"\n"


def _opened(master: bytes, data: bytes) -> _Ring:
    outer, salt = _outer(data), _salt_of(data)
    opener = Cobblestone256Decryptor(master, _RING + salt)
    try:
        box = base64.b64decode(outer["sealed"], validate=True)
        body = json.loads(opener.update(box) + opener.finalize())
    except (InvalidTag, ValueError):
        raise Unavailable("The keyring is damaged, or this is not its key file or passphrase.") from None
    return _Ring(
        {name: bytes.fromhex(key) for name, key in body["wrapping"].items()},
        {name: bytes.fromhex(key) for name, key in body["signing"].items()},
        set(body["destroyed"]),
        set(body.get("disabled", ())),
    )


def _outer(data: bytes) -> dict[str, str]:
    try:
        outer = json.loads(data)
    except ValueError:
        outer = None
    fields = {"format", "scrypt_salt", "sealed"}
    if not isinstance(outer, dict) or set(outer) != fields or outer["format"] != _FORMAT:
        raise Unavailable("The keyring file is damaged or is no keyring.")
    if not all(isinstance(value, str) for value in outer.values()):
        raise Unavailable("The keyring file is damaged or is no keyring.")
    return outer


def _salt_of(data: bytes) -> bytes:
    try:
        salt = bytes.fromhex(_outer(data)["scrypt_salt"])
    except ValueError:
        salt = b"?"
    if len(salt) not in (0, _SALT_BYTES):
        raise Unavailable("The keyring file is damaged or is no keyring.")
    return salt


def _master_from(passphrase: str, salt: bytes) -> bytes:
    if not salt:
        raise Unavailable("This keyring opens with a key file, not with a passphrase.")
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode())


def _read_key_file(key_path: Path) -> bytes:
    data = _Private(key_path, "key file").read()
    if not _KEY_FILE.match(data):
        raise Unavailable("The key file does not hold 64 lower-case hexadecimal digits.")
    return bytes.fromhex(data.decode().strip())


class _Private:
    """A regular file that no group and no other user may touch, held open; else `Unavailable`.

    While it is held, no other file gets its inode number, so a changed number means a replaced file.
    """

    def __init__(self, path: Path, what: str) -> None:
        self._descriptor = -1
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise Unavailable(f"The {what} cannot be read: {error.strerror}.") from None
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
            raise Unavailable(f"The {what} has rights laxer than 0600.")
        self.mark = (status.st_dev, status.st_ino)

    def read(self) -> bytes:
        """All of the file, from its beginning."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            return file.read()

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _mark(path: Path) -> tuple[int, int]:
    """Device and inode, which change whenever the keyring is replaced."""
    try:
        status = path.stat()
    except OSError:
        raise Unavailable("The keyring is gone.") from None
    return status.st_dev, status.st_ino


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"The keyring cannot be locked: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("The keyring or key file exists already.") from None
    _fill(descriptor, data)
    _sync_folder(path.parent)


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file, all or nothing, lasting; the old bytes are overwritten.

    Overwriting is best effort: a file system or a disk that copies on write keeps old blocks for a while.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _fill(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), data)
    old = os.open(path, os.O_WRONLY)
    size = os.fstat(old).st_size
    os.replace(fresh, path)
    _sync_folder(path.parent)
    _fill(old, bytes(size))


def _fill(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
