"""Under which page numbers versions of the own organisation were produced: what the logs tell of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from dataroom.actions.productions import spelled
from dataroom.actions.work import Work
from dataroom.model import Production, ProductionItem


def numbers_of(work: Work, versions: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[tuple[Production, ProductionItem]]]:
    """Under which numbers versions of the own organisation were produced, by version."""
    query = (
        select(Production, ProductionItem)
        .join(ProductionItem, ProductionItem.production_id == Production.id)
        .where(ProductionItem.version_id.in_(set(versions)), Production.organisation_id == work.organisation)
        .order_by(Production.made_at, Production.id)
    )
    found: dict[uuid.UUID, list[tuple[Production, ProductionItem]]] = {}
    for production, item in work.rows(query):
        found.setdefault(item.version_id, []).append((production, item))
    return found


def page_numbers(produced: Iterable[tuple[Production, ProductionItem]], page: int) -> str:
    """The numbers a page (from 1) has been given, one for each production."""
    return "; ".join(spelled(production, item.first + page - 1) for production, item in produced)
