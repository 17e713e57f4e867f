"""Changes of the rules while an installation runs: what may be changed, and what a change means in plain words."""

from policies.changes.limits import KEPT_FILES, LIMIT, check_change, check_texts
from policies.changes.telling import Difference, RuleChange, difference

__all__ = ["KEPT_FILES", "LIMIT", "Difference", "RuleChange", "check_change", "check_texts", "difference"]
