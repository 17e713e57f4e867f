"""Access of single people: asking, deciding, breaking the glass, and what a second person says of that."""

from __future__ import annotations

import uuid
from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_access import GrantView
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own, refuse_others
from dataroom.web.matters import in_matter, matter_of_form
from dataroom.web.site import fields, perform, submit

DECIDED = {
    "end": ("access.end", "Ended. The next request finds nothing."),
    "refuse": ("access.refuse", "Refused. They read your sentence."),
    "confirm": ("access.confirm", "Confirmed. It stays on record with your sentence."),
    "contest": ("access.contest", "Contested. What it opened is closed."),
}


def routes(pages: Guarded) -> None:
    """The page of access, the forms to ask with, and the one on which a request is decided."""
    pages.add_url_rule("/matters/<id:matter_id>/access", "access", index)
    pages.add_url_rule("/matters/<id:matter_id>/access", "ask_access", ask, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/emergency", "emergency", emergency)
    pages.add_url_rule("/matters/<id:matter_id>/emergency", "break_glass", break_glass, methods=["POST"])
    pages.add_url_rule("/access/<id:grant_id>", "access_decision", decide)
    pages.add_url_rule("/access/<id:grant_id>", "access_grant", grant, methods=["POST"])
    for way in DECIDED:
        rule, does = f"/access/<id:grant_id>/{way}", partial(change, way)
        pages.add_url_rule(rule, f"access_{way}", does, methods=["POST"])


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """What waits for a decision, what is open to whom, emergencies, and what one has asked for."""
    frame = in_matter(matter_id, "web.access")
    rows: tuple[GrantView, ...] = perform("access.list", matter_id)
    judging = [row for row in rows if row.emergency and row.verdict is None and own(row.organisation.id)]
    waiting = [row for row in rows if row.state == "asked"]
    live = [row for row in rows if row.live]
    shown = {row.id for row in (*judging, *waiting, *live)}
    return render_template(
        "access/list.html",
        **frame,
        judging=sorted(judging, key=lambda row: (not row.overdue, row.asked_at)),
        waiting=waiting,
        live=live,
        past=[row for row in rows if row.id not in shown],
        problem=problem,
        given=request.form,
    )


def ask(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Asks an organisation for a document, until the end of a day (UTC)."""
    typed = _dated(fields("organisation", "number", "purpose", "basis", "until"))
    return submit(
        "access.request",
        matter_id,
        typed,
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.access", matter_id=matter_id),
        said="Asked. Their custodians see it here; no mail is sent.",
    )


def _dated(typed: dict[str, str]) -> dict[str, str]:
    """The last day as its last second, and a number without the letters in front of it."""
    if "until" in typed:
        typed["until"] += "T23:59:59Z"
    if "number" in typed:
        typed["number"] = typed["number"].rpartition("-")[2].lstrip("0") or "0"
    return typed


def emergency(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks what cannot wait, and why."""
    frame = in_matter(matter_id, "web.access")
    refuse_others("partner")
    return render_template("access/emergency.html", **frame, problem=problem, given=request.form)


def break_glass(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Opens a document of the own organisation for hours."""
    return submit(
        "access.break-glass",
        matter_id,
        _dated(fields("number", "reason", "hours")),
        again=lambda problem: emergency(matter_id, problem),
        then=url_for("web.access", matter_id=matter_id),
        said="Open. Your custodians and compliance officers see that you broke the glass, and why.",
    )


def decide(grant_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """One request with the versions that this custodian could open."""
    found = perform("access.read", grant_id)
    frame = in_matter(found.matter, "web.access")
    return render_template(
        "access/decide.html",
        **frame,
        row=found.grant,
        versions=found.versions,
        problem=problem,
        given=request.form,
    )


def grant(grant_id: uuid.UUID) -> ResponseReturnValue:
    """Opens the chosen version, until the end of a day (UTC)."""
    return submit(
        "access.grant",
        grant_id,
        _dated(fields("version", "until", "remark")),
        again=lambda problem: decide(grant_id, problem),
        then=url_for("web.access_decision", grant_id=grant_id),
        said="Granted. They can open it from now on.",
    )


def change(way: str, grant_id: uuid.UUID) -> ResponseReturnValue:
    """Ends or refuses access, or says what one thinks of a broken glass."""
    name, said = DECIDED[way]
    return submit(
        name,
        grant_id,
        {} if way == "end" else fields("remark"),
        again=lambda problem: index(matter_of_form(), problem),
        then=lambda done: url_for("web.access", matter_id=matter_of_form()),
        said=said,
    )
