"""Disposal: proposed by one, approved by two others of different functions, destroyed and certified at once.

Destroying removes the wrapped content keys and writes the signed certificate in one transaction; the erasure of the
stored bytes is owed to the worker. The policy and every condition are asked again inside that transaction.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from dataroom.actions import present
from dataroom.actions.attributes import held
from dataroom.actions.context import Desk, Download
from dataroom.actions.destroying import destroy_documents
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.retention import refuse_proposed, with_others
from dataroom.actions.secondperson import require_two
from dataroom.actions.views import Done
from dataroom.actions.views_retention import ApprovalView, DisposalView
from dataroom.actions.work import Work
from dataroom.clock import stamp
from dataroom.errors import Conflict, Refused
from dataroom.ids import new_id
from dataroom.model import (
    Certificate,
    Disposal,
    DisposalApproval,
    DisposalDocument,
    Document,
    Matter,
    Organisation,
)

CERTIFICATE_KEY = "certificates"
DISPOSAL_ACTIONS = ("disposal.approve", "disposal.reject", "disposal.execute", "disposal.certificate")
BACKUPS = (
    "A database backup made before the disposal still holds the wrapped content key. It is made useless by the next "
    "renewal of its key scope, due the following night: the entry scope.trim of that scope in this audit log, later "
    "than this certificate, records it. What remains are copies of the key service's own storage made before then."
)
METHOD = "cryptographic erasure: the only wrapped content key of each version was removed from the database"


class Propose(Params):
    """Why the documents are to be destroyed, and which others with them."""

    reason: Annotated[str, Field(min_length=12, max_length=2000)]
    also: list[uuid.UUID] = Field(default_factory=list, max_length=1000)


class Reject(Params):
    """Why the documents are kept."""

    remark: Annotated[str, Field(min_length=8, max_length=2000)]


class Form(Params):
    """The certificate as `json` (what is signed) or as `pdf` (the same, for reading)."""

    form: Annotated[str, Field(pattern="^(json|pdf)$")] = "json"


@action("disposal.propose", on=Document)
def propose(work: Work, document: Document, params: Propose) -> Done:
    """Proposes documents for destruction whose retention period has ended."""
    documents = with_others(work, document, params.also)
    for item in documents:
        check_due(work, item)
        refuse_proposed(work, item)
    row = Disposal(
        id=new_id(),
        matter_id=document.matter_id,
        organisation_id=document.organisation_id,
        reason=params.reason,
        state="proposed",
        remark="",
        proposed_by=work.user,
        proposed_at=work.now,
    )
    work.add(row)
    for item in documents:
        if item.organisation_id != row.organisation_id:
            raise Conflict("A disposal covers documents of one organisation.")
        work.add(DisposalDocument(disposal_id=row.id, document_id=item.id))
    work.concerns(target=row)
    work.state(documents=[str(item.id) for item in documents])
    return Done(row.id)


def check_due(work: Work, document: Document) -> None:
    """A document may be destroyed only after its retention period, and once."""
    if document.state == "disposed":
        raise Conflict("The document was disposed of already.")
    if document.due_on is None:
        raise Conflict("The document has no due date: record the event that starts its retention first.")
    if document.due_on > work.now.date():
        raise Conflict(f"The document must be kept until {document.due_on.isoformat()}.")


@action("disposal.list", on=Matter, lists=Disposal)
def list_disposals(work: Work, matter: Matter, params: Nothing) -> tuple[DisposalView, ...]:
    """The disposals of the own organisation in a matter, newest first."""
    rows = work.listed(
        Disposal,
        Disposal.matter_id == matter.id,
        order=(Disposal.proposed_at.desc(), Disposal.id),
    )
    return _views(work, rows)


@action("disposal.read", on=Disposal)
def read(work: Work, disposal: Disposal, params: Nothing) -> DisposalView:
    """A disposal, its documents and approvals, and what this person may do with it."""
    return _views(work, [disposal])[0]


def _views(work: Work, rows: list[Disposal]) -> tuple[DisposalView, ...]:
    ids = [row.id for row in rows]
    parties = present.organisations(work.session)
    links = work.all(DisposalDocument, DisposalDocument.disposal_id.in_(ids))
    references = present.references(work, [link.document_id for link in links])
    approvals = work.all(DisposalApproval, DisposalApproval.disposal_id.in_(ids), order=(DisposalApproval.approved_at,))
    numbers = {c.disposal_id: c.number for c in work.all(Certificate, Certificate.disposal_id.in_(ids))}
    people = present.names(
        work.session,
        [*(a.user_id for a in approvals), *(r.proposed_by for r in rows), *(r.executed_by for r in rows)],
    )
    offers = {
        name: {row.id for row in work.all(Disposal, Disposal.id.in_(ids), work.offered(Disposal, name))}
        for name in DISPOSAL_ACTIONS
    }
    return tuple(
        DisposalView(
            id=row.id,
            organisation=parties[row.organisation_id],
            reason=row.reason,
            state=row.state,
            remark=row.remark,
            proposed_by=people.get(row.proposed_by, ""),
            proposed_at=row.proposed_at,
            executed_by=people.get(row.executed_by) if row.executed_by else None,
            executed_at=row.executed_at,
            documents=tuple(references[link.document_id] for link in links if link.disposal_id == row.id),
            approvals=tuple(
                ApprovalView(people.get(a.user_id, ""), a.function, a.approved_at)
                for a in approvals
                if a.disposal_id == row.id
            ),
            certificate=numbers.get(row.id),
            can=frozenset(name for name, allowed in offers.items() if row.id in allowed),
        )
        for row in rows
    )


def _approvers(work: Work, disposal: Disposal, _params: Nothing) -> list[Hand]:
    """Who has approved a disposal."""
    rows = work.all(DisposalApproval, DisposalApproval.disposal_id == disposal.id)
    return [(row.user_id, row.approved_at) for row in rows]


def _hands(work: Work, disposal: Disposal, params: Nothing) -> list[Hand]:
    """Who has proposed or approved a disposal."""
    return [(disposal.proposed_by, disposal.proposed_at), *_approvers(work, disposal, params)]


_APPROVAL = TwoPeople(
    first=_hands,
    said="Whoever proposed a disposal or has approved it does not approve it; a colleague does.",
    begun_by=("disposal.propose", "disposal.approve"),
)
_EXECUTION = TwoPeople(
    first=_approvers,
    said="Whoever has approved a disposal does not carry it out; a colleague does.",
    begun_by=("disposal.approve",),
)


@action("disposal.approve", on=Disposal, two=_APPROVAL)
def approve(work: Work, disposal: Disposal, params: Nothing) -> Done:
    """Approves a disposal; two people of different functions must, and neither may be the proposer."""
    if disposal.state != "proposed":
        raise Conflict("The disposal does not await approval.")
    for item in _documents(work, disposal):
        check_due(work, item)
    row = DisposalApproval(
        id=new_id(),
        disposal_id=disposal.id,
        user_id=work.user,
        function=work.principal.role,
        approved_at=work.now,
    )
    work.add(row)
    if len(work.all(DisposalApproval, DisposalApproval.disposal_id == disposal.id)) >= 2:
        disposal.state = "approved"
    work.state(function=row.function, state=disposal.state)
    return Done(disposal.id)


@action("disposal.reject", on=Disposal)
def reject(work: Work, disposal: Disposal, params: Reject) -> Done:
    """Ends a disposal; the documents are kept."""
    if disposal.state not in {"proposed", "approved"}:
        raise Conflict("The disposal is over.")
    disposal.state, disposal.remark = "rejected", params.remark
    return Done(disposal.id)


@action("disposal.execute", on=Disposal, two=_EXECUTION)
def execute(work: Work, disposal: Disposal, params: Nothing) -> Done:
    """Destroys the documents of an approved disposal and issues the certificate, in one transaction."""
    if disposal.state != "approved":
        raise Conflict("The disposal is not approved.")
    approvals = work.all(DisposalApproval, DisposalApproval.disposal_id == disposal.id)
    require_two([(a.user_id, a.function) for a in approvals], disposal.proposed_by)
    documents = _documents(work, disposal)
    for document in documents:
        check_due(work, document)
    named = select(DisposalDocument.document_id).where(DisposalDocument.disposal_id == disposal.id)
    if work.one(Document, Document.id.in_(named), held(Document.id)) is not None:
        raise Refused("A hold covers one of the documents.")
    destroyed = destroy_documents(work, documents)
    disposal.state, disposal.executed_by, disposal.executed_at = "done", work.user, work.now
    certificate = _certify(work, disposal, approvals, destroyed)
    work.state(certificate=certificate.number, certificate_sha256=hashlib.sha256(certificate.body).hexdigest())
    return Done(certificate.id)


def _documents(work: Work, disposal: Disposal) -> list[Document]:
    ids = select(DisposalDocument.document_id).where(DisposalDocument.disposal_id == disposal.id)
    return work.all(Document, Document.id.in_(ids), order=(Document.number,))


def _people(work: Work, disposal: Disposal, approvals: list[DisposalApproval]) -> dict[str, Any]:
    names = present.names(work.session, [disposal.proposed_by, disposal.executed_by, *(a.user_id for a in approvals)])
    return {
        "proposed_by": names.get(disposal.proposed_by, ""),
        "approved_by": [
            {"name": names.get(a.user_id, ""), "function": a.function, "at": stamp(a.approved_at)} for a in approvals
        ],
        "executed_by": names.get(disposal.executed_by, ""),
    }


def _certify(
    work: Work, disposal: Disposal, approvals: list[DisposalApproval], destroyed: list[dict[str, Any]]
) -> Certificate:
    origin, seq = work.place
    law, kms = work.services.law, work.services.kms
    used = sorted({line["schedule"] for line in destroyed if line["schedule"]})
    body: dict[str, Any] = {
        "type": "dataroom-certificate-of-disposal/v1",
        "number": f"C-{work.now:%Y%m%d}-{disposal.id.hex[:8].upper()}",
        "installation": work.services.config.log_origin,
        "issued_at": stamp(work.now),
        "matter": {
            "id": str(disposal.matter_id),
            "reference": work.get(Matter, disposal.matter_id).reference,
        },
        "organisation": work.get(Organisation, disposal.organisation_id).name,
        "disposal": {
            "id": str(disposal.id),
            "reason": disposal.reason,
            "proposed_at": stamp(disposal.proposed_at),
        },
        "authority": [{"schedule": s, "authority": law.schedules[s].authority} for s in used],
        "documents": destroyed,
        "people": _people(work, disposal, approvals),
        "method": METHOD,
        "hold_check": f"no hold at {stamp(work.now)}, checked in the transaction that destroyed",
        "policies_sha256": law.digest,
        "audit": {"log": origin, "seq": seq},
        "exceptions": [
            "Encrypted bytes in the object store are erased by a later errand; without the key they are unreadable.",
            "Copies downloaded by people before the disposal are outside this service.",
            BACKUPS,
        ],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    row = Certificate(
        id=new_id(),
        disposal_id=disposal.id,
        number=body["number"],
        body=text,
        signature=kms.sign(CERTIFICATE_KEY, text),
        public_key=kms.public_key(CERTIFICATE_KEY),
        summary={"documents": len(destroyed)},
        created_at=work.now,
    )
    return work.add(row)


def _written(desk: Desk, given: tuple[str, bytes, bytes, bytes, str]) -> Download:
    number, body, signature, public_key, form = given
    signed = {
        "certificate": body.decode(),
        "signature": signature.hex(),
        "public_key": public_key.hex(),
        "algorithm": "Ed25519 over the UTF-8 bytes of `certificate`",
    }
    if form == "json":
        data = json.dumps(signed, indent=2, ensure_ascii=False).encode()
        return Download(f"{number}.json", "application/json", iter((data,)), len(data))
    data = _paper(desk, json.loads(body), signed)
    return Download(f"{number}.pdf", "application/pdf", iter((data,)), len(data))


def _paper(desk: Desk, body: dict[str, Any], signed: dict[str, str]) -> bytes:
    people = body["people"]
    facts = [
        ("Certificate", body["number"]),
        ("Issued", body["issued_at"]),
        ("Installation", body["installation"]),
        ("Matter", body["matter"]["reference"]),
        ("Organisation", body["organisation"]),
        ("Reason", body["disposal"]["reason"]),
        ("Authority", "; ".join(a["authority"] for a in body["authority"])),
        ("Proposed by", people["proposed_by"]),
        *((f"Approved by ({a['function']})", f"{a['name']}, {a['at']}") for a in people["approved_by"]),
        ("Executed by", people["executed_by"]),
        ("Method", body["method"]),
        ("Hold check", body["hold_check"]),
        ("Audit log", f"{body['audit']['log']}, entry {body['audit']['seq']}"),
        *(("Exception", text) for text in body["exceptions"]),
        ("Signature (Ed25519)", signed["signature"]),
        ("Public key", signed["public_key"]),
    ]
    rows = [
        (line["number"], f"{version['kind']} {version['ordinal']}", str(version["size"]), version["sha256"])
        for line in body["documents"]
        for version in line["versions"]
    ]
    header = ("Document", "Content", "Bytes", "SHA-256 of the destroyed content")
    return desk.services.paper.table("Certificate of disposal", facts, header, rows)


@action("disposal.certificate", on=Disposal, reveal=_written)
def certificate(work: Work, disposal: Disposal, params: Form) -> tuple[str, bytes, bytes, bytes, str]:
    """The signed certificate of a disposal, as JSON or PDF."""
    row = work.one(Certificate, Certificate.disposal_id == disposal.id)
    if row is None:
        raise Conflict("The disposal has no certificate yet.")
    work.state(certificate=row.number, form=params.form)
    return row.number, row.body, row.signature, row.public_key, params.form
