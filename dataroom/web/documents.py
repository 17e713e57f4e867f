"""The documents of a matter, and the page of one document for its owner."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views import ListedVersion
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, principal, submit

KEEPERS = frozenset({"custodian", "compliance"})


def routes(pages: Guarded) -> None:
    """The list and the page of a document."""
    pages.add_url_rule("/matters/<id:matter_id>", "matter", index)
    pages.add_url_rule("/documents/<id:document_id>", "document", show)
    for name in ("classify", "publish", "withdraw", "hold", "trigger"):
        rule = f"/documents/<id:document_id>/{name}"
        pages.add_url_rule(rule, f"document_{name}", globals()[name], methods=["POST"])


def index(matter_id: uuid.UUID) -> str:
    """The documents this person may see, a page at a time."""
    asked = {name: request.args[name] for name in ("q", "cursor") if request.args.get(name)}
    if "folder" in request.args:
        asked["folder"] = request.args["folder"]
    frame = in_matter(matter_id, "web.matter")
    found = perform("document.list", matter_id, asked)
    folders = sorted({item.folder for item in found.items if item.folder})
    return render_template(
        "documents/list.html", **frame, found=found, asked=asked, folders=folders, address=address_of
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
    return render_template("documents/show.html", **frame, document=document, problem=problem, given=request.form)


def _do(name: str, document_id: uuid.UUID, typed: dict[str, str], said: str) -> ResponseReturnValue:
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
