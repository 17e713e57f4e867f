"""True redaction of PDF documents: bytes and a plan in, bytes and a report out.

The library keeps no state, opens no file and no connection, and knows nothing of the service around it.
README.md beside this file is its contract.
"""

import logging

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

for _name in ("fontTools", "pdfminer", "pikepdf", "PIL"):
    # Their warnings may repeat contents of a document.
    logging.getLogger(_name).setLevel(logging.CRITICAL)
