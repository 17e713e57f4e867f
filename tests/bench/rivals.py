"""Two well-known libraries to measure beside: tink-py and the AWS Encryption SDK, if they are installed.

They are no dependencies of the service: `pip install tink aws-encryption-sdk` by hand, anywhere Python finds them.
Each seals a whole content in memory, because neither writes into an upload; whatever is missing is left out aloud.
"""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

PIECE = 256 * 1024
FRAME = 64 * 1024
BOUND = b"bench"


@dataclass(frozen=True)
class Rival:
    """One library: `seal` makes a sealed file of a plain one, `open` yields the content of a sealed one."""

    name: str
    seal: Callable[[io.BytesIO], io.BytesIO]
    open: Callable[[Any], Iterator[bytes]]


class _Kept(io.BytesIO):
    """A file in memory that is still there after whoever wrote it has closed it."""

    def close(self) -> None:
        """Stays open."""


class _Forward(io.RawIOBase):
    """The body of a reply as a file that only goes forward."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, room: Any) -> int:
        """As much as comes at once."""
        piece: bytes = self._body.read(len(room))
        room[: len(piece)] = piece
        return len(piece)


def rivals() -> list[Rival]:
    """Those that can be imported; says which cannot."""
    found = []
    for name, make in (("tink", _tink), ("aws_encryption_sdk", _aws)):
        try:
            importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed and was not measured")
            continue
        found.append(make())
    return found


def _pieces(stream: Any) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def _tink() -> Rival:
    tink = importlib.import_module("tink")
    streaming = importlib.import_module("tink.streaming_aead")
    streaming.register()
    handle = tink.new_keyset_handle(streaming.streaming_aead_key_templates.AES256_GCM_HKDF_1MB)
    primitive = handle.primitive(streaming.StreamingAead)

    def seal(plain: io.BytesIO) -> io.BytesIO:
        sealed = _Kept()
        with primitive.new_encrypting_stream(sealed, BOUND) as stream:
            for piece in _pieces(plain):
                stream.write(piece)
        sealed.seek(0)
        return sealed

    def opened(body: Any) -> Iterator[bytes]:
        with primitive.new_decrypting_stream(_Forward(body), BOUND) as stream:
            yield from _pieces(stream)

    return Rival("tink-py, 1 MiB segments", seal, opened)


def _aws() -> Rival:
    sdk = importlib.import_module("aws_encryption_sdk")
    raw = importlib.import_module("aws_encryption_sdk.key_providers.raw")
    names = importlib.import_module("aws_encryption_sdk.identifiers")
    wrapping = importlib.import_module("aws_encryption_sdk.internal.crypto.wrapping_keys")
    secret = os.urandom(32)

    class Provider(raw.RawMasterKeyProvider):  # type: ignore[misc,name-defined]
        """One key of our own."""

        provider_id = "bench"

        def _get_raw_key(self, key_id: bytes) -> Any:
            return wrapping.WrappingKey(
                wrapping_algorithm=names.WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
                wrapping_key=secret,
                wrapping_key_type=names.EncryptionKeyType.SYMMETRIC,
            )

    provider = Provider()
    provider.add_master_key("one")
    client = sdk.EncryptionSDKClient(commitment_policy=sdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    unsigned = names.Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY

    def seal(plain: io.BytesIO) -> io.BytesIO:
        sealed = io.BytesIO()
        told = {"source": plain, "key_provider": provider, "frame_length": FRAME, "algorithm": unsigned}
        with client.stream(mode="e", **told) as stream:
            sealed.writelines(_pieces(stream))
        sealed.seek(0)
        return sealed

    def opened(body: Any) -> Iterator[bytes]:
        yield from _pieces(client.stream(mode="d", source=body, key_provider=provider))

    return Rival("aws-encryption-sdk, 64 KiB frames, unsigned", seal, opened)
