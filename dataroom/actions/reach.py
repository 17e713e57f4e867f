"""Across which borders the documents of a matter may move now: to whoever asks, and from their organisation to others.

Asked anew for every decision, from rows that hold now, so that whatever ends or is suspended closes at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Uuid, bindparam, or_, select
from sqlalchemy.orm import Session

from dataroom.actions.context import Principal
from dataroom.model import Moment, Organisation, Participation, Suspension, Transfer
from policies.engine import ADEQUACY, Ref, Transfers

NOBODY: Mapping[str, frozenset[Ref]] = {
    name: frozenset() for name in ("receives", "compatriots", "sends", "neighbours")
}
"""The answer for whoever stands in no matter."""


@dataclass(frozen=True)
class Borders:
    """What holds in one matter at one moment: the countries of its participants and what was recorded of transfers.

    `recorded` holds (exporter, importer, country) of transfers whose mechanism is not suspended, `without` the
    organisations that do not rely on decisions of adequacy.
    """

    transfers: Transfers
    moment: datetime
    countries: Mapping[uuid.UUID, str]
    recorded: frozenset[tuple[uuid.UUID, uuid.UUID, str]]
    without: frozenset[uuid.UUID]

    def covered(self, exporter: uuid.UUID, importer: uuid.UUID, country: str) -> bool:
        """Whether documents of `exporter` may reach `importer` in `country`; never in an unknown one."""
        origin = self.countries.get(exporter, "")
        if not origin or not country:
            return False
        if self.transfers.at_home(origin, country):
            return True
        decided = exporter not in self.without and self.transfers.adequate(origin, country, self.moment.date())
        return decided or (exporter, importer, country) in self.recorded

    def reaches(self, exporter: uuid.UUID, importer: uuid.UUID, place: str) -> bool:
        """Whether they may reach somebody of `importer` who is at `place` now: there, and where they belong."""
        home = self.countries.get(importer, "")
        return all(self.covered(exporter, importer, country) for country in (home, place))


def borders(session: Session, transfers: Transfers, matter: uuid.UUID, moment: datetime, place: str = "") -> Borders:
    """What holds in a matter now; nothing recorded is looked up where everybody, at `place` too, is in one country."""
    connection, asked = session.connection(), {"matter": matter, "moment": moment}
    countries: dict[uuid.UUID, str] = {row.id: row.country or "" for row in connection.execute(_COUNTRIES, asked)}
    known = {place, *countries.values()}
    if len(known) == 1 and "" not in known:
        return Borders(transfers, moment, countries, frozenset(), frozenset())
    suspended = {(row.organisation_id, row.mechanism) for row in connection.execute(_SUSPENDED, asked)}
    recorded = frozenset(
        (row.organisation_id, row.recipient_id, row.country)
        for row in connection.execute(_RECORDED, asked)
        if row.mechanism in transfers.mechanisms and (row.organisation_id, row.mechanism) not in suspended
    )
    without = frozenset(one for one, mechanism in suspended if mechanism == ADEQUACY)
    return Borders(transfers, moment, countries, recorded, without)


def reach(found: Borders, principal: Principal) -> dict[str, Any]:
    """What the policy is told of somebody: whose documents reach them, and whom their organisation's may reach."""
    own = principal.organisation
    if own is None:
        return dict(NOBODY)
    home, others = found.countries.get(own, ""), [one for one in found.countries if one != own]
    near = {one for one, country in found.countries.items() if country and country == home}
    return {
        "receives": _refs(one for one in others if found.reaches(one, own, principal.place)),
        "compatriots": _refs(near if principal.place == home else ()),
        "sends": _refs(one for one in others if found.covered(own, one, found.countries[one])),
        "neighbours": _refs(near),
    }


def _refs(ids: Any) -> frozenset[Ref]:
    return frozenset(Ref("Organisation", str(one)) for one in ids)


_MATTER, _MOMENT = bindparam("matter", type_=Uuid), bindparam("moment", type_=Moment)
_COUNTRIES = (
    select(Organisation.id, Organisation.country)
    .join(Participation, Participation.organisation_id == Organisation.id)
    .where(Participation.matter_id == _MATTER)
)
_RECORDED = select(Transfer.organisation_id, Transfer.recipient_id, Transfer.country, Transfer.mechanism).where(
    Transfer.matter_id == _MATTER,
    Transfer.ended_at.is_(None),
    Transfer.until > _MOMENT,
    Transfer.confirmed_at.is_not(None),
)
_SUSPENDED = (
    select(Suspension.organisation_id, Suspension.mechanism)
    .join(Participation, Participation.organisation_id == Suspension.organisation_id)
    .where(Participation.matter_id == _MATTER, or_(Suspension.resumed_at.is_(None), Suspension.resumed_at > _MOMENT))
)
