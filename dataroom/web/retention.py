"""Holds and retention: what must be kept, what falls due, and doing something to several documents at once."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.retention import AT_ONCE
from dataroom.actions.views import Done
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, ids, perform, submit

SPANS = (("30", "Due in 30 days"), ("90", "Due in 90 days"), ("all", "All"), ("undetermined", "No due date yet"))
BULK = {
    "trigger": ("retention.trigger", "web.retention", "The event is recorded and the period runs."),
    "hold": ("hold.place", "web.holds", "Held. Nothing covered is destroyed until release."),
    "propose": ("disposal.propose", "web.disposal", "Proposed. Two others have to approve it."),
}


def routes(pages: Guarded) -> None:
    """The pages about holds and retention."""
    pages.add_url_rule("/matters/<id:matter_id>/holds", "holds", holds)
    pages.add_url_rule("/holds/<id:hold_id>/release", "hold_release", release, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/retention", "retention", index)
    pages.add_url_rule("/matters/<id:matter_id>/retention", "retention_do", act, methods=["POST"])


def holds(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The holds of the own organisation, live ones first."""
    frame = in_matter(matter_id, "web.holds")
    found = perform("hold.list", matter_id)
    return render_template("retention/holds.html", **frame, holds=found, problem=problem, given=request.form)


def release(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Releases a hold with a reason."""
    matter_id = ids([request.form.get("matter", "")])[0]
    return submit(
        "hold.release",
        hold_id,
        fields("reason"),
        again=lambda problem: holds(matter_id, problem),
        then=url_for("web.holds", matter_id=matter_id),
        said="Released. What is due has to be proposed for disposal anew.",
    )


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """What is kept until when."""
    span = request.args.get("span", "all")
    skip = int(request.args.get("skip", "0")) if request.args.get("skip", "0").isdecimal() else 0
    asked: dict[str, Any] = {"within": span} if span in {"30", "90"} else {"undetermined": span == "undetermined"}
    frame = in_matter(matter_id, "web.retention")
    lines = perform("retention.list", matter_id, {**asked, "skip": skip})
    offered = frozenset().union(*(line.can for line in lines)) if lines else frozenset()
    return render_template(
        "retention/due.html",
        **frame,
        lines=lines,
        span=span,
        spans=SPANS,
        following=skip + AT_ONCE if len(lines) == AT_ONCE else None,
        offered=offered,
        problem=problem,
        given=request.form,
        chosen=frozenset(request.form.getlist("document")),
        wanted=request.form.get("do") or request.args.get("do", ""),
    )


def act(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Records an event for, holds, or proposes for disposal the chosen documents."""
    chosen = ids(request.form.getlist("document"))
    known = BULK.get(request.form.get("do", ""))
    if known is None:
        raise Invalid("do: choose what to do")
    name, endpoint, said = known
    if not chosen:
        error = Invalid("Choose at least one document in the list.")
        return index(matter_id, error), error.status
    return submit(
        name,
        chosen[0],
        {**_typed(request.form["do"]), "also": chosen[1:]},
        again=lambda problem: index(matter_id, problem),
        then=lambda done: _place(endpoint, matter_id, done),
        said=said,
    )


def _typed(do: str) -> dict[str, str]:
    """What was typed for one of the three, under the action's own names; each has a reason field of its own."""
    if do == "trigger":
        return fields("on")
    typed = fields(f"reason_{do}", "kind")
    reason = {"reason": typed[f"reason_{do}"]} if f"reason_{do}" in typed else {}
    return reason | ({"kind": typed["kind"]} if do == "hold" and "kind" in typed else {})


def _place(endpoint: str, matter_id: uuid.UUID, done: Done) -> str:
    """The address a bulk action leads to."""
    if endpoint == "web.disposal":
        return url_for(endpoint, disposal_id=done.id, matter=matter_id)
    return url_for(endpoint, matter_id=matter_id)
