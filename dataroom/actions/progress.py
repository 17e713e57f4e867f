"""How far the service has come with a redacted copy: written to the errand under way, read by whoever waits.

What is kept is counts alone. It is the word of a process that reads a hostile file, so it is shown and decides nothing.
"""

from __future__ import annotations

import logging
import time
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from dataroom.actions.context import Services
from dataroom.actions.views_redactions import ProgressView
from dataroom.errors import DataroomError
from dataroom.model import Errand

STEPS = ("remove", "check", "read again", "repeat", "twin")
"""The content is removed, the copy is checked, another process checks it, removes again, and removes from a twin."""
EVERY = 1.0
"""Seconds between two notes."""
log = logging.getLogger(__name__)


class Reporter:
    """Notes how far an errand has come; a note that cannot be written is left out, and the work goes on."""

    def __init__(self, services: Services, kind: str, target: uuid.UUID) -> None:
        self.services, self.kind, self.target = services, kind, target
        self.second = False
        self._last = 0.0

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Notes that `done` of `of` pages or checks of a stage are through."""
        now = time.monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        name = "read again" if self.second and stage == "check" else stage
        try:
            with self.services.database.writing() as session:
                errand = _errand(session, self.kind, self.target)
                if errand is not None:
                    errand.payload = {**errand.payload, "progress": [name, done, of]}
        except DataroomError as error:
            log.warning("progress not noted", extra={"code": error.code})


def progress_of(session: Session, kind: str, target: uuid.UUID) -> ProgressView | None:
    """How far the errand has come; None while it waits for its turn."""
    errand = _errand(session, kind, target)
    noted = errand.payload.get("progress") if errand is not None else None
    if not noted or noted[0] not in STEPS:
        return None
    return ProgressView(noted[0], STEPS.index(noted[0]) + 1, len(STEPS), int(noted[1]), int(noted[2]))


def _errand(session: Session, kind: str, target: uuid.UUID) -> Errand | None:
    waiting = session.scalars(select(Errand).where(Errand.kind == kind, Errand.done_at.is_(None)))
    return next((row for row in waiting if row.payload.get("target") == str(target)), None)
