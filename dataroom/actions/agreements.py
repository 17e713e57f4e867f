"""Usage agreements: the text a matter's people accept before they see anything of it, and their training."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select

from dataroom.actions import present
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done
from dataroom.actions.views_premises import AcceptanceView, AgreementView
from dataroom.actions.work import Work
from dataroom.errors import Conflict, Invalid
from dataroom.ids import new_id
from dataroom.model import Acceptance, Agreement, Matter, Training, User

LONGEST = timedelta(days=366 * 3)
OFFERS = ("agreement.set", "agreement.accept")


class Wording(Params):
    """The text everybody in the matter accepts anew, and whether it also takes a training that is valid."""

    text: Annotated[str, Field(min_length=40, max_length=40_000)]
    training: Literal["none", "needed"] = "none"


class Accepting(Params):
    """The wording one has read, by its id: another may have taken its place meanwhile."""

    agreement: uuid.UUID


class Trained(Params):
    """The last day of a person's training; a day that has passed ends it."""

    until: date


@action("agreement.set", on=Matter)
def set_agreement(work: Work, matter: Matter, params: Wording) -> Done:
    """Sets the usage agreement of a matter; nobody sees anything of it again before they accept this wording."""
    former = _newest(work, matter)
    row = Agreement(
        id=new_id(),
        matter_id=matter.id,
        ordinal=former.ordinal + 1 if former else 1,
        text=params.text,
        training=params.training,
        set_by=work.user,
        set_at=work.now,
    )
    work.add(row)
    work.concerns(target=row, owner=work.organisation)
    work.state(ordinal=row.ordinal, training=row.training, characters=len(row.text))
    return Done(row.id)


@action("agreement.read", on=Matter)
def read_agreement(work: Work, matter: Matter, params: Nothing) -> AgreementView:
    """The wording that holds, whether one has accepted it, and, for keepers, who of the own organisation has."""
    row = _newest(work, matter)
    trained = _trained(work, work.user)
    can = work.allowed(OFFERS, matter)
    if row is None:
        return AgreementView(None, 0, "", "none", None, "", None, trained, (), can - {"agreement.accept"})
    query = (
        select(Acceptance.user_id, Acceptance.accepted_at, User.name, User.email)
        .join(User, User.id == Acceptance.user_id)
        .where(Acceptance.agreement_id == row.id, User.organisation_id == work.organisation)
        .order_by(Acceptance.accepted_at, User.name)
    )
    accepted = {one.user_id: AcceptanceView(one.name, one.email, one.accepted_at) for one in work.rows(query)}
    mine = accepted.get(work.user)
    return AgreementView(
        id=row.id,
        ordinal=row.ordinal,
        text=row.text,
        training=row.training,
        set_at=row.set_at,
        set_by=present.names(work.session, [row.set_by]).get(row.set_by, ""),
        accepted_at=mine.accepted_at if mine else None,
        trained_until=trained,
        accepted=tuple(accepted.values()) if work.principal.role in {"custodian", "compliance"} else (),
        can=can - ({"agreement.accept"} if mine else set()),
    )


@action("agreement.accept", on=Matter, affair="actor")
def accept(work: Work, matter: Matter, params: Accepting) -> Done:
    """Accepts the wording that holds; it opens the matter from the next request on."""
    row = _newest(work, matter)
    if row is None or row.id != params.agreement:
        raise Conflict("Another wording holds by now; read that one.")
    if work.one(Acceptance, Acceptance.agreement_id == row.id, Acceptance.user_id == work.user) is not None:
        raise Conflict("You have accepted this wording already.")
    made = Acceptance(id=new_id(), agreement_id=row.id, matter_id=matter.id, user_id=work.user, accepted_at=work.now)
    work.add(made)
    work.concerns(target=made, owner=work.organisation)
    work.state(agreement=row.id, ordinal=row.ordinal)
    return Done(made.id)


def _trainee(_work: Work, user: User, _params: Trained) -> tuple[Hand]:
    """Who was trained."""
    return ((user.id, None),)


_TRAINING = TwoPeople(first=_trainee, said="Nobody records their own training; a colleague does.")


@action("training.record", on=User, two=_TRAINING)
def record_training(work: Work, user: User, params: Trained) -> Done:
    """Records until when a person of the own organisation counts as trained; what is recorded last counts."""
    until = datetime.combine(params.until, time(23, 59, 59), UTC)
    if until > work.now + LONGEST:
        raise Invalid("until: a training lasts three years at most")
    row = Training(
        id=new_id(),
        user_id=user.id,
        organisation_id=user.organisation_id,
        valid_until=until,
        recorded_by=work.user,
        recorded_at=work.now,
    )
    work.add(row)
    work.concerns(person=user.id)
    work.state(until=params.until.isoformat())
    return Done(row.id)


def _newest(work: Work, matter: Matter) -> Agreement | None:
    found = work.all(Agreement, Agreement.matter_id == matter.id, order=(Agreement.ordinal.desc(),))
    return found[0] if found else None


def _trained(work: Work, user: uuid.UUID) -> datetime | None:
    order = (Training.recorded_at.desc(), Training.id.desc())
    found = work.all(Training, Training.user_id == user, order=order)
    return found[0].valid_until if found else None


def trained_until(work: Work, users: list[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Until when people count as trained, for those of whom anything was recorded."""
    rows = work.all(Training, Training.user_id.in_(users), order=(Training.recorded_at, Training.id))
    return {row.user_id: row.valid_until for row in rows}
