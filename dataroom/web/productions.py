"""Productions: versions given under continuous page numbers, their index and their archive."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError
from dataroom.ids import parse_id
from dataroom.web.guards import Guarded, own, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, submit
from dataroom.web.versions import attachment


def routes(pages: Guarded) -> None:
    """The pages about productions."""
    pages.add_url_rule("/matters/<id:matter_id>/productions", "productions", index)
    pages.add_url_rule("/matters/<id:matter_id>/productions/new", "new_production", form)
    pages.add_url_rule("/matters/<id:matter_id>/productions/new", "produce", produce, methods=["POST"])
    pages.add_url_rule("/productions/<id:production_id>", "production", show)
    pages.add_url_rule("/productions/<id:production_id>/index.<any(csv,pdf):form>", "production_index", listed)
    pages.add_url_rule("/productions/<id:production_id>/archive", "production_archive", archive, methods=["POST"])


@dataclass
class Choice:
    """A version that could be produced, and to whom it was given; `everybody` for what is published."""

    version: uuid.UUID
    number: str
    title: str
    what: str
    recipients: list[str]


def index(matter_id: uuid.UUID) -> str:
    """The productions made and received, newest first."""
    frame = in_matter(matter_id, "web.productions")
    found = perform("production.list", matter_id)
    made = [row for row in found if own(row.organisation.id)]
    received = [row for row in found if not own(row.organisation.id)]
    return render_template("productions/list.html", **frame, made=made, received=received)


def form(matter_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks for whom, which versions in which order, and how they are numbered."""
    refuse_others("custodian")
    frame = in_matter(matter_id, "web.productions")
    others = [party for party in frame["matter"].organisations if not own(party.id)]
    return render_template(
        "productions/new.html",
        **frame,
        others=others,
        choices=_choices(matter_id),
        problem=problem,
        given=request.form,
    )


def _choices(matter_id: uuid.UUID) -> list[Choice]:
    """The own versions that others have been given, by document number."""
    found: dict[uuid.UUID, Choice] = {}
    for row in perform("disclosure.list", matter_id):
        if own(row.organisation.id) and row.live:
            what = f"{'Version' if row.original else 'Redacted copy'} {row.ordinal}"
            choice = Choice(row.version, row.document.number, row.document.title, what, [])
            found.setdefault(row.version, choice).recipients.append(row.recipient.name)
    for item in perform("document.list", matter_id, {"limit": 100}).items:
        if own(item.organisation.id) and item.state == "published":
            what = f"{'Version' if item.original else 'Redacted copy'} {item.ordinal}"
            found[item.id] = Choice(item.id, item.number, item.title, what, ["everybody"])
    return sorted(found.values(), key=lambda one: (one.number, one.what))


def produce(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Makes the production and shows it."""
    typed: dict[str, Any] = fields("title", "prefix", "width", "start")
    places = [(request.form.get(f"place-{name}", ""), name) for name in request.form.getlist("version")]
    ordered = sorted(places, key=lambda one: int(one[0]) if one[0].isdecimal() else 10**6)
    typed |= {
        "versions": [parse_id(name) for _, name in ordered],
        "recipients": request.form.getlist("recipient"),
    }
    return submit(
        "production.make",
        matter_id,
        typed,
        again=lambda problem: form(matter_id, problem),
        then=lambda done: url_for("web.production", production_id=done.id),
        said="Produced. The recipients’ custodians see it from now on.",
    )


def show(production_id: uuid.UUID) -> str:
    """One production with its versions and their numbers."""
    production = perform("production.read", production_id)
    frame = in_matter(production.matter, "web.productions")
    mine = own(production.organisation.id)
    return render_template("productions/show.html", **frame, production=production, mine=mine)


def listed(production_id: uuid.UUID, form: str) -> Response:
    """The index as a file."""
    return attachment(perform("production.index", production_id, {"form": form}))


def archive(production_id: uuid.UUID) -> Response:
    """The archive of numbered copies with load files."""
    return attachment(perform("production.export", production_id))
