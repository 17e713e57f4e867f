"""The one tree of errors. Each class has a stable `code`, an HTTP `status` and a `title`; faces map them once."""

from __future__ import annotations

from collections.abc import Mapping


class DataroomError(Exception):
    """Root of every error this service raises on purpose.

    `detail` is one sentence for the person who caused it; `code` may be narrowed per instance (for example
    `encrypted` below `invalid`); `facts` are machine-readable members of the problem document and never hold secrets.
    """

    code = "error"
    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str = "", *, code: str | None = None, facts: Mapping[str, object] | None = None):
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts: dict[str, object] = dict(facts or {})
        if code is not None:
            self.code = code


class NotFound(DataroomError):
    """The thing does not exist, or may not be seen by who asks; the two are answered alike."""

    code, status, title = "not-found", 404, "Not found"


class Refused(DataroomError):
    """The policy says no to something the person can see."""

    code, status, title = "refused", 403, "Not permitted"


class NeedsStrength(Refused):
    """Permitted, once the person has proved anew and strongly who they are.

    `facts`: `max_age`, how many seconds old the proof may be; `acr_values`, the classes of sign-in that count at the
    person's provider (none: a key of their own counts); `strong`, false where any fresh sign-in will do.
    """

    code, status, title = "insufficient-user-authentication", 403, "Confirm who you are"


class NeedsFirst(Refused):
    """Permitted, once something else has been done.

    `code` says what: `agreement-needed`, `training-needed` or `purpose-needed`; `facts` name the `matter`, and for a
    purpose the `version` it is stated for.
    """

    code, status, title = "needed-first", 403, "Something comes first"


class Unauthenticated(DataroomError):
    """Nobody is signed in, or the credentials do not hold."""

    code, status, title = "unauthenticated", 401, "Sign in to continue"


class Invalid(DataroomError):
    """The input cannot be accepted; `detail` names what and why."""

    code, status, title = "invalid", 422, "The input was not accepted"


class Conflict(DataroomError):
    """The thing is not in a state in which this can be done."""

    code, status, title = "conflict", 409, "Not possible in this state"


class TooLarge(DataroomError):
    """More bytes than the service accepts."""

    code, status, title = "too-large", 413, "Too large"


class TooMany(DataroomError):
    """More requests than one person may make at once."""

    code, status, title = "too-many", 429, "Too many requests"


class KeyDestroyed(DataroomError):
    """The content was disposed of: its key no longer exists."""

    code, status, title = "destroyed", 410, "Disposed of"


class ClawedBack(DataroomError):
    """The owner has taken this version back from everybody it was given to; `facts` names the notice."""

    code, status, title = "clawed-back", 410, "Clawed back"


class Unavailable(DataroomError):
    """A part the service needs does not answer; nothing was changed."""

    code, status, title = "unavailable", 503, "Temporarily unavailable"


class Tampered(DataroomError):
    """Stored bytes do not match what was sealed or recorded."""

    code, status, title = "tampered", 500, "Integrity check failed"
