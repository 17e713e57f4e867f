"""The bytes of an audit entry, and what it tells, as salted disclosures.

An entry is public within its log: it says which log, which place, when and under which law (the digest of
the policies), and carries the digests of its fields. A field (who, what, outcome, ...) is a disclosure of
RFC 9901 section 4.2.1: a text whose SHA-256 stands in the entry. Who is handed the disclosure can check the
field; who is not learns nothing from the digest, because each carries 128 random bits. A deleted disclosure
leaves the log verifiable.

README.md gives the grammar. Everything not in the one canonical form is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeAlias

from dataroom.audit.tree import leaf_hash
from dataroom.errors import Invalid, Tampered

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_ENTRY_BYTES = 65535
MAX_INTEGER = 2**53 - 1
SALT_BYTES = 16

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = ["_sd", "law", "log", "seq", "t", "v"]
_ORIGIN = re.compile(r"[A-Za-z0-9._:/~-]{1,200}")
_LAW = re.compile(r"[0-9a-f]{64}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One field of an entry, opened: its `name`, the `text` to hand over, and the `digest` that the entry
    holds.
    """

    name: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry ready to append: its exact `data`, its `leaf` hash, and one disclosure for each field."""

    data: bytes
    leaf: bytes
    disclosures: tuple[Disclosure, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as read: log `origin`, place `seq`, time `at`, digest of the policies `law`, digests of its
    fields.
    """

    origin: str
    seq: int
    at: datetime
    law: str
    digests: tuple[str, ...]


def seal_entry(
    origin: str,
    seq: int,
    at: datetime,
    law: str,
    fields: Mapping[str, JsonValue],
    salts: Callable[[int], bytes] = os.urandom,
) -> SealedEntry:
    """Write the entry at place `seq` of the log `origin`.

    `at` is aware and kept to the microsecond; `law` is 64 hexadecimal digits; `salts(n)` gives n random
    bytes. `Invalid` for names, values or lengths that the format has no place for.
    """
    if at.tzinfo is None:
        raise Invalid("the time of an entry needs its zone")
    shown = tuple(disclose(name, value, salts) for name, value in fields.items())
    members = {
        "v": 1,
        "log": origin,
        "seq": seq,
        "t": (at - _EPOCH) // timedelta(microseconds=1),
        "law": law,
        "_sd": sorted(one.digest for one in shown),
    }
    data = _canonical(members)
    read_entry(data)
    return SealedEntry(data, leaf_hash(data), shown)


def disclose(name: str, value: JsonValue, salts: Callable[[int], bytes] = os.urandom) -> Disclosure:
    """A fresh disclosure of one field."""
    _check_field(name)
    check_value(value)
    text = _b64(_canonical([_b64(salts(SALT_BYTES)), name, value]))
    _open(text)
    return Disclosure(name, text, digest_of(text))


def digest_of(text: str) -> str:
    """What an entry holds of a disclosure: the unpadded base64url SHA-256 of its ASCII text."""
    return _b64(hashlib.sha256(text.encode("ascii", "replace")).digest())


def read_entry(data: bytes) -> Entry:
    """Read an entry from its exact bytes; `Invalid`, naming why, for every byte string that is not an
    entry.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise Invalid(f"an entry has at most {MAX_ENTRY_BYTES} bytes, not {len(data)}")
    members = _read_json(data)
    if not isinstance(members, dict) or sorted(members) != _KEYS:
        raise Invalid("an entry has exactly the members " + ", ".join(_KEYS))
    origin, seq, micros, law, digests = (members[key] for key in ("log", "seq", "t", "law", "_sd"))
    if members["v"] is True or members["v"] != 1:
        raise Invalid("the version of an entry is 1")
    if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
        raise Invalid("`log` is not the name of a log")
    if not isinstance(law, str) or not _LAW.fullmatch(law):
        raise Invalid("`law` is not 64 hexadecimal digits")
    if _canonical(members) != data:
        raise Invalid("the entry is not in canonical form")
    at = _EPOCH + timedelta(microseconds=_count(micros, "t"))
    return Entry(origin, _count(seq, "seq"), at, law, _digests(digests))


def open_fields(entry: Entry, disclosures: Iterable[str]) -> dict[str, JsonValue]:
    """The fields that `disclosures` (their texts) show of `entry`, some or all of them.

    `Tampered` when one was forged, belongs to another entry or comes twice; `Invalid` when it is malformed.
    """
    known, shown = set(entry.digests), dict[str, JsonValue]()
    for text in disclosures:
        name, value = _open(text)
        if digest_of(text) not in known:
            raise Tampered(f"entry {entry.seq} does not hold this disclosure of {name!r}")
        if name in shown:
            raise Tampered(f"entry {entry.seq}: {name!r} is disclosed twice")
        shown[name] = value
    return shown


def name_of(text: str) -> str:
    """The name of the field that a disclosure opens; `Invalid` when it is malformed."""
    return _open(text)[0]


def value_of(text: str) -> JsonValue:
    """The value of a field, from its opening alone; `Invalid` when it is malformed."""
    return _open(text)[1]


def check_value(value: object) -> None:
    """Pass a value that an entry can tell; `Invalid` for floats, wide integers, control characters, other
    types.
    """
    if isinstance(value, str):
        if _CONTROL.search(value):
            raise Invalid("a text holds control characters")
    elif isinstance(value, list):
        for one in value:
            check_value(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                raise Invalid("a member name is not text")
            check_value(key)
            check_value(one)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise Invalid(f"the integer {str(value)[:20]} is wider than 53 bits")
    elif value is not None:
        raise Invalid(f"an entry cannot hold a {type(value).__name__}")


def _open(text: str) -> tuple[str, JsonValue]:
    """The name and the value in a disclosure."""
    data = _unb64(text)
    parts = _read_json(data)
    if not isinstance(parts, list) or len(parts) != 3:
        raise Invalid("a disclosure is a salt, a name and a value")
    salt, name, value = parts
    if not isinstance(salt, str) or len(_unb64(salt)) < SALT_BYTES:
        raise Invalid(f"the salt of a disclosure has at least {SALT_BYTES} bytes")
    if _canonical(parts) != data:
        raise Invalid("the disclosure is not in canonical form")
    return _check_field(name), value


def _read_json(data: bytes) -> JsonValue:
    try:
        value: JsonValue = _READER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}") from None
    check_value(value)
    return value


def _members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("a member name comes twice")
    return members


def _integer(text: str) -> int:
    if len(text) > 17:
        raise Invalid(f"the integer {text[:20]} is wider than 53 bits")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise Invalid(f"the number {text[:20]} is not an integer")


def _check_field(name: object) -> str:
    if not isinstance(name, str) or not _FIELD.fullmatch(name) or name in _KEYS:
        raise Invalid(f"{str(name)[:70]!r} is not the name of a field")
    return name


def _count(value: JsonValue, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid(f"`{name}` is not a count")
    return value


def _digests(value: JsonValue) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Invalid("`_sd` is not a list")
    digests = tuple(one for one in value if isinstance(one, str) and len(_unb64(one)) == hashlib.sha256().digest_size)
    if len(digests) != len(value) or list(digests) != sorted(set(digests)):
        raise Invalid("`_sd` is not a sorted list of different digests")
    return digests


def _canonical(value: object) -> bytes:
    return _WRITER.encode(value).encode("utf-8")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _unb64(text: str) -> bytes:
    """Decode unpadded base64url; every other spelling of the same bytes is `Invalid`."""
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    if not data or _b64(data) != text:
        raise Invalid("not in unpadded base64url")
    return data


_READER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_integer
)
_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
