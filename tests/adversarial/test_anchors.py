"""Anchors outside: time stamps by a real authority, a bucket that locks, and the attacks only they notice."""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text, update

from dataroom.actions.anchoring import ANCHOR, LOCKED, STAMP, contradictions, is_late, standings
from dataroom.actions.checkpoints import sign_head, sign_heads, verifier_key
from dataroom.actions.context import SERVICE
from dataroom.actions.gate import Gate
from dataroom.actions.outside import RolledBack
from dataroom.adapters.s3_locked import LockedBucket
from dataroom.adapters.timestamps import TimeStamper
from dataroom.app import build, create_app
from dataroom.audit import verifier
from dataroom.audit.tree import Frontier, leaf_hash
from dataroom.cli.operate import Operator, operate
from dataroom.config import ConfigError
from dataroom.errors import Conflict, Tampered, Unavailable
from dataroom.model import AuditAnchor, AuditCheckpoint, AuditEntry, AuditLog, Errand
from tests.adversarial.test_rollback import act, rolled_back, saved, set_back
from tests.authority import POLICY, Authority, authority
from tests.cast import World, make_config, make_world, sign_everybody_in
from tests.integration.web_house import sign_in
from tests.parts import Seaweed

NOTE = b"a note\n"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """An authority for the tests of this module."""
    with authority(tmp_path_factory.mktemp("tsa") / "authority") as made:
        yield made


@pytest.fixture
def anchored(tmp_path: Path, seaweed: Seaweed, tsa: Authority) -> Iterator[Callable[..., World]]:
    """Makes a house on SQLite with the anchors named."""
    made: list[World] = []

    def make(*kinds: str, **more: Any) -> World:
        tsa.mood = "honest"
        config = replace(make_config(tmp_path, f"sqlite:///{tmp_path}/room.db", seaweed), **more)
        if STAMP in kinds:
            config = replace(config, tsa_url=tsa.url, tsa_ca_file=tsa.ca, tsa_policy=POLICY)
        if LOCKED in kinds:
            config = replace(config, anchor_bucket=f"anchors-{uuid.uuid4()}", anchor_days=2)
        made.append(make_world(config))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def bucket(seaweed: Seaweed) -> LockedBucket:
    """A fresh bucket with Object Lock."""
    made = LockedBucket(seaweed.settings(f"anchors-{uuid.uuid4()}"))
    made.prepare()
    return made


def typed(world: World, word: str) -> tuple[int, str]:
    """Exit status and output of `dataroom operate anchor ...`, by the world's own parts."""
    given = {one.name: getattr(world.config, one.name) for one in fields(world.config)}
    settings = {f"DATAROOM_{name.upper()}": str(value) for name, value in given.items() if value not in ("", Path())}
    done = CliRunner().invoke(
        operate, ["anchor", word], obj=Operator(build=lambda _: world.services, gate=Gate), env=settings
    )
    return done.exit_code, done.output


def rounds(world: World) -> None:
    """What the worker does within a minute."""
    world.worker._done.pop("checkpoints", None)
    world.worker._by_the_clock()
    world.worker.drain(ANCHOR)


def rows(world: World) -> list[AuditAnchor]:
    """The anchors of the matter's log, smallest first."""
    with world.services.database.reading() as session:
        log = session.scalars(select(AuditLog.id).where(AuditLog.matter_id == world.matter)).one()
        query = select(AuditAnchor).where(AuditAnchor.log_id == log).order_by(AuditAnchor.size, AuditAnchor.anchor)
        return list(session.scalars(query))


def forget_notes(world: World) -> None:
    """What whoever holds the data bucket and the host can do: every note of ours outside the anchors is gone."""
    for item in list(world.services.store.listing("checkpoints/")):
        world.services.store.erase(item.key)
    ring = world.config.keyring_file
    shutil.rmtree(ring.with_name(f"{ring.name}.checkpoints"), ignore_errors=True)


def rewrite(world: World) -> None:
    """What whoever holds the database can do: another first entry, a new tree over all, no checkpoint of the old one."""
    with world.services.database.writing() as session:
        session.execute(text("DROP TRIGGER IF EXISTS audit_entry_kept_update"))
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id == world.matter)).one()
        frontier = Frontier()
        for seq, entry in session.execute(
            select(AuditEntry.seq, AuditEntry.entry).where(AuditEntry.log_id == log.id).order_by(AuditEntry.seq)
        ).all():
            data = entry.replace(b'"t":1', b'"t":2', 1) if seq == 0 else entry
            values = {"entry": data, "leaf": leaf_hash(data)}
            session.execute(
                update(AuditEntry).where(AuditEntry.log_id == log.id, AuditEntry.seq == seq).values(**values)
            )
            frontier = frontier.append(leaf_hash(data))
        log.frontier = frontier.to_bytes()
        session.execute(delete(AuditCheckpoint).where(AuditCheckpoint.log_id == log.id))
    forget_notes(world)


def _exported(world: World) -> Any:
    """A bundle by an installation that was robbed of its anchors, as its new master would hand it out."""
    with world.services.database.writing() as session:
        session.execute(delete(AuditAnchor))
    services = build(replace(world.config, anchor_bucket="", tsa_url=""), world.clock)
    try:
        return Gate(services).perform(world.people["cleo"], "audit.export", world.matter)
    finally:
        services.workshop.close()  # type: ignore[attr-defined]


def export(world: World, to: Path) -> verifier.Report:
    """The verifier's report on a fresh bundle, which is left at `to`."""
    to.write_bytes(b"".join(world.do("cleo", "audit.export", world.matter).pieces))
    return verifier.verify_bundle(to, [verifier_key(world.services, world.matter)], [])


def test_checkpoints_are_stamped_and_locked(anchored: Callable[..., World], tsa: Authority, tmp_path: Path) -> None:
    world = anchored(STAMP, LOCKED)
    act(world, 2)
    rounds(world)
    stamped, locked = sorted(rows(world), key=lambda row: row.anchor, reverse=True)
    assert (stamped.anchor, locked.anchor, stamped.size) == (STAMP, LOCKED, locked.size)
    assert abs(stamped.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert locked.time > datetime.now(UTC) + timedelta(days=1, hours=23)
    report = export(world, tmp_path / "bundle.zip")
    assert report.faults == []
    assert any("000001.tsr says 20" in remark for remark in report.remarks)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path / "out")
    command = "openssl ts -verify -data stamps/000001.note -in stamps/000001.tsr -CAfile".split()
    done = subprocess.run([*command, str(tsa.ca)], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Verification: OK\n")
    assert not any(one.late or one.error for one in standings(world.services))
    assert list(contradictions(world.services)) == []
    asked = tsa.asked
    rounds(world)
    assert tsa.asked == asked


def test_a_quiet_log_is_anchored_once_and_a_living_one_daily(anchored: Callable[..., World]) -> None:
    world = anchored(LOCKED)
    act(world, 1)
    rounds(world)
    for _ in range(2):
        world.clock.forward(hours=25)
        rounds(world)
    assert len(rows(world)) == 1
    sign_everybody_in(world)
    act(world, 1)
    rounds(world)
    assert len(rows(world)) == 2


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("away", "time-stamp-says-503"),
        ("damaged", "time-stamp-wrong"),
        ("other-note", "time-stamp-wrong"),
        ("other-policy", "time-stamp-wrong"),
        ("replayed", "time-stamp-wrong"),
    ],
)
def test_an_authority_that_lies_is_not_believed(tsa: Authority, mood: str, code: str) -> None:
    stamper = TimeStamper(tsa.url, tsa.ca, POLICY)
    tsa.mood = "honest"
    token, when = stamper.stamp(NOTE, datetime.now(UTC))
    tsa.kept[:] = [token]
    assert stamper.holds(NOTE, token) == when
    tsa.mood = mood
    with pytest.raises(Unavailable) as caught:
        stamper.stamp(NOTE, datetime.now(UTC))
    assert caught.value.code == code


def test_a_token_holds_for_its_note_and_its_authority_alone(tsa: Authority, tmp_path: Path) -> None:
    tsa.mood = "honest"
    stamper = TimeStamper(tsa.url, tsa.ca)
    token, _ = stamper.stamp(NOTE, datetime.now(UTC))
    with authority(tmp_path / "other") as other:
        strangers = TimeStamper(tsa.url, other.ca)
        with pytest.raises(Unavailable):
            strangers.stamp(NOTE, datetime.now(UTC))
        with pytest.raises(Tampered):
            strangers.holds(NOTE, token)
    for wrong in (token[:-1], b"", token + b"\0"):
        with pytest.raises(Tampered):
            stamper.holds(NOTE, wrong)
    with pytest.raises(Tampered):
        stamper.holds(NOTE + b"x", token)
    with pytest.raises(Unavailable, match="clock"):
        stamper.stamp(NOTE, datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(Unavailable):
        TimeStamper("http://192.168.1.1/tsa", tsa.ca).stamp(NOTE, datetime.now(UTC))


def test_a_stamp_in_a_bundle_is_over_its_note(tsa: Authority) -> None:
    tsa.mood = "honest"
    token, _ = TimeStamper(tsa.url, tsa.ca).stamp(NOTE, datetime.now(UTC))
    for note, data, faulty in (
        (NOTE, token, ""),
        (NOTE + b"x", token, "something else"),
        (NOTE, token[:40], "not a time-stamp token"),
        (NOTE, token.replace(b"\x0b\x2a\x86\x48", b"\x0b\x2a\x86\x49"), "not a time-stamp token"),
        (NOTE, b"", "not a time-stamp token"),
    ):
        report = verifier.Report()
        files = {"stamps/000001.note": memoryview(note), "stamps/000001.tsr": memoryview(data)}
        verifier.check_stamps(report, files)
        assert [faulty in one for one in report.faults] == ([True] if faulty else [])


def test_a_failing_anchor_is_retried_and_shown(anchored: Callable[..., World], tsa: Authority) -> None:
    world = anchored(STAMP)
    tsa.mood = "away"
    act(world, 1)
    rounds(world)
    assert rows(world) == []
    assert {one.error for one in standings(world.services)} == {"time-stamp-says-503"}
    assert not is_late(world.services)
    client = create_app(world.config, world.services).test_client()
    assert "warnings" not in client.get("/readyz").json
    world.clock.forward(hours=73)
    ready = create_app(world.config, world.services).test_client().get("/readyz")
    assert (ready.status_code, ready.json["warnings"]) == (200, ["anchor-late"])
    sign_everybody_in(world)
    browser = create_app(world.config, world.services).test_client()
    browser.set_cookie("session", sign_in(world, "cleo"))
    page = browser.get(f"/matters/{world.matter}/audit").text
    assert ("Anchored outside" in page, "time-stamp-says-503" in page, ">late<" in page) == (True, True, True)
    status, said = typed(world, "list")
    assert (status, said.count("time-stamp-says-503")) == (0, 2)
    with world.services.database.reading() as session:
        (attempts,) = set(session.scalars(select(Errand.attempts).where(Errand.kind == ANCHOR)))
        assert attempts == 1
    tsa.mood = "honest"
    world.clock.offset = timedelta(minutes=5)
    rounds(world)
    assert [row.anchor for row in rows(world)] == [STAMP]
    assert not is_late(world.services)


def test_a_locked_note_is_neither_deleted_nor_changed_before_its_date(bucket: LockedBucket) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    version, kept = bucket.keep("anchors/x/1", b"one", until)
    assert abs(kept - until) < timedelta(seconds=2)
    assert bucket.keep("anchors/x/1", b"one", until)[0] == version
    with pytest.raises(Conflict):
        bucket.keep("anchors/x/1", b"two", until)
    s3, place = bucket._s3, {"Bucket": bucket._settings.bucket, "Key": "anchors/x/1"}
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(hours=12)}
    for act_ in (
        lambda: s3.delete_object(**place, VersionId=version),
        lambda: s3.delete_object(**place, VersionId=version, BypassGovernanceRetention=True),
        lambda: s3.put_object_retention(**place, VersionId=version, Retention=sooner),
        lambda: s3.delete_bucket(Bucket=bucket._settings.bucket),
    ):
        with pytest.raises(s3.exceptions.ClientError):
            act_()
    s3.put_object(**place, Body=b"laid over it")
    s3.delete_object(**place)
    found = bucket.first("anchors/x/")
    assert found is not None
    assert b"one" in found[1]
    assert ("anchors/x/1", b"one") in list(bucket.every("anchors/x/"))


def test_a_locked_note_can_go_after_its_date(bucket: LockedBucket) -> None:
    version, until = bucket.keep("soon", b"one", datetime.now(UTC) + timedelta(seconds=3))
    time.sleep(max((until - datetime.now(UTC)).total_seconds() + 1.2, 0))
    s3 = bucket._s3
    s3.delete_object(Bucket=bucket._settings.bucket, Key="soon", VersionId=version)
    assert bucket.first("soon") is None


def test_a_bucket_without_lock_is_no_anchor(seaweed: Seaweed) -> None:
    plain = LockedBucket(seaweed.bucket()._settings)
    for act_ in (
        plain.ready,
        plain.prepare,
        lambda: plain.keep("a", b"x", datetime.now(UTC) + timedelta(days=1)),
    ):
        with pytest.raises(Unavailable):
            act_()


def test_a_log_rolled_back_is_caught_by_the_anchor_alone(anchored: Callable[..., World], tmp_path: Path) -> None:
    world = anchored(LOCKED)
    act(world, 2)
    sign_heads(world.services)
    backup = saved(world, tmp_path / "backup.db")
    act(world, 4)
    rounds(world)
    set_back(world, backup)
    forget_notes(world)
    act(world, 2)
    assert sign_head(replace(world.services, locked=None), world.matter), "without the anchor nothing is noticed"
    forget_notes(world)
    act(world, 1)
    with pytest.raises(RolledBack):
        sign_head(world.services, world.matter)
    status, said = typed(world, "check")
    assert (status, "does not continue the note locked at anchors/" in said) == (1, True)


def test_a_log_rewritten_and_signed_again_is_caught_by_the_anchor_alone(
    anchored: Callable[..., World], tmp_path: Path
) -> None:
    world = anchored(STAMP, LOCKED)
    act(world, 2)
    rounds(world)
    assert typed(world, "check") == (0, "the logs continue every anchor\n")
    kept = tmp_path / "kept.zip"
    assert export(world, kept).faults == []
    rewrite(world)
    assert sign_head(replace(world.services, locked=None), world.matter), "without the anchor nothing is noticed"
    found = list(contradictions(world.services))
    assert [("locked" in one, "time-stamped" in one) for one in found] == [(True, False), (False, True)]
    act(world, 1)
    with pytest.raises(RolledBack):
        sign_head(world.services, world.matter)
    with zipfile.ZipFile(kept) as archive:
        stamped = archive.read("stamps/000001.note")
    forged = tmp_path / "forged.zip"
    forged.write_bytes(b"".join(_exported(world).pieces))
    key = verifier_key(world.services, world.matter)
    assert verifier.verify_bundle(forged, [key], []).faults == []
    assert any("another root" in one for one in verifier.verify_bundle(forged, [key], [stamped]).faults)


def test_an_anchor_hidden_under_newer_versions_still_counts(anchored: Callable[..., World]) -> None:
    world = anchored(LOCKED)
    act(world, 2)
    rounds(world)
    locked: Any = world.services.locked
    (row,) = rows(world)
    key = row.place.partition(" ")[0]
    rewrite(world)
    locked._s3.delete_object(Bucket=locked._settings.bucket, Key=key)
    act(world, 1)
    with pytest.raises(RolledBack):
        sign_head(world.services, world.matter)


def test_no_anchor_is_given_to_a_log_that_contradicts_the_last(anchored: Callable[..., World]) -> None:
    world = anchored(LOCKED)
    act(world, 2)
    rounds(world)
    rewrite(world)
    act(world, 1)
    sign_head(replace(world.services, locked=None), world.matter)
    with world.services.database.reading() as session:
        log = session.scalars(select(AuditLog.id).where(AuditLog.matter_id == world.matter)).one()
    with pytest.raises(RolledBack):
        world.gate.perform(SERVICE, ANCHOR, None, {"log": log, "anchor": LOCKED})


def test_after_resuming_new_anchors_are_made_and_the_old_ones_stay(
    anchored: Callable[..., World], tmp_path: Path
) -> None:
    world = anchored(LOCKED)
    act(world, 1)
    rounds(world)
    rolled_back(world, tmp_path)
    rounds(world)
    with world.services.database.reading() as session:
        origin = session.scalars(select(AuditLog.origin).where(AuditLog.matter_id == world.matter)).one()
    reason = "Restored from last night's backup after a disk failure."
    world.gate.perform(SERVICE, "checkpoint.resume", None, {"log": origin, "reason": reason})
    world.clock.forward(hours=25)
    rounds(world)
    status, said = typed(world, "check")
    assert (status, reason in said) == (0, True)
    sign_everybody_in(world)
    act(world, 1)
    assert sign_head(world.services, world.matter)


def test_anchors_are_configured_whole_or_not_at_all(seaweed: Seaweed, tmp_path: Path) -> None:
    config = make_config(tmp_path, "sqlite://", seaweed)
    for wrong in (
        {"tsa_url": "https://tsa.example/"},
        {"anchor_bucket": "b", "anchor_access_key": "one half"},
        {"anchor_bucket": config.s3_bucket},
        {"anchor_days": 0},
        {"s3_versions": "some"},
    ):
        with pytest.raises(ConfigError):
            replace(config, **wrong)._check()  # type: ignore[arg-type]
    replace(config, anchor_bucket="b", anchor_access_key="id", anchor_secret_key="secret")._check()
