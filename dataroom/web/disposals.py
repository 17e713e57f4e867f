"""Disposals: the list, and the page on which two people approve and a third carries out."""

from __future__ import annotations

import uuid

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, ids, perform, submit
from dataroom.web.versions import attachment

SAID = {
    "approve": "Approved.",
    "reject": "Rejected. The documents are kept.",
    "execute": "Carried out. The certificate is below.",
}


def routes(pages: Guarded) -> None:
    """The pages about disposals. A disposal's page is asked with its matter, so that the frame can be shown."""
    pages.add_url_rule("/matters/<id:matter_id>/disposals", "disposals", index)
    pages.add_url_rule("/disposals/<id:disposal_id>", "disposal", show)
    pages.add_url_rule("/disposals/<id:disposal_id>", "disposal_do", act, methods=["POST"])
    pages.add_url_rule("/disposals/<id:disposal_id>/certificate.<any(json,pdf):form>", "certificate", certificate)


def index(matter_id: uuid.UUID) -> str:
    """The disposals of the own organisation in a matter."""
    frame = in_matter(matter_id, "web.retention")
    return render_template("disposals/list.html", **frame, disposals=perform("disposal.list", matter_id))


def show(disposal_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """One disposal and how far it has come."""
    disposal = perform("disposal.read", disposal_id)
    matter = request.args.get("matter")
    frame = in_matter(ids([matter])[0], "web.retention") if matter else {}
    return render_template("disposals/show.html", **frame, disposal=disposal, problem=problem, given=request.form)


def act(disposal_id: uuid.UUID) -> ResponseReturnValue:
    """Approves, rejects or carries out."""
    what = request.form.get("do", "")
    name = what if what in SAID else "approve"
    return submit(
        f"disposal.{name}",
        disposal_id,
        fields("remark") if name == "reject" else {},
        again=lambda problem: show(disposal_id, problem),
        then=url_for("web.disposal", disposal_id=disposal_id, matter=request.args.get("matter")),
        said=SAID[name],
    )


def certificate(disposal_id: uuid.UUID, form: str) -> Response:
    """The signed certificate as a file."""
    return attachment(perform("disposal.certificate", disposal_id, {"form": form}))
