"""The formulas of the analysis mean what the engine means: for random requests and random rules, ill-typed ones too,
the formula holds exactly where the engine allows without an error."""

from __future__ import annotations

import json
import random

import cedarpy
import z3
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from policies.analysis.questions import Asked, Place, places, variant
from policies.analysis.terms import Fields, Formula, Scalar, Unsupported
from policies.engine import Entity, Law, Policy, Ref, Value
from policies.engine.entities import described
from policies.engine.shape import AttrShape
from tests.property.test_policies_scope import ORGANISATIONS, OTHERS, QUESTIONS, WORLD, circumstances, members

LAW = Law.load()
SEED = 7
LEAVES = (
    *("principal.active", "resource.held", "resource.original", "resource.clawed", "principal has active"),
    *("resource.tier <= principal.tier", "principal.strong_age > 900", "context.now >= 1", "resource.tier < 2"),
    *('principal.role == "partner"', "principal.organisation == resource.organisation", 'resource.state != "staged"'),
    *("resource.audience.contains(principal.organisation)", "principal.clubs.contains(resource.club)"),
    *('["staged", "published"].contains(resource.state)', "[1, 2].contains(resource.tier)", "resource.meant.isEmpty()"),
    *('principal.scopes.containsAll(["read"])', 'principal.scopes.containsAny(["read", "upload", 1])', "[].isEmpty()"),
    *('principal.matter.state == "open"', "principal.matter == resource.matter", "principal.matter has state"),
    *('resource.document.state == "staged"', "principal.confined has state", "principal.confined.members.isEmpty()"),
    *("principal.clubs.containsAny(principal.walls)", "resource.audience == resource.meant", "resource has club"),
    *("principal in resource.matter", "resource.organisation in resource.audience", "resource is Version"),
    *('action in Action::"needs-clearance"', 'action == Action::"version.read"', "resource.matter is Matter"),
    *('[principal.organisation].contains(resource.organisation)', "principal.active == resource.held"),
    *('[resource.held].contains(true)', "(if resource.held then principal.tier else resource.tier) == 2"),
    *("resource.tier", "resource.gone", "principal.gone == 1", "context.gone", "1 < principal.role", "true", "false"),
    *('resource.tier == "2"', "resource.state.contains(1)", "principal.role in resource.matter", "!resource.tier"),
    *('resource.state == resource.author', 'context has now', 'context has gone', 'resource == principal.matter'),
)  # fmt: skip


def bound(asked: Asked, principal: Entity, resource: Entity, context: dict[str, Value]) -> list[Formula]:
    """That the unknowns are these values, and that nothing else is described."""
    symbols, found = asked.case.symbols, []
    given = described((principal, resource))
    for name, entity in (("principal", principal), ("resource", resource)):
        term = asked.case.variables[name]
        assert isinstance(term, Scalar)
        found.append(term.value == code(asked, entity.ref))
    for entity in given.values():
        number = code(asked, entity.ref)
        found.append(symbols.described(entity.type, number))
        for name, attr in asked.case.shape.entities[entity.type].items():
            formula = symbols.function(entity.type, name, attr)(number)
            found.append(formula == value(asked, attr, entity.attrs[name]))
    fields = asked.case.variables["context"]
    assert isinstance(fields, Fields)
    for name, term in fields.values.items():
        assert isinstance(term, Scalar)
        found.append(term.value == value(asked, AttrShape(term.kind, False), context[name]))
    for kind, words in symbols.words.items():
        if kind.startswith("ref:"):
            missing = [number for word, number in words.items() if Ref(kind[4:], word) not in given]
            found += [z3.Not(symbols.described(kind[4:], number)) for number in missing]
    return found


def code(asked: Asked, ref: Ref) -> int:
    """The code of an entity."""
    return asked.case.symbols.code(f"ref:{ref.type}", ref.id)


def value(asked: Asked, attr: AttrShape, given: Value) -> object:
    """A value as the solver takes it."""
    if attr.many:
        assert isinstance(given, frozenset)
        found = z3.EmptySet(z3.IntSort())
        for each in given:
            found = z3.SetAdd(found, value(asked, AttrShape(attr.kind, False), each))
        return found
    if isinstance(given, Ref | Entity):
        return code(asked, Ref(given.type, given.id))
    return asked.case.symbols.code("string", given) if isinstance(given, str) else given


def agrees(law: Law, place: Place, principal: Entity, resource: Entity, context: dict[str, Value]) -> bool:
    """Whether formula and engine say the same; the engine's word in front, so that a failure shows it."""
    asked = Asked.of(law, place)
    allowed = asked.allowed
    holds = asked.find(allowed, *bound(asked, principal, resource, context)) is not None
    return law.decide(principal, place.action, resource, context).allowed is holds


def expression(rng: random.Random, depth: int) -> str:
    """A random condition."""
    pick = rng.random()
    if depth == 0 or pick < 0.35:
        return f"({rng.choice(LEAVES)})"
    if pick < 0.5:
        return f"(!{expression(rng, depth - 1)})"
    if pick < 0.9:
        return f"({expression(rng, depth - 1)} {rng.choice(('&&', '||'))} {expression(rng, depth - 1)})"
    return f"(if {expression(rng, depth - 1)} then {expression(rng, depth - 1)} else {expression(rng, depth - 1)})"


def rules(rng: random.Random) -> dict[str, Policy]:
    """One to three random rules, half of the time over a permit for everybody."""
    texts = ["permit (principal, action, resource);"] if rng.random() < 0.5 else []
    for _ in range(rng.randint(1, 3)):
        scope = rng.choice(("principal, action, resource", 'principal is Member, action in [Action::"needs-clearance"], '
                            "resource is Version", 'principal, action == Action::"page.view", resource'))  # fmt: skip
        kind, clause = rng.choice(("permit", "permit", "forbid")), rng.choice(("when", "when", "unless"))
        texts.append(f"{kind} ({scope}) {clause} {{ {expression(rng, rng.randint(0, 3))} }};")
    forms = json.loads(cedarpy.policies_to_json_str("\n".join(texts)))["staticPolicies"]
    return {name: Policy(name, form["effect"], "", "", "", form) for name, form in forms.items()}


SETTINGS = settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
PAGE = Place("page.view", "Member", "Version")


@SETTINGS
@given(member=members(), version=st.sampled_from(WORLD["Version"].entities), seed=st.integers(0, 2**32))
def test_random_rules_mean_the_same(member: Entity, version: Entity, seed: int) -> None:
    law = variant(LAW, rules(random.Random(seed)))
    try:
        assert agrees(law, PAGE, member, version, {"now": 1}), [policy.form for policy in law.policies.values()]
    except Unsupported:
        reject()


def test_most_random_rules_have_formulas_and_answers_differ() -> None:
    rng, refused, answers = random.Random(SEED), 0, []
    for _ in range(150):
        asked = Asked.of(variant(LAW, rules(rng)), PAGE)
        try:
            answers.append(asked.find(asked.allowed) is not None)
        except Unsupported:
            refused += 1
    assert refused < 10
    assert 0.2 < sum(answers) / len(answers) < 0.95


@SETTINGS
@given(
    question=st.sampled_from(QUESTIONS), member=members(), organisation=st.sampled_from(ORGANISATIONS), data=st.data()
)
def test_the_law_means_the_same(
    question: tuple[str, str, str], member: Entity, organisation: str, data: st.DataObject
) -> None:
    action, principal, resource = question
    who = OTHERS.get(principal, member)
    what = data.draw(st.sampled_from(WORLD[resource].entities))
    assert agrees(LAW, Place(*question), who, what, circumstances(action, organisation))


def test_every_question_is_asked() -> None:
    assert {tuple(each) for each in places(LAW)} == set(QUESTIONS)
