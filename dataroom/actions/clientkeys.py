"""The keys with which the installation proves itself to identity providers (`private_key_jwt`), and renewing them."""

from __future__ import annotations

from dataroom.actions.registry import Nothing, action
from dataroom.actions.work import Work
from dataroom.vault.keys import client_keys, next_client_key, signing_client_key

KEPT = 3
"""How many are published: the next, the one that signs, and the one before it."""


@action("client-key.rotate", on=None, kind="Service", performer="service")
def rotate(work: Work, _target: None, params: Nothing) -> tuple[str, ...]:
    """Has the key sign that was published ahead, publishes another one ahead, and destroys all before the former.

    Providers keep what is published for minutes to days, so no key signs that they could not have seen. Tells the
    names of the keys, newest first.
    """
    kms = work.services.kms
    kms.create_signing(next_client_key(kms))
    if len(client_keys(kms)) == 1:
        kms.create_signing(next_client_key(kms))
    names = client_keys(kms)
    for name in names[KEPT:]:
        kms.destroy(name)
    work.state(key=signing_client_key(kms))
    return tuple(names[:KEPT])
