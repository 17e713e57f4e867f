"""Taking files in: the page that sends them, and the two addresses that receive one file's bytes each.

The body goes straight through the gate as it arrives; no form is parsed and nothing is written anywhere on the way.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dataroom.errors import Invalid
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.site import perform, principal, site


def routes(pages: Guarded) -> None:
    """The upload page and where it sends files to."""
    pages.add_url_rule("/matters/<id:matter_id>/upload", "upload", page)
    pages.add_url_rule("/matters/<id:matter_id>/upload", "upload_file", take, methods=["PUT"])
    pages.add_url_rule("/documents/<id:document_id>/replace", "replace", replace_page)
    pages.add_url_rule("/documents/<id:document_id>/replace", "replace_file", replace, methods=["PUT"])


def page(matter_id: uuid.UUID) -> str:
    """The zone files are dropped on."""
    refuse_others("custodian")
    frame = in_matter(matter_id, "web.matter")
    return render_template("documents/upload.html", **frame, limit=site().services.config.upload_limit, document=None)


def replace_page(document_id: uuid.UUID) -> str:
    """The same for a new version of one document."""
    refuse_others("custodian")
    document = perform("document.read", document_id)
    frame = in_matter(document.matter, "web.matter")
    limit = site().services.config.upload_limit
    return render_template("documents/upload.html", **frame, limit=limit, document=document)


def take(matter_id: uuid.UUID) -> ResponseReturnValue:
    """One file for a matter."""
    return _stream("document.upload", matter_id, ("path", "title", "tier", "category", "schedule"))


def replace(document_id: uuid.UUID) -> ResponseReturnValue:
    """One file as a document's new version."""
    return _stream("document.replace", document_id, ("path",))


def _stream(name: str, target: uuid.UUID, known: tuple[str, ...]) -> ResponseReturnValue:
    if request.headers.get("Transfer-Encoding"):
        raise Invalid("The browser did not say how long the file is.", code="incomplete")
    params: dict[str, Any] = {n: request.args[n] for n in known if request.args.get(n)}
    params["length"] = request.content_length or 0
    stored = site().gate.perform(principal(), name, target, params, request.stream)
    return jsonify({k: str(v) if isinstance(v, uuid.UUID) else v for k, v in asdict(stored).items()}), 201
