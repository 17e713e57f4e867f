"""Tables and their invariants, one module a noun. Importing this package makes `Base.metadata` complete."""

from dataroom.model.access import Grant
from dataroom.model.audiences import Audience, AudienceParty, RedactionGroup
from dataroom.model.base import Base, Moment
from dataroom.model.clawbacks import ClawBack, ClawBackParty
from dataroom.model.clubs import Club, ClubMember, Limitation
from dataroom.model.disclosures import Disclosure
from dataroom.model.documents import Document, KeyScope, Version
from dataroom.model.errands import Errand
from dataroom.model.evidence import (
    AuditCheckpoint,
    AuditDisclosure,
    AuditEntry,
    AuditLog,
    AuditPerson,
    AuditSealed,
)
from dataroom.model.finding import Search, SearchPart, Term, Transcript, TranscriptPage
from dataroom.model.leaves import Leave
from dataroom.model.limits import Allowance, Outgoing
from dataroom.model.matters import Matter, Membership, Participation
from dataroom.model.people import Authenticator, Directory, Issuer, Organisation, PendingLogin, Session, Token, User
from dataroom.model.policies import PolicyChange
from dataroom.model.premises import Acceptance, Agreement, Training, Visit
from dataroom.model.productions import DocumentHeader, Production, ProductionItem, ProductionParty
from dataroom.model.redactions import Mark, Redaction, RedactionAudience
from dataroom.model.retention import (
    Certificate,
    Disposal,
    DisposalApproval,
    DisposalDocument,
    Hold,
    HoldDocument,
)
from dataroom.model.reviews import Review, ReviewItem
from dataroom.model.surveys import Survey, SurveyPart
from dataroom.model.transfers import Assessment, Suspension, Transfer
from dataroom.model.witnessing import (
    AuditAnchor,
    AuditCosignature,
    AuditHalt,
    AuditNode,
    Witness,
    WitnessedLog,
    WitnessStanding,
)

__all__ = [
    "Acceptance",
    "Agreement",
    "Allowance",
    "Assessment",
    "Audience",
    "AudienceParty",
    "AuditAnchor",
    "AuditCheckpoint",
    "AuditCosignature",
    "AuditDisclosure",
    "AuditEntry",
    "AuditHalt",
    "AuditLog",
    "AuditNode",
    "AuditPerson",
    "AuditSealed",
    "Authenticator",
    "Base",
    "Certificate",
    "ClawBack",
    "ClawBackParty",
    "Club",
    "ClubMember",
    "Directory",
    "Disclosure",
    "Disposal",
    "DisposalApproval",
    "DisposalDocument",
    "Document",
    "DocumentHeader",
    "Errand",
    "Grant",
    "Hold",
    "HoldDocument",
    "Issuer",
    "KeyScope",
    "Leave",
    "Limitation",
    "Mark",
    "Matter",
    "Membership",
    "Moment",
    "Organisation",
    "Outgoing",
    "Participation",
    "PendingLogin",
    "PolicyChange",
    "Production",
    "ProductionItem",
    "ProductionParty",
    "Redaction",
    "RedactionAudience",
    "RedactionGroup",
    "Review",
    "ReviewItem",
    "Search",
    "SearchPart",
    "Session",
    "Survey",
    "SurveyPart",
    "Suspension",
    "Term",
    "Token",
    "Training",
    "Transcript",
    "TranscriptPage",
    "Transfer",
    "User",
    "Version",
    "Visit",
    "Witness",
    "WitnessStanding",
    "WitnessedLog",
]
