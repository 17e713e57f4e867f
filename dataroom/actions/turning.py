"""What would turn the policy's answer: things that can change about a person or a document are changed in thought, and
the policy is asked again. Which of them matter is for the policy to say; no rule is written here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dataroom.actions.attributes import NIL, NOBODY
from policies.engine import Category, Decision, Entity, Law, Ref, Value

MOST_TOGETHER = 4
MOST_ASKED = 600
_NONE = Ref("Club", str(NIL))
_OTHER = Ref("Club", NOBODY)
_ROLES = {"custodian": "a custodian", "partner": "a partner", "compliance": "a compliance officer"}
_STATES = {
    "Document": {"ready": "It is classified and not published.", "published": "It is published."},
    "Version": {"staged": "It is kept, and neither published nor in review.", "published": "It is published."},
}
_DUTIES = {
    "agreed": "They accept the matter's usage agreement.",
    "trained": "They have a training that is valid.",
}
_GONE = {"Document": "disposed", "Version": "destroyed"}


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that is otherwise, as a sentence; steps with the same `of` exclude each other.

    `alike` are other values of the thing that the sentence speaks of as well.
    """

    of: str
    sentence: str
    person: Mapping[str, Value] = field(default_factory=dict)
    thing: Mapping[str, Value] = field(default_factory=dict)
    alike: tuple[Mapping[str, Value], ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question to the policy."""

    law: Law
    person: Entity
    action: str
    thing: Entity
    context: Mapping[str, Value]

    def decision(self, *steps: Step) -> Decision:
        """The answer if these steps were so."""
        person, thing = dict(self.person.attrs), dict(self.thing.attrs)
        for step in steps:
            person.update(step.person)
            thing.update(step.thing)
        who, what = replace(self.person, attrs=person), replace(self.thing, attrs=thing)
        return self.law.decide(who, self.action, what, self.context)


def openings(asked: Asked, home: Entity, company: str) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of changes after which what is refused would be allowed; `home` is the document's matter.

    None where nothing that can still change would do, or where more than a few things would have to.
    """
    steps = [*_of_person(asked, home), *_of_thing(asked, company)]
    if not any(asked.decision(*each).allowed for each in _everything(steps)):
        steps += _of_category(asked, steps)
        if not any(step.of == "category" for step in steps):
            return ()
    found: list[frozenset[Step]] = []
    for together in itertools.islice(_sets(steps), MOST_ASKED):
        if not any(each <= together for each in found) and _does(asked, together):
            found.append(together)
    return tuple(tuple(step.sentence for step in steps if step in each) for each in found)


def _does(asked: Asked, together: frozenset[Step]) -> bool:
    """Whether the answer is yes with all these steps, whichever of the values their sentences name."""
    others = [(step, replace(step, thing=each)) for step in together for each in step.alike]
    return asked.decision(*together).allowed and all(
        asked.decision(*(together - {step}), other).allowed for step, other in others
    )


def changes_of_person(asked: Asked) -> tuple[tuple[str, ...], ...]:
    """Single changes about a person after which what is refused would be allowed, of things of any kind."""
    steps = [
        Step(name, sentence, {name: True}) for name, sentence in _DUTIES.items() if asked.person.attrs[name] is False
    ]
    steps += [
        Step("role", f"Their company makes them {words}.", {"role": role})
        for role, words in _ROLES.items()
        if role != asked.person.attrs["role"]
    ]
    return tuple((step.sentence,) for step in steps if asked.decision(step).allowed)


def endings(asked: Asked) -> tuple[tuple[str, ...], ...]:
    """Single changes after which what is allowed would be refused."""
    return tuple((step.sentence,) for step in _losses(asked) if not asked.decision(step).allowed)


def _sets(steps: list[Step]) -> Iterator[frozenset[Step]]:
    for count in range(1, MOST_TOGETHER + 1):
        for together in itertools.combinations(steps, count):
            if len({step.of for step in together}) == count:
                yield frozenset(together)


def _of_person(asked: Asked, home: Entity) -> Iterator[Step]:
    person, thing = asked.person.attrs, asked.thing.attrs
    needed = thing["tier"]
    if not person["active"]:
        yield Step("account", "Their account is valid.", {"active": True})
    if _id(person["matter"]) != home.id:
        yield Step("part", f"They take part in the matter, cleared to tier {needed}.", {"matter": home, "tier": needed})
    elif _number(person["tier"]) < _number(needed):
        yield Step("part", f"They are cleared to tier {needed} in this matter.", {"tier": needed})
    for name, sentence in _DUTIES.items():
        if person.get(name) is False:
            yield Step(name, sentence, {name: True})
    for role, words in _ROLES.items():
        if role != person["role"]:
            yield Step("role", f"Their company makes them {words}.", {"role": role})
    club, wall = thing["club"], thing["wall"]
    if club != _NONE and club not in _members(person["clubs"]):
        yield Step("club", "They are named in its club.", {"clubs": _members(person["clubs"]) | {club}})
        yield Step("club", "It is not limited to a club.", {}, {"club": _NONE})
    if wall in _members(person["walls"]):
        yield Step("wall", "They are let out from behind its wall.", {"walls": _members(person["walls"]) - {wall}})
        yield Step("wall", "It is guarded by no wall.", {}, {"wall": _NONE})


def _of_thing(asked: Asked, company: str) -> Iterator[Step]:
    person, thing, kind = asked.person.attrs, asked.thing.attrs, asked.thing.type
    if thing["state"] != _GONE[kind]:
        for state, sentence in _STATES[kind].items():
            if state != thing["state"]:
                yield Step("state", sentence, {}, {"state": state})
    given, own = _members(thing["audience"]), person["organisation"]
    if own != thing["organisation"] and own not in given:
        yield Step("audience", f"It is disclosed to {company}.", {}, {"audience": given | {own}})
    if "granted" in thing and person["user"] not in _members(thing["granted"]):
        granted = _members(thing["granted"]) | {person["user"]}
        yield Step("granted", "They are granted access to it.", {}, {"granted": granted})
    owner = thing["organisation"]
    if own != owner and "team" in thing and person["user"] not in _members(thing["team"]):
        members = _members(thing["team"]) | {person["user"]}
        yield Step("team", "It is disclosed to a clean team that names them.", {}, {"team": members})
    if own != owner and owner not in _members(person.get("receives", frozenset({owner}))):
        receives = {"receives": _members(person["receives"]) | {owner}}
        yield Step("borders", "A decision or mechanism covers the way to them.", receives)
    if thing.get("export", "free") != "free":
        yield Step("export", "Export control is found to leave it free.", {}, {"export": "free"})
    if own in _members(thing.get("asking", frozenset())) and person["user"] not in _members(thing["visitors"]):
        yield Step(
            "visit",
            "They state what they open it for.",
            {},
            {"visitors": _members(thing["visitors"]) | {person["user"]}},
        )
    if thing["held"]:
        yield Step("held", "No hold covers it.", {}, {"held": False})
    if thing.get("classified") is False:
        yield Step("classified", "Its category and tier are confirmed.", {}, {"classified": True})
    if 0 < _number(person["tier"]) < _number(thing["tier"]):
        yield Step("part", f"It is classified at tier {person['tier']} or lower.", {}, {"tier": person["tier"]})


def _of_category(asked: Asked, steps: list[Step]) -> Iterator[Step]:
    """A step for each group of categories that would do alike if all else did; the policy is asked about each."""
    groups: dict[tuple[bool, ...], list[Category]] = {}
    for category in asked.law.categories.values():
        other = Step("category", "", {}, {"category": category.id})
        answers = tuple(asked.decision(*each, other).allowed for each in _everything(steps))
        groups.setdefault(answers, []).append(category)
    for answers, group in groups.items():
        if any(answers):
            names = ", ".join(sorted(category.label for category in group))
            first, *rest = [{"category": category.id} for category in group]
            yield Step("category", f"Its category is one of: {names}.", {}, first, tuple(rest))


def _everything(steps: list[Step]) -> Iterator[tuple[Step, ...]]:
    """All steps together, in every choice between those that exclude each other and what is so already."""
    kinds = [[step for step in steps if step.of == of] for of in dict.fromkeys(step.of for step in steps)]
    choices = [[None, *group] if group[0].of in {"role", "state"} else group for group in kinds]
    for each in itertools.product(*choices):
        yield tuple(step for step in each if step is not None)


def _losses(asked: Asked) -> Iterator[Step]:
    person, thing, kind = asked.person.attrs, asked.thing.attrs, asked.thing.type
    matter = person["matter"]
    yield Step("account", "Their account is deactivated.", {"active": False})
    yield Step("part", "They no longer take part in the matter.", {"matter": Ref("Matter", NOBODY), "tier": 0})
    if person.get("deputises", NOBODY) != NOBODY:
        yield Step("deputy", "They stand in for nobody any more.", {"matter": Ref("Matter", NOBODY), "tier": 0})
    yield Step("tier", "Their clearance is lower than its tier.", {"tier": _number(thing["tier"]) - 1})
    for role, words in _ROLES.items():
        if role != person["role"]:
            yield Step("role", f"Their company makes them {words}.", {"role": role})
    if thing["state"] == "published":
        yield Step("state", "It is withdrawn.", {}, {"state": "ready" if kind == "Document" else "staged"})
    else:
        yield Step("state", "It is published.", {}, {"state": "published"})
    yield Step("gone", "It is destroyed.", {}, {"state": _GONE[kind]})
    given = _members(thing["audience"])
    if person["organisation"] in given:
        yield Step("audience", "Its disclosure ends.", {}, {"audience": given - {person["organisation"]}})
    for name, sentence in (
        ("named", "Its disclosure to their club ends."),
        ("team", "Its disclosure to their clean team ends."),
        ("granted", "What they were granted ends."),
    ):
        people = _members(thing.get(name, frozenset()))
        if person["user"] in people:
            yield Step(name, sentence, {}, {name: people - {person["user"]}})
    if thing.get("clawed") is False:
        yield Step("clawed", "It is clawed back.", {}, {"clawed": True})
    yield Step("club", "It is limited to a club they are not named in.", {}, {"club": _OTHER})
    yield Step("wall", "It is guarded by a wall that names them.", {"walls": frozenset({_OTHER})}, {"wall": _OTHER})
    if not thing["held"]:
        yield Step("held", "A hold is placed on it.", {}, {"held": True})
    if isinstance(matter, Entity) and matter.attrs["state"] == "open":
        closed = replace(matter, attrs={**matter.attrs, "state": "closed"})
        yield Step("matter", "The matter is closed.", {"matter": closed})


def _members(value: Value) -> frozenset[Value]:
    return value if isinstance(value, frozenset) else frozenset()


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _id(value: Value) -> str:
    return value.id if isinstance(value, Ref | Entity) else ""
