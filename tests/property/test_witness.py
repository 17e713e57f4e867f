"""A witness under any order of requests: it only ever moves forward, along one history."""

from __future__ import annotations

import contextlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from dataroom.audit.notes import LOG, Checkpoint, VerifierKey, sign_checkpoint
from dataroom.audit.tree import consistency_proof, leaf_hash, root_of
from dataroom.audit.witness import Standing, Submission, judge, read_submission, write_submission
from dataroom.errors import DataroomError

SECRET = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
KEY = VerifierKey("log.test/a", LOG, SECRET.public_key().public_bytes_raw())
HONEST = [leaf_hash(b"h%d" % number) for number in range(40)]
requests = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(-3, 3)), min_size=1, max_size=12
)


def history(fork: int) -> list[bytes]:
    """The leaves of the log that is another from entry `fork` on."""
    return HONEST[:fork] + [leaf_hash(b"f%d" % number) for number in range(fork, 40)]


@settings(deadline=None, max_examples=150)
@given(requests)
def test_a_witness_only_moves_forward_along_one_history(sent: list[tuple[int, int, int, int]]) -> None:
    standing, now, seen = Standing(), 1000, [(0, 40)]
    for old, size, fork, step in sent:
        now += step
        leaves = history(fork)
        note = sign_checkpoint(Checkpoint(KEY.name, size, root_of(leaves[:size])), KEY.public, SECRET.sign)
        proof = tuple(consistency_proof(leaves[:size], old)) if 0 < old < size else ()
        submission = read_submission(write_submission(Submission(old, proof, note)))
        with contextlib.suppress(DataroomError):
            after = judge(standing, KEY, submission, now)
            assert after.size >= standing.size
            assert after.time >= standing.time
            seen.append((size, fork))
            standing = after
    for size, fork in seen:
        assert root_of(history(fork)[:size]) == root_of(history(seen[-1][1])[:size])


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for body in (data, b"old 3\n" + data, b"old 0\n\n" + data):
        with contextlib.suppress(DataroomError):
            assert write_submission(read_submission(body)) == body
