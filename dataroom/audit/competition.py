"""Checking a certificate of competition rules without the service: its signature, its entry, and its tally.

The certificate carries the entry that tells of it, that entry's way to the root of a signed checkpoint (RFC 6962
section 2.1.1), and of the entry's fields those that tell what was done and the SHA-256 of what was counted.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dataroom.audit.entry import open_fields, read_entry
from dataroom.audit.notes import Checkpoint, VerifierKey, open_checkpoint
from dataroom.audit.statement import open_statement
from dataroom.audit.tree import leaf_hash, verify_inclusion
from dataroom.errors import DataroomError, Tampered

KIND = "dataroom-competition-certificate/v1"
ACT = "competition.certify"
TOLD = frozenset({"act", "outcome", "facts"})
COUNTED = (
    "held",
    "entries",
    "cells",
    "refused_by_rule",
    "breaches",
    "policies_in_force",
    "acts_counted",
    "not_counted",
    "reclassified",
)


def tally_of(body: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what a certificate counted, as its entry tells it; `KeyError` when a part is missing."""
    text = json.dumps({name: body[name] for name in COUNTED}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def open_certificate(data: bytes, key: VerifierKey) -> dict[str, Any]:
    """What the log's key has certified; `Tampered` unless signature, checkpoint, entry, tally and sum fit together.

    The checkpoint is of the log `key` names and covers the entry that tells of the certificate and of its tally.
    Whether the counts are those of the log is for a bundle of that log to show; whether it held follows from the
    breaches listed.
    """
    text = open_statement(KIND, data, key.public).body
    try:
        body = json.loads(text)
        checkpoint, _ = open_checkpoint(body["checkpoint"].encode(), [key])
        counted = sum(cell["done"] + cell["refused"] + cell["failed"] for cell in body["cells"])
        fits = (
            body["format"] == KIND
            and body["held"] is (not body["breaches"])
            and counted == body["entries"]
            and _recorded(body, checkpoint)
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Tampered("What is signed is no certificate of competition rules.") from None
    if not fits:
        raise Tampered("The certificate contradicts itself.")
    return dict(body)


def _recorded(body: Mapping[str, Any], checkpoint: Checkpoint) -> bool:
    """Whether the log that the checkpoint signs has, where the certificate says, an entry of this tally."""
    told, proof = body["recorded_as"], body["proof"]
    data = base64.b64decode(proof["entry"], validate=True)
    try:
        entry = read_entry(data)
        hashes = [base64.b64decode(one, validate=True) for one in proof["hashes"]]
        verify_inclusion(leaf_hash(data), entry.seq, checkpoint.size, hashes, checkpoint.root)
        fields = open_fields(entry, proof["disclosures"])
    except DataroomError as error:
        raise Tampered(f"The entry of this certificate is not proved: {error.detail}") from None
    facts = fields.get("facts")
    return (
        (entry.origin, entry.seq) == (told["log"], told["entry"])
        and entry.origin == checkpoint.origin
        and (fields.get("act"), fields.get("outcome")) == (ACT, "done")
        and isinstance(facts, dict)
        and facts["tally"] == tally_of(body)
    )
