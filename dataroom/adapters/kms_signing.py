"""Signing with the secrets a key service keeps by itself: Ed25519, or ECDSA on P-256 with SHA-256 (ES256).

A secret is the 32-byte seed of Ed25519, or a byte of 1 and the 32-byte scalar of P-256, so its length says which.
Signatures are 64 bytes for both: for ES256 r and s (RFC 7518 section 3.4). A public key is 32 bytes raw, or x and y.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_SEED_BYTES = 32
_P256 = b"\x01"
_RAW_BYTES = 64


def new_es256() -> bytes:
    """A fresh secret for ES256."""
    scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _P256 + scalar.to_bytes(_SEED_BYTES, "big")


def signature(secret: bytes, message: bytes) -> bytes:
    """The signature of `message` by `secret`."""
    if len(secret) == _SEED_BYTES:
        return Ed25519PrivateKey.from_private_bytes(secret).sign(message)
    return raw_signature(_p256(secret).sign(message, ec.ECDSA(hashes.SHA256())))


def public_key(secret: bytes) -> bytes:
    """The public key of `secret`."""
    if len(secret) == _SEED_BYTES:
        return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return raw_point(_p256(secret).public_key())


def raw_signature(given: bytes) -> bytes:
    """A signature as 64 bytes, be it so already or, as key services answer for P-256, DER."""
    if len(given) == _RAW_BYTES:
        return given
    return b"".join(part.to_bytes(_SEED_BYTES, "big") for part in decode_dss_signature(given))


def raw_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """x and y of a public key on P-256."""
    point = key.public_numbers()
    return point.x.to_bytes(_SEED_BYTES, "big") + point.y.to_bytes(_SEED_BYTES, "big")


def _p256(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret.removeprefix(_P256), "big"), ec.SECP256R1())
