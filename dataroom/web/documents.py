"""The documents of a matter, and the page of one document for its owner."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.headers import PEOPLE
from dataroom.actions.views_versions import ListedVersion
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, principal, site, submit
from dataroom.web.texts import WALL

DETAIL = "detail-"
KEEPERS = frozenset({"custodian", "compliance"})


def routes(pages: Guarded) -> None:
    """The list and the page of a document."""
    pages.add_url_rule("/matters/<id:matter_id>", "matter", index)
    pages.add_url_rule("/documents/<id:document_id>", "document", show)
    for name in ("classify", "describe", "publish", "withdraw", "hold", "trigger", "assess"):
        rule = f"/documents/<id:document_id>/{name}"
        pages.add_url_rule(rule, f"document_{name}", globals()[name], methods=["POST"])


def index(matter_id: uuid.UUID) -> str:
    """The documents this person may see, a page at a time."""
    asked = {name: request.args[name] for name in ("q", "cursor") if request.args.get(name)}
    if "folder" in request.args:
        asked["folder"] = request.args["folder"]
    frame = in_matter(matter_id, "web.matter")
    found = perform("document.list", matter_id, asked)
    taken = [] if asked else [row for row in perform("claw-back.list", matter_id) if not own(row.organisation.id)]
    folders = sorted({item.folder for item in found.items if item.folder})
    return render_template(
        "documents/list.html", **frame, found=found, asked=asked, folders=folders, address=address_of, taken=taken
    )


def address_of(item: ListedVersion, matter_id: uuid.UUID) -> str:
    """Where a line of the list leads: the owner's record of the document, or the version for everybody else."""
    if item.organisation.id == principal().organisation and principal().role in KEEPERS:
        return url_for("web.document", document_id=item.document)
    return url_for("web.version", version_id=item.id, matter=matter_id)


def show(document_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """A document's record with everything that can be done to it."""
    document = perform("document.read", document_id)
    frame = in_matter(document.matter, "web.matter")
    clubs = perform("club.list", document.matter) if "document.limit" in document.can else ()
    ways = {"wall" if line.kind == WALL else "club" for line in document.limits}
    free = [c for c in clubs if "club.add" in c.can and ("wall" if c.kind == WALL else "club") not in ways]
    return render_template(
        "documents/show.html", **frame, document=document, clubs=free, problem=problem, given=request.form
    )


def _do(name: str, document_id: uuid.UUID, typed: Mapping[str, Any], said: str) -> ResponseReturnValue:
    return submit(
        name,
        document_id,
        typed,
        again=lambda problem: show(document_id, problem),
        then=url_for("web.document", document_id=document_id),
        said=said,
    )


def classify(document_id: uuid.UUID) -> ResponseReturnValue:
    """Sets tier, category and schedule."""
    return _do("document.classify", document_id, fields("tier", "category", "schedule", "title"), "Classified.")


def describe(document_id: uuid.UUID) -> ResponseReturnValue:
    """Keeps what the logs say of the document."""
    typed: dict[str, Any] = fields("dated", "kind", "family", "subject", "outcome")
    for name in PEOPLE:
        lines = request.form.get(name, "").replace(";", "\n").splitlines()
        typed[name] = [line.strip() for line in lines if line.strip()]
    if claim := fields("code", "rationale"):
        stated = {key[len(DETAIL) :]: text.strip() for key, text in request.form.items() if key.startswith(DETAIL)}
        record = law_record(claim.get("code", ""))
        typed["withheld"] = claim | {"details": {name: stated[name] for name in record if stated.get(name)}}
    return _do("document.describe", document_id, typed, "Kept. The logs say it from now on.")


def law_record(code: str) -> tuple[str, ...]:
    """What a code asks to be recorded; nothing for a code that is not on the list."""
    found = site().services.law.rationales.get(code)
    return tuple(found.record) if found else ()


def publish(document_id: uuid.UUID) -> ResponseReturnValue:
    """Shows the newest version to the matter."""
    return _do("document.publish", document_id, {}, "Published. Cleared members of the matter can read it now.")


def withdraw(document_id: uuid.UUID) -> ResponseReturnValue:
    """Takes the document back."""
    return _do("document.withdraw", document_id, {}, "Withdrawn. Nobody else can open it any more.")


def hold(document_id: uuid.UUID) -> ResponseReturnValue:
    """Places a hold on this one document."""
    said = "Held. It cannot be destroyed until the hold is released."
    return _do("hold.place", document_id, fields("kind", "reason"), said)


def trigger(document_id: uuid.UUID) -> ResponseReturnValue:
    """Records the event that starts the retention period."""
    return _do("retention.trigger", document_id, fields("on"), "The retention period runs.")


def assess(document_id: uuid.UUID) -> ResponseReturnValue:
    """Says what export control asks of the document."""
    return _do("document.assess", document_id, fields("export", "basis"), "Recorded. It holds from now on.")
