"""What directories send, as the parameters of the actions on accounts; everything else is refused by SCIM's own words."""

from __future__ import annotations

from typing import Any

import pytest

from dataroom.api.scim_reading import LONGEST, MOST_OPERATIONS, conditions, filed, patched, replaced, sought
from dataroom.api.scim_shapes import ENTERPRISE, PATCH, USER
from dataroom.errors import DataroomError, Invalid
from dataroom.problems import Malformed

FILTERS: dict[str, dict[str, Any]] = {
    'userName eq "noor@a.example"': {"email": "noor@a.example"},
    'USERNAME EQ "noor@a.example"': {"email": "noor@a.example"},
    'externalId eq "4711"': {"external_id": "4711"},
    "active eq true": {"active": True},
    "active eq False": {"active": False},
    f'{USER}:userName eq "n"': {"email": "n"},
    'userName eq "a\\"b\\\\c"': {"email": 'a"b\\c'},
    '  externalId eq "and active eq true"  ': {"external_id": "and active eq true"},
    'active eq true and externalId eq "7"': {"active": True, "external_id": "7"},
}
NO_FILTERS = (
    'userName eq "a\x00b"',
    'userName sw "a"',
    'userName co "a"',
    "userName pr",
    'not (userName eq "a")',
    '(userName eq "a")',
    "(" * 400 + 'userName eq "a"' + ")" * 400,
    'userName eq "a" or active eq true',
    'userName eq "a" and userName eq "b"',
    'userName eq "a"and active eq true',
    'userName eq "a" and',
    "userName eq a",
    "userName eq true",
    "userName eq null",
    'active eq "true"',
    'emails[type eq "work"].value eq "a"',
    'displayName eq "a"',
    'password eq "a"',
    f'{ENTERPRISE}:userName eq "n"',
    'userName eq "a',
    'userName eq "\\u0061"',
    'userName eq "a"; drop table',
    'userName eq "' + "a" * LONGEST + '"',
)


@pytest.mark.parametrize("text", FILTERS)
def test_filters(text: str) -> None:
    assert conditions(text) == FILTERS[text]


@pytest.mark.parametrize("text", NO_FILTERS, ids=lambda text: text[:40])
def test_other_filters_are_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        conditions(text)
    assert refused.value.code == "invalidFilter"


def test_pages() -> None:
    assert sought({}) == {"start": 1, "count": 100}
    assert sought({"startIndex": "0", "count": "-3"}) == {"start": 1, "count": 0}
    assert sought({"startIndex": "7", "count": "900", "sortBy": "userName"}) == {"start": 7, "count": 200}
    for wrong in ({"count": "many"}, {"startIndex": "1e9"}, {"count": "9" * 30}):
        with pytest.raises(Malformed):
            sought(wrong)


WHOLE = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "4711",
    "userName": "noor@a.example",
    "name": {"givenName": "Noor", "familyName": "Vane", "honorificPrefix": "Dr"},
    "emails": [{"value": "elsewhere@b.example", "primary": True}],
    "roles": [{"value": "compliance"}],
    "password": "t0p-secret",
    "active": True,
    ENTERPRISE: {"department": "Patents", "userName": "eve@a.example"},
}


def test_of_a_user_is_taken_what_is_kept_here_and_nothing_else() -> None:
    expected = {"email": "noor@a.example", "name": "Noor Vane", "external_id": "4711", "active": True}
    assert filed(WHOLE) == expected
    assert filed({**WHOLE, "displayName": "Noor V."})["name"] == "Noor V."
    assert filed({**WHOLE, "name": {"formatted": "N. Vane", "givenName": "x", "familyName": "y"}})["name"] == "N. Vane"
    assert filed({"SCHEMAS": [USER], "USERNAME": "n@a.example", "active": "False"}) == {
        "email": "n@a.example",
        "active": False,
    }
    assert replaced({"schemas": [USER], "userName": "n@a.example"}) == {
        "email": "n@a.example",
        "forget_external_id": True,
    }
    assert "forget_external_id" not in replaced(WHOLE)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"userName": "n@a.example"},
        {"schemas": [PATCH], "userName": "n@a.example"},
        {"schemas": USER, "userName": "n@a.example"},
        {"schemas": [USER]},
        {"schemas": [USER], "userName": ["n@a.example"]},
        {"schemas": [USER], "userName": "n@a.example\nBcc: x"},
        {"schemas": [USER], "userName": "n@a.example", "active": 1},
        {"schemas": [USER], "userName": "n@a.example", "active": "yes"},
        {"schemas": [USER], "userName": "n@a.example", "displayName": "\ud800"},
    ],
    ids=repr,
)
def test_what_is_no_user_is_refused(body: Any) -> None:
    with pytest.raises((Malformed, Invalid)):
        filed(body)


def change(*operations: Any) -> dict[str, Any]:
    """A change as it is sent."""
    return {"schemas": [PATCH], "Operations": list(operations)}


CHANGES: list[tuple[list[Any], dict[str, Any]]] = [
    ([{"op": "Replace", "path": "active", "value": "False"}], {"active": False}),
    ([{"op": "replace", "value": {"active": False}}], {"active": False}),
    ([{"op": "add", "path": "active", "value": True}], {"active": True}),
    ([{"op": "Replace", "path": "userName", "value": "x@a.example"}], {"email": "x@a.example"}),
    ([{"op": "replace", "path": f"{USER}:displayName", "value": "X"}], {"name": "X"}),
    (
        [{"op": "replace", "value": {"name.formatted": "X", "userName": "x@a.example"}}],
        {"name": "X", "email": "x@a.example"},
    ),
    ([{"op": "replace", "value": {"id": "7", "active": True, "title": "Dr"}}], {"active": True}),
    ([{"op": "replace", "path": "name", "value": {"givenName": "X", "familyName": "Y"}}], {"name": "X Y"}),
    ([{"op": "replace", "path": "name.givenName", "value": "X"}], {}),
    ([{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "z@b.example"}], {}),
    ([{"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Patents"}], {}),
    ([{"op": "Add", "path": 'roles[primary eq "True"].value', "value": "compliance"}], {}),
    ([{"op": "remove", "path": "externalId"}], {"forget_external_id": True}),
    ([{"op": "remove", "path": "title"}], {}),
    (
        [{"op": "remove", "path": "externalId"}, {"op": "add", "path": "externalId", "value": "8"}],
        {"external_id": "8"},
    ),
    (
        [{"op": "add", "path": "externalId", "value": "8"}, {"op": "remove", "path": "externalId"}],
        {"forget_external_id": True},
    ),
    (
        [{"op": "replace", "path": "active", "value": True}, {"op": "replace", "path": "active", "value": "false"}],
        {"active": False},
    ),
]


@pytest.mark.parametrize(("operations", "expected"), CHANGES, ids=str)
def test_changes(operations: list[Any], expected: dict[str, Any]) -> None:
    assert patched(change(*operations)) == expected


WRONG: list[tuple[Any, str]] = [
    (change(), "invalidSyntax"),
    (change(*[{"op": "add", "path": "title", "value": "x"}] * (MOST_OPERATIONS + 1)), "invalidSyntax"),
    ({"schemas": [USER], "Operations": [{"op": "replace", "value": {}}]}, "invalidSyntax"),
    (change("replace"), "invalidSyntax"),
    (change({"op": "move", "path": "active", "value": True}), "invalidSyntax"),
    (change({"op": "replace", "path": "active"}), "invalidSyntax"),
    (change({"op": "replace", "value": "x"}), "invalidSyntax"),
    (change({"op": "remove"}), "invalidSyntax"),
    (change({"op": "replace", "path": "", "value": True}), "invalidPath"),
    (change({"op": "replace", "path": "members[value eq", "value": True}), "invalidPath"),
    (change({"op": "replace", "path": ["active"], "value": True}), "invalidPath"),
    (change({"op": "replace", "path": "a" * 2000, "value": True}), "invalidPath"),
    (change({"op": "replace", "path": "id", "value": "x"}), "mutability"),
    (change({"op": "replace", "path": "meta.created", "value": "x"}), "mutability"),
    (change({"op": "remove", "path": "userName"}), "mutability"),
    (change({"op": "remove", "path": "active"}), "mutability"),
]


@pytest.mark.parametrize(("body", "code"), WRONG, ids=lambda given: str(given)[:60])
def test_wrong_changes_are_refused(body: Any, code: str) -> None:
    with pytest.raises(DataroomError) as refused:
        patched(body)
    assert refused.value.code == code


@pytest.mark.parametrize("value", [None, "", "maybe", 0, [True], {"value": True}])
def test_active_is_true_or_false(value: Any) -> None:
    if value in (None, ""):
        assert patched(change({"op": "replace", "path": "active", "value": value})) == {}
        return
    with pytest.raises(Invalid):
        patched(change({"op": "replace", "path": "active", "value": value}))
