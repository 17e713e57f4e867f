"""Finding over a whole matter: the dictionary, searches with their progress, and choosing places of one document."""

from __future__ import annotations

import uuid
from typing import Any, get_args

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.finding import PATTERNS
from dataroom.actions.terms import TermKind
from dataroom.errors import Conflict, DataroomError, Invalid, Refused
from dataroom.ids import parse_id
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, submit


def routes(pages: Guarded) -> None:
    """The pages about finding."""
    pages.add_url_rule("/matters/<id:matter_id>/finding", "finding", index)
    pages.add_url_rule("/matters/<id:matter_id>/finding", "find", find, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/terms", "add_terms", add, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/terms/<id:term_id>/removal", "remove_term", remove, methods=["POST"])
    pages.add_url_rule("/searches/<id:search_id>", "search", show)
    pages.add_url_rule("/searches/<id:search_id>/state", "search_state", state)
    pages.add_url_rule("/searches/<id:search_id>/stop", "stop_search", stop, methods=["POST"])
    pages.add_url_rule("/searches/<id:search_id>/versions/<id:version_id>", "places", places)
    pages.add_url_rule("/searches/<id:search_id>/versions/<id:version_id>", "mark_places", mark, methods=["POST"])


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
    """How many documents have been searched and how many places were found, for the page that waits."""
    search = perform("search.read", search_id)
    searched = sum(part.state != "waiting" for part in search.parts)
    found = sum(part.found for part in search.parts)
    return jsonify(state=search.state, searched=searched, documents=len(search.parts), found=found)


def stop(search_id: uuid.UUID) -> ResponseReturnValue:
    """Stops a search."""
    perform("search.stop", search_id)
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
        problem=problem,
        given=request.form,
    )


def mark(search_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Makes pending marks of the chosen places and opens the editor on them."""
    chosen = [int(number) for number in request.form.getlist("places") if number.isdecimal()]
    try:
        if not chosen:
            raise Invalid("places: choose at least one")
        given = {"version": str(version_id), "places": chosen, **fields("code", "rationale", "title")}
        done = perform("search.mark", search_id, given)
    except (Invalid, Conflict, Refused) as error:
        return places(search_id, version_id, error), error.status
    flash("Pending marks were made. Look at them, and submit when they are right.")
    return redirect(url_for("web.redaction", redaction_id=parse_id(str(done.id))), 303)
