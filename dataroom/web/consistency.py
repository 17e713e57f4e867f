"""The report of marks that contradict each other, and the survey it is made from."""

from __future__ import annotations

import uuid

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.consistency import KINDS
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.site import perform, submit
from dataroom.web.versions import attachment


def routes(pages: Guarded) -> None:
    """The page of the report, its table, and the order for a survey."""
    pages.add_url_rule("/matters/<id:matter_id>/consistency", "consistency", index)
    pages.add_url_rule("/matters/<id:matter_id>/consistency", "survey", survey, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/consistency.csv", "consistency_table", table)


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Every contradiction with the place it is at, the serious ones first."""
    frame = in_matter(matter_id, "web.redactions")
    refuse_others("custodian")
    report = perform("redaction.consistency", matter_id)
    return render_template("redactions/consistency.html", **frame, report=report, kinds=KINDS, problem=problem)


def survey(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Has the service read the originals anew."""
    return submit(
        "survey.start",
        matter_id,
        {},
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.consistency", matter_id=matter_id),
        said="The service reads the originals now. Load this page again in a while.",
    )


def table(matter_id: uuid.UUID) -> Response:
    """The report as CSV."""
    return attachment(perform("redaction.consistency-table", matter_id))
