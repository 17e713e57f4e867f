"""Entries: the one canonical form, salted fields, and everything that is refused."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dataroom.audit import entry as entries
from dataroom.audit.entry import JsonValue, SealedEntry, name_of, open_fields, read_entry, seal_entry
from dataroom.audit.tree import leaf_hash
from dataroom.errors import Invalid, Tampered

LOG = "room.example/matter/4f2d"
AT = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
LAW = "ab" * 32
FIELDS: dict[str, JsonValue] = {
    "act": "document.view",
    "outcome": "done",
    "who": "Zoë 東",
    "facts": {"pages": 12, "z": [True, None, -5]},
}


def counting() -> Callable[[int], bytes]:
    """Salts that are all different and the same in each run."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


def sealed(seq: int = 7, fields: dict[str, JsonValue] | None = None) -> SealedEntry:
    return seal_entry(LOG, seq, AT, LAW, FIELDS if fields is None else fields, counting())


def disclosure(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_an_entry_reads_as_it_was_sealed() -> None:
    one = sealed()
    read = read_entry(one.data)
    assert (read.origin, read.seq, read.at, read.law) == (LOG, 7, AT, LAW)
    assert one.leaf == leaf_hash(one.data)
    assert open_fields(read, [shown.text for shown in one.disclosures]) == FIELDS
    assert [shown.name for shown in one.disclosures] == list(FIELDS)


def test_an_entry_holds_nothing_of_its_fields() -> None:
    text = sealed().data.decode("ascii")
    assert set(json.loads(text)) == {"v", "log", "seq", "t", "law", "_sd"}
    for word in ("document.view", "done", "Zo", "act", "who"):
        assert word not in text


def test_fields_open_one_by_one_and_stay_closed_otherwise() -> None:
    one = sealed()
    assert open_fields(read_entry(one.data), [one.disclosures[2].text]) == {"who": "Zoë 東"}
    assert open_fields(read_entry(one.data), []) == {}


def test_equal_fields_have_different_digests() -> None:
    first, second = (seal_entry(LOG, 1, AT, LAW, {"who": "same", "org": "same"}) for _ in range(2))
    assert len({shown.digest for one in (first, second) for shown in one.disclosures}) == 4


def test_the_salt_has_128_bits() -> None:
    text = sealed().disclosures[0].text
    salt, _, _ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert len(base64.urlsafe_b64decode(salt + "==")) == 16
    with pytest.raises(Invalid):
        seal_entry(LOG, 1, AT, LAW, {"who": "x"}, lambda _: b"\1" * 15)


def test_any_zone_is_written_in_utc() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-5)))
    assert seal_entry(LOG, 7, there, LAW, FIELDS, counting()).data == sealed().data


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(Invalid):
        seal_entry(LOG, 1, AT.replace(tzinfo=None), LAW, {})


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "a\x00b",
        "line\n",
        "\x7f",
        "\ud800",
        b"x",
        (1,),
        {1: 2},
        {"a\tb": 1},
        [2.0],
    ],
)
def test_values_without_a_place_in_the_format(value: JsonValue) -> None:
    with pytest.raises(Invalid):
        sealed(fields={"facts": value})


@pytest.mark.parametrize("name", ["", "_sd", "seq", "Act", "a b", "...", "é", "a" * 65, "act\n"])
def test_field_names_are_restricted(name: str) -> None:
    with pytest.raises(Invalid):
        sealed(fields={name: 1})


@pytest.mark.parametrize("log", ["", "a b", "a+b", 'a"b', "a\nb", "é", "a" * 201, "a\n"])
def test_log_names_are_restricted(log: str) -> None:
    with pytest.raises(Invalid):
        seal_entry(log, 1, AT, LAW, {})


@pytest.mark.parametrize("law", ["", "AB" * 32, "ab" * 31, "ab" * 33, "zz" * 32])
def test_the_law_is_a_digest(law: str) -> None:
    with pytest.raises(Invalid):
        seal_entry(LOG, 1, AT, law, {})


@pytest.mark.parametrize("seq", [-1, 2**53])
def test_the_number_of_an_entry_is_a_count(seq: int) -> None:
    with pytest.raises(Invalid):
        sealed(seq)


def test_entry_larger_than_65535_bytes_is_refused() -> None:
    assert len(sealed(fields={f"field{one}": one for one in range(1421)}).data) <= 65535
    with pytest.raises(Invalid, match="65535"):
        sealed(fields={f"field{one}": one for one in range(1430)})


GOOD = sealed(fields={"act": "x", "who": "y"}).data
CHANGES = {
    "empty": (GOOD, b""),
    "not json": (b'{"_sd"', b"{_sd"),
    "not utf-8": (b'"law"', b'"\xff"'),
    "byte order mark": (b'{"_sd"', b'\xef\xbb\xbf{"_sd"'),
    "space": (b',"seq"', b', "seq"'),
    "newline at the end": (b'"v":1}', b'"v":1}\n'),
    "two values": (b'"v":1}', b'"v":1}{}'),
    "duplicate key": (b'"v":1}', b'"v":1,"v":1}'),
    "duplicate key first": (b'"seq":7', b'"seq":6,"seq":7'),
    "unknown key": (b'"v":1}', b'"v":1,"w":1}'),
    "missing key": (b',"v":1}', b"}"),
    "renamed key": (b'"v":1}', b'"x":1}'),
    "keys out of order": (b'"t":', b'"z":'),
    "other version": (b'"v":1}', b'"v":2}'),
    "version as text": (b'"v":1}', b'"v":"1"}'),
    "version as truth": (b'"v":1}', b'"v":true}'),
    "float": (b'"seq":7', b'"seq":7.0'),
    "exponent": (b'"seq":7', b'"seq":7e0'),
    "NaN": (b'"seq":7', b'"seq":NaN'),
    "leading zero": (b'"seq":7', b'"seq":07'),
    "negative": (b'"seq":7', b'"seq":-7'),
    "minus zero": (b'"seq":7', b'"seq":-0'),
    "large int": (b'"seq":7', b'"seq":9007199254740992'),
    "enormous int": (b'"seq":7', b'"seq":' + b"9" * 5000),
    "seq as text": (b'"seq":7', b'"seq":"7"'),
    "seq as truth": (b'"seq":7', b'"seq":true'),
    "control character": (b"room.example", b"room\x01example"),
    "escaped control character": (b"room.example", b"room\\u0001xample"),
    "needless escape": (b"room.example", b"\\u0072oom.example"),
    "escaped slash": (b"example/", b"example\\/"),
    "law in capitals": (b"abab", b"ABAB"),
    "law as number": (b'"law":"' + LAW.encode() + b'"', b'"law":5'),
    "digests not a list": (b'"_sd":[', b'"_sd":[['),
    "a digest that is no digest": (b'"_sd":["', b'"_sd":["AA","'),
    "deep nesting": (b'"v":1}', b'"v":' + b"[" * 60000),
}


def refused(*names: str) -> None:
    """Each of these changes of a good entry is refused."""
    for name in names:
        before, after = CHANGES[name]
        assert before in GOOD
        with pytest.raises(Invalid):
            read_entry(GOOD.replace(before, after, 1))


def refused_in_a_field(*values: JsonValue) -> None:
    """No entry is sealed, and no opening read, with one of these values."""
    for value in values:
        with pytest.raises(Invalid):
            sealed(fields={"facts": value})


def test_control_characters_are_refused() -> None:
    refused("control character", "escaped control character")
    refused_in_a_field("a\x00b", "line\n", "\x7f", {"a\tb": 1}, ["\x1b[2J"])


def test_duplicate_keys_are_refused() -> None:
    refused("duplicate key", "duplicate key first")
    opening = json.dumps(["A" * 22, "facts", {"a": 1}], separators=(",", ":")).replace('{"a":1}', '{"a":1,"a":2}')
    with pytest.raises(Invalid):
        name_of(base64.urlsafe_b64encode(opening.encode()).rstrip(b"=").decode())


def test_floats_are_refused() -> None:
    refused("float", "exponent", "NaN")
    refused_in_a_field(1.5, 1.0, float("nan"), float("inf"), [2.0], {"a": 0.0})


def test_large_integers_are_refused() -> None:
    refused("large int", "enormous int")
    refused_in_a_field(2**53, -(2**53), [2**64], {"a": 10**400})


@pytest.mark.parametrize("name", CHANGES)
def test_anything_but_the_canonical_form_is_refused(name: str) -> None:
    before, after = CHANGES[name]
    assert before in GOOD
    with pytest.raises(Invalid):
        read_entry(GOOD.replace(before, after, 1))


def test_digests_stand_sorted_and_once() -> None:
    members = json.loads(GOOD)
    for digests in (
        members["_sd"][::-1],
        members["_sd"][:1] * 2,
        [members["_sd"][0] + "="],
        [members["_sd"][0][:-1] + "B"],
    ):
        changed = json.dumps({**members, "_sd": digests}, sort_keys=True, separators=(",", ":"))
        with pytest.raises(Invalid):
            read_entry(changed.encode())


def test_disclosure_forged() -> None:
    one = sealed()
    with pytest.raises(Tampered, match="entry 7"):
        open_fields(read_entry(one.data), [entries.disclose("who", "somebody else").text])


def test_disclosure_moved_to_another_entry() -> None:
    other = seal_entry(LOG, 8, AT, LAW, FIELDS)
    with pytest.raises(Tampered):
        open_fields(read_entry(sealed().data), [other.disclosures[0].text])


def test_disclosure_handed_over_twice() -> None:
    one = sealed()
    with pytest.raises(Tampered, match="twice"):
        open_fields(read_entry(one.data), [one.disclosures[0].text] * 2)


SALT = disclosure(b"\1" * 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "é",
        "AA==",
        disclosure(b"{}"),
        disclosure(b"[]"),
        disclosure(f'["{SALT}","who"]'.encode()),
        disclosure(f'["{SALT}","who",1,2]'.encode()),
        disclosure(f'["{SALT}", "who",1]'.encode()),
        disclosure(f'["{SALT}","who",1.0]'.encode()),
        disclosure(f'["{SALT}","_sd",1]'.encode()),
        disclosure(f'["{SALT}",5,1]'.encode()),
        disclosure(f'["{SALT}","who",{{"a":1,"a":1}}]'.encode()),
        disclosure(f'["{SALT}","who",{"[" * 50000}'.encode()),
        disclosure(b'["AAAA","who",1]'),
        disclosure(b'[5,"who",1]'),
        disclosure(f'["{SALT}","who","\\u0000"]'.encode()),
        disclosure(f'["{SALT}","who",1]'.encode()) + "=",
    ],
)
def test_malformed_disclosures_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        open_fields(read_entry(sealed().data), [text])


def test_erasing_a_person_leaves_the_entry_as_it_was() -> None:
    one = sealed()
    kept = [shown.text for shown in one.disclosures if shown.name != "who"]
    assert "who" not in open_fields(read_entry(one.data), kept)
    assert leaf_hash(one.data) == one.leaf
