"""What a reader opens a version for, where its owner wants to be told first."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from dataroom.actions.registry import Params, action
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Conflict
from dataroom.ids import new_id
from dataroom.model import Version, Visit

LASTS = timedelta(hours=12)
"""How long a stated purpose counts."""


class Purpose(Params):
    """What the version is opened for, in a sentence; its owner reads it."""

    purpose: Annotated[str, Field(min_length=12, max_length=1000)]


@action("visit.state", on=Version)
def state_visit(work: Work, version: Version, params: Purpose) -> Done:
    """States what a version is opened for; it counts for twelve hours, for whoever stated it."""
    still = (Visit.version_id == version.id, Visit.user_id == work.user, Visit.until > work.now)
    if work.one(Visit, *still) is not None:
        raise Conflict("You have stated your purpose already.")
    row = Visit(
        id=new_id(),
        version_id=version.id,
        document_id=version.document_id,
        matter_id=version.matter_id,
        organisation_id=version.organisation_id,
        user_id=work.user,
        purpose=params.purpose,
        stated_at=work.now,
        until=work.now + LASTS,
    )
    work.add(row)
    work.state(visit=row.id, version=version.id, characters=len(params.purpose))
    return Done(row.id)
