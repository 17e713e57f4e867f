"""Outside vectors are collected only where `DATAROOM_ORACLES` names the folder that holds them."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("DATAROOM_ORACLES") else ["test_*.py"]
