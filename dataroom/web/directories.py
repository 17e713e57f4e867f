"""The way in of an organisation's directory (SCIM), kept by its compliance officers."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_people import DirectoryView
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.site import fields, perform, site

ADDRESS = "/scim/v2"


def routes(pages: Guarded) -> None:
    """The page of the directory."""
    pages.add_url_rule("/directory", "directories", index)
    pages.add_url_rule("/directory", "new_directory", create, methods=["POST"])
    pages.add_url_rule("/directory/<id:directory_id>/revoke", "revoke_directory", revoke, methods=["POST"])


def index(problem: DataroomError | None = None, made: DirectoryView | None = None) -> str:
    """The ways in there are; the secret of one just made is shown this once."""
    refuse_others("compliance")
    shown = {"rows": perform("directory.list"), "address": site().services.config.public_url.rstrip("/") + ADDRESS}
    return render_template("directories/list.html", **shown, problem=problem, made=made, given=request.form)


def create() -> ResponseReturnValue:
    """Lets the directory in and shows its secret, which is nowhere kept."""
    try:
        made = perform("directory.add", None, fields("name", "days"))
    except Invalid as error:
        return index(error), error.status
    return index(made=made), 201


def revoke(directory_id: uuid.UUID) -> ResponseReturnValue:
    """Takes a way in away."""
    perform("directory.revoke", directory_id)
    flash("Revoked. The directory is not let in with it any more; the accounts stay as they are.")
    return redirect(url_for("web.directories"), 303)
