"""The one way out to a sign-in provider: small JSON answers over HTTP/1.1, with everything else refused.

An issuer's addresses are typed in by administrators and, in part, dictated by the provider's own metadata, so
this client is made against server-side request forgery: the name is resolved once, every address it resolves
to is judged, and the connection goes to that very address. It follows no redirect, reads no proxy setting of
the environment, sends no cookie, asks for no compression, and gives up by size and by the clock (for the
whole exchange, not for each read).
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from dataroom.adapters.oidc_issuer import LOOPBACK, Issuer, SignInRefused, is_loopback_http, is_plain_url


@dataclass(frozen=True)
class Egress:
    """Where connections may go and how much they may cost.

    Only public addresses are reached. `private_hosts` are exact host names that may also resolve into a
    private network (a provider inside the operator's own walls). `ca_file` is a PEM file of authorities to
    trust instead of the system's. `timeout` is in seconds for a whole exchange; `limit` is the most bytes an
    answer may have.
    """

    private_hosts: frozenset[str] = frozenset()
    ca_file: str | None = None
    timeout: float = 8.0
    limit: int = 262_144


@dataclass(frozen=True)
class Answer:
    """A provider's answer: status, media type in lower case without parameters, and the whole body."""

    status: int
    media: str
    body: bytes

    def json_object(self, status: int = 200) -> dict[str, object]:
        """The body as a JSON object; `SignInRefused` unless the answer is of `status` and strictly such an object."""
        if self.status != status:
            raise SignInRefused("provider-status")
        if self.media != "application/json" and not self.media.endswith("+json"):
            raise SignInRefused("provider-media-type")
        return strict_object(self.body)


def strict_object(data: bytes) -> dict[str, object]:
    """`data` as a JSON object in which no member is named twice and every number is finite; else
    `SignInRefused`.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SignInRefused("malformed-json") from error
    if not isinstance(value, dict):
        raise SignInRefused("malformed-json")
    return value


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


class Wire:
    """Sends single requests under an `Egress`. Safe to share between threads: every request has its own
    connection.
    """

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._tls = ssl.create_default_context(cafile=egress.ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def get(self, issuer: Issuer, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch `url` for `issuer`, of whose hosts it has to be one. Raises `SignInRefused`."""
        _hold_to(issuer, url)
        return self._send("GET", url, issuer.local, None, {"Accept": "application/json", **(headers or {})})

    def post(self, issuer: Issuer, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """Post the form `body` to `url` for `issuer`, of whose hosts it has to be one. Raises `SignInRefused`."""
        _hold_to(issuer, url)
        return self._send("POST", url, issuer.local, body.encode("ascii"), dict(headers))

    def tell(self, url: str, body: str, *, loopback: bool, headers: Mapping[str, str]) -> Answer:
        """Post the form `body` to `url`, which whoever runs this names. Raises `SignInRefused`."""
        return self._send("POST", url, loopback, body.encode("ascii"), dict(headers))

    def post_bytes(self, url: str, body: bytes, *, loopback: bool, media: str) -> Answer:
        """Post `body` of media type `media` to `url`. Raises `SignInRefused` when there is no acceptable answer."""
        return self._send("POST", url, loopback, body, {"Content-Type": media})

    def post_signed(self, url: str, body: bytes, *, media: str) -> Answer:
        """As `post_bytes`, for answers that prove themselves by a signature: plain http to public addresses will do."""
        loopback = is_loopback_http(url)
        judged = url if loopback or not url.startswith("http://") else f"https://{url.removeprefix('http://')}"
        if not is_plain_url(judged, loopback=loopback):
            raise SignInRefused("address-refused")
        return self._exchange("POST", url, loopback, body, {"Content-Type": media})

    def _send(self, method: str, url: str, loopback: bool, body: bytes | None, headers: dict[str, str]) -> Answer:
        if not is_plain_url(url, loopback=loopback):
            raise SignInRefused("address-refused")
        return self._exchange(method, url, loopback, body, headers)

    def _exchange(self, method: str, url: str, loopback: bool, body: bytes | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        sent = {"User-Agent": "dataroom", "Accept-Encoding": "identity", **headers, "Connection": "close"}
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._judge(host, port, loopback)
        with _alarm(self._egress.timeout) as line:
            try:
                connection = http.client.HTTPConnection(host, port, timeout=self._egress.timeout)
                connection.sock = self._dial(line, address, host, parts.scheme)
                connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                connection.putheader("Host", parts.netloc)
                for name, value in sent.items():
                    connection.putheader(name, value)
                if body is not None:
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                return self._read(connection.getresponse(), line)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise SignInRefused("provider-slow" if line.late(error) else "provider-unreachable") from error

    def _read(self, response: http.client.HTTPResponse, line: _Line) -> Answer:
        if 300 <= response.status < 400:
            raise SignInRefused("provider-redirects")
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise SignInRefused("provider-encoding")
        body = response.read(self._egress.limit + 1)
        if line.expired.is_set():
            raise SignInRefused("provider-slow")
        if len(body) > self._egress.limit:
            raise SignInRefused("provider-oversized")
        if response.length:
            raise SignInRefused("provider-unreachable")
        media = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(response.status, media, body)

    def _judge(self, host: str, port: int, loopback: bool) -> tuple[str, int]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise SignInRefused("provider-unreachable") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(self._may(host, ip, loopback) for ip in addresses):
            raise SignInRefused("address-refused")
        return addresses[0], port

    def _may(self, host: str, address: str, loopback: bool) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if loopback:
            return host in LOOPBACK and ip.is_loopback
        return host in self._egress.private_hosts or (ip.is_global and not ip.is_multicast)

    def _dial(self, line: _Line, address: tuple[str, int], host: str, scheme: str) -> socket.socket:
        plain = socket.create_connection(address, timeout=self._egress.timeout)
        line.hold(plain)
        if scheme != "https":
            return plain
        secure = self._tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        line.hold(secure)
        secure.do_handshake()
        return secure


def _hold_to(issuer: Issuer, url: str) -> None:
    try:
        host = urlsplit(url).hostname
    except ValueError as error:
        raise SignInRefused("address-refused") from error
    if host not in issuer.callable_hosts:
        raise SignInRefused("host-not-registered")


class _Line:
    """The socket of one exchange, which an alarm may cut from another thread."""

    def __init__(self) -> None:
        self.expired = threading.Event()
        self._socket: socket.socket | None = None

    def hold(self, held: socket.socket) -> None:
        """Make `held` the socket to cut."""
        self._socket = held
        if self.expired.is_set():
            self.cut()

    def cut(self) -> None:
        """The time is up: end the conversation in both directions, so that a blocked read returns."""
        self.expired.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def late(self, error: Exception) -> bool:
        """Whether `error` came from the clock."""
        return self.expired.is_set() or isinstance(error, TimeoutError)

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[_Line]:
    line = _Line()
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.close()
