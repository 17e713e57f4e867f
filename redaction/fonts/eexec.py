"""The cipher of Type 1 programs (Adobe Type 1 Font Format, 7.1): a running key of 16 bits."""

EEXEC_KEY, CHAR_KEY = 55_665, 4_330
MULTIPLIER, ADDEND, MASK = 52_845, 22_719, 0xFFFF


def decrypt(cipher: bytes, key: int) -> bytes:
    """The plain bytes; the first four (or lenIV) of them are padding."""
    plain = bytearray(len(cipher))
    for place, byte in enumerate(cipher):
        plain[place] = byte ^ (key >> 8)
        key = ((byte + key) * MULTIPLIER + ADDEND) & MASK
    return bytes(plain)


def encrypt(plain: bytes, key: int) -> bytes:
    """The cipher bytes of plain ones, padding included."""
    cipher = bytearray(len(plain))
    for place, byte in enumerate(plain):
        cipher[place] = coded = byte ^ (key >> 8)
        key = ((coded + key) * MULTIPLIER + ADDEND) & MASK
    return bytes(cipher)
