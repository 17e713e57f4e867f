"""The cipher of Type 1 programs (Adobe Type 1 Font Format, 7.1): a running key of 16 bits."""

import numpy as np

EEXEC_KEY, CHAR_KEY = 55_665, 4_330
MULTIPLIER, ADDEND, MASK = 52_845, 22_719, 0xFFFF
BACK = pow(MULTIPLIER, -1, MASK + 1)
LONG = 300


def decrypt(cipher: bytes, key: int) -> bytes:
    """The plain bytes; the first four (or lenIV) of them are padding."""
    if len(cipher) >= LONG:
        return _decrypted(cipher, key)
    plain = bytearray(len(cipher))
    for place, byte in enumerate(cipher):
        plain[place] = byte ^ (key >> 8)
        key = ((byte + key) * MULTIPLIER + ADDEND) & MASK
    return bytes(plain)


def _decrypted(cipher: bytes, key: int) -> bytes:
    """The same at once: with every key divided by its power of the multiplier, each is the one before plus what the
    cipher's byte adds. All numbers are of 16 bits and wrap around, as the key does."""
    codes = np.frombuffer(cipher, dtype=np.uint8).astype(np.uint16)
    factors = np.full(len(codes) + 1, MULTIPLIER, dtype=np.uint16)
    backs = np.full(len(codes) + 1, BACK, dtype=np.uint16)
    factors[0] = backs[0] = 1
    factors, backs = np.cumprod(factors, dtype=np.uint16), np.cumprod(backs, dtype=np.uint16)
    steps = np.empty(len(codes) + 1, dtype=np.uint16)
    steps[0] = key
    steps[1:] = codes * backs[:-1] + backs[1:] * np.uint16(ADDEND)
    keys = np.cumsum(steps, dtype=np.uint16) * factors
    return (codes ^ (keys[:-1] >> np.uint16(8))).astype(np.uint8).tobytes()


def encrypt(plain: bytes, key: int) -> bytes:
    """The cipher bytes of plain ones, padding included."""
    cipher = bytearray(len(plain))
    for place, byte in enumerate(plain):
        cipher[place] = coded = byte ^ (key >> 8)
        key = ((coded + key) * MULTIPLIER + ADDEND) & MASK
    return bytes(cipher)
