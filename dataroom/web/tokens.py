"""A person's own API tokens."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views import TokenView
from dataroom.errors import DataroomError, Invalid
from dataroom.web.guards import Guarded
from dataroom.web.site import fields, perform


def routes(pages: Guarded) -> None:
    """The page of tokens."""
    pages.add_url_rule("/tokens", "tokens", index)
    pages.add_url_rule("/tokens", "new_token", create, methods=["POST"])
    pages.add_url_rule("/tokens/<id:token_id>/revoke", "revoke_token", revoke, methods=["POST"])


def index(problem: DataroomError | None = None, made: TokenView | None = None) -> str:
    """The tokens there are; the secret of one just made is shown this once."""
    tokens = perform("token.list")
    return render_template("tokens/list.html", tokens=tokens, problem=problem, made=made, given=request.form)


def create() -> ResponseReturnValue:
    """Makes a token and shows its secret, which is nowhere kept."""
    try:
        made = perform("token.create", None, fields("name", "days"))
    except Invalid as error:
        return index(error), error.status
    return index(made=made), 201


def revoke(token_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a token."""
    perform("token.revoke", token_id)
    flash("Revoked. It no longer works.")
    return redirect(url_for("web.tokens"), 303)
