"""Disclosures: what was given and received in a matter, and giving one version to one organisation."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dataroom.errors import DataroomError
from dataroom.web.guards import Guarded, own, refuse_others
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, local, perform, site, submit
from dataroom.web.texts import CLUBS, TEAM, WALL


def routes(pages: Guarded) -> None:
    """The pages about disclosures."""
    pages.add_url_rule("/matters/<id:matter_id>/disclosures", "disclosures", index)
    pages.add_url_rule("/versions/<id:version_id>/disclose", "disclose", form)
    pages.add_url_rule("/versions/<id:version_id>/disclose", "grant", grant, methods=["POST"])
    pages.add_url_rule("/disclosures/<id:disclosure_id>/withdraw", "disclosure_withdraw", withdraw, methods=["POST"])


def index(matter_id: uuid.UUID) -> str:
    """Given and received, newest first."""
    frame = in_matter(matter_id, "web.disclosures")
    found = perform("disclosure.list", matter_id)
    given = [row for row in found if own(row.organisation.id)]
    received = [row for row in found if not own(row.organisation.id)]
    taken = perform("claw-back.list", matter_id)
    return render_template("disclosures/list.html", **frame, outgoing=given, incoming=received, claw_backs=taken)


def form(version_id: uuid.UUID, problem: DataroomError | None = None) -> str:
    """Asks to whom, what for, why, and until when."""
    refuse_others("custodian")
    version = perform("version.read", version_id)
    document = perform("document.read", version.document)
    frame = in_matter(document.matter, "web.disclosures")
    others = [party for party in frame["matter"].organisations if not own(party.id)]
    clubs = perform("club.list", document.matter)
    category = site().services.law.categories.get(version.category)
    quarantined = category is not None and category.audience == "clean-team"
    kinds = {TEAM} if quarantined else {kind for kind, _, _ in CLUBS} - {WALL}
    live = [club for club in clubs if own(club.organisation.id) and club.kind in kinds and club.ended_at is None]
    return render_template(
        "disclosures/grant.html",
        **frame,
        version=version,
        document=document,
        others=others,
        clubs=live,
        quarantined=quarantined,
        problem=problem,
        given=request.form,
    )


def grant(version_id: uuid.UUID) -> ResponseReturnValue:
    """Gives the version to an organisation until the end of a day (UTC)."""
    typed = fields("recipient", "purpose", "necessity", "alternative", "expires_at", "club", "visits")
    if "expires_at" in typed:
        typed["expires_at"] += "T23:59:59Z"
    return submit(
        "disclosure.grant",
        version_id,
        typed,
        again=lambda problem: form(version_id, problem),
        then=local(request.form.get("next"), "/matters"),
        said="Disclosed. The recipient can open it from now on.",
    )


def withdraw(disclosure_id: uuid.UUID) -> ResponseReturnValue:
    """Ends a disclosure at once."""
    perform("disclosure.withdraw", disclosure_id)
    flash("Withdrawn. The recipient's next request finds nothing.")
    return redirect(local(request.form.get("next"), "/matters"), 303)
