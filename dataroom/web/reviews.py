"""Access reviews: beginning one, confirming what goes on, and the report."""

from __future__ import annotations

import uuid

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.reviews import KIND_NAMES, OUTCOMES
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, ids, perform, submit
from dataroom.web.versions import attachment


def routes(pages: Guarded) -> None:
    """The list of reviews and the page of one."""
    pages.add_url_rule("/matters/<id:matter_id>/reviews", "reviews", index)
    pages.add_url_rule("/matters/<id:matter_id>/reviews", "start_review", start, methods=["POST"])
    pages.add_url_rule("/reviews/<id:review_id>", "review_access", show)
    pages.add_url_rule("/reviews/<id:review_id>", "confirm_access", confirm, methods=["POST"])
    pages.add_url_rule("/reviews/<id:review_id>/report.csv", "review_report", report)


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The reviews of the own organisation."""
    frame = in_matter(matter_id, "web.access")
    found = perform("review.list", matter_id)
    return render_template("access/reviews.html", **frame, reviews=found, problem=problem, given=request.form)


def start(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Begins a review that is due at the end of a day (UTC)."""
    typed = fields("due")
    if "due" in typed:
        typed["due"] += "T23:59:59Z"
    return submit(
        "review.start",
        matter_id,
        typed,
        again=lambda problem: index(matter_id, problem),
        then=lambda done: url_for("web.review_access", review_id=done.id),
        said="Begun. Custodians and compliance officers confirm here what goes on.",
    )


def show(review_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Everything a review is about, what waits first."""
    view = perform("review.read", review_id)
    frame = in_matter(view.matter, "web.access")
    waiting = [item for item in view.items if item.outcome is None]
    return render_template(
        "access/review.html",
        **frame,
        review=view.line,
        waiting=waiting,
        decided=[item for item in view.items if item.outcome is not None],
        kinds=KIND_NAMES,
        outcomes=OUTCOMES,
        problem=problem,
    )


def confirm(review_id: uuid.UUID) -> ResponseReturnValue:
    """Confirms the one whose button was pressed, or all that were chosen."""
    chosen = ids(request.form.getlist("one") or request.form.getlist("item"))
    if not chosen:
        error = Invalid("Choose at least one line in the list.")
        return show(review_id, error), error.status
    return submit(
        "review.confirm",
        review_id,
        {"items": chosen},
        again=lambda problem: show(review_id, problem),
        then=url_for("web.review_access", review_id=review_id),
        said="Confirmed." if len(chosen) == 1 else f"{len(chosen)} confirmed.",
    )


def report(review_id: uuid.UUID) -> Response:
    """The review as CSV."""
    return attachment(perform("review.report", review_id))
