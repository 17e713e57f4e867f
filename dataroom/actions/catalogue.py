"""Every action. Importing this module fills the registry; faces and the worker import it and nothing else."""

from dataroom.actions import (
    accounts,
    applying,
    audit,
    cosigning,
    disclosures,
    disposals,
    documents,
    matters,
    pages,
    partners,
    redaction_log,
    redactions,
    renewing,
    retention,
    retiring,
    upkeep,
    witnessing,
)
from dataroom.actions.registry import ACTIONS, Spec

__all__ = [
    "ACTIONS",
    "Spec",
    "accounts",
    "applying",
    "audit",
    "cosigning",
    "disclosures",
    "disposals",
    "documents",
    "matters",
    "pages",
    "partners",
    "redaction_log",
    "redactions",
    "renewing",
    "retention",
    "retiring",
    "upkeep",
    "witnessing",
]
