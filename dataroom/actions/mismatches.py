"""What is on record of a list's filter that let through rows the policy refuses."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select

from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import MISMATCH, PAGE, Work
from dataroom.model import AuditEntry, Matter

REMEMBERED = timedelta(days=90)
"""How long compliance officers are shown that there was one."""


class Mismatch(Params):
    """Which action's list, the kind of rows, some of their ids, how many there were, and whose they are."""

    action: Annotated[str, Field(max_length=60)]
    kind: Annotated[str, Field(max_length=60)]
    rows: Annotated[list[str], Field(max_length=PAGE)]
    count: Annotated[int, Field(ge=1)]
    owner: uuid.UUID | None = None


@action(MISMATCH, on=Matter, performer="service")
def mismatch(work: Work, matter: Matter, params: Mismatch) -> Done:
    """Records that a list's filter let through rows the policy refuses; they were not shown to anybody."""
    work.concerns(owner=params.owner)
    work.state(list=params.action, kind=params.kind, rows=params.rows, withheld=params.count)
    return Done(matter.id)


def on_record(work: Work, matter: Matter) -> int:
    """How many such entries of the last months the principal may read."""
    query = select(func.count()).where(
        AuditEntry.matter_id == matter.id,
        AuditEntry.act == MISMATCH,
        AuditEntry.at > work.now - REMEMBERED,
        work.narrowed(AuditEntry, "audit.list"),
    )
    return int(work.rows(query.select_from(AuditEntry))[0][0])
