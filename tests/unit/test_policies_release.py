"""The law allows nothing more than at the last release, except for what is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from policies.analysis.__main__ import main
from policies.engine.law import PACKAGED
from tests.unit.released_law import FROZEN, MEANT

HIDING = (
    '@id("clawed-back-is-not-told")\n@sentence("Nobody reads a claw-back.")\n'
    "forbid (principal is Member, action, resource is ClawBack);\n"
)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The law of the last release."""
    folder = tmp_path / "released"
    with zipfile.ZipFile(FROZEN) as archive:
        archive.extractall(folder)
    return folder


def test_nothing_more_is_allowed_than_at_the_release(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meant = ["--except", str(MEANT)] if "```cedar" in MEANT.read_text(encoding="utf-8") else []
    status = main(["compare", str(released), str(PACKAGED), *meant])
    assert status == 0, capsys.readouterr().out


def test_what_is_allowed_since_is_found(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = released / "access" / "clawbacks.cedar"
    path.write_text(path.read_text(encoding="utf-8") + HIDING, encoding="utf-8")
    assert main(["compare", str(released), str(PACKAGED)]) == 1
    assert "MORE claw-back.read on ClawBack" in capsys.readouterr().out
