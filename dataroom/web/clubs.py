"""Clubs and walls of a matter: founding them, naming people, ending them, and limiting a document to one."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError
from dataroom.web.documents import show
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter, matter_of_form
from dataroom.web.site import fields, perform, principal, site, submit
from dataroom.web.texts import TEAM, WALL


def routes(pages: Guarded) -> None:
    """The page of clubs and walls, its forms, and those on a document's page."""
    pages.add_url_rule("/matters/<id:matter_id>/clubs", "clubs", index)
    pages.add_url_rule("/matters/<id:matter_id>/clubs", "found_club", found, methods=["POST"])
    pages.add_url_rule("/clubs/<id:club_id>/people", "club_add", add, methods=["POST"])
    pages.add_url_rule("/clubs/<id:club_id>/people/remove", "club_remove", remove, methods=["POST"])
    pages.add_url_rule("/clubs/<id:club_id>/end", "club_end", end, methods=["POST"])
    pages.add_url_rule("/documents/<id:document_id>/limit", "document_limit", limit, methods=["POST"])
    pages.add_url_rule("/documents/<id:document_id>/lift", "document_lift", lift, methods=["POST"])


def index(matter_id: uuid.UUID, problem: DataroomError | None = None, about: uuid.UUID | None = None) -> str:
    """The clubs and walls this person may see; `about` is the one a problem is about."""
    frame = in_matter(matter_id, "web.clubs")
    clubs = perform("club.list", matter_id)
    members = perform("member.list", matter_id) if any("club.add" in club.can for club in clubs) else ()
    return render_template(
        "clubs/list.html",
        **frame,
        live=[club for club in clubs if club.ended_at is None],
        ended=[club for club in clubs if club.ended_at is not None],
        members=members,
        problem=problem,
        about=about,
        given=request.form,
        wall=WALL,
        team=TEAM,
    )


def found(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Founds a club or a wall."""
    return submit(
        "club.create",
        matter_id,
        fields("name", "kind"),
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.clubs", matter_id=matter_id),
        said="Founded. Name its people next; then limit documents to it on their pages.",
    )


def _change(name: str, club_id: uuid.UUID, typed: dict[str, str], said: str) -> ResponseReturnValue:
    return submit(
        name,
        club_id,
        typed,
        again=lambda problem: index(matter_of_form(), problem, club_id),
        then=lambda done: url_for("web.clubs", matter_id=matter_of_form()),
        said=said,
    )


def add(club_id: uuid.UUID) -> ResponseReturnValue:
    """Names somebody, until the end of a day (UTC) if one is given."""
    typed = fields("email", "valid_until", "undertaking", "undertaken_on")
    if "valid_until" in typed:
        typed["valid_until"] += "T23:59:59Z"
    return _change(
        "club.add", club_id, typed, f"{typed.get('email', '')} is named. It holds from their next request on."
    )


def remove(club_id: uuid.UUID) -> ResponseReturnValue:
    """Strikes somebody off, or lets them out from behind a wall."""
    typed = fields("email")
    return _change("club.remove", club_id, typed, f"{typed.get('email', '')} is no longer named.")


def end(club_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a club or a wall."""
    return _change("club.end", club_id, {}, "Ended.")


def limit(document_id: uuid.UUID) -> ResponseReturnValue:
    """Limits a document to a club, or puts it behind a wall; who thereby loses it is led back to the list."""
    return submit(
        "document.limit",
        document_id,
        fields("club"),
        again=lambda problem: show(document_id, problem),
        then=lambda done: _still(document_id),
        said="Limited. It holds at once, for every version and copy.",
    )


def lift(document_id: uuid.UUID) -> ResponseReturnValue:
    """Opens a document again to everybody else who may see it."""
    return submit(
        "document.lift",
        document_id,
        fields("club"),
        again=lambda problem: show(document_id, problem),
        then=url_for("web.document", document_id=document_id),
        said="Lifted. Whoever else may see the document can open it again.",
    )


def _still(document_id: uuid.UUID) -> str:
    """The document's page for whoever may still see it, else the list of matters."""
    if site().gate.may(principal(), "document.read", document_id):
        return url_for("web.document", document_id=document_id)
    return url_for("web.matters")
