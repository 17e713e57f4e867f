"""What every page uses: the parts of the house it may reach, who asks, and the way through the gate."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import current_app, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from dataroom.actions.context import Principal, Services
from dataroom.actions.gate import Gate
from dataroom.actions.identity import by_session
from dataroom.adapters.oidc import Begin, Demand, Identity, Issuer, LoggedOut, Pending
from dataroom.adapters.passkeys import Passkeys
from dataroom.errors import Conflict, DataroomError, Invalid, NeedsFirst, NeedsStrength, Refused
from dataroom.ids import parse_id


class SignIn(Protocol):
    """Signing in at a company's own provider; fulfilled by `dataroom.adapters.oidc.RelyingParty`."""

    def begin(self, issuer: Issuer, demand: Demand | None = None) -> Begin:
        """Where to send the browser, and what to keep until it returns."""
        ...

    def finish(self, issuer: Issuer, pending: Pending, callback_params: Mapping[str, str | Sequence[str]]) -> Identity:
        """Who has arrived; raises `SignInRefused`."""
        ...

    def end_session_url(self, issuer: Issuer, return_to: str, state: str = "") -> str | None:
        """Where a browser ends its session at the provider; None where there is no such place."""
        ...

    def named_issuer(self, token: str) -> str:
        """Which provider a log-out token claims to be of; nothing of it is believed yet."""
        ...

    def logged_out(self, issuer: Issuer, token: str) -> LoggedOut:
        """Whom a provider has signed out; raises `SignInRefused`."""
        ...


@dataclass(frozen=True)
class Site:
    """What `register` was given."""

    gate: Gate
    services: Services
    sign_in: SignIn
    passkeys: Passkeys


class IdConverter(BaseConverter):
    """An id in its one canonical form in an address; anything else is no such page."""

    regex = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> uuid.UUID:
        """The id."""
        return parse_id(value)


Again = Callable[[DataroomError], ResponseReturnValue]


def site() -> Site:
    """The parts the pages of this application use."""
    found = current_app.extensions["dataroom.web"]
    assert isinstance(found, Site)  # noqa: S101 - put there by register
    return found


def principal() -> Principal:
    """Who asks; the guard has put it there."""
    found: Principal = g.principal
    return found


def cookie_name() -> str:
    """The name of the cookie that holds a person's session."""
    return "__Host-session" if site().services.config.secure else "session"


def country() -> str:
    """The country the proxy in front tells with this request; empty unless it is the configured source."""
    return site().services.config.country_told(dict(request.headers))


def recognise() -> Principal:
    """Who asks, by the session's cookie; `Unauthenticated` for nobody. Looked up once for a request."""
    if "principal" not in g:
        secret = request.cookies.get(cookie_name(), "")
        g.principal = by_session(site().services, secret, request.remote_addr or "", country())
    return principal()


def wants_json() -> bool:
    """Whether a script asks, which reads problem documents."""
    return "application/problem+json" in request.headers.get("Accept", "")


def perform(name: str, target: uuid.UUID | None = None, params: Mapping[str, Any] | None = None) -> Any:
    """Performs an action for whoever asks."""
    return site().gate.perform(principal(), name, target, params)


def require(name: str, target: uuid.UUID) -> None:
    """Leads to what comes first where an action the page's scripts will ask for lacks only that."""
    try:
        site().gate.ask(principal(), name, target)
    except NeedsFirst:
        raise
    except DataroomError:
        return


def sent() -> dict[str, Any]:
    """The JSON object a script of ours sent; anything else is `Invalid`."""
    try:
        value = json.loads(request.get_data())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Invalid("The request holds no JSON object.")
    return value


def fields(*names: str) -> dict[str, str]:
    """The named fields of the form as typed, without those left empty."""
    given = {name: request.form.get(name, "").strip() for name in names}
    return {name: value for name, value in given.items() if value}


def submit(
    name: str,
    target: uuid.UUID | None,
    params: Mapping[str, Any],
    *,
    again: Again,
    then: str | Callable[[Any], str],
    said: str = "",
) -> ResponseReturnValue:
    """Performs what a form asks for and goes on to `then`; what was not accepted is shown by `again` in place.

    Where only the strength of the sign-in is missing, `confirming` takes over.
    """
    try:
        result = perform(name, target, params)
    except (NeedsStrength, NeedsFirst):
        raise
    except (Invalid, Conflict, Refused) as error:
        return again(error), error.status  # type: ignore[return-value]
    if said:
        flash(said)
    return redirect(then if isinstance(then, str) else then(result), 303)


def ids(names: Sequence[str]) -> list[uuid.UUID]:
    """Ids from a form's check boxes."""
    return [parse_id(name) for name in names]


def local(address: str | None, otherwise: str) -> str:
    """`address` if it is a path of this very site, else `otherwise`."""
    if not address or not address.startswith("/") or address[1:2] in {"/", "\\"} or len(address) > 500:
        return otherwise
    return otherwise if any(c < "!" or c > "~" or c == "\\" for c in address) else address
