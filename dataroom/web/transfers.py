"""Borders: how a matter's documents may move, what that rests on, and suspending a mechanism."""

from __future__ import annotations

import uuid

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_premises import SwitchedView
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, submit


def routes(pages: Guarded) -> None:
    """The page of a matter's borders."""
    pages.add_url_rule("/matters/<id:matter_id>/transfers", "transfers", show)
    pages.add_url_rule("/matters/<id:matter_id>/transfers", "record_transfer", record, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/transfers/suspend", "suspend_transfers", suspend, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/transfers/resume", "resume_transfers", resume, methods=["POST"])
    pages.add_url_rule(
        "/matters/<id:matter_id>/transfers/resumption", "confirm_resumption", confirm_resumption, methods=["POST"]
    )
    one = "/matters/<id:matter_id>/transfers/<id:transfer_id>"
    pages.add_url_rule(f"{one}/end", "end_transfer", end, methods=["POST"])
    pages.add_url_rule(f"{one}/confirm", "confirm_transfer", confirm, methods=["POST"])


def show(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Ways, what was recorded, and mechanisms."""
    frame = in_matter(matter_id, "web.transfers")
    found = perform("transfer.list", matter_id)
    others = [party for party in frame["matter"].organisations if not own(party.id)]
    return render_template(
        "transfers/show.html", **frame, borders=found, others=others, problem=problem, given=request.form
    )


def record(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Records what a way rests on, to the end of a day (UTC)."""
    typed = fields("recipient", "country", "mechanism", "reason", "until")
    if "until" in typed:
        typed["until"] += "T23:59:59Z"
    return submit(
        "transfer.record",
        matter_id,
        typed | {"country": typed.get("country", "").upper()},
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.transfers", matter_id=matter_id),
        said="Recorded. It carries once a colleague has confirmed it here, within 14 days.",
    )


def end(matter_id: uuid.UUID, transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Ends what a way rests on."""
    return submit(
        "transfer.end",
        transfer_id,
        {},
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.transfers", matter_id=matter_id),
        said="Ended. It holds from the recipient's next request on.",
    )


def confirm(matter_id: uuid.UUID, transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Confirms as a second person what a way rests on."""
    return submit(
        "transfer.confirm",
        transfer_id,
        {},
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.transfers", matter_id=matter_id),
        said="Confirmed. It carries from now on.",
    )


def suspend(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Suspends a mechanism everywhere."""
    return _switch("transfer.suspend", matter_id, "closed")


def resume(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Asks for a mechanism to be relied on again."""
    return submit(
        "transfer.resume",
        None,
        fields("mechanism", "reason"),
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.transfers", matter_id=matter_id),
        said="Asked for. It counts again once a colleague has confirmed it here, within 14 days.",
    )


def confirm_resumption(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Relies on a mechanism again, as a second person."""
    return _switch("transfer.confirm-resumption", matter_id, "opened")


def _switch(name: str, matter_id: uuid.UUID, verb: str) -> ResponseReturnValue:
    """Switches a mechanism and says which ways that closed or opened."""

    def then(done: SwitchedView) -> str:
        ways = [f"{way.recipient.name} in {way.country}" for way in done.flipped]
        counted = f"{len(ways)} {'way' if len(ways) == 1 else 'ways'} {verb}"
        flash(f"{counted}: {'; '.join(ways)}." if ways else f"No way {verb} with it.")
        return url_for("web.transfers", matter_id=matter_id)

    return submit(name, None, fields("mechanism", "reason"), again=lambda problem: show(matter_id, problem), then=then)
