"""The service as the command line reaches it: HTTP with a bearer token, bodies as streams, problems as clear errors.

Only the standard library's client is used, so that files of any size pass in constant memory. A token is never sent
over plain HTTP to another machine, and redirects are not followed.
"""

from __future__ import annotations

import json
import os
import select
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from urllib.parse import SplitResult, urlencode, urlsplit

import click

from dataroom.api.routes import PREFIX
from dataroom.cli.showing import plain

PIECE = 256 * 1024
CONNECT_SECONDS = 20
ANSWER_SECONDS = 900
_MOST_TOLD = 1_000_000
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TOKEN_VARIABLE = "DATAROOM_CLI_TOKEN"  # noqa: S105 - the name of a variable

Query = Sequence[tuple[str, str]]


class Failed(click.ClickException):
    """The service refused, or the command failed: exit code 1."""


class NotSignedIn(Failed):
    """There is no token, or it does not hold: exit code 3."""

    exit_code = 3


class Unanswered(Failed):
    """The service does not answer or cannot serve now: exit code 4."""

    exit_code = 4


_KINDS = {401: NotSignedIn, 429: Unanswered, 502: Unanswered, 503: Unanswered, 504: Unanswered}


@dataclass(frozen=True)
class Access:
    """Where the service is and who asks; both are looked up when a command needs them."""

    url: str | None
    token_file: Path | None
    ca_file: Path | None
    KEY: ClassVar[str] = "dataroom.access"

    def place(self) -> SplitResult:
        """The checked address of the service."""
        if not self.url:
            raise click.UsageError("Say where the service is: --url or DATAROOM_CLI_URL.")
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise click.UsageError("The service's address is https://host or https://host:port.")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise click.UsageError("A token is sent to another machine over https only.")
        return parts

    def token(self) -> str:
        """The API token; `NotSignedIn` when there is none."""
        if self.token_file is not None:
            try:
                return _one_line(self.token_file.read_text(encoding="ascii"))
            except (OSError, UnicodeDecodeError):
                raise NotSignedIn(f"The token file {self.token_file} cannot be read.") from None
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise NotSignedIn(f"Give an API token: --token-file or {TOKEN_VARIABLE}; make one in the browser.")
        return _one_line(token)


def _one_line(token: str) -> str:
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise NotSignedIn("That is not an API token.")
    return token


def access() -> Access:
    """The access of the command that is running."""
    found: Access = click.get_current_context().meta[Access.KEY]
    return found


class Service:
    """Requests to one installation. Errors come as `Failed`."""

    def __init__(self, given: Access) -> None:
        self._parts, self._token = given.place(), given.token()
        self._trust: ssl.SSLContext | None = None
        if self._parts.scheme == "https":
            self._trust = ssl.create_default_context(cafile=str(given.ca_file) if given.ca_file else None)

    def json(self, method: str, path: str, query: Query = (), body: object = None) -> Any:
        """Sends `body` as JSON, if there is one, and returns the JSON of the answer."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._connected() as connection:
            _begin(connection, method, _address(path, query), self._headers(headers, len(data)))
            if data:
                connection.send(data)
            return _json_of(connection.getresponse())

    @contextmanager
    def opened(self, path: str, query: Query = ()) -> Iterator[tuple[HTTPResponse, Iterator[bytes]]]:
        """A file of the service: the response, and its bytes piece by piece, all of them or `Failed`."""
        with self._connected() as connection:
            _begin(connection, "GET", _address(path, query), self._headers({}, 0))
            response = _checked(connection.getresponse())
            yield response, _pieces(response)

    def send(self, path: str, query: Query, file: BinaryIO, size: int, sent: Callable[[bytes], None]) -> Any:
        """Streams `size` bytes of a PDF into the service, telling `sent` of each piece; returns the answer's JSON."""
        with self._connected() as connection:
            headers = self._headers({"Content-Type": "application/pdf"}, size)
            _begin(connection, "PUT", _address(path, query), headers)
            with suppress(ConnectionError, ssl.SSLEOFError):  # an early refusal is read below
                _stream(connection, file, size, sent)
            return _json_of(connection.getresponse())

    def _headers(self, more: Mapping[str, str], length: int) -> dict[str, str]:
        fixed = {"Authorization": f"Bearer {self._token}", "User-Agent": "dataroom", "Accept": "*/*"}
        return {**fixed, **more, **({"Content-Length": str(length)} if length or more else {})}

    @contextmanager
    def _connected(self) -> Iterator[HTTPConnection]:
        host, port = self._parts.hostname or "", self._parts.port
        connection = (
            HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=self._trust)
            if self._trust
            else HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        )
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_SECONDS)
            yield connection
        except ssl.SSLCertVerificationError as error:
            raise Unanswered(f"The certificate of {host} is not trusted: {error.verify_message}.") from None
        except (OSError, HTTPException) as error:
            raise Unanswered(f"{self._parts.netloc} does not answer ({type(error).__name__}).") from None
        finally:
            connection.close()


def _begin(connection: HTTPConnection, method: str, address: str, headers: Mapping[str, str]) -> None:
    connection.putrequest(method, address, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()


def _address(path: str, query: Query) -> str:
    return PREFIX + path + (f"?{urlencode(query)}" if query else "")


def _stream(connection: HTTPConnection, file: BinaryIO, size: int, sent: Callable[[bytes], None]) -> None:
    left = size
    while left and not _answered(connection.sock):
        piece = file.read(min(PIECE, left))
        if not piece:
            raise Failed("The file became shorter while it was sent; nothing was kept.")
        connection.send(piece)
        sent(piece)
        left -= len(piece)


def _answered(sock: socket.socket) -> bool:
    """Whether the service has spoken before the end of the body, which only a refusal does."""
    if isinstance(sock, ssl.SSLSocket) or not select.select([sock], [], [], 0)[0]:
        return False
    return bool(sock.recv(1, socket.MSG_PEEK))


def _checked(response: HTTPResponse) -> HTTPResponse:
    if 200 <= response.status < 300:
        return response
    problem = _problem(response)
    detail = str(problem.get("detail") or f"The service answered {response.status} {response.reason}.")
    code, instance = problem.get("code"), problem.get("instance")
    told = f" [{code}]" if code else ""
    told += f" ({instance})" if instance and response.status >= 500 else ""
    kind = _KINDS.get(response.status, Failed)
    raise kind(plain(detail + told))


def _problem(response: HTTPResponse) -> dict[str, Any]:
    if response.headers.get_content_type() != "application/problem+json":
        return {}
    try:
        found = json.loads(response.read(_MOST_TOLD))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json_of(response: HTTPResponse) -> Any:
    data = _checked(response).read()
    try:
        return json.loads(data)
    except ValueError:
        raise Unanswered("The answer is not JSON; is that address a data room?") from None


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    left = response.length
    while piece := response.read(PIECE):
        left = None if left is None else left - len(piece)
        yield piece
    if left:
        raise Unanswered("The answer broke off before its end.")
