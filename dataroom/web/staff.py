"""One's own sessions, and the people of one's own organisation: who they are, and signing them out or off."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError, NotFound
from dataroom.web.guards import Guarded
from dataroom.web.site import fields, perform, principal, submit


def routes(pages: Guarded) -> None:
    """The pages of sessions and of the organisation's people."""
    pages.add_url_rule("/sessions", "own_sessions", own)
    pages.add_url_rule("/sessions/<id:session_id>/end", "end_session", end, methods=["POST"])
    pages.add_url_rule("/accounts", "staff", index)
    pages.add_url_rule("/accounts", "invite_user", invite, methods=["POST"])
    pages.add_url_rule("/accounts/<id:user_id>/sessions", "staff_sessions", of_person)
    pages.add_url_rule(
        "/accounts/<id:user_id>/sessions/<id:session_id>/end", "revoke_session", revoke, methods=["POST"]
    )
    pages.add_url_rule("/accounts/<id:user_id>/deactivate", "deactivate_user", deactivate, methods=["POST"])
    pages.add_url_rule("/accounts/<id:user_id>/reactivate", "reactivate_user", reactivate, methods=["POST"])


def own() -> str:
    """Where one is signed in now."""
    return render_template("staff/sessions.html", sessions=perform("session.list"), person=None)


def end(session_id: uuid.UUID) -> ResponseReturnValue:
    """Ends one of one's own sessions."""
    perform("session.end", session_id)
    if session_id == principal().session:
        return redirect(url_for("web.signed_out"), 303)
    flash("Signed out there. It holds from the next request on.")
    return redirect(url_for("web.own_sessions"), 303)


def index(problem: DataroomError | None = None) -> str:
    """The people of one's own organisation."""
    return render_template("staff/list.html", people=perform("user.list"), problem=problem, given=request.form)


def invite() -> ResponseReturnValue:
    """Invites a person who has not signed in yet."""
    typed = fields("email", "days")
    said = f"{typed.get('email', '')} is invited. Tell them: no mail is sent from here."
    return submit("user.invite", None, typed, again=index, then=url_for("web.staff"), said=said)


def of_person(user_id: uuid.UUID) -> str:
    """Where one of the organisation's people is signed in, and their keys, for its compliance officers."""
    person = next((one for one in perform("user.list") if one.id == user_id), None)
    if person is None or principal().role != "compliance":
        raise NotFound()
    sessions = perform("session.list", None, {"user": user_id})
    keys = perform("authenticator.list", None, {"user": user_id})
    return render_template("staff/sessions.html", sessions=sessions, person=person, keys=keys)


def revoke(user_id: uuid.UUID, session_id: uuid.UUID) -> ResponseReturnValue:
    """Ends the session of one of the organisation's people."""
    return submit(
        "session.revoke",
        session_id,
        {},
        again=index,
        then=url_for("web.staff_sessions", user_id=user_id),
        said="The session has ended.",
    )


def deactivate(user_id: uuid.UUID) -> ResponseReturnValue:
    """Takes an account away."""
    return _changed("user.deactivate", user_id, "Deactivated. Their sessions and API tokens have ended.")


def reactivate(user_id: uuid.UUID) -> ResponseReturnValue:
    """Gives an account back."""
    return _changed("user.reactivate", user_id, "Reactivated. They can sign in again.")


def _changed(name: str, user_id: uuid.UUID, said: str) -> ResponseReturnValue:
    return submit(name, user_id, {}, again=index, then=url_for("web.staff"), said=said)
