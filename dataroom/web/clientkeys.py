"""`/.well-known/jwks.json`: the public keys with which the installation proves itself to identity providers.

Public by their nature; what is not configured for any provider is an empty set.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from dataroom.adapters.oidc_client import ClientKeys
from dataroom.web.site import site

PATH = "/.well-known/jwks.json"


def build() -> Blueprint:
    """The blueprint with the one address; nobody has to be signed in for it."""
    place = Blueprint("clientkeys", __name__)
    place.add_url_rule(PATH, "published", published, provide_automatic_options=False)
    return place


def published() -> Response:
    """The keys, newest first."""
    return jsonify(keys=ClientKeys(site().services.kms).published())
