"""Signed notes: the published examples, our own checkpoints, cosignatures, and what must be refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dataroom.audit.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    VerifierKey,
    cosign,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    split_note,
)
from dataroom.audit.tree import EMPTY_ROOT
from dataroom.errors import DataroomError, Invalid, Tampered

ORIGIN = "room.example/matter/4f2d"
SECRET, WITNESS_SECRET = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2))
PUBLIC = SECRET.public_key().public_bytes_raw()
KEY = VerifierKey(ORIGIN, LOG, PUBLIC)
WITNESS_KEY = VerifierKey("partner.example/w1", WITNESS, WITNESS_SECRET.public_key().public_bytes_raw())
POINT = Checkpoint(ORIGIN, 3, b"\7" * 32)
NOTE = sign_checkpoint(POINT, PUBLIC, SECRET.sign)
COSIGNED = NOTE + cosign(NOTE, WITNESS_KEY, 1_800_000_000, WITNESS_SECRET.sign)

# The example of Go's sumdb/note package, which the specification of signed notes describes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
GO_LINE = f"— PeterNeumann {GO_SIGNATURE}\n"


def test_the_published_note_opens() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    text, signatures = open_note(f"{GO_TEXT}\n{GO_LINE}".encode(), [key])
    assert text == GO_TEXT
    assert [one.key for one in signatures] == [key]


def test_a_checkpoint_opens_as_it_was_signed() -> None:
    assert open_checkpoint(NOTE, [KEY])[0] == POINT
    assert NOTE.decode().startswith(f"{ORIGIN}\n3\n{base64.b64encode(POINT.root).decode()}\n\n— {ORIGIN} ")
    assert VerifierKey.parse(str(KEY)) == KEY


def test_the_key_id_binds_name_kind_and_key() -> None:
    ids = {VerifierKey(name, kind, PUBLIC).key_id for name in ("a", "b") for kind in (LOG, WITNESS)}
    assert len(ids) == 4


def test_cosignature_is_verified_and_tells_its_time() -> None:
    _, signatures = open_checkpoint(COSIGNED, [KEY, WITNESS_KEY])
    assert [(one.key, one.time) for one in signatures] == [(KEY, None), (WITNESS_KEY, 1_800_000_000)]


def test_unknown_signatures_are_ignored() -> None:
    assert len(open_checkpoint(COSIGNED, [KEY])[1]) == 1
    other = VerifierKey(ORIGIN, LOG, WITNESS_KEY.public)
    with pytest.raises(Tampered, match="no known key"):
        open_checkpoint(NOTE, [other])


def test_a_witness_alone_is_not_the_log() -> None:
    with pytest.raises(Tampered, match="not signed by the log"):
        open_checkpoint(COSIGNED, [WITNESS_KEY])


def test_checkpoint_signed_by_the_key_of_another_log() -> None:
    other = VerifierKey("room.example/matter/other", LOG, PUBLIC)
    body = POINT.body()
    line = base64.b64encode(other.key_id + SECRET.sign(body.encode())).decode()
    with pytest.raises(Tampered, match="not signed by the log"):
        open_checkpoint(f"{body}\n— {other.name} {line}\n".encode(), [other])


def test_edited_text() -> None:
    for before, after in ((b"\n3\n", b"\n4\n"), (b"4f2d\n", b"4f2e\n"), (b"BwcHBw", b"CAcHBw")):
        with pytest.raises(DataroomError):
            open_checkpoint(NOTE.replace(before, after, 1), [KEY])


def test_edited_time_of_a_cosignature() -> None:
    head, _, line = COSIGNED.decode().rpartition("— ")
    name, encoded = line.strip().split(" ")
    data = bytearray(base64.b64decode(encoded))
    data[11] ^= 1
    with pytest.raises(Tampered):
        open_note(f"{head}— {name} {base64.b64encode(data).decode()}\n".encode(), [KEY, WITNESS_KEY])


def test_one_wrong_signature_by_a_known_key_refuses_the_note() -> None:
    bad = Ed25519PrivateKey.from_private_bytes(b"\3" * 32)
    with pytest.raises(Tampered, match="does not hold"):
        open_note(NOTE + cosign(NOTE, WITNESS_KEY, 5, bad.sign), [KEY, WITNESS_KEY])


def test_stripped_signature_line() -> None:
    with pytest.raises(Invalid):
        open_checkpoint(NOTE.rpartition("— ".encode())[0], [KEY])
    only_witness = COSIGNED.replace(NOTE.split(b"\n\n")[1], b"")
    with pytest.raises(Tampered):
        open_checkpoint(only_witness, [KEY, WITNESS_KEY])


def test_doubled_signature_line() -> None:
    with pytest.raises(Tampered, match="twice"):
        open_checkpoint(NOTE + NOTE.split(b"\n\n")[1], [KEY])


def test_a_signature_may_not_serve_the_other_kind() -> None:
    as_witness = VerifierKey(ORIGIN, WITNESS, PUBLIC)
    data = base64.b64encode(as_witness.key_id + bytes(8) + SECRET.sign(POINT.body().encode())).decode()
    with pytest.raises(Tampered):
        open_note(f"{POINT.body()}\n— {ORIGIN} {data}\n".encode(), [as_witness])


def test_the_wrong_key_pair_is_noticed_when_signing() -> None:
    with pytest.raises(Tampered):
        sign_checkpoint(POINT, PUBLIC, WITNESS_SECRET.sign)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        GO_TEXT.encode(),
        f"{GO_TEXT}\n{GO_LINE}"[:-1].encode(),
        f"{GO_TEXT}\n{GO_LINE}\n".encode(),
        f"{GO_TEXT}{GO_LINE}".encode(),
        f"{GO_TEXT}\n{GO_LINE}".replace("— ", "- ").encode(),
        f"{GO_TEXT}\n{GO_LINE}".replace("— ", "—  ").encode(),
        f"{GO_TEXT}\n{GO_LINE}".replace("\n", "\r\n").encode(),
        f"{GO_TEXT}\t\n{GO_LINE}".encode(),
        f"{GO_TEXT}\x00\n{GO_LINE}".encode(),
        f"{GO_TEXT}\n{GO_LINE}".encode("utf-16"),
        b"\xff" + f"{GO_TEXT}\n{GO_LINE}".encode(),
        f"{GO_TEXT}\n— a+b AAAAAAAA\n".encode(),
        f"{GO_TEXT}\n— a\u2003b AAAAAAAA\n".encode(),
        f"{GO_TEXT}\n— a AAAA\n".encode(),
        f"{GO_TEXT}\n— a !!!!\n".encode(),
        f"{GO_TEXT}\n— a AAAAAAB=\n".encode(),
        f"{GO_TEXT}\n{GO_LINE[:-1]} x\n".encode(),
        f"{GO_TEXT}\n{GO_LINE * 101}".encode(),
        b"x" * 1_000_001,
    ],
)
def test_malformed_notes_are_refused(note: bytes) -> None:
    with pytest.raises(Invalid):
        split_note(note)


def test_sixteen_signatures_and_empty_lines_in_the_text_are_accepted() -> None:
    lines = "".join(f"— name{one} AAAAAAAA\n" for one in range(16))
    text, signatures = split_note(f"a\n\nb\n\n{lines}".encode())
    assert text == "a\n\nb\n"
    assert len(signatures) == 16


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a\n1\n",
        "a\n01\nAAAA\n",
        f"a\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n+1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n\N{ARABIC-INDIC DIGIT ONE}\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n9999999999999999999\n{base64.b64encode(bytes(32)).decode()}\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a b\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(33)).decode()}\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()[:-1]}\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()}\nmore\n",
        f"a\n1\n{base64.b64encode(bytes(32)).decode()}",
        f"a\n0\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)
def test_malformed_checkpoints_are_refused(body: str) -> None:
    with pytest.raises(Invalid):
        Checkpoint.parse(body)


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert Checkpoint.parse(empty.body()) == empty


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b+c",
        GO_KEY[:-1],
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY.replace("PeterNeumann", ""),
        GO_KEY.replace("+ARpc", "+BBpc"),
        GO_KEY.replace("+ARpc", "+AhpC"),
        GO_KEY + "AAAA",
    ],
)
def test_malformed_verifier_keys_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        VerifierKey.parse(text)


def test_cosigning_needs_a_witness_key_and_a_time() -> None:
    for key, time in ((KEY, 5), (WITNESS_KEY, 0), (WITNESS_KEY, 2**63)):
        with pytest.raises(Invalid):
            cosign(NOTE, key, time, WITNESS_SECRET.sign)


def test_a_witness_named_like_the_log_is_not_the_log() -> None:
    key = VerifierKey(ORIGIN, WITNESS, WITNESS_KEY.public)
    note = f"{POINT.body()}\n".encode() + cosign(NOTE, key, 5, WITNESS_SECRET.sign)
    with pytest.raises(Tampered, match="not signed by the log"):
        open_checkpoint(note, [key])
