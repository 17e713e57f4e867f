"""Restoring on an empty machine when the keys lie in an OpenBao: with the same one, and with one that was lost."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from dataroom.actions.checks.run import deep
from dataroom.config import Config
from dataroom.errors import Conflict, KeyDestroyed
from tests.backups import backed_up, content, dispose, restored, shred, states
from tests.cast import make_config, make_world, simple_pdf
from tests.integration.test_restore_pins import accept
from tests.openbao import Bao, openbao
from tests.parts import Seaweed

__all__ = ["openbao"]


def test_an_empty_machine_with_the_same_openbao_and_with_a_lost_one(
    tmp_path: Path, seaweed: Seaweed, openbao: Bao
) -> None:
    """The survivors' sheet comes from the bucket of before; what was disposed of since stays closed."""
    given = {"kms": "openbao", "kms_address": openbao.address, "kms_token": openbao.token, "kms_mount": openbao.mount()}
    world = make_world(replace(make_config(tmp_path, f"sqlite:///{tmp_path}/room.db", seaweed), **given))
    kept, doomed = world.ready(data=simple_pdf(["Kept."])), world.due()
    before = content(world, kept.version)
    backed_up(world, tmp_path / "backups")
    dispose(world, doomed)
    shred(world)

    def empty(mount: str) -> Config:
        home = tmp_path / str(uuid.uuid4())
        home.mkdir()
        place = {"keyring_file": home / "none", "database_url": f"sqlite:///{home}/room.db"}
        return replace(world.config, **place, s3_bucket=f"restored-{uuid.uuid4()}", kms_mount=mount)

    with pytest.raises(Conflict, match="lost key service"):
        restored(world, tmp_path / "backups", empty(openbao.mount()))
    there = restored(world, tmp_path / "backups", empty(given["kms_mount"]), former_bucket=world.config.s3_bucket)
    assert (there.result.disposed, there.result.revived) == (1, 1)
    assert states(there.world, doomed) == ("disposed", "destroyed", False)
    with pytest.raises(KeyDestroyed):
        content(there.world, doomed.version)
    assert content(there.world, kept.version) == before
    assert there.result.lost_logs, "no notes lie beside a key ring that is not there"
    accept(there.world, tmp_path)
    assert deep(there.world.services, None, lambda _line: None).findings == []
    there.world.close()
    world.close()
