"""Certificates of competition rules: what they count, that they say it plainly when rules did not hold, and verify."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from dataroom.actions.checkpoints import verifier_key
from dataroom.actions.evidence import Record, append
from dataroom.audit.competition import KIND, open_certificate
from dataroom.audit.notes import VerifierKey
from dataroom.audit.statement import sign_statement
from dataroom.cli.offline import verify_competition
from dataroom.errors import DataroomError, Invalid, NotFound, Refused, Tampered
from dataroom.model import Document
from tests.actions.cases_certificates import span
from tests.actions.cases_productions import produced
from tests.actions.house import House


def certify(house: House, who: str = "cleo", **more: Any) -> bytes:
    """A certificate's bytes."""
    made = house.do(who, "competition.certify", house.matter, **span(house, **more))
    return b"".join(made.pieces)


def key(house: House) -> VerifierKey:
    """The log's verifier key."""
    return VerifierKey.parse(verifier_key(house.world.services, house.matter))


def opened(house: House, who: str = "cleo") -> dict[str, Any]:
    """What is certified, verified."""
    return open_certificate(certify(house, who), key(house))


def cell(body: dict[str, Any], category: str, audience: str) -> tuple[int, int]:
    """How often it was done and refused."""
    for one in body["cells"]:
        if (one["category"], one["audience"]) == (category, audience):
            return one["done"], one["refused"]
    return 0, 0


def body_of(house: House) -> dict[str, Any]:
    """What a fresh certificate says, read without checking."""
    body: dict[str, Any] = json.loads(json.loads(certify(house))["body"])
    return body


def signed(house: House, body: dict[str, Any]) -> bytes:
    """A statement of the log's key over a body of any kind."""
    services, public = house.world.services, key(house).public
    return sign_statement(KIND, json.dumps(body), public, lambda message: services.kms.sign("log", message))


def test_it_counts_whom_each_category_reached_and_what_was_refused(house: House) -> None:
    before = opened(house)
    line = house.world.published(category="royalty", tier=1)
    house.do("bodil", "page.view", line.version, page=1, width=600)
    house.do("ada", "page.view", line.version, page=1, width=600)
    for _ in range(2):
        with pytest.raises(NotFound):
            house.do("pia", "page.view", line.version, page=1, width=600)
    after = opened(house)
    for audience, done, refused in (("counsel", 1, 0), ("business people", 0, 2), ("own organisation", 1, 0)):
        was = cell(before, "royalty", audience)
        assert cell(after, "royalty", audience) == (was[0] + done, was[1] + refused)
    assert after["refused_by_rule"]["counsel-only"] == before["refused_by_rule"].get("counsel-only", 0) + 2
    assert (after["held"], after["breaches"]) == (True, [])
    assert after["said"].startswith("The rules held")
    law = house.world.services.law
    assert after["policies_now"] == law.digest
    assert after["policies_in_force"] == {law.digest: after["entries"]}
    assert set(after["rules_now"]) == {name for name, policy in law.policies.items() if policy.audience}


def test_each_company_certifies_what_it_may_read(house: House) -> None:
    line = house.world.published(category="royalty", tier=1)
    house.do("bodil", "page.view", line.version, page=1, width=600)
    mine, theirs = opened(house), opened(house, "corin")
    assert cell(theirs, "royalty", "counsel")[0] >= 1
    assert cell(theirs, "royalty", "own organisation") == (0, 0)
    assert theirs["organisation"]["slug"] == "borealis"
    assert mine["entries"] > theirs["entries"]
    for who in ("ada", "petra"):
        with pytest.raises(Refused):
            certify(house, who)


def test_an_entry_is_judged_by_the_category_of_its_time(house: House) -> None:
    line = house.world.published(category="claim-chart", tier=1)
    house.do("pia", "page.view", line.version, page=1, width=600)
    house.do("ada", "document.withdraw", line.document)
    what = {"tier": 1, "category": "costs", "schedule": "work-product"}
    house.do("ada", "document.classify", line.document, **what)
    with pytest.raises(NotFound):
        house.do("pia", "page.view", line.version, page=1, width=600)
    body = opened(house)
    assert cell(body, "claim-chart", "business people")[0] >= 1
    assert cell(body, "costs", "business people") == (0, 1)
    assert body["held"]


def test_a_disclosed_copy_is_judged_by_its_own_category(house: House) -> None:
    line = house.world.ready(category="costs")
    redaction = house.world.redacted(line)
    sizes = house.log_sizes()
    house.do("bram", "redaction.approve", redaction)
    before = opened(house)
    assert {"entry": sizes[house.matter], "from": "costs", "to": "claim-chart"} in before["reclassified"]
    house.world.disclosed(house.result(redaction).id)
    after = opened(house)
    was, now = (cell(body, "claim-chart", "given away")[0] for body in (before, after))
    assert (now, after["held"]) == (was + 1, True)


def test_the_export_of_a_production_counts_for_each_version_in_it(house: House) -> None:
    production = produced(house)
    before = opened(house)
    for piece in house.do("bodil", "production.export", production).pieces:
        assert piece
    after = opened(house)
    assert after["entries"] == before["entries"] + 1
    assert {"production.export", "page.view", "disclosure.grant"} <= set(after["acts_counted"])
    assert "titles in lists" in after["not_counted"]


def test_what_left_a_closed_category_is_named(house: House) -> None:
    line = house.world.ready(category="costs")
    what = {"tier": 2, "category": "claim-chart", "schedule": "work-product"}
    sizes = house.log_sizes()
    house.do("ada", "document.classify", line.document, **what)
    told = {"entry": sizes[house.matter], "from": "costs", "to": "claim-chart"}
    assert told in opened(house)["reclassified"]
    assert b"of category costs became claim-chart" not in certify(house, form="csv")


def test_it_says_plainly_when_the_rules_did_not_hold(house: House) -> None:
    services, line = house.world.services, house.line()
    with house.writing() as session:
        session.execute(update(Document).where(Document.id == line.document).values(category="costs"))
        pia = house.person("pia")
        act = Record(act="page.view", principal=pia, target_kind="version", target_id=line.version)
        act.matter_id, act.owner_id, act.document_id = house.matter, house.person("ada").organisation, line.document
        seq = append(services, session, act, services.clock.now())[1]
    house.world.clock.forward(seconds=1)
    data = certify(house)
    body = open_certificate(data, key(house))
    assert not body["held"]
    assert "DID NOT HOLD" in body["said"]
    told = {"entry": seq, "act": "page.view", "category": "costs", "audience": "business people"}
    assert told in body["breaches"]
    assert b"NOT PERMITTED: entry" in certify(house, form="csv")
    assert b"THE RULES DID NOT HOLD" in certify(house, form="csv")
    assert certify(house, form="pdf").startswith(b"%PDF-")
    with house.writing() as session:
        session.execute(update(Document).where(Document.id == line.document).values(category="claim-chart"))


def test_it_is_checked_offline_and_nothing_in_it_can_be_changed(house: House, tmp_path: Path) -> None:
    data, public = certify(house), str(key(house))
    file = tmp_path / "certificate.json"
    file.write_bytes(data)
    said = CliRunner().invoke(verify_competition, [str(file), "--key", public])
    assert (said.exit_code, "OK: the signature" in said.output) == (0, True)
    changed = json.loads(data)
    changed["body"] = changed["body"].replace('"held":true', '"held":false')
    file.write_text(json.dumps(changed))
    with pytest.raises(Tampered):
        open_certificate(file.read_bytes(), key(house))
    refused = CliRunner().invoke(verify_competition, [str(file), "--key", public])
    assert refused.exit_code == 1
    assert "FAULTY" in str(refused.exception) + refused.output
    assert CliRunner().invoke(verify_competition, [str(file), "--key", "nonsense"]).exit_code == 2


CHANGES: tuple[dict[str, Any], ...] = (
    {"held": False},
    {"entries": 10_000},
    {"format": "x"},
    {"recorded_as": {}},
    {"proof": {}},
    {"refused_by_rule": {}},
    {"reclassified": [{"entry": 1, "from": "costs", "to": "claim-chart"}]},
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_certificate_that_contradicts_itself_is_none(house: House, change: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        house.do("pia", "page.view", house.world.published(category="royalty", tier=1).version, page=1, width=600)
    body = body_of(house)
    assert body | change != body
    with pytest.raises(Tampered):
        open_certificate(signed(house, body | change), key(house))


def test_an_entry_that_tells_of_something_else_proves_nothing(house: House) -> None:
    body, other = body_of(house), body_of(house)
    assert open_certificate(signed(house, body), key(house))["entries"] == body["entries"]
    shortened = {**body["proof"], "hashes": body["proof"]["hashes"][1:]}
    silent = {**body["proof"], "disclosures": body["proof"]["disclosures"][:-1]}
    for proof in (other["proof"], shortened, silent):
        with pytest.raises(Tampered):
            open_certificate(signed(house, {**body, "proof": proof}), key(house))


def test_a_certificate_of_another_log_is_refused(house: House) -> None:
    other = VerifierKey(f"dataroom.test/log/{uuid.uuid4()}", key(house).kind, key(house).public)
    with pytest.raises(DataroomError):
        open_certificate(certify(house), other)


def test_the_period_is_past_and_in_order(house: House) -> None:
    now = house.world.clock.now()
    for since, until in ((now, now), (now.replace(year=now.year - 1), now.replace(year=now.year + 1))):
        with pytest.raises(Invalid):
            house.do("cleo", "competition.certify", house.matter, since=since, until=until)


def test_its_own_entry_names_the_tally(house: House) -> None:
    sizes = house.log_sizes()
    body = opened(house)
    entry = house.entries_since(sizes)[0]
    assert entry.fields["facts"]["held"] is True
    assert entry.fields["facts"]["entries"] == body["entries"]
