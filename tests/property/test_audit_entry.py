"""Entries over generated fields: what is sealed opens again, and both readers accept the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from dataroom.audit import verifier
from dataroom.audit.entry import MAX_INTEGER, digest_of, open_fields, read_entry, seal_entry
from dataroom.audit.notes import LOG, VerifierKey, open_note
from dataroom.errors import DataroomError, Invalid, Tampered

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda one: one.encode() not in verifier.KEYS)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=8)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
LAW = "0123456789abcdef" * 4
SECRET = Ed25519PrivateKey.from_private_bytes(b"\5" * 32)


@given(FIELDS, TIMES, st.integers(0, MAX_INTEGER))
def test_what_is_sealed_opens_again(fields: dict[str, object], at: datetime, seq: int) -> None:
    one = seal_entry("room.example/m", seq, at, LAW, fields)  # type: ignore[arg-type]
    read = read_entry(one.data)
    assert (read.at, read.seq) == (at, seq)
    assert open_fields(read, [shown.text for shown in one.disclosures]) == fields
    assert sorted(digest_of(shown.text) for shown in one.disclosures) == list(read.digests)
    assert verifier.ENTRY.fullmatch(one.data)


GOOD = seal_entry("room.example/m", 7, datetime(2026, 1, 1, tzinfo=UTC), LAW, {"act": "x", "who": "y"}).data


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 3), st.binary(max_size=3))
def test_both_readers_accept_the_same_bytes(place: int, cut: int, put: bytes) -> None:
    data = GOOD[:place] + put + GOOD[place + cut :]
    assume(data != GOOD)
    match = verifier.ENTRY.fullmatch(data)
    digests = match[1].split(b",") if match and match[1] else []
    by_verifier = bool(match) and digests == sorted(set(digests)) and int(match[4] if match else 0) < 2**53
    try:
        read_entry(data)
        by_reader = True
    except Invalid:
        by_reader = False
    assert by_reader == by_verifier


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_refused_as_a_disclosure(text: str) -> None:
    with pytest.raises((Invalid, Tampered)):
        open_fields(read_entry(GOOD), [text])


@given(st.binary(max_size=60))
def test_both_implementations_of_ed25519_agree(message: bytes) -> None:
    public, signature = SECRET.public_key().public_bytes_raw(), SECRET.sign(message)
    assert verifier.ed25519_verify(public, signature, message)
    assert not verifier.ed25519_verify(public, signature, message + b"x")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_note(data: bytes) -> None:
    key = VerifierKey("room.example/m", LOG, SECRET.public_key().public_bytes_raw())
    with pytest.raises(DataroomError):
        open_note(data, [key])
    with pytest.raises(verifier.Fault):
        verifier.open_head(data, [verifier.read_key(str(key))])
