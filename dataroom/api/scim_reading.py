"""Reading what directories send: filters, users and changes, as the parameters of the actions on accounts.

Of SCIM's filters those are read that directories use: `eq` on userName, externalId and active, joined by `and`. Of a
user userName, displayName (or name.formatted, or given and family name together), externalId and active are taken;
whatever else the standard knows of a person is dropped before anything could keep it. Changes come with a path, with
an object of values, or with paths as its members, and booleans also as texts, as common directories send them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dataroom.api.scim_shapes import BY_DEFAULT, ENTERPRISE, MOST, PATCH, USER
from dataroom.errors import Invalid
from dataroom.problems import Malformed

LONGEST = 1000
"""How many characters a filter or a path has at most."""
MOST_OPERATIONS = 50
_CLAUSE = re.compile(r'\s*([A-Za-z0-9:._-]+)\s+eq\s+("(?:[^"\\]|\\["\\/])*"|true|false)\s*', re.IGNORECASE)
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9$_-]*(?:\[[^\[\]]{1,200}\])?(?:\.[A-Za-z][A-Za-z0-9$_-]*)?")
_KEPT = {
    "username": "email",
    "displayname": "name",
    "name.formatted": "name",
    "externalid": "external_id",
    "active": "active",
}
_FIXED = frozenset({"id", "meta", "schemas"})
_OPERATIONS = frozenset({"add", "replace", "remove"})
_GIVEN, _FAMILY = "name.givenname", "name.familyname"
Values = dict[str, Any]


def sought(query: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a list from `filter`, `startIndex` and `count`; other members of the query do not matter."""
    found: dict[str, Any] = dict(conditions(query["filter"])) if query.get("filter") else {}
    start, count = _number(query, "startIndex", 1), _number(query, "count", BY_DEFAULT)
    return found | {"start": max(1, start), "count": min(max(0, count), MOST)}


def conditions(text: str) -> dict[str, Any]:
    """What a filter demands, by parameter."""
    if len(text) > LONGEST:
        raise Malformed("The filter is too long.", code="invalidFilter")
    found: dict[str, Any] = {}
    at = 0
    while True:
        clause = _CLAUSE.match(text, at)
        name = _KEPT.get(_plain(clause[1])) if clause else None
        if clause is None or name is None or name == "name" or name in found:
            told = "Filters are userName, externalId or active eq a value, joined by and; each at most once."
            raise Malformed(told, code="invalidFilter")
        found[name] = _compared(name, clause[2])
        if clause.end() == len(text):
            return found
        if not text[clause.end() - 1].isspace() or text[clause.end() : clause.end() + 4].lower() != "and ":
            raise Malformed("Conditions are joined by and alone.", code="invalidFilter")
        at = clause.end() + 4


def _compared(name: str, written: str) -> Any:
    if "\x00" in written:
        raise Malformed("A text holds no NUL.", code="invalidFilter")
    if (name == "active") != (not written.startswith('"')):
        raise Malformed("active is compared with true or false, the others with a text.", code="invalidFilter")
    return written.lower() == "true" if name == "active" else re.sub(r"\\(.)", r"\1", written[1:-1])


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    given = query.get(name, "").strip()
    if not given:
        return otherwise
    if not re.fullmatch(r"-?[0-9]{1,9}", given):
        raise Malformed(f"{name} is a whole number.", code="invalidValue")
    return int(given)


def filed(body: Any) -> Values:
    """The parameters of a new account from a User; one that says nothing of `active` is."""
    if not isinstance(body, dict) or USER not in _schemas(body):
        raise Malformed(f"A User names its schema {USER}.", code="invalidSyntax")
    found = _taken(body)
    if "email" not in found:
        raise Invalid("userName: this is needed")
    return found


def replaced(body: Any) -> Values:
    """The parameters of a change from a whole User; what it leaves out stays, but for externalId, which goes."""
    found = filed(body)
    return found if "external_id" in found else found | {"forget_external_id": True}


def patched(body: Any) -> Values:
    """The parameters of a change from a PatchOp; a later operation counts more than an earlier one."""
    if not isinstance(body, dict) or PATCH not in _schemas(body):
        raise Malformed(f"A change names its schema {PATCH}.", code="invalidSyntax")
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST_OPERATIONS:
        raise Malformed(f"A change has 1 to {MOST_OPERATIONS} operations.", code="invalidSyntax")
    found: Values = {}
    for operation in operations:
        changed = _operated(operation)
        for name, other in (("external_id", "forget_external_id"), ("forget_external_id", "external_id")):
            if name in changed:
                found.pop(other, None)
        found |= changed
    return found


def _operated(operation: Any) -> Values:
    """What one operation changes."""
    if not isinstance(operation, dict):
        raise Malformed("An operation is an object.", code="invalidSyntax")
    given = {name.lower(): value for name, value in operation.items()}
    kind, path, value = str(given.get("op", "")).lower(), given.get("path"), given.get("value")
    if kind not in _OPERATIONS:
        raise Malformed("Operations are add, replace and remove.", code="invalidSyntax")
    if path is None:
        if kind == "remove" or not isinstance(value, dict):
            raise Malformed("Without a path an operation needs an object of values.", code="invalidSyntax")
        return _taken(value)
    if not isinstance(path, str) or len(path) > LONGEST or not _PATH.fullmatch(_unprefixed(path)):
        raise Malformed("The path cannot be read.", code="invalidPath")
    if _plain(path).partition(".")[0] in _FIXED:
        raise Malformed(f"{path[:60]} is not the directory's to change.", code="mutability")
    if kind == "remove":
        return _removed(_plain(path))
    if "value" not in given:
        raise Malformed("This operation needs a value.", code="invalidSyntax")
    return _taken({path: value})


def _removed(name: str) -> Values:
    """What is taken away: the directory's own name of a person; what there must be stays."""
    if _KEPT.get(name) in {"email", "active"}:
        raise Malformed(f"{name} cannot be removed.", code="mutability")
    return {"forget_external_id": True} if name == "externalid" else {}


def _taken(given: Mapping[str, Any]) -> Values:
    """What is kept of a person here, from attributes in any case, with or without their schema, nested or by path."""
    flat: Values = {}
    for name, value in given.items():
        plain = _plain(name)
        if plain == "name" and isinstance(value, dict):
            flat |= {f"name.{part.lower()}": inner for part, inner in value.items()}
        elif plain == USER.lower() and isinstance(value, dict):
            flat |= {_plain(part): inner for part, inner in value.items()}
        else:
            flat[plain] = value
    if flat.get(_GIVEN) and flat.get(_FAMILY) and "name.formatted" not in flat:
        flat["name.formatted"] = f"{flat[_GIVEN]} {flat[_FAMILY]}"
    found: Values = {}
    for name, kept in reversed(_KEPT.items()):
        if flat.get(name) is not None and flat[name] != "":
            found[kept] = _active(flat[name]) if kept == "active" else _text(name, flat[name])
    return found


def _active(value: Any) -> bool:
    """A boolean, also when it comes as a text."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Invalid("active: is true or false")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Invalid(f"{name}: is one line of text")
    return value


def _schemas(body: Mapping[str, Any]) -> list[Any]:
    given = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    return given if isinstance(given, list) else []


def _unprefixed(name: str) -> str:
    for schema in (USER, ENTERPRISE):
        if name.lower().startswith(f"{schema.lower()}:"):
            return name[len(schema) + 1 :]
    return name


def _plain(name: str) -> str:
    """The name of an attribute of a User in small letters and without its schema."""
    return name.lower().removeprefix(f"{USER.lower()}:")
