"""The keys with which the installation proves itself to identity providers (`private_key_jwt`), and renewing them."""

from __future__ import annotations

from typing import Literal

from dataroom.actions.registry import Params, action
from dataroom.actions.work import Work
from dataroom.vault.keys import client_keys, make_client_key, signing_client_key

KEPT = 3
"""How many are published: the next, the one that signs, and the one before it."""


class Kind(Params):
    """Which keys: for providers that verify no EdDSA there are others beside."""

    algorithm: Literal["EdDSA", "ES256"] = "EdDSA"


@action("client-key.rotate", on=None, kind="Service", performer="service")
def rotate(work: Work, _target: None, params: Kind) -> tuple[str, ...]:
    """Has the key sign that was published ahead, publishes another one ahead, and destroys all before the former.

    Providers keep what is published for minutes to days, so no key signs that they could not have seen. Tells the
    names of the keys, newest first.
    """
    kms = work.services.kms
    make_client_key(kms, params.algorithm)
    if len(client_keys(kms, params.algorithm)) == 1:
        make_client_key(kms, params.algorithm)
    names = client_keys(kms, params.algorithm)
    for name in names[KEPT:]:
        kms.destroy(name)
    work.state(key=signing_client_key(kms, params.algorithm))
    return tuple(names[:KEPT])
