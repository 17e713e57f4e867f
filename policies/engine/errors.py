"""The one error of this package."""

from __future__ import annotations


class LawError(Exception):
    """The law cannot be used as written, or was asked something it does not know. The text says which file or
    name."""
