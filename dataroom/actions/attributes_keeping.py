"""How holds, disposals, the keys of a scope and entries of the log look to the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, case, func, select

from dataroom.actions.attributes import NIL, Many, One, organisation_of
from dataroom.model import (
    AuditEntry,
    Disposal,
    DisposalApproval,
    DisposalDocument,
    Document,
    Hold,
    HoldDocument,
    KeyScope,
    Version,
)

HIDDEN = "hidden"
"""The index's outcome of an attempt on what its actor may not see: only the owner opens such an entry."""
SHARED_ACTS = (
    "matter.create",
    "matter.close",
    "member.add",
    "member.remove",
    "partner.announce",
    "document.publish",
    "document.withdraw",
)
"""What every participant's custodians and compliance officers may read of each other: the matter's own history."""


def hold_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a hold."""
    return {
        "matter": One(Hold.matter_id, "ref:Matter"),
        "organisation": organisation_of(Hold.organisation_id),
        "live": One(Hold.released_at.is_(None), "bool"),
    }


def disposal_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a disposal."""
    approvals = select(DisposalApproval.user_id).where(DisposalApproval.disposal_id == Disposal.id)
    functions = select(DisposalApproval.function).where(DisposalApproval.disposal_id == Disposal.id)
    highest = (
        select(func.max(Document.tier))
        .join(DisposalDocument, DisposalDocument.document_id == Document.id)
        .where(DisposalDocument.disposal_id == Disposal.id)
        .scalar_subquery()
    )
    held = (
        select(DisposalDocument.document_id)
        .join(HoldDocument, HoldDocument.document_id == DisposalDocument.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(DisposalDocument.disposal_id == Disposal.id, Hold.released_at.is_(None))
        .exists()
    )
    return {
        "matter": One(Disposal.matter_id, "ref:Matter"),
        "organisation": organisation_of(Disposal.organisation_id),
        "tier": One(func.coalesce(highest, 0), "long", full=True),
        "state": One(Disposal.state, "string"),
        "proposer": One(Disposal.proposed_by, "uuid"),
        "approvers": Many(approvals, DisposalApproval.user_id, "uuid"),
        "functions": Many(functions, DisposalApproval.function, "string"),
        "held": One(held, "bool"),
    }


def scope_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of a scope."""
    held = (
        select(Version.id)
        .join(HoldDocument, HoldDocument.document_id == Version.document_id)
        .join(Hold, Hold.id == HoldDocument.hold_id)
        .where(Version.scope_id == KeyScope.id, Version.state != "destroyed", Hold.released_at.is_(None))
        .exists()
    )
    return {
        "matter": One(KeyScope.matter_id, "ref:Matter"),
        "organisation": organisation_of(KeyScope.organisation_id),
        "state": One(KeyScope.state, "string"),
        "held": One(held, "bool"),
        "due": One(KeyScope.destroy_at.is_not(None) & (KeyScope.destroy_at <= moment), "bool"),
    }


def entry_attributes(moment: datetime) -> Mapping[str, One | Many]:
    """The attributes of an entry."""
    actor = case((AuditEntry.outcome == HIDDEN, None), else_=AuditEntry.actor_organisation_id)
    shared = and_(AuditEntry.act.in_(SHARED_ACTS), AuditEntry.outcome == "done")
    return {
        "matter": One(AuditEntry.matter_id, "ref:Matter"),
        "actor": One(func.coalesce(actor, NIL), "ref:Organisation", full=True),
        "owner": One(func.coalesce(AuditEntry.owner_organisation_id, NIL), "ref:Organisation", full=True),
        "shared": One(shared, "bool"),
    }
