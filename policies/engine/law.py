"""The law, loaded once: the one object the rest of the service asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cedarpy
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from policies.engine.attributes import Attr
from policies.engine.checks import check, compiles
from policies.engine.compiler import Question
from policies.engine.digest import digest_of, digest_over, law_contents
from policies.engine.entities import Entity, Ref, Value, described, entity_json, to_json
from policies.engine.errors import LawError
from policies.engine.lists import (
    Category,
    Rationale,
    Schedule,
    Tier,
    read_categories,
    read_rationales,
    read_schedules,
    read_tiers,
)
from policies.engine.narrowing import Narrowing
from policies.engine.rules import (
    Decision,
    Policy,
    by_question,
    parse_set,
    read_blocks,
    read_policies,
    read_schema,
    rule_texts,
)
from policies.engine.shape import ActionShape, Shape, read_shape
from policies.engine.terms import Record, term_of
from policies.engine.transfers import Transfers, read_transfers

PACKAGED = Path(__file__).resolve().parent.parent
PROMISES = "invariants.md"
_READ: dict[str, Law] = {}
"""The laws this process has read and checked, by digest."""


@dataclass(frozen=True)
class Law:
    """Rules, lists and their digest. Make one with `Law.load`; share it between threads.

    `digest` is the SHA-256 (hex) of all law files. `texts` are those of the rules by file name. `promises` are the ids
    of the promises that bind a changed law as rules; the delivered law keeps them by its own rules. `categories`,
    `rationales`, `schedules` and `tiers` are keyed by id, code, id and level; `policies` by id; `actions` by name.
    """

    digest: str
    categories: Mapping[str, Category]
    rationales: Mapping[str, Rationale]
    schedules: Mapping[str, Schedule]
    tiers: Mapping[int, Tier]
    transfers: Transfers
    policies: Mapping[str, Policy]
    shape: Shape
    _schema: cedarpy.Schema
    _set: cedarpy.PolicySet
    _relevant: Mapping[tuple[str, str, str], tuple[Policy, ...]]
    _folder: Path
    texts: Mapping[str, str]
    promises: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def load(cls, folder: Path | None = None) -> Law:
        """Reads the law in `folder` (the packaged one by default) and checks all of it; LawError when
        anything is wrong, so that the service does not start with a law it would not keep. The same files
        give the same object for as long as the process lives."""
        folder = folder or PACKAGED
        digest = digest_of(folder)
        if digest in _READ:
            return _READ[digest]
        schema = read_schema(folder / "access")
        texts = rule_texts(folder / "access")
        policies = read_policies(texts, schema)
        if not policies:
            raise LawError("access: no rules found")
        shape = read_shape(schema)
        law = cls(
            digest=digest,
            categories=read_categories(folder),
            rationales=read_rationales(folder),
            schedules=read_schedules(folder),
            tiers=read_tiers(folder),
            transfers=read_transfers(folder),
            policies=policies,
            shape=shape,
            _schema=schema,
            _set=parse_set(policies.values()),
            _relevant=by_question(policies.values(), shape),
            _folder=folder,
            texts=MappingProxyType(dict(texts)),
        )
        check(law.policies, law.categories, law.shape, law.policies)
        if digest_of(folder) != digest:
            raise LawError("the law changed while it was read")
        return _READ.setdefault(digest, law)

    def changed(self, texts: Mapping[str, str]) -> Law:
        """This law, as it was delivered, with other texts of rules (by file name); LawError when it would not hold.

        Whatever it permits, the promises of invariants.md bind it, as rules that forbid. Its digest is over the law
        files with these texts in their places, and the promises.
        """
        promised, promises = _promises_of(self.digest)
        rules = self._rules_with(texts)
        twice = sorted(set(rules) & set(promises))
        if twice:
            raise LawError(f"{rules[twice[0]].file}: {twice[0]} is the id of a promise")
        fresh = {name: rule for name, rule in rules.items() if self.policies.get(name) != rule}
        check(rules, self.categories, self.shape, fresh)
        both = {**rules, **promises}
        contents = law_contents(self._folder) | {f"access/{name}": text.encode() for name, text in texts.items()}
        return replace(
            self,
            digest=digest_over(contents | {PROMISES: promised}),
            policies=MappingProxyType(both),
            _set=parse_set(both.values()),
            _relevant=by_question(both.values(), self.shape),
            texts=MappingProxyType({**self.texts, **texts}),
            promises=frozenset(promises),
        )

    def _rules_with(self, texts: Mapping[str, str]) -> dict[str, Policy]:
        """The rules of this law, those of some files replaced by what the texts say."""
        rules = {name: rule for name, rule in self.policies.items() if rule.file not in texts}
        for file, text in sorted(texts.items()):
            for name, rule in read_policies({file: text}, self._schema).items():
                if name in rules:
                    raise LawError(f"{file}: the id {name} appears twice")
                rules[name] = rule
        return rules

    @property
    def actions(self) -> Mapping[str, ActionShape]:
        """Every action with the types of principal and resource it applies to."""
        return self.shape.actions

    def decide(
        self,
        principal: Entity,
        action: str,
        resource: Entity,
        context: Mapping[str, Value],
        others: Iterable[Entity] = (),
    ) -> Decision:
        """May `principal` do `action` to `resource`?

        `others` are further entities rules follow, such as the matter; describing it inside `principal.attrs`
        does as well. Anything malformed (unknown action, missing attribute, wrong type) is a refusal with
        `errors`, never an exception."""
        return self.decide_each(principal, action, (resource,), context, others)[0]

    def decide_each(
        self,
        principal: Entity,
        action: str,
        resources: Sequence[Entity],
        context: Mapping[str, Value],
        others: Iterable[Entity] = (),
    ) -> tuple[Decision, ...]:
        """One decision for each of `resources`, in order, for less than asking one by one. What is malformed
        anywhere refuses all of them."""
        return self._answers(principal, [(action, each) for each in resources], context, others)

    def decide_all(
        self, principal: Entity, actions: Sequence[str], resource: Entity, context: Mapping[str, Value]
    ) -> tuple[Decision, ...]:
        """One decision for each of `actions` on the one `resource`, in order, as `decide` would answer each."""
        return self._answers(principal, [(action, resource) for action in actions], context)

    def _answers(
        self,
        principal: Entity,
        questions: Sequence[tuple[str, Entity]],
        context: Mapping[str, Value],
        others: Iterable[Entity] = (),
    ) -> tuple[Decision, ...]:
        try:
            entities = self._entities((principal, *(resource for _, resource in questions), *others))
            circumstances = json.dumps({name: to_json(value) for name, value in context.items()})
            requests = [_request(principal.ref, action, each.ref, circumstances) for action, each in questions]
        except (LawError, ValueError) as problem:
            return tuple(Decision(False, (), (str(problem),)) for _ in questions)
        answers = cedarpy.is_authorized_batch(requests, self._set, entities, self._schema)
        if len(answers) != len(requests):
            return tuple(Decision(False, (), ("not every question was answered",)) for _ in questions)
        return tuple(_decision(answer) for answer in answers)

    def narrow(
        self,
        principal: Entity,
        action: str,
        resource_type: str,
        mapping: Mapping[str, Attr],
        context: Mapping[str, Value],
        primary: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None,
        others: Iterable[Entity] = (),
    ) -> ColumnElement[bool]:
        """The WHERE that keeps exactly the rows `decide` would allow.

        `mapping` says for each attribute of `resource_type` which column or set holds it; "a.b" is attribute
        b of the entity a refers to. `primary` is the column of the row's own id (or map "id"). A malformed
        principal or context gives no rows; an action that does not apply to the types is a LawError, since it
        is a mistake in the program."""
        return self.narrowing(principal, action, resource_type, context, others).clause(mapping, primary)

    def narrowing(
        self,
        principal: Entity,
        action: str,
        resource_type: str,
        context: Mapping[str, Value],
        others: Iterable[Entity] = (),
    ) -> Narrowing:
        """The question `narrow` asks, for more than one mapping."""
        shape = self.actions.get(action)
        if shape is None or principal.type not in shape.principals or resource_type not in shape.resources:
            raise LawError(f"{action} does not take a {principal.type} and a {resource_type}")
        try:
            store = described((principal, *others))
            entities = self._entities(store.values())
            circumstances = json.dumps({name: to_json(value) for name, value in context.items()})
            probe = _request(principal.ref, action, Ref(resource_type, ""), circumstances)
            fields = {name: term_of(value) for name, value in context.items()}
        except (LawError, ValueError):
            return Narrowing((), None)
        if cedarpy.is_authorized(probe, self._set, entities, self._schema).decision is cedarpy.Decision.NoDecision:
            return Narrowing((), None)
        question = Question(
            principal=principal.ref,
            action=Ref("Action", action),
            resource_type=resource_type,
            mapping={},
            context=Record(fields),
            store={**store, **self.shape.action_entities},
        )
        return Narrowing(self.rules_for(action, principal.type, resource_type), question)

    def mentions(self, action: str, principal_type: str, resource_type: str) -> frozenset[str]:
        """The names of all attributes that the rules of this question speak of."""
        found: set[str] = set()
        for policy in self.rules_for(action, principal_type, resource_type):
            _names(policy.form["conditions"], found)
        return frozenset(found)

    def rules_for(self, action: str, principal_type: str, resource_type: str) -> tuple[Policy, ...]:
        """The rules that may speak to this question: those whose scope does not exclude it."""
        return self._relevant[action, principal_type, resource_type]

    def about(self, action: str, principal_type: str, resource_type: str) -> Law:
        """This law with those rules alone that may speak to one question: answers it alike, for less, many times."""
        return replace(self, _set=parse_set(self.rules_for(action, principal_type, resource_type)))

    def read_blocks(self, text: str, file: str) -> Mapping[str, Policy]:
        """The rules in the Cedar blocks of a Markdown text, by id; LawError unless each fits the schema of this law."""
        return read_blocks(text, file, self._schema)

    def explain(self, decision: Decision) -> tuple[str, ...]:
        """The decision in plain sentences."""
        if decision.errors:
            return ("The rules could not be applied to this, so it is refused.",)
        if not decision.policies:
            return ("No rule permits this.",)
        rules = [each for each in decision.policies if each not in self.promises]
        return tuple(self.policies[each].sentence for each in rules or decision.policies)

    def _entities(self, entities: Iterable[Entity]) -> cedarpy.Entities:
        listed = [entity_json(each) for each in described(entities).values()]
        return cedarpy.Entities.from_json_str(json.dumps(listed), self._schema)


def _names(node: Any, found: set[str]) -> None:
    """Adds the name of every attribute an expression reads or looks for."""
    if isinstance(node, Mapping):
        if isinstance(node.get("attr"), str):
            found.add(node["attr"])
        for each in node.values():
            _names(each, found)
    elif isinstance(node, list | tuple):
        for each in node:
            _names(each, found)


@cache
def _promises_of(digest: str) -> tuple[bytes, Mapping[str, Policy]]:
    law = _READ[digest]
    text = (law._folder / PROMISES).read_bytes()
    promises = law.read_blocks(text.decode("utf-8"), PROMISES)
    compiles(promises, law.shape)
    return text, promises


def _request(principal: Ref, action: str, resource: Ref, circumstances: str) -> dict[str, object]:
    return {
        "principal": {"type": principal.type, "id": principal.id},
        "action": {"type": "Action", "id": action},
        "resource": {"type": resource.type, "id": resource.id},
        "context": circumstances,
    }


def _decision(answer: cedarpy.AuthzResult) -> Decision:
    errors = tuple(str(each) for each in answer.diagnostics.errors)
    reasons = tuple(sorted(str(each) for each in answer.diagnostics.reasons))
    if answer.decision is cedarpy.Decision.NoDecision and not errors:
        errors = ("the question could not be answered",)
    allowed = answer.decision is cedarpy.Decision.Allow and not errors and bool(reasons)
    return Decision(allowed, () if errors else reasons, errors)
