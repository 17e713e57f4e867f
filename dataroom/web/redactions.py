"""Redactions: the list, the editor that draws marks, and the review by a second person."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.finding import PATTERNS
from dataroom.actions.views_redactions import MarkView, RedactionView
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, sent, site, submit
from dataroom.web.texts import groups
from dataroom.web.versions import attachment, described


def routes(pages: Guarded) -> None:
    """The pages about redactions, and the addresses of the editor's scripts."""
    one = "/redactions/<id:redaction_id>"
    pages.add_url_rule("/matters/<id:matter_id>/redactions", "redactions", index)
    pages.add_url_rule("/matters/<id:matter_id>/privilege-log.<any(csv,pdf):form>", "privilege_log", privilege_log)
    pages.add_url_rule(one, "redaction", show)
    pages.add_url_rule(f"{one}/state", "redaction_state", state)
    pages.add_url_rule(f"{one}/marks", "mark", mark, methods=["POST"])
    pages.add_url_rule(f"{one}/marks", "unmark", unmark, methods=["DELETE"])
    pages.add_url_rule(f"{one}/search", "redaction_search", search, methods=["POST"])
    pages.add_url_rule(f"{one}/submit", "redaction_submit", hand_in, methods=["POST"])
    pages.add_url_rule(f"{one}/discard", "redaction_discard", discard, methods=["POST"])
    pages.add_url_rule(f"{one}/review", "review", review)
    pages.add_url_rule(f"{one}/approve", "redaction_approve", approve, methods=["POST"])
    pages.add_url_rule(f"{one}/return", "redaction_return", send_back, methods=["POST"])
    pages.add_url_rule(f"{one}/verify", "redaction_verify", verify, methods=["POST"])
    pages.add_url_rule(f"{one}/log.<any(csv,pdf):form>", "redaction_log", log)


def index(matter_id: uuid.UUID) -> str:
    """The redactions of the own organisation."""
    frame = in_matter(matter_id, "web.redactions")
    return render_template("redactions/list.html", **frame, redactions=perform("redaction.list", matter_id))


def show(redaction_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The editor while marks are drawn; afterwards how far the redaction has come."""
    redaction = perform("redaction.read", redaction_id)
    frame = in_matter(redaction.matter, "web.redactions")
    page = "redactions/edit.html" if "redaction.mark" in redaction.can else "redactions/show.html"
    return render_template(
        page, **frame, redaction=redaction, data=_data(redaction), problem=problem, patterns=PATTERNS
    )


def _data(redaction: RedactionView) -> dict[str, Any]:
    """What the editor's and the review's scripts need."""
    return {
        "id": str(redaction.id),
        "original": described(redaction.version),
        "result": described(redaction.result) if redaction.result else None,
        "marks": [marked(row) for row in redaction.marks],
        "codes": codes(),
    }


def codes() -> dict[str, Any]:
    """What the scripts have to know of each code: its label, how long a rationale is at least, what it asks for."""
    return {
        code.code: {
            "label": code.label,
            "min": max(8, code.min_text),
            "record": list(code.record),
            "all": code.log == "privilege",
        }
        for _, some in groups(site().services.law)
        for code in some
    }


def marked(mark: MarkView) -> dict[str, Any]:
    """A mark for the scripts."""
    return {
        "id": str(mark.id),
        "page": mark.page,
        "box": None if mark.kind == "page" else list(mark.box),
        "kind": mark.kind,
        "code": mark.code,
        "rationale": mark.rationale,
        "second_code": mark.second_code,
        "details": mark.details,
        "author": mark.author,
    }


def state(redaction_id: uuid.UUID) -> Response:
    """How far the service has come, for the page that waits."""
    redaction = perform("redaction.read", redaction_id)
    progress = asdict(redaction.progress) if redaction.progress else None
    return jsonify(state=redaction.state, remark=redaction.remark, progress=progress)


def _sent(name: str) -> list[Any]:
    rows = sent().get(name)
    if not isinstance(rows, list):
        raise Invalid(f"{name}: a list is needed")
    return rows


def mark(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Adds marks and answers with the whole list as it now stands."""
    perform("redaction.mark", redaction_id, {"marks": _sent("marks")})
    return _marks(redaction_id), 201


def unmark(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Takes marks away and answers with what is left."""
    perform("redaction.unmark", redaction_id, {"marks": _sent("marks")})
    return _marks(redaction_id)


def _marks(redaction_id: uuid.UUID) -> Response:
    redaction = perform("redaction.read", redaction_id)
    return jsonify(marks=[marked(row) for row in redaction.marks])


def search(redaction_id: uuid.UUID) -> Response:
    """Every place of what the editor's panel asks for."""
    return jsonify(asdict(perform("redaction.search", redaction_id, sent())))


def hand_in(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Hands the marks to the service."""
    return submit(
        "redaction.submit",
        redaction_id,
        {},
        again=lambda problem: show(redaction_id, problem),
        then=url_for("web.redaction", redaction_id=redaction_id),
    )


def discard(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Gives a redaction up."""
    redaction = perform("redaction.read", redaction_id)
    perform("redaction.discard", redaction_id)
    return redirect(url_for("web.redactions", matter_id=redaction.matter), 303)


def review(redaction_id: uuid.UUID, problem: DataroomError | None = None) -> ResponseReturnValue:
    """Original and result side by side."""
    redaction = perform("redaction.read", redaction_id)
    if redaction.result is None:
        return redirect(url_for("web.redaction", redaction_id=redaction_id), 303)
    frame = in_matter(redaction.matter, "web.redactions")
    return render_template(
        "redactions/review.html",
        **frame,
        redaction=redaction,
        data=_data(redaction),
        problem=problem,
        given=request.form,
    )


def approve(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Releases the redacted copy."""
    return submit(
        "redaction.approve",
        redaction_id,
        {},
        again=lambda problem: review(redaction_id, problem),
        then=url_for("web.redaction", redaction_id=redaction_id),
        said="Released. The redacted copy can be disclosed now.",
    )


def send_back(redaction_id: uuid.UUID) -> ResponseReturnValue:
    """Sends the redaction back to its author."""
    return submit(
        "redaction.return",
        redaction_id,
        fields("remark"),
        again=lambda problem: review(redaction_id, problem),
        then=url_for("web.redaction", redaction_id=redaction_id),
        said="Sent back to its author.",
    )


def verify(redaction_id: uuid.UUID) -> str:
    """Checks the copy against its original once more and shows what came of it."""
    verified = perform("redaction.verify", redaction_id)
    redaction = perform("redaction.read", redaction_id)
    frame = in_matter(redaction.matter, "web.redactions")
    return render_template(
        "redactions/show.html", **frame, redaction=redaction, data=_data(redaction), problem=None, verified=verified
    )


def log(redaction_id: uuid.UUID, form: str) -> Response:
    """The redaction log as a file."""
    return attachment(perform("redaction.log", redaction_id, {"form": form}))


def privilege_log(matter_id: uuid.UUID, form: str) -> Response:
    """The privilege log of the matter as a file."""
    return attachment(perform("redaction.privilege-log", matter_id, {"form": form}))
