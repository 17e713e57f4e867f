"""What is shown of agreements, of transfers across borders and of what visitors stated."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from dataroom.actions.views import OrganisationView


@dataclass(frozen=True)
class AcceptanceView:
    """Somebody of the own organisation has accepted the wording that holds."""

    name: str
    email: str
    accepted_at: datetime


@dataclass(frozen=True)
class AgreementView:
    """A matter's usage agreement; without one `id` is None and `ordinal` 0. `accepted` is told to keepers alone."""

    id: uuid.UUID | None
    ordinal: int
    text: str
    training: str
    set_at: datetime | None
    set_by: str
    accepted_at: datetime | None
    trained_until: datetime | None
    accepted: tuple[AcceptanceView, ...]
    can: frozenset[str]


@dataclass(frozen=True)
class TransferView:
    """What documents of one organisation rest on to reach another in one country; `suspended` takes its force."""

    id: uuid.UUID
    organisation: OrganisationView
    recipient: OrganisationView
    country: str
    mechanism: str
    reason: str
    recorded_at: datetime
    until: datetime
    ended_at: datetime | None
    suspended: bool
    live: bool
    recorded_by: str
    confirmed_at: datetime | None
    can: frozenset[str]


@dataclass(frozen=True)
class WayView:
    """Whether the own documents may reach a participant where it is registered, and its reach us."""

    organisation: OrganisationView
    country: str
    sends: bool
    receives: bool


@dataclass(frozen=True)
class BordersView:
    """How a matter's documents may move: ways now, what was recorded (`items`), mechanisms the own organisation
    suspended, and those of them that somebody asked to resume, with the reason (`resuming`)."""

    place: str
    country: str
    ways: tuple[WayView, ...]
    items: tuple[TransferView, ...]
    suspended: tuple[str, ...]
    resuming: dict[str, str]
    can: frozenset[str]


@dataclass(frozen=True)
class FlippedView:
    """A way that closed or opened with a mechanism: in which matter, to whom, where."""

    matter: uuid.UUID
    recipient: OrganisationView
    country: str


@dataclass(frozen=True)
class SwitchedView:
    """The mechanism that was suspended or resumed, and every way it closed or opened."""

    id: uuid.UUID
    mechanism: str
    flipped: tuple[FlippedView, ...]
