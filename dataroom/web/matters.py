"""The list of matters, opening and closing one, and what the pages of a matter have in common."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, refuse_others
from dataroom.web.site import fields, ids, perform, principal, submit


@dataclass(frozen=True)
class Tab:
    """A part of a matter and the roles whose work it is; what they see there is for the policy to say."""

    name: str
    endpoint: str
    roles: frozenset[str]


_ALL = frozenset({"custodian", "partner", "compliance"})
_KEEPERS = frozenset({"custodian", "compliance"})
TABS = (
    Tab("Documents", "web.matter", _ALL),
    Tab("Disclosures", "web.disclosures", _KEEPERS),
    Tab("Productions", "web.productions", _KEEPERS),
    Tab("Redactions", "web.redactions", _KEEPERS),
    Tab("Find", "web.finding", frozenset({"custodian"})),
    Tab("Holds", "web.holds", _KEEPERS),
    Tab("Retention & disposal", "web.retention", _KEEPERS),
    Tab("Borders", "web.transfers", _KEEPERS),
    Tab("Audit", "web.audit", _KEEPERS),
    Tab("Clubs", "web.clubs", _ALL),
    Tab("Access", "web.access", _ALL),
    Tab("People", "web.people", _ALL),
)


def routes(pages: Guarded) -> None:
    """The pages about matters as such."""
    pages.add_url_rule("/", "home", home)
    pages.add_url_rule("/matters", "matters", index)
    pages.add_url_rule("/matters/new", "new_matter", new)
    pages.add_url_rule("/matters/new", "open_matter", open_matter, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/close", "close_matter", close, methods=["POST"])


def in_matter(matter_id: uuid.UUID, tab: str) -> dict[str, Any]:
    """What the frame of a matter's pages shows: the matter and the parts this person works with."""
    matter = perform("matter.read", matter_id)
    tabs = [entry for entry in TABS if principal().role in entry.roles]
    return {"matter": matter, "tabs": tabs, "tab": tab}


def matter_of_form() -> uuid.UUID:
    """The matter on whose page a form stood that is about something else."""
    return ids([request.form.get("matter", "")])[0]


def home() -> ResponseReturnValue:
    """The way in."""
    return redirect(url_for("web.matters"), 303)


def index() -> str:
    """The matters of whoever asks."""
    return render_template("matters/list.html", matters=perform("matter.list"))


def new(problem: DataroomError | None = None) -> str:
    """The form for opening a matter."""
    refuse_others("custodian")
    return render_template("matters/new.html", problem=problem, given=request.form)


def open_matter() -> ResponseReturnValue:
    """Opens a matter and goes there."""
    typed: dict[str, Any] = fields("name", "reference")
    for name in ("participants", "invite"):
        typed[name] = [word for word in re.split(r"[\s,;]+", request.form.get(name, "")) if word]
    return submit(
        "matter.create",
        None,
        typed,
        again=new,
        then=lambda done: url_for("web.matter", matter_id=done.id),
        said="The matter is open. Add your people next, then upload documents.",
    )


def close(matter_id: uuid.UUID) -> ResponseReturnValue:
    """Closes a matter for good."""
    perform("matter.close", matter_id)
    return redirect(url_for("web.matter", matter_id=matter_id), 303)
