"""Finding over a whole matter: the dictionary, searches with their progress, and choosing places of one document."""

from __future__ import annotations

import uuid
from typing import Any, get_args

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.finding import PATTERNS
from dataroom.actions.found import FoundView, PartView
from dataroom.actions.terms import TermKind
from dataroom.errors import Conflict, DataroomError, Invalid, Refused
from dataroom.ids import parse_id
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.redactions import codes
from dataroom.web.site import fields, perform, submit

DETAIL = "detail:"
"""How the fields for what a code wants recorded begin in the form."""


def routes(pages: Guarded) -> None:
    """The pages about finding."""
    pages.add_url_rule("/matters/<id:matter_id>/finding", "finding", index)
    pages.add_url_rule("/matters/<id:matter_id>/finding", "find", find, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/terms", "add_terms", add, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/terms/<id:term_id>/removal", "remove_term", remove, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/terms/<id:term_id>", "change_term", change, methods=["POST"])
    pages.add_url_rule("/searches/<id:search_id>", "search", show)
    pages.add_url_rule("/searches/<id:search_id>/state", "search_state", state)
    pages.add_url_rule("/searches/<id:search_id>/stop", "stop_search", stop, methods=["POST"])
    pages.add_url_rule("/searches/<id:search_id>/versions/<id:version_id>", "places", places)
    pages.add_url_rule("/searches/<id:search_id>/versions/<id:version_id>", "mark_places", mark, methods=["POST"])
    reading = "/searches/<id:search_id>/versions/<id:version_id>/reading"
    pages.add_url_rule(reading, "read_pictures", read_pictures, methods=["POST"])


def _lines(name: str) -> list[str]:
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def index(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """The dictionary and the own searches of a matter."""
    refuse_others("custodian")
    return render_template(
        "finding/index.html",
        **in_matter(matter_id, "web.finding"),
        terms=perform("term.list", matter_id),
        searches=perform("search.list", matter_id),
        kinds=get_args(TermKind),
        patterns=PATTERNS,
        problem=problem,
        given=request.form,
    )


def add(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Adds terms, one a line."""
    options = {"kind": request.form.get("kind", "other"), "whole": "whole" in request.form}
    terms = [{"text": text, "case": "case" in request.form, **options} for text in _lines("terms")]
    return submit(
        "term.add",
        matter_id,
        {"terms": terms, **fields("tier")},
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.finding", matter_id=matter_id),
        said="The dictionary was changed.",
    )


def change(matter_id: uuid.UUID, term_id: uuid.UUID) -> ResponseReturnValue:
    """Changes a term's text, kind or options."""
    options = {"whole": "whole" in request.form, "case": "case" in request.form}
    return submit(
        "term.change",
        term_id,
        {**fields("text", "kind"), **options},
        again=lambda problem: index(matter_id, problem),
        then=url_for("web.finding", matter_id=matter_id),
        said="The term was changed.",
    )


def remove(matter_id: uuid.UUID, term_id: uuid.UUID) -> ResponseReturnValue:
    """Takes a term out of the dictionary."""
    perform("term.remove", term_id)
    return redirect(url_for("web.finding", matter_id=matter_id), 303)


def find(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Starts a search over the matter."""
    options = {"whole": "whole_words" in request.form, "case": "same_case" in request.form}
    words = [{"text": text, **options} for text in _lines("words")]
    expressions = [{"text": text, "kind": "expression", **options} for text in _lines("expressions")]
    asked: dict[str, Any] = {"terms": words + expressions, "patterns": request.form.getlist("patterns")}
    return submit(
        "search.start",
        matter_id,
        {**asked, "dictionary": "dictionary" in request.form},
        again=lambda problem: index(matter_id, problem),
        then=lambda done: url_for("web.search", search_id=done.id),
    )


def show(search_id: uuid.UUID) -> str:
    """How far a search has come, document by document."""
    search = perform("search.read", search_id)
    frame = in_matter(search.matter, "web.finding")
    searched = sum(part.state != "waiting" for part in search.parts)
    return render_template("finding/search.html", **frame, search=search, searched=searched)


def state(search_id: uuid.UUID) -> Response:
    """How many documents have been searched and what was found in which, for the page that waits."""
    search = perform("search.read", search_id)
    searched = sum(part.state != "waiting" for part in search.parts)
    found = sum(part.found for part in search.parts)
    hits = [_hit(search.id, part) for part in search.parts if part.found]
    return jsonify(state=search.state, searched=searched, documents=len(search.parts), found=found, hits=hits)


def _hit(search_id: uuid.UUID, part: PartView) -> dict[str, Any]:
    """A document with places, as the waiting page lists it."""
    return {
        "number": part.document.number,
        "title": part.document.title,
        "address": url_for("web.places", search_id=search_id, version_id=part.version),
        "found": part.found,
        "draft": url_for("web.redaction", redaction_id=part.draft) if part.draft else None,
    }


def stop(search_id: uuid.UUID) -> ResponseReturnValue:
    """Stops a search."""
    perform("search.stop", search_id)
    return redirect(url_for("web.search", search_id=search_id), 303)


def read_pictures(search_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Has the service read the pages of one document that are pictures."""
    try:
        perform("version.recognise", version_id)
        flash("The service reads these pages. Search again in a while: their words are found then.")
    except (Conflict, Refused) as error:
        flash(error.detail)
    return redirect(url_for("web.search", search_id=search_id), 303)


def places(search_id: uuid.UUID, version_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Every place in one document, to choose from."""
    search = perform("search.read", search_id)
    found = perform("search.hits", search_id, {"version": str(version_id)})
    part = next(part for part in search.parts if part.version == version_id)
    return render_template(
        "finding/places.html",
        **in_matter(search.matter, "web.finding"),
        search=search,
        part=part,
        found=found,
        labels={query.id: query.label for query in found.queries},
        data=_pictured(version_id, found),
        problem=problem,
        given=request.form,
        chosen={int(number) for number in request.form.getlist("places") if number.isdecimal()},
    )


def _pictured(version_id: uuid.UUID, found: FoundView) -> dict[str, Any]:
    """What the script needs to show a picture of each place, and to ask for what a code wants recorded."""
    return {
        "version": {"pages": url_for("web.version", version_id=version_id) + "/pages/"},
        "places": [{"page": place.page, "boxes": place.boxes} for place in found.places],
        "frames": {frame.page: {"box": frame.box, "rotation": frame.rotation} for frame in found.frames},
        "codes": codes(),
        "given": _details(),
    }


def _details() -> dict[str, str]:
    given = {name[len(DETAIL) :]: text.strip() for name, text in request.form.items() if name.startswith(DETAIL)}
    return {name: text for name, text in given.items() if text}


def mark(search_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Makes pending marks of the chosen places and opens the editor on them."""
    chosen = [int(number) for number in request.form.getlist("places") if number.isdecimal()]
    try:
        if not chosen:
            raise Invalid("places: choose at least one")
        given = fields("code", "second_code", "rationale", "title")
        asked = {"version": str(version_id), "places": chosen, "details": _details(), **given}
        done = perform("search.mark", search_id, asked)
    except (Invalid, Conflict, Refused) as error:
        return places(search_id, version_id, error), error.status
    flash("Pending marks were made. Look at them, and submit when they are right.")
    return redirect(url_for("web.redaction", redaction_id=parse_id(str(done.id))), 303)
