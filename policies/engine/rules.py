"""The rules themselves: Cedar policies read from `access/`, each with an id and a sentence, validated
strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cedarpy

from policies.engine.errors import LawError
from policies.engine.shape import Shape

_ID = re.compile(r"[a-z][a-z0-9-]*")
_BLOCK = re.compile(r"^```cedar\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Policy:
    """One rule. `text` is its Cedar source as Cedar prints it, `form` its JSON form, `file` where it
    stands."""

    id: str
    effect: str
    sentence: str
    text: str
    file: str
    form: Mapping[str, Any]

    @property
    def audience(self) -> str | None:
        """For walls of competition law: the audience in categories.toml whose categories the wall names."""
        found = self.form["annotations"].get("audience")
        return None if found is None else str(found)

    @property
    def lasting(self) -> bool:
        """Whether it keeps somebody away whatever they do themselves and wherever they are."""
        return "lasting" in self.form["annotations"]


@dataclass(frozen=True)
class Decision:
    """The answer. `policies` are the ids of the rules that determined it, `errors` why it could not be
    determined; with errors it is always a refusal."""

    allowed: bool
    policies: tuple[str, ...]
    errors: tuple[str, ...]


def read_schema(folder: Path) -> cedarpy.Schema:
    """The parsed schema of `folder`/schema.cedarschema."""
    try:
        return cedarpy.Schema.from_str((folder / "schema.cedarschema").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise LawError(f"schema.cedarschema: {problem}") from problem


def rule_texts(folder: Path) -> Mapping[str, str]:
    """The texts of `folder`/*.cedar by file name."""
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cedar"))}
    except (OSError, ValueError) as problem:
        raise LawError(f"access: {problem}") from problem


def read_policies(texts: Mapping[str, str], schema: cedarpy.Schema) -> Mapping[str, Policy]:
    """Every rule of the files with these texts by id, valid against `schema` without any warning treated as success."""
    found: dict[str, Policy] = {}
    for name, text in sorted(texts.items()):
        for policy in _read_text(name, text):
            if policy.id in found:
                raise LawError(f"{name}: the id {policy.id} appears twice")
            found[policy.id] = policy
    validate(found.values(), schema)
    return MappingProxyType(found)


def read_blocks(text: str, file: str, schema: cedarpy.Schema) -> Mapping[str, Policy]:
    """The rules in the Cedar blocks of a Markdown text, by id; LawError unless each fits `schema`."""
    found = read_policies({file: "\n".join(_BLOCK.findall(text))}, schema)
    if not found:
        raise LawError(f"{file}: no rules found")
    return found


def parse_set(policies: Iterable[Policy]) -> cedarpy.PolicySet:
    """The rules as one set that answers with our ids."""
    forms = {policy.id: dict(policy.form) for policy in policies}
    return cedarpy.PolicySet.from_json_str(json.dumps(_set_form(forms)))


def by_question(policies: Iterable[Policy], shape: Shape) -> Mapping[tuple[str, str, str], tuple[Policy, ...]]:
    """For each action, principal type and resource type: the rules whose scope does not already exclude
    them."""
    listed = tuple(policies)
    return MappingProxyType(
        {
            (action.name, principal, resource): tuple(
                policy
                for policy in listed
                if _takes(policy.form["principal"], principal)
                and _takes(policy.form["resource"], resource)
                and _names(policy.form["action"], {action.name, *action.groups})
            )
            for action in shape.actions.values()
            for principal in action.principals
            for resource in action.resources
        }
    )


def category_literals(policy: Policy) -> frozenset[str]:
    """The literal strings a rule compares `resource.category` with through a set's `contains`."""
    found: set[str] = set()
    waiting: list[Any] = [clause["body"] for clause in policy.form["conditions"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            found |= _named(node.get("contains"))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return frozenset(found)


def _takes(scope: Mapping[str, Any], entity_type: str) -> bool:
    return bool(scope["op"] != "is" or scope["entity_type"] == entity_type)


def _names(scope: Mapping[str, Any], names: set[str]) -> bool:
    if scope["op"] not in {"==", "in"}:
        return True
    listed = scope["entities"] if "entities" in scope else [scope["entity"]]
    return any(uid["id"] in names for uid in listed)


def _named(body: object) -> set[str]:
    category = {".": {"left": {"Var": "resource"}, "attr": "category"}}
    if not isinstance(body, Mapping) or body.get("right") != category or "Set" not in body["left"]:
        return set()
    return {str(each["Value"]) for each in body["left"]["Set"]}


def _read_text(name: str, text: str) -> list[Policy]:
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
        if parsed["templates"] or parsed["templateLinks"]:
            raise LawError(f"{name}: templates are not part of the law")
        return [policy_of(name, form) for form in parsed["staticPolicies"].values()]
    except (ValueError, RecursionError) as problem:
        raise LawError(f"{name}: {problem}") from problem


def policy_of(file: str, form: Mapping[str, Any]) -> Policy:
    """A rule from its JSON form; LawError unless it has an id and a sentence."""
    notes = form.get("annotations", {})
    name, sentence = notes.get("id") or "", notes.get("sentence") or ""
    if not _ID.fullmatch(name):
        raise LawError(f"{file}: a rule lacks an @id of small letters, digits and hyphens")
    if not sentence.endswith("."):
        raise LawError(f"{file}: {name} lacks its @sentence")
    text = cedarpy.policies_from_json_str(json.dumps(_set_form({name: dict(form)})))
    return Policy(name, form["effect"], sentence, text.strip(), file, MappingProxyType(dict(form)))


def _set_form(forms: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {"templates": {}, "staticPolicies": forms, "templateLinks": []}


def validate(policies: Iterable[Policy], schema: cedarpy.Schema) -> None:
    """LawError unless each of `policies` fits `schema`."""
    for policy in policies:
        result = cedarpy.validate_policies(policy.text, schema)
        if not result.validation_passed:
            problems = "; ".join(str(each.error) for each in result.errors)
            raise LawError(f"{policy.file}: {policy.id}: {problems}")
