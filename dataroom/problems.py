"""One map from errors to RFC 9457 problem details, used by every face; knows neither Flask nor any framework.

Besides the errors of `dataroom.errors` there are those that only HTTP knows, such as a body of the wrong
media type. What is not raised on purpose becomes a problem `internal` that says nothing of its cause.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataroom.errors import (
    Conflict,
    DataroomError,
    Invalid,
    NeedsStrength,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:dataroom:problem:"


class Malformed(DataroomError):
    """The request itself cannot be read, before its meaning is looked at."""

    code, status, title = "malformed", 400, "The request cannot be read"


class WrongMethod(DataroomError):
    """The address exists, but not for this method; `facts["allowed"]` lists those it takes."""

    code, status, title = "wrong-method", 405, "Method not allowed"


class WrongMedia(DataroomError):
    """The body has a media type or an encoding that is not taken here."""

    code, status, title = "wrong-media", 415, "Media type not taken here"


class Internal(DataroomError):
    """Something nobody foresaw; the operator's log holds more, under the correlation id."""

    code, status, title = "internal", 500, "Something went wrong"


_BY_STATUS: Mapping[int, type[DataroomError]] = {
    kind.status: kind
    for kind in (
        Malformed,
        Unauthenticated,
        Refused,
        NotFound,
        WrongMethod,
        Conflict,
        TooLarge,
        WrongMedia,
        Invalid,
        TooMany,
        Unavailable,
    )
}


@dataclass(frozen=True)
class Problem:
    """A problem as it is told: `instance` is the correlation id, which the operator's log has too."""

    status: int
    code: str
    title: str
    detail: str
    instance: str
    facts: Mapping[str, object]

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        return {
            "type": TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": self.instance,
            "facts": dict(self.facts),
        }

    def headers(self) -> dict[str, str]:
        """Header fields that HTTP asks for beside the document."""
        fields: dict[str, str] = {}
        if self.status == 401:
            given = ', error="invalid_token"' if self.facts.get("given") else ""
            fields["WWW-Authenticate"] = f'Bearer realm="dataroom"{given}'
        if self.code == NeedsStrength.code:
            fields["WWW-Authenticate"] = self._challenge()
        if self.status == 405:
            allowed = self.facts.get("allowed", ())
            fields["Allow"] = ", ".join(str(name) for name in allowed) if isinstance(allowed, list | tuple) else ""
        if self.status in {429, 503}:
            fields["Retry-After"] = str(self.facts.get("retry_after", 5))
        return fields

    def _challenge(self) -> str:
        """What would satisfy, in the words of RFC 9470."""
        classes = self.facts.get("acr_values", ())
        named = " ".join(str(one) for one in classes) if isinstance(classes, list | tuple) else ""
        parts = [
            'Bearer realm="dataroom"',
            'error="insufficient_user_authentication"',
            'error_description="A fresh and strong sign-in is needed"',
            *([f'acr_values="{named}"'] if named else []),
            f'max_age="{self.facts.get("max_age", 0)}"',
        ]
        return ", ".join(parts)


def new_instance() -> str:
    """A fresh correlation id for one request."""
    return f"urn:uuid:{uuid.uuid4()}"


def problem_of(error: BaseException, instance: str) -> Problem:
    """What is told of `error`; of an error not raised on purpose nothing but that it happened."""
    known = error if isinstance(error, DataroomError) else Internal("The error has been recorded; quote its id.")
    return Problem(known.status, known.code, known.title, known.detail, instance, dict(known.facts))


def error_of_status(status: int) -> DataroomError:
    """The error that stands for an HTTP status a framework gave; other client errors count as `Malformed`."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]()
    return Malformed() if 400 <= status < 500 else Internal()
