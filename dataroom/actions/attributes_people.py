"""How people and what they sign in with look to the policy."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from dataroom.actions.attributes import NIL, Many, One, organisation_of
from dataroom.model import (
    AuditEntry,
    AuditLog,
    AuditPerson,
    Authenticator,
    Directory,
    Hold,
    HoldDocument,
    Issuer,
    PolicyChange,
    Token,
    User,
)
from dataroom.model import Session as SessionRow


def held_person() -> ColumnElement[bool]:
    """Whether a live hold covers a document that a user has dealt with: then the log about it is evidence too."""
    return (
        select(AuditEntry.seq)
        .join(AuditLog, AuditLog.id == AuditEntry.log_id)
        .join(Hold, Hold.matter_id == AuditLog.matter_id)
        .join(HoldDocument, (HoldDocument.hold_id == Hold.id) & (HoldDocument.document_id == AuditEntry.document_id))
        .where(AuditEntry.actor_id == User.id, Hold.released_at.is_(None))
        .exists()
    )


def person_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a person."""
    key = select(AuditPerson.state).where(AuditPerson.id == User.id).correlate(User)
    due = select(AuditPerson.id).where(AuditPerson.id == User.id, AuditPerson.destroy_at <= moment)
    return {
        "organisation": organisation_of(User.organisation_id),
        "user": One(User.id, "uuid"),
        "role": One(User.role, "string"),
        "state": One(func.coalesce(key.scalar_subquery(), "active"), "string", full=True),
        "held": One(held_person(), "bool"),
        "due": One(due.exists(), "bool"),
    }


def token_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a token."""
    return {"user": One(Token.user_id, "uuid")}


def directory_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a directory's way in."""
    holds = Directory.revoked_at.is_(None) & (Directory.expires_at > moment)
    return {"organisation": organisation_of(Directory.organisation_id), "active": One(holds, "bool")}


def change_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a change of the rules; the operator's return to the delivered ones is nobody's."""
    return {
        "organisation": One(func.coalesce(PolicyChange.organisation_id, NIL), "ref:Organisation", full=True),
        "proposer": One(func.coalesce(PolicyChange.proposed_by, NIL), "uuid", full=True),
        "state": One(PolicyChange.state, "string"),
    }


def session_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a session."""
    owner = select(User.organisation_id).where(User.id == SessionRow.user_id).correlate(SessionRow).scalar_subquery()
    return {"user": One(SessionRow.user_id, "uuid"), "organisation": One(owner, "ref:Organisation", full=True)}


def authenticator_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of an authenticator."""
    holder = User.id == Authenticator.user_id
    owner = select(User.organisation_id).where(holder).correlate(Authenticator).scalar_subquery()
    classes = (
        select(func.json_array_length(Issuer.strong_acr))
        .join(User, User.issuer_id == Issuer.id)
        .where(holder)
        .correlate(Authenticator)
        .scalar_subquery()
    )
    other = aliased(Authenticator)
    others = (
        select(other.id)
        .where(other.user_id == Authenticator.user_id, other.id != Authenticator.id, other.removed_at.is_(None))
        .correlate(Authenticator)
        .exists()
    )
    return {
        "user": One(Authenticator.user_id, "uuid"),
        "organisation": One(owner, "ref:Organisation", full=True),
        "first": One(~others, "bool"),
        "vouched": One(func.coalesce(classes, 0) > 0, "bool"),
    }


def unmade_key(session: Session, user: uuid.UUID | None) -> dict[str, bool]:
    """What the policy asks about a key that somebody is about to enrol."""
    live = select(Authenticator.id).where(Authenticator.user_id == user, Authenticator.removed_at.is_(None)).limit(1)
    classes = select(Issuer.strong_acr).join(User, User.issuer_id == Issuer.id).where(User.id == user)
    return {"first": session.scalar(live) is None, "vouched": bool(session.scalar(classes))}
