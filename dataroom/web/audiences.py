"""Audiences: naming groups of participants, and one screen that shows which original has which copy for whom."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_redactions import RedactionLine
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, ids, perform, submit


def routes(pages: Guarded) -> None:
    """The screen of audiences and its forms."""
    pages.add_url_rule("/matters/<id:matter_id>/audiences", "audiences", index)
    pages.add_url_rule("/matters/<id:matter_id>/audiences", "name_audience", name, methods=["POST"])
    pages.add_url_rule("/audiences/<id:audience_id>/end", "end_audience", end, methods=["POST"])


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Originals by audiences, each with the state of its copy."""
    frame = in_matter(matter_id, "web.redactions")
    audiences = perform("audience.list", matter_id)
    lines = perform("redaction.list", matter_id)
    used = {line.group for line in lines}
    return render_template(
        "redactions/audiences.html",
        **frame,
        audiences=[one for one in audiences if one.ended_at is None or one.id in used],
        board=board(lines),
        others=[party for party in frame["matter"].organisations if not own(party.id)],
        problem=problem,
        given=request.form,
    )


def board(lines: tuple[RedactionLine, ...]) -> list[dict[str, Any]]:
    """A row for each original with its redactions by audience (None: for organisations named one by one, or all)."""
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for line in sorted(lines, key=lambda one: one.created_at):
        row = rows.setdefault(line.version, {"document": line.document, "version": line.version, "copies": {}})
        row["copies"].setdefault(line.group, []).append(line)
    return sorted(rows.values(), key=lambda row: row["document"].number)


def name(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Names an audience."""
    typed: dict[str, Any] = fields("name")
    typed["organisations"] = request.form.getlist("organisations")
    return submit(
        "audience.create",
        matter_id,
        typed,
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.audiences", matter_id=matter_id),
        said="Named. Choose it when you start a redaction.",
    )


def end(audience_id: uuid.UUID) -> ResponseReturnValue:
    """Ends an audience."""
    perform("audience.end", audience_id)
    flash("Ended. Copies made for it stay as they are.")
    matter = ids([request.form.get("matter", "")])[0]
    return redirect(url_for("web.audiences", matter_id=matter), 303)
