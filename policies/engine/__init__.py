"""Loads the law, checks it, fixes its digest and answers two questions: may this be done, and which rows may
be seen.

    law = Law.load()
    decision = law.decide(member, "page.view", version, {"now": 1_790_000_000})
    where = law.narrow(member, "document.list", "Version", mapping, {"now": 1_790_000_000})

Both answers come from the same Cedar policies. Everything here is immutable after loading and safe to share
between threads.
"""

from policies.engine.attributes import Attr, Column, Known, SetExists, uuid_literal
from policies.engine.entities import Entity, Ref, Value
from policies.engine.errors import LawError
from policies.engine.law import Law
from policies.engine.lists import Category, Rationale, Schedule, Tier
from policies.engine.narrowing import Narrowing
from policies.engine.periods import Period, due
from policies.engine.rules import Decision, Policy
from policies.engine.shape import ActionShape
from policies.engine.transfers import ADEQUACY, Mechanism, Transfers, is_country

__all__ = [
    "ADEQUACY",
    "ActionShape",
    "Attr",
    "Category",
    "Column",
    "Decision",
    "Entity",
    "Known",
    "Law",
    "LawError",
    "Mechanism",
    "Narrowing",
    "Period",
    "Policy",
    "Rationale",
    "Ref",
    "Schedule",
    "SetExists",
    "Tier",
    "Transfers",
    "Value",
    "due",
    "is_country",
    "uuid_literal",
]
