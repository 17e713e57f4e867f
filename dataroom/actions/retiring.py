"""Taking a part of a matter out of use for good: a company leaves, or a matter ends.

Retiring closes the scope at once and disables its key; until the time to undo it is over it can be restored. Then
the key is destroyed, the scope remains as a tombstone, and every content it opened is destroyed with it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dataroom.actions.context import Desk
from dataroom.actions.destroying import destroy_documents, destroy_versions
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import versions_of
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import KeyDestroyed
from dataroom.model import Document, KeyScope, Version

WINDOW_DAYS = 14
BATCH = 500
"""How many contents one transaction destroys."""
FIRST = (0, uuid.UUID(int=0))


class Retire(Params):
    """Why, and for how many days it can be undone."""

    reason: Annotated[str, Field(min_length=8, max_length=500)]
    days: Annotated[int, Field(ge=0, le=365)] = WINDOW_DAYS


@action("scope.retire", on=KeyScope, performer="service")
def retire(work: Work, scope: KeyScope, params: Retire) -> Done:
    """Closes a scope at once and sets the day from which its key is destroyed."""
    scope.state, scope.destroy_at = "shredding", work.now + timedelta(days=params.days)
    work.services.keks.forget(scope.id)
    work.owe("scope.disable", scope.id)
    work.state(reason=params.reason, days=params.days)
    return Done(scope.id)


@action("scope.disable", on=KeyScope, performer="service")
def disable(work: Work, scope: KeyScope, params: Nothing) -> Done:
    """Disables the key of a retired scope in the key service, where it can be enabled again."""
    work.services.kms.disable(scope.kms_key)
    return Done(scope.id)


@action("scope.restore", on=KeyScope, performer="service")
def restore(work: Work, scope: KeyScope, params: Nothing) -> Done:
    """Takes a retired scope back into use, if its key still opens."""
    kms = work.services.kms
    kms.enable(scope.kms_key)
    if scope.kek_blob is None:
        raise KeyDestroyed("The scope's key was destroyed.")
    kms.unwrap(scope.kms_key, scope.kek_blob)
    scope.state, scope.destroy_at = "active", None
    return Done(scope.id)


@action("scope.destroy", on=KeyScope, performer="service")
def end(work: Work, scope: KeyScope, params: Nothing) -> Done:
    """Destroys a retired scope: every content it opened, the documents of which nothing is left, and last its KEK.

    One transaction takes `BATCH` contents and owes the rest, so that the matter never waits for long. A hold placed
    meanwhile keeps what is left.
    """
    held = work.session.scalars(versions_of(scope.id, FIRST).where(Version.wrapped_dek.is_not(None)).limit(BATCH + 1))
    found = list(held)
    versions, over = found[:BATCH], len(found) <= BATCH
    _destroy(work, versions)
    if over:
        scope.state, scope.kek_blob, scope.stale_at, scope.destroy_at = "tombstone", None, None, None
        work.owe("scope.forget", scope.id)
    else:
        work.owe("scope.destroy", scope.id)
    work.services.keks.forget(scope.id)
    work.state(contents=len(versions), over=over)
    return Done(scope.id)


def _destroy(work: Work, versions: list[Version]) -> None:
    """Destroys contents, and the documents of which nothing is left."""
    ids, owners = [version.id for version in versions], {version.document_id for version in versions}
    keyed = (Version.document_id.in_(owners), Version.wrapped_dek.is_not(None))
    other = select(Version.document_id).where(*keyed, Version.id.not_in(ids))
    destroy_documents(work, work.all(Document, Document.id.in_(owners), Document.id.not_in(other)))
    destroy_versions(work, [version for version in versions if version.wrapped_dek is not None])


def _forget(desk: Desk, scope: KeyScope, params: Nothing, stream: object) -> None:
    desk.services.kms.destroy(scope.kms_key)


@action("scope.forget", on=KeyScope, prepare=_forget, performer="service")
def forget(work: Work, scope: KeyScope, params: Nothing, _done: None) -> Done:
    """Removes the key of a destroyed scope from the key service; its name is never given again."""
    return Done(scope.id)
