"""The law in force and its changes: reading it, drafting a change, and what becomes of one."""

from __future__ import annotations

import uuid

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.actions.views_policies import ComparisonView
from dataroom.errors import Conflict, DataroomError, Invalid
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.site import fields, perform, submit
from dataroom.web.versions import attachment

SAID = {
    "approve": "In force from now on, for everybody and in every process.",
    "reject": "Rejected. The rules stay as they are.",
    "withdraw": "Withdrawn. The rules stay as they are.",
}
NEW = "new"


def routes(pages: Guarded) -> None:
    """The pages about the law."""
    pages.add_url_rule("/policy", "policy", index)
    pages.add_url_rule("/policy/draft", "policy_draft", draft)
    pages.add_url_rule("/policy/draft", "policy_drafted", drafted, methods=["POST"])
    pages.add_url_rule("/policy/changes/<id:change_id>", "policy_change", show)
    pages.add_url_rule("/policy/changes/<id:change_id>", "policy_do", act, methods=["POST"])
    pages.add_url_rule("/policy/changes/<id:change_id>/texts.zip", "policy_texts", texts)


def index() -> str:
    """The rules in force by file, and the changes there were."""
    refuse_others("compliance")
    law = perform("policy.show")
    return render_template("policies/list.html", law=law, changes=perform("policy.list"))


def draft(problem: DataroomError | None = None, means: ComparisonView | None = None) -> str:
    """A file of rules to be written otherwise, and what the new text would mean."""
    refuse_others("compliance")
    law = perform("policy.show")
    wanted = request.form.get("file") or request.args.get("file", "")
    name = next((file.name for file in law.files if file.name == wanted and not file.kept), "")
    text = next((file.text for file in law.files if file.name == name), "")
    given = {"text": text, "file": wanted or name, **request.form.to_dict()}
    return render_template("policies/draft.html", law=law, known=name, given=given, problem=problem, means=means)


def drafted() -> ResponseReturnValue:
    """Shows what a text would mean, or proposes exactly what was shown."""
    given = {"texts": {_typed("file").strip(): _typed("text")}}
    if request.form.get("do") == "propose":
        return submit(
            "policy.propose",
            None,
            given | fields("reason", "digest"),
            again=draft,
            then=lambda done: url_for("web.policy_change", change_id=done.id),
            said="Proposed. A compliance officer of another organisation reads the same page and decides.",
        )
    try:
        return draft(means=perform("policy.compare", None, given))
    except (Invalid, Conflict) as error:
        return draft(error), error.status


def _typed(name: str) -> str:
    """A field as it was typed, with line feeds alone, as files have them."""
    return request.form.get(name, "").replace("\r\n", "\n")


def show(change_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """A change with all it means."""
    change = perform("policy.read", change_id)
    return render_template("policies/show.html", change=change, means=change.means, problem=problem, given=request.form)


def act(change_id: uuid.UUID) -> ResponseReturnValue:
    """Approves exactly what was shown, rejects or withdraws."""
    what = request.form.get("do", "")
    name = what if what in SAID else "reject"
    wanted = {"approve": ("digest",), "reject": ("reason",), "withdraw": ()}[name]
    return submit(
        f"policy.{name}",
        change_id,
        fields(*wanted),
        again=lambda problem: show(change_id, problem),
        then=url_for("web.policy_change", change_id=change_id),
        said=SAID[name],
    )


def texts(change_id: uuid.UUID) -> Response:
    """The law in force and the one a change makes, as files."""
    return attachment(perform("policy.export", change_id))
