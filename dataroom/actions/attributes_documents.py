"""How matters, documents, versions and redactions look to the policy, with what is looked for in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from dataroom.actions.attributes import Many, One, granted, held, limits, named, organisation_of, recipients, team
from dataroom.model import (
    ClawBack,
    Club,
    Disclosure,
    Document,
    Matter,
    Membership,
    Participation,
    Redaction,
    RedactionAudience,
    Search,
    Survey,
    Term,
    Version,
    Visit,
)
from dataroom.model.clubs import TEAM
from dataroom.vault.sealed import Kind


def matter_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a matter."""
    parts = select(Participation.organisation_id).where(Participation.matter_id == Matter.id)
    people = select(Membership.user_id).where(
        Membership.matter_id == Matter.id,
        Membership.removed_at.is_(None),
        Membership.valid_from <= moment,
        or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
    )
    return {
        "organisation": organisation_of(Matter.organisation_id),
        "organisations": Many(parts, Participation.organisation_id, "ref:Organisation"),
        "members": Many(people, Membership.user_id, "uuid"),
        "state": One(Matter.state, "string"),
    }


def document_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a document."""
    teams = select(Club.id).where(Club.kind == TEAM)
    known = or_(Disclosure.club_id.is_(None), Disclosure.club_id.not_in(teams))
    return {
        "matter": One(Document.matter_id, "ref:Matter"),
        "organisation": organisation_of(Document.organisation_id),
        "tier": One(Document.tier, "long"),
        "category": One(Document.category, "string"),
        "state": One(Document.state, "string"),
        "held": One(held(Document.id), "bool"),
        "classified": One(Document.schedule.is_not(None), "bool"),
        "audience": recipients(moment, Disclosure.document_id, Document.id, known),
        **limits(Document.id),
    }


def version_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a version."""
    meant = select(RedactionAudience.organisation_id).where(RedactionAudience.redaction_id == Version.redaction_id)
    flagged = select(Document.export).where(Document.id == Version.document_id).correlate(Version).scalar_subquery()
    visits = select(Visit.user_id).where(Visit.version_id == Version.id, Visit.until > moment)
    return {
        "matter": One(Version.matter_id, "ref:Matter"),
        "organisation": organisation_of(Version.organisation_id),
        "document": One(Version.document_id, "ref:Document"),
        "tier": One(Version.tier, "long"),
        "category": One(Version.category, "string"),
        "state": One(Version.state, "string"),
        "original": One(Version.kind == int(Kind.ORIGINAL), "bool"),
        "audience": recipients(moment, Disclosure.version_id, Version.id, Disclosure.club_id.is_(None)),
        "named": named(moment, Version.id),
        "team": team(moment, Version.id),
        "granted": granted(moment, Version.id),
        "held": One(held(Version.document_id), "bool"),
        "author": One(Version.author, "string"),
        "clawed": One(select(ClawBack.id).where(ClawBack.version_id == Version.id).exists(), "bool"),
        "reserved": One(meant.exists(), "bool"),
        "meant": Many(meant, RedactionAudience.organisation_id, "ref:Organisation"),
        "export": One(flagged, "string", full=True),
        "asking": recipients(moment, Disclosure.version_id, Version.id, Disclosure.visits != "free"),
        "visitors": Many(visits, Visit.user_id, "uuid"),
        **limits(Version.document_id),
    }


def redaction_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a redaction."""
    original = aliased(Version)
    document = (
        select(original.document_id).where(original.id == Redaction.version_id).correlate(Redaction).scalar_subquery()
    )
    return {
        "matter": One(Redaction.matter_id, "ref:Matter"),
        "organisation": organisation_of(Redaction.organisation_id),
        "tier": One(Redaction.tier, "long"),
        "state": One(Redaction.state, "string"),
        "author": One(Redaction.author_id, "uuid"),
        "held": One(held(document), "bool"),
        **limits(document),
    }


def term_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a term."""
    return {
        "matter": One(Term.matter_id, "ref:Matter"),
        "organisation": organisation_of(Term.organisation_id),
        "tier": One(Term.tier, "long"),
    }


def search_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a search."""
    return {
        "matter": One(Search.matter_id, "ref:Matter"),
        "organisation": organisation_of(Search.organisation_id),
        "author": One(Search.author_id, "uuid"),
        "state": One(Search.state, "string"),
    }


def survey_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a survey."""
    return {
        "matter": One(Survey.matter_id, "ref:Matter"),
        "organisation": organisation_of(Survey.organisation_id),
        "state": One(Survey.state, "string"),
    }
