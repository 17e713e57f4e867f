"""A person's own API tokens, and what each is for."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_people import TokenView
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.site import fields, perform

PURPOSES = {
    "read": ("Read", "see, search and download what you may see"),
    "upload": ("Upload", "contribute, replace and classify documents"),
    "redact": ("Redact", "search, mark and submit; approving stays with people at the pages"),
    "share": ("Share", "publish, disclose, produce, withdraw and claw back"),
    "retain": (
        "Holds and disposal",
        "holds, retention, proposing and carrying out disposals; approving stays at the pages",
    ),
    "audit": ("Audit log", "list, prove, export and give it"),
    "people": ("People", "members of matters, accounts, sessions and your tokens"),
    "everything": ("Everything you may do", "only if nothing narrower is enough"),
}
"""What a token can be made for, as the page says it: name, and what it permits."""


def routes(pages: Guarded) -> None:
    """The page of tokens."""
    pages.add_url_rule("/tokens", "tokens", index)
    pages.add_url_rule("/tokens", "new_token", create, methods=["POST"])
    pages.add_url_rule("/tokens/<id:token_id>/revoke", "revoke_token", revoke, methods=["POST"])


def index(problem: DataroomError | None = None, made: TokenView | None = None) -> str:
    """The tokens there are; the secret of one just made is shown this once."""
    matters = {matter.id: matter.name for matter in perform("matter.list")}
    shown = {"tokens": perform("token.list"), "matters": matters, "problem": problem, "made": made}
    shown["choices"] = [(matter, name, "") for matter, name in matters.items()]
    return render_template("tokens/list.html", **shown, given=request.form, purposes=PURPOSES)


def create() -> ResponseReturnValue:
    """Makes a token and shows its secret, which is nowhere kept."""
    try:
        scopes = {"scopes": request.form.getlist("scopes")}
        made = perform("token.create", None, {**fields("name", "days", "matter"), **scopes})
    except Invalid as error:
        return index(error), error.status
    return index(made=made), 201


def revoke(token_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a token."""
    perform("token.revoke", token_id)
    flash("Revoked. It no longer works.")
    return redirect(url_for("web.tokens"), 303)
