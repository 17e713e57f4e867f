"""Background work that actions owe after their commit, and what has fallen due."""
