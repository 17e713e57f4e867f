"""True redaction of PDF documents: bytes and a plan in, bytes and a report out.

The library keeps no state, opens no file and no connection, and knows nothing of the service around it.
README.md beside this file is its contract. A name is loaded with the module it lives in when it is first asked for,
so that whoever only signs or reads a proof does not load the engine.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checks import verify
    from .engine import apply
    from .errors import RedactionError, Refused, VerificationFailed
    from .finding import Findings, Found, Query, find, pictured
    from .inspection import Inspection, inspect
    from .leaks import Leak, leak
    from .patterns import PATTERNS, Pattern
    from .pending import read_marks, write_marks
    from .plan import Mark, Plan
    from .proofs import opens, proof, verify_proof
    from .reading import Hit, Word, search, search_pattern, words
    from .report import Check, FinalMark, Report, Result
    from .signing import signed, spelled
    from .twins import twin, verify_sealed

__all__ = [
    "PATTERNS",
    "Check",
    "FinalMark",
    "Findings",
    "Found",
    "Hit",
    "Inspection",
    "Leak",
    "Mark",
    "Pattern",
    "Plan",
    "Query",
    "RedactionError",
    "Refused",
    "Report",
    "Result",
    "VerificationFailed",
    "Word",
    "apply",
    "find",
    "inspect",
    "leak",
    "opens",
    "pictured",
    "proof",
    "read_marks",
    "search",
    "search_pattern",
    "signed",
    "spelled",
    "twin",
    "verify",
    "verify_proof",
    "verify_sealed",
    "words",
    "write_marks",
]

_HOMES = {
    "checks": ("verify",),
    "engine": ("apply",),
    "errors": ("RedactionError", "Refused", "VerificationFailed"),
    "finding": ("Findings", "Found", "Query", "find", "pictured"),
    "inspection": ("Inspection", "inspect"),
    "leaks": ("Leak", "leak"),
    "patterns": ("PATTERNS", "Pattern"),
    "pending": ("read_marks", "write_marks"),
    "plan": ("Mark", "Plan"),
    "proofs": ("opens", "proof", "verify_proof"),
    "reading": ("Hit", "Word", "search", "search_pattern", "words"),
    "report": ("Check", "FinalMark", "Report", "Result"),
    "signing": ("signed", "spelled"),
    "twins": ("twin", "verify_sealed"),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


for _name in ("fontTools", "pdfminer", "pikepdf", "PIL"):
    # Their warnings may repeat contents of a document.
    logging.getLogger(_name).setLevel(logging.CRITICAL)
