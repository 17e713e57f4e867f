"""The pages: server-rendered, every one of them only asking the gate.

`register` puts them into a Flask application. Nothing here knows the database, the store or the keys.
"""

from __future__ import annotations

from flask import Flask

from dataroom.actions.context import Services
from dataroom.actions.gate import Gate
from dataroom.adapters.passkeys import Passkeys
from dataroom.web import (
    access,
    agreements,
    assets,
    audiences,
    audit,
    backchannel,
    clawbacks,
    clientkeys,
    clubs,
    confirming,
    consistency,
    directories,
    disclosures,
    disposals,
    documents,
    finding,
    headers,
    insight,
    keys,
    leaves,
    matters,
    people,
    persons,
    policies,
    problems,
    productions,
    redactions,
    retention,
    reviews,
    sessions,
    staff,
    texts,
    tokens,
    transfers,
    uploads,
    versions,
)
from dataroom.web.guards import Guarded, prepare
from dataroom.web.site import IdConverter, SignIn, Site

__all__ = ["SignIn", "register"]

_PARTS = (
    sessions,
    confirming,
    keys,
    staff,
    matters,
    people,
    access,
    leaves,
    reviews,
    agreements,
    transfers,
    persons,
    documents,
    insight,
    uploads,
    versions,
    clubs,
    disclosures,
    clawbacks,
    productions,
    redactions,
    audiences,
    consistency,
    finding,
    retention,
    disposals,
    audit,
    tokens,
    directories,
    policies,
)


def register(app: Flask, gate: Gate, services: Services, sign_in: SignIn) -> None:
    """Adds every page, its security headers, its error pages and its static files to `app`."""
    app.extensions["dataroom.web"] = Site(gate, services, sign_in, Passkeys(services.config.public_url))
    app.url_map.converters["id"] = IdConverter
    prepare(app, services.config)
    headers.register(app, services.config)
    texts.register(app, services.law)
    assets.register(app)
    problems.register(app)
    confirming.register(app)
    agreements.register(app)
    pages = Guarded("web", __name__, template_folder="templates")
    for part in _PARTS:
        part.routes(pages)
    app.register_blueprint(pages)
    app.register_blueprint(backchannel.build())
    app.register_blueprint(clientkeys.build())
