"""Audiences: a copy for each, fixed when it is begun; and the columns of the logs."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

import pytest

from dataroom.errors import Conflict, Invalid, Refused
from dataroom.model import RedactionAudience
from tests.actions.cases_audiences import HEADER, audience
from tests.actions.cases_productions import produced
from tests.actions.house import House, mark


def begun(house: House, version: uuid.UUID, **more: Any) -> uuid.UUID:
    """A redaction by ada."""
    asked = {"title": "For them", "tier": 1, "category": "claim-chart"} | more
    made: uuid.UUID = house.do("ada", "redaction.start", version, **asked).id
    return made


def logged(house: House, action: str, target: uuid.UUID) -> list[dict[str, str]]:
    """A log as rows by column."""
    data = b"".join(house.do("ada", action, target).pieces).decode()
    return list(csv.DictReader(io.StringIO(data, newline="")))


def privileged(house: House, document: uuid.UUID) -> dict[str, Any]:
    """A claim of attorney-client privilege with its particulars."""
    details = dict.fromkeys(house.world.services.law.rationales["AC"].record, "Mara Winter")
    return {"code": "AC", "rationale": "Asks counsel for advice on claim 1.", "details": details}


def test_a_copy_for_an_audience_goes_to_its_organisations_as_they_were(house: House) -> None:
    group, version = audience(house, "borealis"), house.line().version
    redaction = begun(house, version, group=group)
    house.do("ada", "redaction.mark", redaction, marks=[mark()])
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain()
    house.do("bram", "redaction.approve", redaction)
    copy = house.result(redaction).id
    with pytest.raises(Refused):
        house.world.disclosed(copy, to="cassini")
    house.world.disclosed(copy)
    production = house.do("ada", "production.read", produced(house, copy, recipients=[], group=group, prefix="GRP"))
    assert [party.slug for party in production.recipients] == ["borealis"]
    (line,) = [row for row in house.do("ada", "redaction.list", house.matter) if row.id == redaction]
    assert (line.group, line.audience) == (group, ("Borealis Photonics",))
    house.do("ada", "audience.end", group)
    assert len(house.rows(RedactionAudience, RedactionAudience.redaction_id == redaction)) == 1


def test_an_audience_that_is_not_ours_or_is_over_is_refused(house: House) -> None:
    version = house.line().version
    over = audience(house)
    house.do("ada", "audience.end", over)
    theirs = house.do("bodil", "audience.create", house.matter, name="Theirs", organisations=["cassini"]).id
    for group in (over, theirs, uuid.uuid4()):
        with pytest.raises(Invalid, match="group"):
            begun(house, version, group=group)
    with pytest.raises(Invalid, match="either"):
        begun(house, version, group=audience(house), audience=["cassini"])
    with pytest.raises(Conflict):
        house.do("ada", "audience.end", over)


@pytest.mark.parametrize("organisations", [["aldermoor"], ["nobody"], []])
def test_an_audience_holds_other_participants_alone(house: House, organisations: list[str]) -> None:
    with pytest.raises(Invalid):
        house.do("ada", "audience.create", house.matter, name="Wrong", organisations=organisations)


def test_two_audiences_of_one_name_are_refused_until_one_has_ended(house: House) -> None:
    asked = {"name": "Counsel", "organisations": ["borealis"]}
    first = house.do("ada", "audience.create", house.matter, **asked).id
    with pytest.raises(Conflict):
        house.do("ada", "audience.create", house.matter, **asked)
    house.do("ada", "audience.end", first)
    assert house.do("ada", "audience.create", house.matter, **asked).id != first


def test_a_header_fills_the_columns_of_the_privilege_log(house: House) -> None:
    line = house.line()
    house.do("ada", "document.describe", line.document, **HEADER)
    redaction = begun(house, line.version)
    claim = privileged(house, line.document)
    house.do("ada", "redaction.mark", redaction, marks=[mark(**claim)])
    house.do("ada", "redaction.submit", redaction)
    house.world.worker.drain()
    house.do("bram", "redaction.approve", redaction)
    copy = house.result(redaction).id
    house.world.disclosed(copy)
    produced(house, copy, prefix="PRIV")
    (row,) = [one for one in logged(house, "redaction.privilege-log", house.matter) if one["Document"] == line.number]
    told = {name: row[name] for name in ("Family", "Date", "Type", "Author", "From", "To", "Cc", "Bcc", "Subject")}
    assert told == {
        "Family": "F-1",
        "Date": "2025-03-14",
        "Type": "Letter",
        "Author": "Mara Winter*",
        "From": "Mara Winter*",
        "To": "Ada Quill",
        "Cc": "Bram Oakes",
        "Bcc": "",
        "Subject": HEADER["subject"],
    }
    assert (row["Begin"], row["End"]) == ("PRIV0000001", "PRIV0000002")
    assert (row["Treatment"], row["Lawyers"], row["Pages redacted"]) == ("redacted", "Mara Winter", "1")
    (removed,) = logged(house, "redaction.log", redaction)
    assert (removed["Page number"], removed["Family"], removed["Date"]) == ("PRIV0000001", "F-1", "2025-03-14")


def test_a_document_withheld_whole_is_logged_until_the_claim_is_dropped(house: House) -> None:
    line = house.line()
    claim = privileged(house, line.document)
    house.do("ada", "document.describe", line.document, **HEADER, withheld=claim, outcome="Challenged; upheld.")
    (row,) = [one for one in logged(house, "redaction.privilege-log", house.matter) if one["Document"] == line.number]
    assert (row["Treatment"], row["Version"], row["Begin"], row["Pages redacted"]) == ("withheld", "all", "", "")
    assert (row["Privilege"], row["Outcome"]) == ("AC Attorney-client privilege", "Challenged; upheld.")
    assert house.do("cleo", "document.read", line.document).header.withheld["code"] == "AC"
    house.do("ada", "document.describe", line.document, **HEADER)
    assert line.number not in {one["Document"] for one in logged(house, "redaction.privilege-log", house.matter)}


def test_what_others_were_given_is_not_claimed_whole_and_only_privileges_are(house: House) -> None:
    line = house.line()
    claim = privileged(house, line.document)
    with pytest.raises(Invalid, match="no privilege"):
        house.do("ada", "document.describe", line.document, withheld=claim | {"code": "SC", "details": {}})
    with pytest.raises(Invalid, match="has to state"):
        house.do("ada", "document.describe", line.document, withheld=claim | {"details": {}})
    house.world.disclosed(line.version)
    with pytest.raises(Conflict, match="Others have been given"):
        house.do("ada", "document.describe", line.document, withheld=claim)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", " =", "\u00a0@"])
def test_no_cell_of_a_log_is_run_as_a_formula(house: House, start: str) -> None:
    line = house.line()
    told = HEADER | {"subject": f'{start}cmd|"/c calc"!A1', "to": [f'{start}HYPERLINK("x")']}
    house.do("ada", "document.describe", line.document, **told, withheld=privileged(house, line.document))
    (row,) = [one for one in logged(house, "redaction.privilege-log", house.matter) if one["Document"] == line.number]
    assert row["To"].startswith("'")
    assert row["Subject"].startswith("'")
