"""The audit log of a matter: reading it, and exporting it to be verified elsewhere."""

from __future__ import annotations

import uuid

from flask import Response, g, render_template, request

from dataroom.actions.anchoring import of_matter
from dataroom.actions.catalogue import ACTIONS
from dataroom.actions.checking import last_check
from dataroom.actions.checkpoints import verifier_key
from dataroom.web.guards import Guarded
from dataroom.web.matters import in_matter
from dataroom.web.site import fields, perform, site
from dataroom.web.versions import attachment

FILTERS = ("act", "outcome", "document", "since", "until", "before")
OUTCOMES = ("done", "refused", "failed")


def routes(pages: Guarded) -> None:
    """The log's page and its export."""
    pages.add_url_rule("/matters/<id:matter_id>/audit", "audit", show)
    pages.add_url_rule("/matters/<id:matter_id>/audit/export", "audit_export", export, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/audit/certify", "audit_certify", certify, methods=["POST"])
    pages.add_url_rule("/matters/<id:matter_id>/audit/give", "audit_give", give, methods=["POST"])


def show(matter_id: uuid.UUID) -> str:
    """The entries this person may open, newest first."""
    asked = {name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()}
    params = dict(asked)
    if "since" in params:
        params["since"] += "T00:00:00Z"
    if "until" in params:
        params["until"] += "T23:59:59.999999Z"
    frame = in_matter(matter_id, "web.audit")
    entries = perform("audit.list", matter_id, params)
    acts = sorted(name for name, spec in ACTIONS.items() if spec.target is not None)
    return render_template(
        "audit/list.html",
        **frame,
        entries=entries,
        asked=asked,
        acts=acts,
        outcomes=OUTCOMES,
        key=verifier_key(site().services, matter_id),
        anchors=of_matter(site().services, matter_id),
        checked=last_check(site().services) if g.principal.role == "compliance" else None,
        summaries={name: spec.summary for name, spec in ACTIONS.items()},
    )


def export(matter_id: uuid.UUID) -> Response:
    """The whole log as a bundle."""
    return attachment(perform("audit.export", matter_id))


def give(matter_id: uuid.UUID) -> Response:
    """The whole log as a bundle for another participant."""
    return attachment(perform("audit.give", matter_id, fields("recipient")))


def certify(matter_id: uuid.UUID) -> Response:
    """A certificate of competition rules from the start of a day to the end of another (UTC), at most until now."""
    typed = fields("since", "until", "form")
    now = site().services.clock.now()
    if "since" in typed:
        typed["since"] += "T00:00:00Z"
    if "until" in typed:
        typed["until"] = now.isoformat() if typed["until"] == now.date().isoformat() else f"{typed['until']}T23:59:59Z"
    return attachment(perform("competition.certify", matter_id, typed))
