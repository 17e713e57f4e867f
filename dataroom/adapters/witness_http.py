"""Requests to witnesses: the same guarded way out as to sign-in providers, see `oidc_http`."""

from __future__ import annotations

from dataroom.adapters.oidc_http import Egress, Wire
from dataroom.adapters.oidc_issuer import SignInRefused, is_loopback_http, is_plain_url
from dataroom.errors import Unavailable

MEDIA = "text/plain; charset=utf-8"


class Courier:
    """Posts to witnesses. Only public addresses are reached; this machine's own when the address itself says so."""

    def __init__(self, egress: Egress | None = None) -> None:
        self._wire = Wire(egress or Egress(timeout=10.0, limit=65_536))

    def accepts(self, url: str) -> bool:
        """Whether the address may be called: https, or http on this very machine."""
        return is_plain_url(url, loopback=is_loopback_http(url))

    def post(self, url: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, media type and body of the answer; `Unavailable` when there is none, the reason as its code."""
        try:
            answer = self._wire.post_bytes(url, body, loopback=is_loopback_http(url), media=MEDIA)
        except SignInRefused as error:
            code = error.reason.replace("provider", "witness")
            raise Unavailable("The witness did not answer.", code=code) from None
        return answer.status, answer.media, answer.body
