"""Checking a certificate of competition rules without the service: its signature, and the checkpoint it is bound to."""

from __future__ import annotations

import json
from typing import Any

from dataroom.audit.notes import VerifierKey, open_checkpoint
from dataroom.audit.statement import open_statement
from dataroom.errors import Tampered

KIND = "dataroom-competition-certificate/v1"


def open_certificate(data: bytes, key: VerifierKey) -> dict[str, Any]:
    """What the log's key has certified; `Tampered` unless signature, checkpoint and sum fit together.

    The checkpoint is of the log `key` names and covers the entry that tells of the certificate. Whether the counts are
    those of the log is for a bundle of that log to show; whether it held follows from the breaches listed.
    """
    text = open_statement(KIND, data, key.public).body
    try:
        body = json.loads(text)
        checkpoint, _ = open_checkpoint(body["checkpoint"].encode(), [key])
        told = body["recorded_as"]
        counted = sum(cell["done"] + cell["refused"] + cell["failed"] for cell in body["cells"])
        fits = (
            body["format"] == KIND
            and told["log"] == checkpoint.origin
            and told["entry"] < checkpoint.size
            and body["held"] is (not body["breaches"])
            and counted == body["entries"]
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Tampered("What is signed is no certificate of competition rules.") from None
    if not fits:
        raise Tampered("The certificate contradicts itself.")
    return dict(body)
