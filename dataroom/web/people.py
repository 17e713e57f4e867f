"""Who takes part in a matter, and adding, inviting or removing one's own people."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError, Invalid, Refused
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, submit


def routes(pages: Guarded) -> None:
    """The page of a matter's people."""
    pages.add_url_rule("/matters/<id:matter_id>/people", "people", show)
    pages.add_url_rule("/matters/<id:matter_id>/people", "add_person", add, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/people/invite", "invite_person", invite, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/people/remove", "remove_person", remove, methods=["POST"])


def show(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Everybody in the matter, by organisation."""
    frame = in_matter(matter_id, "web.people")
    members = perform("member.list", matter_id)
    return render_template("matters/people.html", **frame, members=members, problem=problem, given=request.form)


def add(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Adds a person, or changes the tier of one who is there."""
    typed = fields("email", "tier", "valid_until")
    if "valid_until" in typed:
        typed["valid_until"] += "T23:59:59Z"
    return submit(
        "member.add",
        matter_id,
        typed,
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.people", matter_id=matter_id),
        said=f"{typed.get('email', '')} takes part now.",
    )


def invite(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Invites a person who has not signed in yet and adds them to the matter."""
    in_matter(matter_id, "web.people")
    typed = fields("email", "tier")
    try:
        perform("user.invite", None, fields("email", "days"))
    except (Invalid, Refused) as error:
        return show(matter_id, error), error.status
    return submit(
        "member.add",
        matter_id,
        typed,
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.people", matter_id=matter_id),
        said=f"{typed.get('email', '')} is invited. Tell them: no mail is sent from here.",
    )


def remove(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a person's part."""
    typed = fields("email")
    return submit(
        "member.remove",
        matter_id,
        typed,
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.people", matter_id=matter_id),
        said=f"{typed.get('email', '')} no longer takes part; it holds from their next request on.",
    )
