"""What somebody has yet to do before they may do what they ask for, and the way to put it right."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from dataroom.actions.strength import PROVED
from dataroom.actions.work import Work
from dataroom.errors import NeedsFirst
from policies.engine import Entity, Ref

AGREE = "Read and accept the matter's usage agreement first."
TRAIN = "This matter asks for a training that is valid; your compliance officers record it."
STATE = "The owner asks what for before this is opened."


def lacking(work: Work, question: str, entity: Entity, more: Mapping[str, Ref | str]) -> NeedsFirst | None:
    """What is missing where the policy would say yes to the same person once it is done; None when that is not it."""
    attrs = work.member.attrs
    if work.member.type != "Member" or (attrs["agreed"] and attrs["trained"] and not work.asked(entity)):
        return None
    ready = replace(work.member, attrs={**attrs, **PROVED, "agreed": True, "trained": True})
    if not work.services.law.decide(ready, question, work.stated(entity), work.context(**more)).allowed:
        return None
    where: dict[str, object] = {"matter": str(work.record.matter_id or uuid.UUID(int=0))}
    if not attrs["agreed"]:
        return NeedsFirst(AGREE, code="agreement-needed", facts=where)
    if not attrs["trained"]:
        return NeedsFirst(TRAIN, code="training-needed", facts=where)
    return NeedsFirst(STATE, code="purpose-needed", facts={**where, "version": entity.id})
