"""What a transaction remembers of a row's attributes is forgotten with its first change, by whatever way it came."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session

from dataroom.actions import scope
from dataroom.model import Document
from tests.cast import World


def through_the_row(session: Session, document: uuid.UUID) -> None:
    """Changes the loaded row."""
    session.get_one(Document, document).category = "license"


def through_a_statement(session: Session, document: uuid.UUID) -> None:
    """Changes without loading."""
    session.execute(update(Document).where(Document.id == document).values(category="license"))


def behind_the_session(session: Session, document: uuid.UUID) -> None:
    """Changes on the connection alone."""
    session.connection().execute(text("UPDATE document SET category = 'license'"))


@pytest.mark.parametrize("change", [through_the_row, through_a_statement, behind_the_session])
def test_a_change_is_seen_at_once(world: World, change: Callable[[Session, uuid.UUID], None]) -> None:
    document, now = world.ready().document, world.clock.now()
    with world.services.database.writing() as session:
        before = scope.entity(session, Document, document, now)
        change(session, document)
        after = scope.entity(session, Document, document, now)
    assert before is not None
    assert after is not None
    assert (before.attrs["category"], after.attrs["category"]) == ("claim-chart", "license")


def test_a_change_that_was_taken_back_is_forgotten_too(world: World) -> None:
    document, now = world.ready().document, world.clock.now()
    with world.services.database.writing() as session:
        nested = session.begin_nested()
        through_a_statement(session, document)
        changed = scope.entity(session, Document, document, now)
        nested.rollback()
        restored = scope.entity(session, Document, document, now)
    assert changed is not None
    assert restored is not None
    assert (changed.attrs["category"], restored.attrs["category"]) == ("license", "claim-chart")


def test_what_is_known_is_not_asked_again_but_by_the_next_transaction(world: World) -> None:
    document, now, seen = world.ready().document, world.clock.now(), list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(world.services.database.engine, "before_cursor_execute", note)  # type: ignore[attr-defined]
    with world.services.database.reading() as session:
        for _ in range(3):
            scope.entity(session, Document, document, now)
        once = len([statement for statement in seen if statement.startswith("SELECT")])
    with world.services.database.reading() as session:
        scope.entity(session, Document, document, now)
    event.remove(world.services.database.engine, "before_cursor_execute", note)  # type: ignore[attr-defined]
    assert once > 0
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2 * once
