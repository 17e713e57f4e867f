"""Time-stamp tokens (RFC 3161) from an authority over HTTP: an outsider's signature that a note was there at a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate, ObjectIdentifier, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from dataroom.adapters.oidc_http import Egress, Wire
from dataroom.adapters.oidc_issuer import SignInRefused
from dataroom.errors import Tampered, Unavailable

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
LEEWAY = timedelta(minutes=10)
_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class TimeStamper:
    """Asks the authority at `url`; its certificate must lead to one in the PEM file `trusted`.

    With `policy` (dotted numbers) only tokens under that policy count. The chain is checked for the time in the
    token, as the certificate of an authority ends long before its tokens are of no more use.
    """

    def __init__(self, url: str, trusted: Path, policy: str = "", egress: Egress | None = None) -> None:
        self._url, self._trusted = url, trusted
        self._policy = ObjectIdentifier(policy) if policy else None
        self._wire = Wire(egress or Egress(timeout=20.0, limit=65_536))

    def stamp(self, note: bytes, now: datetime) -> tuple[bytes, datetime]:
        """A fresh token over SHA-256 of `note`; `Unavailable`, the reason as its code, when none came that holds."""
        request = (
            TimestampRequestBuilder()
            .data(note)
            .hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        try:
            answer = self._wire.post_signed(self._url, request.as_bytes(), media=QUERY)
        except SignInRefused as error:
            code = error.reason.replace("provider", "time-stamp")
            raise Unavailable("The time-stamp authority did not answer.", code=code) from None
        if answer.status != 200 or answer.media != REPLY:
            raise Unavailable("The time-stamp authority did not answer.", code=f"time-stamp-says-{answer.status}")
        try:
            time = self._checked(note, answer.body, request.nonce)
        except Tampered:
            raise Unavailable("The time-stamp token does not hold.", code="time-stamp-wrong") from None
        if abs(time - now) > LEEWAY:
            raise Unavailable("The time-stamp authority's clock and ours differ.", code="time-stamp-clock-wrong")
        return answer.body, time

    def holds(self, note: bytes, token: bytes) -> datetime:
        """The time in a token kept earlier; `Tampered` unless it is over `note` and leads to a trusted certificate."""
        return self._checked(note, token, None)

    def _checked(self, note: bytes, token: bytes, nonce: int | None) -> datetime:
        try:
            reply: TimeStampResponse = decode_timestamp_response(token)
            builder = VerifierBuilder(policy_id=self._policy, roots=self._roots(), nonce=nonce)
            if reply.tst_info.message_imprint.hash_algorithm != _SHA256:
                raise Tampered("The token is over another hash.")
            builder.build().verify(reply, hashlib.sha256(note).digest())
            return reply.tst_info.gen_time.replace(tzinfo=UTC)
        except (ValueError, VerificationError) as error:
            raise Tampered(f"The time-stamp token does not hold: {error}") from None

    def _roots(self) -> list[Certificate]:
        try:
            return load_pem_x509_certificates(self._trusted.read_bytes())
        except (OSError, ValueError):
            raise Unavailable("The time-stamp authority's certificates cannot be read.", code="tsa-ca-file") from None
