"""Effective access for whoever keeps documents: why somebody may or may not, and documents as somebody sees them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request

from dataroom.actions.catalogue import ACTIONS
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import perform

DOING = {
    "version.read": "see that it exists",
    "page.view": "open its pages",
    "page.words": "read and search its text",
    "version.download": "download it",
    "document.read": "see its record",
    "document.classify": "classify it",
    "document.publish": "publish it",
    "document.withdraw": "withdraw it",
    "document.replace": "put a new version in its place",
    "redaction.start": "redact it",
    "disclosure.claw-back": "claw it back",
    "hold.place": "place a hold on it",
    "disposal.propose": "propose its disposal",
}
"""What the form offers to ask about; the interface takes every action on a document or a version."""


def routes(pages: Guarded) -> None:
    """The page of the question, and the two that show what somebody sees."""
    pages.add_url_rule("/documents/<id:document_id>/who-may", "who_may", explain)
    pages.add_url_rule("/matters/<id:matter_id>/why-not", "why_not", why_not)
    pages.add_url_rule("/documents/<id:document_id>/seen-by/<id:person_id>", "document_as", document_as)
    pages.add_url_rule("/matters/<id:matter_id>/seen-by/<id:person_id>", "matter_as", matter_as)


def explain(document_id: uuid.UUID) -> tuple[str, int]:
    """The question, and its answer once it was asked."""
    document = perform("document.read", document_id)
    frame = in_matter(document.matter, "web.matter")
    members = perform("member.list", document.matter)
    asked = {name: request.args[name] for name in ("person", "do", "version") if request.args.get(name)}
    answer, problem = None, None
    if {"person", "do"} <= set(asked):
        try:
            answer = perform("access.explain", document_id, asked)
        except Invalid as error:
            problem = error
    page = render_template(
        "insight/explain.html",
        **frame,
        document=document,
        members=members,
        asked=asked,
        answer=answer,
        always=_always(answer),
        problem=problem,
        doing=DOING,
    )
    return page, _status(problem)


def why_not(matter_id: uuid.UUID) -> str:
    """Why whoever asks was refused something, and what would have to change."""
    asked = {name: request.args[name] for name in ("do", "thing") if request.args.get(name)}
    frame = in_matter(matter_id, "web.matter")
    answer = perform("access.why", matter_id, asked)
    doing = ACTIONS[answer.action].summary
    return render_template("insight/why.html", **frame, answer=answer, doing=doing, always=_always(answer))


def _always(answer: Any) -> list[str]:
    """The sentences that all of several changes have in common."""
    changes: tuple[tuple[str, ...], ...] = answer.changes if answer is not None and not answer.allowed else ()
    return (
        [sentence for sentence in changes[0] if all(sentence in each for each in changes)] if len(changes) > 1 else []
    )


def _status(problem: DataroomError | None) -> int:
    return problem.status if problem else 200


def matter_as(matter_id: uuid.UUID, person_id: uuid.UUID) -> str:
    """The list somebody gets, of the own organisation's documents."""
    asked = {name: request.args[name] for name in ("q", "folder", "cursor") if request.args.get(name)}
    found = perform("access.documents", matter_id, {**asked, "person": person_id})
    frame = in_matter(matter_id, "web.people")
    return render_template("insight/list.html", **frame, found=found, asked=asked)


def document_as(document_id: uuid.UUID, person_id: uuid.UUID) -> str:
    """What somebody gets of one document."""
    seen = perform("access.document", document_id, {"person": person_id})
    frame = in_matter(seen.matter, "web.matter")
    return render_template("insight/document.html", **frame, seen=seen, doing=DOING)
