"""How what is given to others, and to whom, looks to the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, case, func, select

from dataroom.actions.attributes import NIL, Many, One, organisation_of, team_that_had
from dataroom.model import (
    Audience,
    ClawBack,
    ClawBackParty,
    Club,
    Disclosure,
    Grant,
    Leave,
    Production,
    ProductionParty,
    Review,
    Transfer,
    Version,
)
from dataroom.model.access import BREAK_GLASS
from dataroom.model.clubs import TEAM


def club_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a club."""
    return {
        "matter": One(Club.matter_id, "ref:Matter"),
        "organisation": organisation_of(Club.organisation_id),
        "kind": One(Club.kind, "string"),
    }


def disclosure_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a disclosure."""
    live = Disclosure.withdrawn_at.is_(None) & (Disclosure.expires_at > moment)
    team = select(Club.id).where(Club.id == Disclosure.club_id, Club.kind == TEAM).correlate(Disclosure)
    return {
        "matter": One(Disclosure.matter_id, "ref:Matter"),
        "organisation": organisation_of(Disclosure.organisation_id),
        "recipient": organisation_of(Disclosure.recipient_id),
        "live": One(live, "bool"),
        "club": One(func.coalesce(Disclosure.club_id, NIL), "ref:Club", full=True),
        "quarantined": One(team.exists(), "bool"),
    }


def grant_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a request for access, or of access that was granted."""
    live = and_(Grant.state == "granted", func.coalesce(Grant.expires_at > moment, False))
    return {
        "matter": One(Grant.matter_id, "ref:Matter"),
        "organisation": organisation_of(Grant.organisation_id),
        "party": organisation_of(Grant.party_id),
        "user": One(Grant.user_id, "uuid"),
        "state": One(Grant.state, "string"),
        "live": One(live, "bool", full=True),
        "emergency": One(Grant.kind == BREAK_GLASS, "bool"),
        "judged": One(Grant.verdict.is_not(None), "bool"),
    }


def review_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of an access review."""
    return {
        "matter": One(Review.matter_id, "ref:Matter"),
        "organisation": organisation_of(Review.organisation_id),
        "state": One(case((Review.closed_at.is_(None), "open"), else_="closed"), "string", full=True),
        "due": One(Review.due_at <= moment, "bool"),
    }


def leave_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a custodian's leave."""
    return {
        "matter": One(Leave.matter_id, "ref:Matter"),
        "organisation": organisation_of(Leave.organisation_id),
        "user": One(Leave.user_id, "uuid"),
        "deputy": One(func.coalesce(Leave.deputy_id, NIL), "uuid", full=True),
        "live": One(Leave.ended_at.is_(None) & (Leave.until > moment), "bool"),
    }


def claw_back_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a claw-back."""
    parties = select(ClawBackParty.organisation_id).where(ClawBackParty.claw_back_id == ClawBack.id)
    category = select(Version.category).where(Version.id == ClawBack.version_id).correlate(ClawBack).scalar_subquery()
    return {
        "matter": One(ClawBack.matter_id, "ref:Matter"),
        "organisation": organisation_of(ClawBack.organisation_id),
        "tier": One(ClawBack.tier, "long"),
        "category": One(category, "string", full=True),
        "recipients": Many(parties, ClawBackParty.organisation_id, "ref:Organisation"),
        "team": team_that_had(moment, ClawBack.version_id),
    }


def audience_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of an audience."""
    return {"matter": One(Audience.matter_id, "ref:Matter"), "organisation": organisation_of(Audience.organisation_id)}


def production_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a production."""
    parties = select(ProductionParty.organisation_id).where(ProductionParty.production_id == Production.id)
    return {
        "matter": One(Production.matter_id, "ref:Matter"),
        "organisation": organisation_of(Production.organisation_id),
        "tier": One(Production.tier, "long"),
        "recipients": Many(parties, ProductionParty.organisation_id, "ref:Organisation"),
    }


def transfer_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of what documents rest on to reach another country."""
    live = Transfer.ended_at.is_(None) & (Transfer.until > moment)
    return {
        "matter": One(Transfer.matter_id, "ref:Matter"),
        "organisation": organisation_of(Transfer.organisation_id),
        "recipient": organisation_of(Transfer.recipient_id),
        "live": One(live, "bool"),
        "recorder": One(Transfer.recorded_by, "uuid"),
        "confirmed": One(Transfer.confirmed_at.is_not(None), "bool"),
    }
