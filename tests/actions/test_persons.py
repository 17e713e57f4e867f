"""The right to be forgotten: what the log tells of a person is closed for good, and the log still verifies."""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from dataroom.actions import identity
from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.checks.run import shallow
from dataroom.actions.personal import key_of, openings
from dataroom.audit.verifier import verify_bundle
from dataroom.errors import DataroomError, NotFound, Refused, Unauthenticated
from dataroom.model import AuditDisclosure, AuditLog, AuditPerson, AuditSealed, Membership, Session, User
from dataroom.vault.keys import scope_key
from tests.actions.house import House, enrol
from tests.actions.test_audit import bundle, opened

GROUND = {"ground": "request"}
FACTS = AuditDisclosure.name == "fact"


def involved(house: House) -> tuple[uuid.UUID, uuid.UUID, str]:
    """Somebody who took part in a matter of its own and left it: their id, the matter and their sign-in name."""
    person, who = house.leaver(), f"lev{house.leavers}"
    matter = house.other_matter()
    house.do("ada", "member.add", matter, email="cleo@aldermoor.example", tier=4)
    house.do("ada", "member.add", matter, email=f"{who}@aldermoor.example", tier=1)
    house.do(who, "matter.read", matter)
    with pytest.raises(Refused):
        house.do("ada", "member.add", matter, email="pia@borealis.example", tier=1)
    house.do("ada", "member.remove", matter, email=f"{who}@aldermoor.example")
    return person, matter, who


def forget(house: House, person: uuid.UUID) -> None:
    """Erases somebody at once, with every errand that follows."""
    house.do("cleo", "person.erase", person, **GROUND, days=0)
    house.do("service", "key.shred")
    house.world.worker.drain("person.destroy")
    house.world.worker.drain("person.forget")


def raw(house: House, matter: uuid.UUID | None) -> str:
    """Every opening of a log that lies in the clear in the database, but for the pins of rows."""
    with house.world.services.database.reading() as session:
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id == matter)).one()
        rows = session.scalars(select(AuditDisclosure.disclosure).where(AuditDisclosure.log_id == log.id, FACTS))
        texts = "\n".join(rows).split()
    return json.dumps([json.loads(_plain(one)) for one in texts])


def _plain(one: str) -> bytes:
    return base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))


def test_no_name_address_or_number_of_a_person_lies_in_the_clear(house: House) -> None:
    person, matter, who = involved(house)
    ada = house.person("ada")
    for log in (matter, None):
        clear = raw(house, log)
        for secret in (ada.name, ada.email, str(ada.user), "192.0.2", str(person), f"{who}@"):
            assert secret not in clear, (log, secret)


def test_the_digest_of_an_address_that_was_refused_is_kept_by_nobody(house: House) -> None:
    _person, matter, _who = involved(house)
    page = house.do("cleo", "audit.list", matter, act="member.add", outcome="refused")
    assert [view.who for view in page.items] == ["Ada Ferrant"] or len(page.items) == 1
    assert "pia@borealis.example" not in raw(house, matter)


def test_the_digest_of_invited_or_looked_for_addresses_is_kept_by_nobody(house: House) -> None:
    pia = house.person("pia").email
    params = {"name": "Invited", "reference": "I-1", "participants": ["borealis"], "invite": ["bodil@borealis.example"]}
    sizes = house.log_sizes()
    matter = house.do("ada", "matter.create", **params).id
    house.do("cleo", "person.list", find=pia)
    told = {entry.fields["act"]: entry.fields for entry in house.entries_since(sizes)}
    assert {"matter.create", "person.list"} <= set(told)
    assert all("params" not in told[act] for act in ("matter.create", "person.list"))
    assert told["matter.create"]["facts"] == {"participants": 2, "invited": 1}
    assert shallow(house.world.services, matter, lambda line: None).findings == []


def test_an_erased_person_is_gone_and_the_log_still_verifies(house: House, tmp_path: Path) -> None:
    person, matter, who = involved(house)
    shown = house.do("cleo", "audit.list", matter, limit=200).items
    assert who.title() in {view.who for view in shown}
    before = verify_bundle(bundle(house, "cleo", matter, tmp_path), [verifier_key(house.world.services, matter)], [])
    forget(house, person)
    shown = house.do("cleo", "audit.list", matter, limit=200).items
    assert "(erased)" in {view.who for view in shown}
    assert who.title() not in {view.who for view in shown}
    path = bundle(house, "cleo", matter, tmp_path)
    report = verify_bundle(path, [verifier_key(house.world.services, matter)], [])
    assert (before.faults, report.faults) == ([], [])
    assert report.closed_fields > before.closed_fields
    told = json.dumps(opened(path))
    for secret in (str(person), who.title(), f"{who}@aldermoor.example"):
        assert secret not in told
    row = house.row(User, person)
    assert (row.name, row.email, row.active) == ("(erased)", "", False)
    assert who not in row.subject
    assert not house.rows(AuditSealed, AuditSealed.person_id == person)
    assert not house.rows(Session, Session.user_id == person)
    assert not house.world.services.kms.exists(house.key(person).kms_key)


def test_the_erasure_itself_names_nobody(house: House) -> None:
    person, _matter, who = involved(house)
    sizes = house.log_sizes()
    forget(house, person)
    written = [entry for entry in house.entries_since(sizes) if entry.fields.get("target") == f"user:{person}"]
    assert {entry.fields["act"] for entry in written} == {"person.erase", "person.destroy", "person.forget"}
    assert who.title() not in repr(written)
    assert f"{who}@" not in repr(written)


def test_an_older_database_beside_the_newer_key_service_shows_nothing(house: House) -> None:
    person, matter, _who = involved(house)
    rows = [(row.log_id, row.seq, row.sealed) for row in house.rows(AuditSealed, AuditSealed.person_id == person)]
    blob = house.key(person).kek_blob
    forget(house, person)
    services = house.world.services
    with house.writing() as session:
        key = session.get(AuditPerson, person)
        key.state, key.kek_blob = "active", blob
        for log, seq, sealed in rows:
            session.add(AuditSealed(log_id=log, seq=seq, person_id=person, sealed=sealed))
    services.keks.forget(person)
    with services.database.reading() as session:
        for log, seq, _sealed in rows:
            told = "".join(_plain(one).decode() for one in openings(services, session, log, [seq]).get(seq, []))
            assert str(person) not in told
            assert "lev" not in told
    assert "(erased)" in {view.who for view in house.do("cleo", "audit.list", matter, limit=200).items}


def test_whose_key_was_destroyed_gets_no_other(house: House) -> None:
    """As in a database from before there were keys of persons, beside a key service that knows of the erasure."""
    services, person, other = house.world.services, uuid.uuid4(), uuid.uuid4()
    services.kms.destroy(scope_key(person))
    with house.writing() as session:
        assert key_of(services, session, person) is None
        assert key_of(services, session, other)
        row = session.get_one(AuditPerson, person)
        assert (row.state, row.kek_blob) == ("shredding", None)
        session.rollback()


def test_sealed_fields_moved_to_another_entry_are_noticed(house: House) -> None:
    _person, matter, _who = involved(house)
    with house.writing() as session:
        log = session.scalars(select(AuditLog).where(AuditLog.matter_id == matter)).one()
        ada = house.person("ada").user
        one, other = session.scalars(
            select(AuditSealed).where(AuditSealed.log_id == log.id, AuditSealed.person_id == ada).limit(2)
        )
        one.sealed, other.sealed = other.sealed, one.sealed
    with pytest.raises(DataroomError, match="do not belong"):
        house.do("cleo", "audit.list", matter, limit=200)


def test_erasing_ends_access_at_once_and_can_be_undone(house: House) -> None:
    person, who = house.leaver(), f"lev{house.leavers}"
    token = house.do(who, "token.create", scopes=["everything"], name="script").secret
    house.do("cleo", "person.erase", person, **GROUND)
    with pytest.raises(Unauthenticated):
        identity.by_token(house.world.services, token, "192.0.2.3")
    with pytest.raises(DataroomError):
        enrol(house.world, who, "aldermoor", "partner")
    with pytest.raises(DataroomError):
        house.do("service", "person.destroy", person)
    house.do("service", "key.shred")
    assert house.world.worker.drain("person.destroy") == 0
    house.do("carl", "person.restore", person)
    enrol(house.world, who, "aldermoor", "partner")
    assert house.row(User, person).name == who.title()


def test_nobody_erases_themselves_or_others_people(house: House) -> None:
    with pytest.raises(Refused):
        house.do("cleo", "person.erase", house.person("cleo").user, **GROUND)
    with pytest.raises(NotFound):
        house.do("cleo", "person.erase", house.person("pia").user, **GROUND)
    with pytest.raises((NotFound, Refused)):
        house.do("ada", "person.erase", house.person("petra").user, **GROUND)


def test_a_hold_and_an_open_duty_are_named(house: House) -> None:
    line = house.line()
    house.hold(line)
    ada = house.person("ada").user
    house.draft()
    with pytest.raises(Refused) as caught:
        house.do("cleo", "person.erase", ada, **GROUND)
    for part in ("A hold in matter LvB-1 covers", "take part in the open matter LvB-1", "A redaction they began"):
        assert part in caught.value.detail
    view = next(one for one in house.do("cleo", "person.list", find="ada@") if one.id == ada)
    assert list(view.against) == caught.value.facts["against"]


def test_a_hold_placed_meanwhile_keeps_the_person(house: House) -> None:
    person, who = house.leaver(), f"lev{house.leavers}"
    house.do("ada", "member.add", house.matter, email=f"{who}@aldermoor.example", tier=2)
    line = house.world.published()
    house.do(who, "version.read", line.version)
    house.do("ada", "member.remove", house.matter, email=f"{who}@aldermoor.example")
    house.do("cleo", "person.erase", person, **GROUND, days=0)
    hold = house.hold(line)
    with pytest.raises(NotFound):
        house.do("service", "person.destroy", person)
    house.do("service", "key.shred")
    assert house.world.worker.drain("person.destroy") == 0
    house.do("cleo", "hold.release", hold, reason="The action has ended.")
    house.do("service", "key.shred")
    assert house.world.worker.drain("person.destroy") == 1
    assert house.row(User, person).name == "(erased)"
    assert not house.rows(Membership, Membership.user_id == person, Membership.removed_at.is_(None))


def test_who_was_erased_may_come_back_as_somebody_new(house: House) -> None:
    person, _matter, who = involved(house)
    forget(house, person)
    from_provider: Any = house.world.people[who]
    with pytest.raises(DataroomError):
        house.world.gate.perform(from_provider, "token.create", None, {"scopes": ["everything"], "name": "still me"})
    users = house.count(User, User.name == who.title())
    assert users == 0


def test_a_partner_is_given_the_log_with_others_fields_closed(house: House, tmp_path: Path) -> None:
    own = house.line(title="Zephyrine schedule")
    shared = house.world.published()
    house.do("pia", "page.view", shared.version, page=1, width=60)
    path = tmp_path / "given.zip"
    path.write_bytes(b"".join(house.do("cleo", "audit.give", house.matter, recipient="borealis").pieces))
    report = verify_bundle(path, [verifier_key(house.world.services, house.matter)], [])
    assert report.faults == []
    assert min(report.closed_fields, report.open_fields) > 0
    told, data = json.dumps(opened(path)), path.read_bytes()
    assert str(own.document) not in told
    assert "page.view" in told
    ada, pia = house.person("ada"), house.person("pia")
    for secret in (ada.email, str(own.document), str(own.version), "Zephyrine"):
        assert secret not in told
        assert secret.encode() not in data
    assert pia.email in told


def test_a_log_is_given_to_participants_alone(house: House) -> None:
    for name in ("dunmore-unknown", "aldermoor"):
        with pytest.raises(Refused):
            house.do("cleo", "audit.give", house.matter, recipient=name)


def test_nothing_is_sealed_under_a_key_that_is_being_destroyed(house: House) -> None:
    person, who = house.leaver(), f"lev{house.leavers}"
    principal = house.world.people[who]
    house.do("cleo", "person.erase", person, **GROUND)
    before = house.count(AuditSealed, AuditSealed.person_id == person)
    with pytest.raises(DataroomError):
        house.world.gate.perform(principal, "token.create", None, {"scopes": ["everything"], "name": "late"})
    assert house.count(AuditSealed, AuditSealed.person_id == person) == before
    with house.world.services.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM audit_entry")).scalar()
