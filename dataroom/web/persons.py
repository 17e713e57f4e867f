"""The people of one's organisation: finding them, seeing what erasing means, ordering it and taking it back."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.persons import MOST
from dataroom.errors import DataroomError, NotFound
from dataroom.web.guards import Guarded
from dataroom.web.site import fields, perform, submit

GROUNDS = (
    ("request", "They asked for it", "Art. 17 (1) (b) and (c) GDPR: consent withdrawn, or an objection."),
    ("no-longer-needed", "No longer needed", "Art. 17 (1) (a) GDPR: the purpose has ended, such as their employment."),
    ("unlawful", "Should not have been kept", "Art. 17 (1) (d) and (e) GDPR."),
)


def routes(pages: Guarded) -> None:
    """The page of an organisation's people, and of one of them."""
    pages.add_url_rule("/people", "persons", index)
    pages.add_url_rule("/people/<id:person_id>/erase", "person", show)
    pages.add_url_rule("/people/<id:person_id>/erase", "erase_person", erase, methods=["POST"])
    pages.add_url_rule("/people/<id:person_id>/restore", "restore_person", restore, methods=["POST"])


def index(problem: DataroomError | None = None) -> str:
    """Those whose name or address holds what was typed."""
    find = request.args.get("find", "").strip()[:100]
    people = perform("person.list", None, {"find": find})
    return render_template("persons/list.html", people=people, find=find, most=MOST, problem=problem)


def show(person_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """What erasing this person means, what stands against it, and the form that orders it."""
    people = perform("person.list", None, {"id": person_id})
    if not people:
        raise NotFound()
    return render_template(
        "persons/erase.html", people=people, grounds=GROUNDS, problem=problem, given=request.form, person_id=person_id
    )


def erase(person_id: uuid.UUID) -> ResponseReturnValue:
    """Orders the erasure."""
    return submit(
        "person.erase",
        person_id,
        fields("ground", "days"),
        again=lambda problem: show(person_id, problem),
        then=url_for("web.persons"),
        said="Their access has ended and the log no longer shows them. They are forgotten when the days are over.",
    )


def restore(person_id: uuid.UUID) -> ResponseReturnValue:
    """Takes an erasure back."""
    return submit(
        "person.restore",
        person_id,
        {},
        again=index,
        then=url_for("web.persons"),
        said="Taken back. They can sign in again, and the log shows them as before.",
    )
