"""Outside vectors and real PDFs are used only where `DATAROOM_ORACLES` and `DATAROOM_CORPUS` name their folders."""

from __future__ import annotations

import os

VECTORS = ["test_rfc*.py", "test_wycheproof*.py"]
collect_ignore_glob = [] if os.environ.get("DATAROOM_ORACLES") else VECTORS
if not os.environ.get("DATAROOM_CORPUS"):
    collect_ignore_glob = [*collect_ignore_glob, "test_redaction_corpus.py"]
