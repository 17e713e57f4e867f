"""A version: its page, the viewer with its page images, downloads, and beginning a redaction or disclosure of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.context import Download
from dataroom.actions.views_versions import VersionView
from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, local, perform, require, sent, submit

WIDTHS = (140, 600, 900, 1200, 1600, 2000, 2400)


def routes(pages: Guarded) -> None:
    """The pages and contents of a version."""
    pages.add_url_rule("/versions/<id:version_id>", "version", show)
    pages.add_url_rule("/versions/<id:version_id>/view", "view", view)
    pages.add_url_rule("/versions/<id:version_id>/pages/<int:page>.jpg", "page_image", image)
    pages.add_url_rule("/versions/<id:version_id>/pages/<int:page>/words", "page_words", words)
    pages.add_url_rule("/versions/<id:version_id>/search", "version_search", search, methods=["POST"])
    pages.add_url_rule("/versions/<id:version_id>/scans", "scans", scans)
    pages.add_url_rule("/versions/<id:version_id>/scans", "read_scans", read_scans, methods=["POST"])
    pages.add_url_rule("/versions/<id:version_id>/download", "version_download", download, methods=["POST"])
    pages.add_url_rule("/versions/<id:version_id>/proof.json", "version_proof", proof)
    pages.add_url_rule("/versions/<id:version_id>/redact", "redact", redact_form)
    pages.add_url_rule("/versions/<id:version_id>/redact", "start_redaction", redact, methods=["POST"])


def _back(version: VersionView) -> str:
    """Where a version's pages lead back to: the owner's record, or the matter the reader came from."""
    matter = request.args.get("matter", "")
    return local(f"/matters/{matter}", "/matters") if matter else "/matters"


def show(version_id: uuid.UUID) -> str:
    """What a version is, and what can be done with it."""
    version = perform("version.read", version_id)
    return render_template(
        "versions/show.html", version=version, mine=own(version.organisation.id), back=_back(version)
    )


def view(version_id: uuid.UUID) -> str:
    """The viewer; each page image it fetches is recorded."""
    version = perform("version.read", version_id)
    require("page.view", version_id)
    return render_template("versions/view.html", version=version, described=described(version), back=_back(version))


def described(version: VersionView) -> dict[str, Any]:
    """What the scripts have to know of a version: where its page images are and how large each page is."""
    return {
        "id": str(version.id),
        "pages": url_for("web.version", version_id=version.id) + "/pages/",
        "sizes": [list(size) for size in version.page_sizes],
        "widths": WIDTHS,
    }


def image(version_id: uuid.UUID, page: int) -> Response:
    """One page as a JPEG image with the reader's watermark."""
    width = request.args.get("w", "1200")
    data = perform("page.view", version_id, {"page": page, "width": width})
    response = Response(data, mimetype="image/jpeg")
    response.headers["Content-Disposition"] = "inline"
    return response


def words(version_id: uuid.UUID, page: int) -> Response:
    """How a page lies and its words with their boxes, for marking."""
    found = perform("page.words", version_id, {"page": page})
    return jsonify(asdict(found))


def search(version_id: uuid.UUID) -> Response:
    """Where a term stands, for whoever may search what they read."""
    return jsonify([asdict(hit) for hit in perform("page.search", version_id, sent())])


def scans(version_id: uuid.UUID) -> Response:
    """Which pages are pictures, how far reading them has come, and whether they can be read here at all."""
    return jsonify(asdict(perform("version.scans", version_id)))


def read_scans(version_id: uuid.UUID) -> Response:
    """Has the service read the pages that are pictures."""
    return jsonify(id=str(perform("version.recognise", version_id).id))


def attachment(file: Download) -> Response:
    """A file to be saved, never shown in the site's own origin."""
    response = Response(file.pieces, mimetype=file.media_type.split(";")[0])
    response.headers["Content-Type"] = file.media_type
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    if file.length is not None:
        response.content_length = file.length
    return response


def download(version_id: uuid.UUID) -> Response:
    """A copy stamped for this person."""
    return attachment(perform("version.download", version_id))


def proof(version_id: uuid.UUID) -> Response:
    """The signed proof of a redacted copy."""
    return attachment(perform("version.proof", version_id))


def redact_form(version_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks what a redacted copy is for, before the marking begins."""
    version = perform("version.read", version_id)
    document = perform("document.read", version.document)
    frame = in_matter(document.matter, "web.redactions")
    return render_template(
        "redactions/start.html",
        **frame,
        version=version,
        document=document,
        groups=[one for one in perform("audience.list", document.matter) if one.ended_at is None],
        problem=problem,
        given=request.form,
    )


def redact(version_id: uuid.UUID) -> ResponseReturnValue:
    """Begins a redacted copy and opens the editor."""
    return submit(
        "redaction.start",
        version_id,
        fields("title", "shown_title", "tier", "category", "marks_of", "group")
        | {"audience": request.form.getlist("audience")},
        again=lambda problem: redact_form(version_id, problem),
        then=lambda done: url_for("web.redaction", redaction_id=done.id),
    )
