"""Limits: shared by processes, bounded, told once in a while, and given back by downloads however they end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dataroom.actions import identity
from dataroom.actions.context import Principal
from dataroom.actions.gate import Gate
from dataroom.actions.limits import KEPT, LOTS, PLACE, WINDOW, Meter, Spent, filled
from dataroom.errors import TooMany, Unavailable
from dataroom.model import Allowance, AuditEntry, Outgoing
from tests.actions.house import House, enrol


def process(house: House, **limits: int) -> Gate:
    """A further web process on the same database, with limits of its own."""
    services = house.world.services
    return Gate(replace(services, config=replace(services.config, **limits)))


def somebody(house: House, who: str) -> Principal:
    """A person whom no other test counts."""
    enrol(house.world, who, "aldermoor", "custodian")
    return house.person(who)


def exhaust(meter: Meter, who: Principal, most: int = 1000) -> int:
    """How many actions are let through before one is refused."""
    for number in range(most):
        try:
            meter.admit(who)
        except Spent:
            return number
    raise AssertionError("never refused")


def test_all_processes_together_give_out_the_quota_and_no_more(house: House) -> None:
    who = somebody(house, "quinn")
    meters = [process(house, limit_person=100).meter for _ in range(3)]
    given = sum(exhaust(meter, who) for meter in meters)
    assert 100 <= given <= 100 + LOTS
    house.later(seconds=WINDOW)
    assert exhaust(meters[0], who) >= 100 - 100 // LOTS


def test_threads_share_what_is_left(house: House) -> None:
    who, meter = somebody(house, "thora"), process(house, limit_person=60).meter

    def ask(_: int) -> int:
        try:
            meter.admit(who)
        except Spent:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(200))) <= 60 + 60 // LOTS * 8 + LOTS


def test_nineteen_actions_of_twenty_write_nothing_for_it(house: House) -> None:
    who, meter = somebody(house, "wanda"), process(house, limit_person=400).meter
    drawn: list[int] = []
    draw = meter._draw
    meter._draw = lambda *given: (drawn.append(1), draw(*given))[1]  # type: ignore[method-assign]
    for _ in range(100):
        meter.admit(who)
    assert len(drawn) == 5


def test_it_fills_again_evenly_and_never_above_the_quota(house: House) -> None:
    now = house.world.clock.now()
    assert filled(0, now, now, 60) == (0, now)
    assert filled(0, now, now + timedelta(seconds=1.5), 60) == (1, now + timedelta(seconds=1))
    assert filled(59, now, now + timedelta(hours=1), 60)[0] == 60
    assert filled(5, now, now - timedelta(hours=1), 60)[0] == 5


def test_a_person_is_told_how_long_to_wait_and_the_log_once(house: House) -> None:
    who, gates = somebody(house, "yves"), [process(house, limit_person=20) for _ in range(2)]
    refused: list[TooMany] = []
    for gate in gates:
        for _ in range(40):
            try:
                gate.perform(who, "matter.list")
            except TooMany as error:
                refused.append(error)
    assert len(refused) > 40
    assert all(1 <= int(str(error.facts["retry_after"])) <= WINDOW for error in refused)
    assert {error.facts["limit"] for error in refused} == {"person"}
    assert told(house, who) == 1


def told(house: House, who: Principal) -> int:
    """How many refusals of a person the log holds."""
    return house.count(AuditEntry, AuditEntry.actor_id == who.user, AuditEntry.outcome == "refused")


def test_nobody_is_kept_from_signing_out(house: House) -> None:
    who, gate = somebody(house, "zita"), process(house, limit_person=1)
    exhaust(gate.meter, who)
    gate.perform(who, "session.end", who.session)


def test_a_token_is_counted_for_itself_and_for_its_person(house: House) -> None:
    enrol(house.world, "xeno", "aldermoor", "custodian")
    secret = house.do("xeno", "token.create", scopes=["read"], name="of a script").secret
    by_token = identity.by_token(house.world.services, secret, "192.0.2.9")
    meter = process(house, limit_person=100, limit_token=20).meter
    assert exhaust(meter, by_token) <= 21
    left = {one.limit: one.left for one in meter.left(house.person("xeno"))}
    assert left["person"] < 100
    meter.admit(house.person("xeno"))


def test_addresses_of_one_household_count_as_one(house: House) -> None:
    meter = process(house, limit_address=20).meter
    for number in range(20):
        meter.knock(f"2001:db8:1:2::{number:x}")
    with pytest.raises(Spent):
        meter.knock("2001:db8:1:2:ffff::1")
    meter.knock("2001:db8:1:3::1")
    meter.knock("198.51.100.7")
    meter.knock("")


def test_old_allowances_are_forgotten(house: House) -> None:
    meter = process(house, limit_address=20).meter
    meter.knock("203.0.113.1")
    house.later(seconds=KEPT.total_seconds() + 1)
    process(house, limit_address=20).meter.knock("203.0.113.2")
    assert house.count(Allowance, Allowance.name == "address:203.0.113.1") == 0
    assert house.count(Allowance, Allowance.name == "address:203.0.113.2") == 1


def download(gate: Gate, who: Principal, version: Any) -> Any:
    """A download that has begun."""
    return gate.perform(who, "version.download", version)


def test_downloads_at_once_are_capped_and_give_their_place_back(house: House) -> None:
    line, ada = house.world.published(), house.person("ada")
    gates = [process(house, limit_downloads=2) for _ in range(2)]
    first, second = (download(gate, ada, line.version) for gate in gates)
    sizes = house.log_sizes()
    with pytest.raises(TooMany) as caught:
        download(gates[0], ada, line.version)
    assert caught.value.facts["limit"] == "download"
    assert house.entries_since(sizes) == []
    assert b"".join(first.pieces)[:4] == b"%PDF"
    second.pieces.close()
    third = download(gates[0], ada, line.version)
    next(third.pieces)
    third.pieces.close()
    third.pieces.close()
    assert house.count(Outgoing, Outgoing.user_id == ada.user) == 0


def test_a_refused_download_takes_no_place(house: House) -> None:
    line, pia = house.world.ready(), house.person("pia")
    gate = process(house, limit_downloads=1)
    for _ in range(2):
        with pytest.raises(Exception, match="Not found"):
            download(gate, pia, line.version)
    assert house.count(Outgoing, Outgoing.user_id == pia.user) == 0


def test_the_place_of_a_killed_process_is_free_again(house: House) -> None:
    line, ada, gate = house.world.published(), house.person("ada"), process(house, limit_downloads=1)
    left_behind = download(gate, ada, line.version)
    with pytest.raises(TooMany):
        download(gate, ada, line.version)
    house.later(seconds=PLACE.total_seconds() + 1)
    again = download(gate, ada, line.version)
    with pytest.raises(Unavailable):
        next(left_behind.pieces)
    assert next(again.pieces)
    again.pieces.close()


def test_a_file_that_moves_keeps_its_place(house: House) -> None:
    line, ada, gate = house.world.published(), house.person("ada"), process(house, limit_downloads=1)
    moving = download(gate, ada, line.version)
    for _ in range(3):
        house.later(seconds=PLACE.total_seconds() - 60)
        moving.pieces._place.renew()
    with pytest.raises(TooMany):
        download(gate, ada, line.version)
    moving.pieces.close()


def test_exports_have_places_of_their_own(house: House) -> None:
    cleo, gate = house.person("cleo"), process(house, limit_downloads=1, limit_exports=1)
    export = gate.perform(cleo, "audit.export", house.world.matter)
    with pytest.raises(TooMany):
        gate.perform(cleo, "audit.give", house.world.matter, {"recipient": "borealis"})
    export.pieces.close()
    gate.perform(cleo, "audit.give", house.world.matter, {"recipient": "borealis"}).pieces.close()
