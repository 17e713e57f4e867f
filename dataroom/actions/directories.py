"""The ways in of organisations' directories (SCIM): who has one, giving it, and taking it away."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from dataroom.actions.accounts import hashed
from dataroom.actions.departures import valid
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.views import Done
from dataroom.actions.views_people import DirectoryView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid, Refused
from dataroom.ids import new_id
from dataroom.model import Directory

SECRET_PREFIX = "drs_"  # noqa: S105 - a prefix, so that leaked secrets are found by scanners
MOST = 3
"""How many live ways in an organisation has: one, and another while it is exchanged."""


class NewDirectory(Params):
    """What the organisation calls its directory, and how many days the way in lasts."""

    name: Annotated[str, Field(min_length=2, max_length=100)]
    days: Annotated[int, Field(ge=1, le=365)] = 180


@action("directory.add", on=None, kind="Directory")
def add(work: Work, _target: None, params: NewDirectory) -> DirectoryView:
    """Lets the own organisation's directory in, to keep its people's accounts (SCIM); the secret is shown once."""
    if work.principal.session is None:
        raise Refused("A directory is let in by somebody signed in at the pages, never by a token.")
    if len(work.all(Directory, Directory.organisation_id == work.organisation, valid(work))) >= MOST:
        raise Invalid(f"name: your organisation has {MOST} that hold; revoke one first")
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    row = work.add(
        Directory(
            id=new_id(),
            organisation_id=work.organisation,
            name=params.name,
            token_hash=hashed(work.services.config, secret),
            created_by=work.user,
            created_at=work.now,
            expires_at=work.now + timedelta(days=params.days),
        )
    )
    work.concerns(target=row, owner=work.organisation)
    work.state(days=params.days)
    return _view(row, secret)


@action("directory.list", on=None, kind="Directory", lists=Directory)
def list_directories(work: Work, _target: None, params: Nothing) -> tuple[DirectoryView, ...]:
    """The ways in of the own organisation's directory, newest first, without their secrets."""
    rows = work.listed(Directory, order=(Directory.created_at.desc(), Directory.id))
    return tuple(_view(row) for row in rows)


@action("directory.revoke", on=Directory)
def revoke(work: Work, directory: Directory, params: Nothing) -> Done:
    """Takes a directory's way in away at once; the accounts stay as they are."""
    if directory.revoked_at is not None:
        raise Conflict("It was revoked already.")
    directory.revoked_at = work.now
    return Done(directory.id)


def _view(row: Directory, secret: str | None = None) -> DirectoryView:
    return DirectoryView(row.id, row.name, row.created_at, row.expires_at, row.revoked_at, row.used_at, secret)
