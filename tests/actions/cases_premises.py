"""Cases of what comes first: usage agreements, training, and the purpose of a visit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from dataroom.model import Acceptance, Agreement, Training, Visit
from tests.actions.case import Case
from tests.actions.house import House, terms

WORDING = "Whatever is shown here is used for the joint matter alone and told to nobody else."
PURPOSE = {"purpose": "To check the mapping of claim 1 before the call."}


def matter_of(house: House) -> uuid.UUID:
    """A further matter of Aldermoor, Borealis and Cassini, with ada and people of the cast in it."""
    mails = [house.person(who).email for who in ("bodil", "cass")]
    parties = {"participants": ["borealis", "cassini"], "invite": mails}
    made: uuid.UUID = house.do("ada", "matter.create", name="Apart", reference="A-1", **parties).id
    for who in [one for one in ("petra", "cleo", "lena", "lorn") if one in house.world.people]:
        house.do("ada", "member.add", made, email=house.person(who).email, tier=4 if who == "cleo" else 1)
    return made


def agreed_on(house: House, training: str = "none") -> uuid.UUID:
    """A matter with a usage agreement nobody has accepted yet; the id of the matter."""
    matter = matter_of(house)
    house.do("ada", "agreement.set", matter, text=WORDING, training=training)
    return matter


def newest(house: House, matter: uuid.UUID) -> Agreement:
    """The wording that holds."""
    found: Agreement = max(house.rows(Agreement, Agreement.matter_id == matter), key=lambda row: row.ordinal)
    return found


def asking(house: House) -> uuid.UUID:
    """A version disclosed to Borealis on condition that visitors state their purpose."""
    line = house.line()
    house.do("ada", "disclosure.grant", line.version, **terms(house, visits="stated"))
    version: uuid.UUID = line.version
    return version


def _set(house: House, target: Any, result: Any) -> None:
    row = house.row(Agreement, result.id)
    assert (row.matter_id, row.ordinal, row.text, row.training) == (target, 1, WORDING, "needed")


def _accepting(house: House, target: Any) -> dict[str, Any]:
    rows = house.rows(Agreement, Agreement.matter_id == target)
    return {"agreement": rows[0].id if rows else uuid.uuid4()}


def _accepted(house: House, target: Any, result: Any) -> None:
    row = house.row(Acceptance, result.id)
    assert (row.agreement_id, row.user_id) == (newest(house, target).id, house.person("petra").user)


def _trained(house: House, target: Any, result: Any) -> None:
    row = house.row(Training, result.id)
    assert (row.user_id, row.recorded_by) == (target, house.person("cleo").user)


def _in_a_year(house: House, _target: Any) -> dict[str, Any]:
    return {"until": (house.world.clock.now() + timedelta(days=365)).date().isoformat()}


def _stated(house: House, target: Any, result: Any) -> None:
    row = house.row(Visit, result.id)
    assert (row.version_id, row.user_id, row.purpose) == (target, house.person("pia").user, PURPOSE["purpose"])


CASES = (
    Case(
        "agreement.set",
        "ada",
        _set,
        matter_of,
        params=lambda h, t: {"text": WORDING, "training": "needed"},
        lower="petra",
        foreign="",
    ),
    Case("agreement.read", "petra", lambda h, t, r: None, agreed_on, lower="carl", foreign="", reads=True),
    Case("agreement.accept", "petra", _accepted, agreed_on, params=_accepting, lower="carl", foreign=""),
    Case("training.record", "cleo", _trained, lambda h: h.leaver(), params=_in_a_year, lower="ada", foreign="corin"),
    Case(
        "visit.state",
        "pia",
        _stated,
        asking,
        params=lambda h, t: PURPOSE,
        lower="petra",
        foreign="cass",
    ),
)
