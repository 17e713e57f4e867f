"""Problem details: every error has its one form, and HTTP's own statuses have theirs."""

from __future__ import annotations

import uuid

import pytest

from dataroom import errors, problems
from dataroom.errors import DataroomError
from dataroom.problems import Internal, Malformed, error_of_status, new_instance, problem_of


def kinds() -> list[type[DataroomError]]:
    """Every error there is, by its code."""
    found = {
        kind.code: kind
        for module in (errors, problems)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, DataroomError) and kind is not DataroomError
    }
    return [found[code] for code in sorted(found)]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: str(kind.code))
def test_every_error_has_its_problem(kind: type[DataroomError]) -> None:
    error = kind("Something about it.", facts={"limit": 3})
    told = problem_of(error, "urn:uuid:x").document()
    assert told == {
        "type": f"urn:dataroom:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": "Something about it.",
        "code": kind.code,
        "instance": "urn:uuid:x",
        "facts": {"limit": 3},
    }


def test_codes_are_unique() -> None:
    every = {kind for module in (errors, problems) for kind in vars(module).values() if isinstance(kind, type)}
    assert {kind for kind in every if issubclass(kind, DataroomError)} == {DataroomError, *kinds()}


def test_a_narrowed_code_is_told() -> None:
    told = problem_of(errors.Invalid("No.", code="encrypted"), new_instance())
    assert (told.code, told.status) == ("encrypted", 422)


@pytest.mark.parametrize("error", [RuntimeError("password 123"), KeyError("name"), ValueError()])
def test_nothing_is_told_of_errors_nobody_foresaw(error: Exception) -> None:
    told = problem_of(error, new_instance())
    assert (told.code, told.status) == ("internal", 500)
    assert str(error) == "" or str(error) not in str(told.document())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Malformed),
        (401, errors.Unauthenticated),
        (404, errors.NotFound),
        (405, problems.WrongMethod),
        (413, errors.TooLarge),
        (415, problems.WrongMedia),
        (418, Malformed),
        (429, errors.TooMany),
        (503, errors.Unavailable),
        (500, Internal),
        (599, Internal),
    ],
)
def test_statuses_have_their_errors(status: int, kind: type[DataroomError]) -> None:
    assert type(error_of_status(status)) is kind


def test_headers_beside_the_document() -> None:
    fresh = new_instance()
    assert problem_of(errors.Unauthenticated(), fresh).headers() == {"WWW-Authenticate": 'Bearer realm="dataroom"'}
    given = errors.Unauthenticated(facts={"given": True})
    assert problem_of(given, fresh).headers()["WWW-Authenticate"].endswith('error="invalid_token"')
    allowed = problems.WrongMethod(facts={"allowed": ["GET", "PUT"]})
    assert problem_of(allowed, fresh).headers() == {"Allow": "GET, PUT"}
    assert problem_of(errors.TooMany(facts={"retry_after": 9}), fresh).headers() == {"Retry-After": "9"}
    assert problem_of(errors.Unavailable(), fresh).headers() == {"Retry-After": "5"}
    assert problem_of(errors.NotFound(), fresh).headers() == {}


def test_correlation_ids_are_fresh() -> None:
    one, other = new_instance(), new_instance()
    assert one != other
    assert uuid.UUID(one.removeprefix("urn:uuid:")).version == 4
