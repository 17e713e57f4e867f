"""What comes first: a matter's usage agreement, one's training, and what a version is opened for.

Whoever is refused for lack of one of them is led to the page where it can be put right.
"""

from __future__ import annotations

import uuid

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError, NeedsFirst, NotFound
from dataroom.web.guards import Guarded
from dataroom.web.problems import told
from dataroom.web.site import fields, local, perform, submit, wants_json


def routes(pages: Guarded) -> None:
    """The pages of the agreement and of the purpose."""
    pages.add_url_rule("/matters/<id:matter_id>/agreement", "agreement", show)
    pages.add_url_rule("/matters/<id:matter_id>/agreement", "set_agreement", change, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/agreement/accept", "accept_agreement", accept, methods=["POST"])
    pages.add_url_rule("/versions/<id:version_id>/purpose", "purpose", ask)
    pages.add_url_rule("/versions/<id:version_id>/purpose", "state_purpose", state, methods=["POST"])
    pages.add_url_rule("/accounts/<id:user_id>/training", "record_training", train, methods=["POST"])


def register(app: Flask) -> None:
    """From now on, what comes first is asked for instead of refused."""
    app.register_error_handler(NeedsFirst, _lead)


def _lead(error: NeedsFirst) -> ResponseReturnValue:
    """To the page where it can be put right; scripts are told what is missing."""
    if request.method != "GET" or wants_json() or request.blueprint != "web" or request.endpoint == "web.page_image":
        return told(error)
    back = local(request.full_path.rstrip("?"), "/matters")
    if error.code == "purpose-needed":
        return redirect(url_for("web.purpose", version_id=str(error.facts["version"]), next=back), 303)
    return redirect(url_for("web.agreement", matter_id=str(error.facts["matter"]), next=back), 303)


def show(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The wording that holds, with what is still missing."""
    found = perform("agreement.read", matter_id)
    known = next((one for one in perform("matter.list") if one.id == matter_id), None)
    if known is None:
        raise NotFound()
    return render_template(
        "premises/agreement.html",
        named=known,
        agreement=found,
        next=local(request.values.get("next"), f"/matters/{matter_id}"),
        problem=problem,
        given=request.form,
    )


def change(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Sets another wording."""
    typed = fields("text") | {"training": "needed" if request.form.get("training") else "none"}
    return submit(
        "agreement.set",
        matter_id,
        typed,
        again=lambda problem: show(matter_id, problem),
        then=url_for("web.agreement", matter_id=matter_id),
        said="Set. Everybody, you too, accepts this wording before they see the matter again.",
    )


def accept(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Accepts the wording that was shown, and goes on to where the person was going."""
    return submit(
        "agreement.accept",
        matter_id,
        fields("agreement"),
        again=lambda problem: show(matter_id, problem),
        then=local(request.form.get("next"), f"/matters/{matter_id}"),
        said="Accepted. It is recorded with the time.",
    )


def ask(version_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks what a version is opened for."""
    version = perform("version.read", version_id)
    back = local(request.values.get("next"), url_for("web.version", version_id=version_id))
    return render_template("premises/purpose.html", version=version, next=back, problem=problem, given=request.form)


def state(version_id: uuid.UUID) -> ResponseReturnValue:
    """Keeps what was stated, and goes on."""
    return submit(
        "visit.state",
        version_id,
        fields("purpose"),
        again=lambda problem: ask(version_id, problem),
        then=local(request.form.get("next"), url_for("web.version", version_id=version_id)),
    )


def train(user_id: uuid.UUID) -> ResponseReturnValue:
    """Records until when a colleague counts as trained."""
    return submit(
        "training.record",
        user_id,
        fields("until"),
        again=lambda problem: render_template(
            "staff/list.html", people=perform("user.list"), problem=problem, given=request.form
        ),
        then=url_for("web.staff"),
        said="Recorded. It holds from their next request on.",
    )
