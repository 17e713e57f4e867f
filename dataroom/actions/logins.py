"""Sign-ins under way: what must come back from the identity provider, kept here and not in the browser.

One for each browser, used once, for ten minutes. The browser holds a random value of which a hash is kept.
"""

from __future__ import annotations

import hmac
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from dataroom.actions.accounts import hashed
from dataroom.actions.context import Services
from dataroom.actions.identity import IssuerRow, issuers
from dataroom.config import Config
from dataroom.errors import Unauthenticated
from dataroom.ids import new_id
from dataroom.model import PendingLogin

LIFETIME = timedelta(minutes=10)
MARK_LETTERS = 40


def company_mark(config: Config, organisation: uuid.UUID) -> str:
    """What ends the sign-in address of a company: 40 letters of base 16 that follow from the service's secret alone."""
    return hashed(config, f"sign-in address {organisation}")[:MARK_LETTERS]


def company_at(services: Services, mark: str) -> IssuerRow | None:
    """The provider of the company whose sign-in address ends in `mark`; None when there is none."""
    given = mark.encode("utf-8", "surrogatepass")
    found = [
        row
        for row in issuers(services)
        if hmac.compare_digest(company_mark(services.config, row.organisation).encode("ascii"), given)
    ]
    return found[0] if found else None


def keep(services: Services, browser: str, issuer: uuid.UUID, pending: dict[str, Any]) -> None:
    """Keeps the state of a sign-in for the browser that holds `browser`, instead of any earlier one."""
    now = services.clock.now()
    with services.database.writing() as session:
        session.execute(
            delete(PendingLogin).where(
                (PendingLogin.browser_hash == hashed(services.config, browser))
                | (PendingLogin.created_at < now - LIFETIME)
            )
        )
        session.add(
            PendingLogin(
                id=new_id(),
                browser_hash=hashed(services.config, browser),
                issuer_id=issuer,
                data=pending,
                created_at=now,
            )
        )


def look(services: Services, browser: str) -> dict[str, Any] | None:
    """The state kept for a browser, which stays kept; None when there is none or it is too old."""
    with services.database.reading() as session:
        query = select(PendingLogin).where(PendingLogin.browser_hash == hashed(services.config, browser))
        row = session.scalars(query).first()
    fresh = row is not None and row.created_at >= services.clock.now() - LIFETIME
    return dict(row.data) if row is not None and fresh else None


def take(services: Services, browser: str) -> tuple[uuid.UUID, dict[str, Any]]:
    """The state of the browser's sign-in, which is thereby used up; `Unauthenticated` when there is none."""
    now = services.clock.now()
    with services.database.writing() as session:
        row = session.scalars(
            select(PendingLogin).where(PendingLogin.browser_hash == hashed(services.config, browser)).with_for_update()
        ).first()
        if row is not None:
            session.delete(row)
    if row is None or row.created_at < now - LIFETIME:
        raise Unauthenticated("The sign-in took too long or was used already; start again.", code="no-pending-login")
    return row.issuer_id, dict(row.data)
