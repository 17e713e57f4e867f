"""Leave and deputies: who of the own organisation is away from a matter, and who stands in."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views import MatterView
from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, Refused
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter, matter_of_form
from dataroom.web.site import fields, perform, submit


def routes(pages: Guarded) -> None:
    """The page of a matter's leaves."""
    pages.add_url_rule("/matters/<id:matter_id>/leaves", "leaves", index)
    pages.add_url_rule("/matters/<id:matter_id>/leaves", "announce_leave", announce, methods=["POST"])
    pages.add_url_rule("/leaves/<id:leave_id>/end", "end_leave", end, methods=["POST"])


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Who is away now or will be, what is not covered first, and the form to say that one is."""
    frame = in_matter(matter_id, "web.access")
    rows = perform("leave.list", matter_id)
    return render_template(
        "access/leaves.html",
        **frame,
        uncovered=[row for row in rows if row.state in {"uncovered", "without-effect"}],
        lasting=[row for row in rows if row.state in {"covered", "coming"}],
        past=[row for row in rows if row.state == "over"],
        problem=problem,
        given=request.form,
    )


def announce(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Says that one is away to the end of a day (UTC), from this matter or from all one takes part in."""
    typed = fields("deputy", "begins", "until", "reason")
    if "until" in typed:
        typed["until"] += "T23:59:59Z"
    if "begins" in typed:
        typed["begins"] += "T00:00:00Z"

    def then(_done: Any) -> str:
        if request.form.get("everywhere"):
            flash(_elsewhere(matter_id, typed))
        return url_for("web.leaves", matter_id=matter_id)

    return submit(
        "leave.announce",
        matter_id,
        typed,
        again=lambda problem: index(matter_id, problem),
        then=then,
        said="Said. It holds in that time and ends by itself; the log says for whom each act of the deputy was.",
    )


def _elsewhere(matter_id: uuid.UUID, typed: dict[str, str]) -> str:
    """Says the same in every other matter one takes part in; tells where it went and where it did not."""
    others: list[MatterView] = [row for row in perform("matter.list") if row.id != matter_id and row.tier]
    said, left = 0, []
    for matter in others:
        try:
            perform("leave.announce", matter.id, typed)
            said += 1
        except (Conflict, Invalid, NotFound, Refused) as error:
            left.append(f"{matter.name} ({error.detail.rstrip('.')})")
    counted = f"Said in {said} more {'matter' if said == 1 else 'matters'}."
    return f"{counted} Not in: {'; '.join(left)}." if left else counted


def end(leave_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a leave."""
    return submit(
        "leave.end",
        leave_id,
        {},
        again=lambda problem: index(matter_of_form(), problem),
        then=lambda done: url_for("web.leaves", matter_id=matter_of_form()),
        said="Ended. It holds from the deputy's next request on.",
    )
