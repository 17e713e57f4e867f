"""Claw-backs: taking a version back, the notice its recipients read instead, and what they answer."""

from __future__ import annotations

import uuid

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.clawbacks import GROUNDS
from dataroom.actions.openings import ACTS
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, submit
from dataroom.web.versions import attachment

ANSWERS = {
    "returned": "Every copy was returned",
    "destroyed": "Every copy was destroyed",
    "sequestered": "Copies are set apart and looked at by nobody",
    "disputed": "The claw-back is disputed; copies are set apart",
}


def routes(pages: Guarded) -> None:
    """The pages about claw-backs."""
    pages.add_url_rule("/versions/<id:version_id>/claw-back", "claw_back_form", form)
    pages.add_url_rule("/versions/<id:version_id>/claw-back", "claw_back_order", order, methods=["POST"])
    pages.add_url_rule("/claw-backs/<id:clawback_id>", "claw_back", show)
    pages.add_url_rule("/claw-backs/<id:clawback_id>/answer", "claw_back_answer", answer, methods=["POST"])
    pages.add_url_rule("/claw-backs/<id:clawback_id>/notice.<any(csv,pdf):form>", "claw_back_notice", notice)


def form(version_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks for the ground, the reason and the notice."""
    version = perform("version.read", version_id)
    document = perform("document.read", version.document)
    frame = in_matter(document.matter, "web.disclosures")
    given = [row for row in document.disclosures if row.version == version.id]
    return render_template(
        "clawbacks/order.html",
        **frame,
        version=version,
        document=document,
        disclosures=given,
        grounds=GROUNDS,
        problem=problem,
        given=request.form,
    )


def order(version_id: uuid.UUID) -> ResponseReturnValue:
    """Takes the version back at once."""
    return submit(
        "disclosure.claw-back",
        version_id,
        fields("ground", "reason", "notice"),
        again=lambda problem: form(version_id, problem),
        then=lambda done: url_for("web.claw_back", clawback_id=done.id),
        said="Clawed back. The next request of everybody who had it is refused.",
    )


def show(clawback_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The notice, who had opened the version, the answers, and the form for one's own."""
    found = perform("claw-back.read", clawback_id)
    frame = in_matter(found.matter, "web.disclosures")
    mine = own(found.organisation.id)
    return render_template(
        "clawbacks/show.html",
        **frame,
        claw_back=found,
        mine=mine,
        grounds=GROUNDS,
        acts=ACTS,
        answers=ANSWERS,
        problem=problem,
        given=request.form,
    )


def answer(clawback_id: uuid.UUID) -> ResponseReturnValue:
    """States what became of the copies."""
    return submit(
        "claw-back.answer",
        clawback_id,
        fields("answer", "statement"),
        again=lambda problem: show(clawback_id, problem),
        then=url_for("web.claw_back", clawback_id=clawback_id),
        said="Your answer is recorded, and the owner sees it.",
    )


def notice(clawback_id: uuid.UUID, form: str) -> Response:
    """The notice as PDF, or who had opened the version as CSV."""
    return attachment(perform("claw-back.notice", clawback_id, {"form": form}))
