"""The law's answers, as they were reviewed."""

from __future__ import annotations

from tests.golden.files import hold
from tests.golden.matrix import lines


def test_access_matrix() -> None:
    hold("access_matrix.txt", lines())
