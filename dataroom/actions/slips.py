"""Small sealed contents as JSON: what was asked, what was found, which words were read, which terms are kept."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.context import Services
from dataroom.actions.sealing import Opened, Scope, open_scope_of, place_of_term
from dataroom.errors import KeyDestroyed
from dataroom.model import Term, TranscriptPage
from dataroom.vault.keys import new_key, unwrap_dek, wrap_dek
from dataroom.vault.small import open_small, seal_small


def seal(opened: Opened, purpose: str, row: uuid.UUID, value: Any) -> bytes:
    """`value` sealed for a row about an opened version, under that version's own key."""
    return seal_small(opened.dek, purpose, row, opened.place, json.dumps(value).encode())


def unseal(opened: Opened, purpose: str, row: uuid.UUID, blob: bytes) -> Any:
    """The value `seal` was given."""
    return json.loads(open_small(opened.dek, purpose, row, opened.place, blob))


def seal_term(term: Term, scope: Scope, value: Any) -> None:
    """Seals a term's value into its row, under a fresh key of its own wrapped for the scope."""
    dek, place = new_key(), place_of_term(term)
    term.scope_id, term.scope_epoch = scope.id, scope.epoch
    term.wrapped_dek = wrap_dek(scope.kek, scope.id, scope.epoch, place, dek)
    term.sealed = seal_small(dek, "term", term.id, place, json.dumps(value).encode())


def open_terms(services: Services, session: Session, terms: Iterable[Term]) -> Iterator[tuple[Term, Any]]:
    """The terms with their values, each scope asked for once; those whose keys are gone are left out."""
    scopes: dict[tuple[uuid.UUID, int], Scope | None] = {}
    for term in terms:
        kept = (term.scope_id, term.scope_epoch)
        if kept not in scopes:
            scopes[kept] = None
            with suppress(KeyDestroyed):
                scopes[kept] = open_scope_of(services, session, term)
        scope, place = scopes[kept], place_of_term(term)
        if scope is not None:
            dek = unwrap_dek(scope.kek, scope.id, term.scope_epoch, place, term.wrapped_dek)
            yield term, json.loads(open_small(dek, "term", term.id, place, term.sealed))


def words_read(
    session: Session, opened: Opened, first: int = 1, last: int | None = None
) -> dict[int, list[dict[str, Any]]]:
    """The words that were read from pictures of a version's pages `first` to `last` (None: to the end), by page."""
    query = select(TranscriptPage).where(TranscriptPage.version_id == opened.version_id, TranscriptPage.page >= first)
    if last is not None:
        query = query.where(TranscriptPage.page <= last)
    rows = session.scalars(query.order_by(TranscriptPage.page)).all()
    return {row.page: unseal(opened, "words", row.id, row.sealed) for row in rows}
