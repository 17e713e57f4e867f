"""Why not: whoever is refused something they may know of asks for themselves, and learns of nothing else.

The answer holds the sentences of the rules that decided, which a refusal tells anyway, and what would have to change.
Of another organisation's things it tells only what would have to change about the person who asks. What somebody may
not see is answered as what does not exist.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from dataroom.actions import present, scope, standing
from dataroom.actions.context import Desk
from dataroom.actions.evidence import Record
from dataroom.actions.registry import ACTIONS, Params, action
from dataroom.actions.turning import Asked, changes_of_person, openings
from dataroom.actions.views_insight import RuleView, WhyView
from dataroom.actions.work import SEEN_BY, Work
from dataroom.errors import Invalid, NotFound
from dataroom.model import Matter
from policies.engine import Entity

_UNKNOWN = "do: not the name of something one does in a matter, to the matter itself or to a thing in it"
_YOU = {"They": "You", "they": "you", "Their": "Your", "their": "your", "them": "you"}
_WORDS = re.compile(rf"\b({'|'.join(_YOU)})\b")


class WhyNot(Params):
    """What one would do (the name of an action), and to which thing in the matter if not to the matter itself."""

    do: Annotated[str, Field(min_length=3, max_length=60)]
    thing: uuid.UUID | None = None


def _considered(desk: Desk, matter: Matter, params: WhyNot, _stream: None) -> WhyView:
    """The answer, worked out before the matter's log is locked, since it may take hundreds of questions."""
    services, now = desk.services, desk.services.clock.now()
    with services.database.reading() as session:
        member = standing.member(services.law, session, desk.principal, matter.id, now)
        record = Record(act="access.why", principal=desk.principal)
        return _answered(Work(services, desk.principal, now, session, record, member), matter, params)


@action("access.why", on=Matter, prepare=_considered, affair="actor")
def why(work: Work, matter: Matter, params: WhyNot, found: WhyView) -> WhyView:
    """Why one may not do something in a matter oneself, and what would have to change; hidden things stay hidden."""
    work.concerns(owner=work.organisation)
    work.state(asked=params.do, allowed=found.allowed, thing=params.thing)
    return found


def _answered(work: Work, matter: Matter, params: WhyNot) -> WhyView:
    thing = _thing(work, matter, params)
    law = work.services.law
    proved = replace(work.member, attrs={**work.member.attrs, "sign_in_age": 0, "strong_age": 0})
    asked = Asked(law, proved, params.do, thing, work.context())
    decision = asked.decision()
    now = law.decide(work.member, params.do, thing, work.context())
    rules = tuple(RuleView(name, law.policies[name].effect, law.policies[name].sentence) for name in decision.policies)
    changes = () if decision.allowed else _changes(work, matter, asked)
    told = tuple(tuple(_WORDS.sub(lambda m: _YOU[m[0]], one) for one in each) for each in changes)
    return WhyView(
        matter.id, params.do, params.thing, decision.allowed, decision.allowed and not now.allowed, rules, told
    )


def _changes(work: Work, matter: Matter, asked: Asked) -> tuple[tuple[str, ...], ...]:
    """What would have to be so together; about the person alone where the thing is another organisation's."""
    if asked.thing.type not in {"Document", "Version"}:
        return changes_of_person(asked)
    company = present.organisations(work.session)[work.organisation].name
    found = openings(asked, work.entity(matter), company)
    if asked.thing.attrs["organisation"] == asked.person.attrs["organisation"]:
        return found
    return tuple(each for each in found if all(one.startswith(("They ", "Their ")) for one in each))


def _thing(work: Work, matter: Matter, params: WhyNot) -> Entity:
    """What it would be done to, as far as whoever asks may know of it; `NotFound` for anything else, at like cost."""
    spec, shape = ACTIONS.get(params.do), work.services.law.actions.get(params.do)
    kinds = set(shape.resources) if shape is not None and set(shape.context) == {"now"} else set[str]()
    if spec is None or shape is None or spec.performer != "person" or not kinds or spec.target is None:
        raise Invalid(_UNKNOWN)
    if "Matter" in kinds and params.thing is None:
        return work.entity(matter)
    if spec.lists is not None or params.thing is None:
        raise Invalid(_UNKNOWN)
    row = work.session.get(spec.target, params.thing)
    found = scope.entity(work.session, spec.target, params.thing, work.now)
    thing = found or scope.decoy(spec.target, work.now)
    seen = work.decide(SEEN_BY[thing.type], thing).allowed
    if not seen or row is None or getattr(row, "matter_id", None) != matter.id:
        raise NotFound()
    return thing
