"""The keys with which the installation proves itself to identity providers (`private_key_jwt`), and renewing them."""

from __future__ import annotations

from dataroom.actions.registry import Nothing, action
from dataroom.actions.work import Work
from dataroom.vault.keys import client_keys, next_client_key

KEPT = 2
"""How many are published: providers that know the former key still take what it signed."""


@action("client-key.rotate", on=None, kind="Service", performer="service")
def rotate(work: Work, _target: None, params: Nothing) -> tuple[str, ...]:
    """Makes the next key, which signs from now on, and destroys all but the one before it; tells their names."""
    kms = work.services.kms
    kms.create_signing(next_client_key(kms))
    names = client_keys(kms)
    for name in names[KEPT:]:
        kms.destroy(name)
    work.state(key=names[0])
    return tuple(names[:KEPT])
