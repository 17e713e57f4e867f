"""The law: what is in force, and changes of it that one organisation proposes and another puts in force.

A proposal holds whole texts of rule files. Proposer and approver both name the digest of the law they were shown, so
nothing else comes into force than what both have read; an approval made for another law in force is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy import func, select

from dataroom.actions.context import Desk, Download
from dataroom.actions.inforce import (
    APPROVAL,
    APPROVE,
    PROPOSAL,
    RESET,
    InForce,
    approval_of,
    changed,
    check_signed,
    fingerprint,
    law_with,
    newest,
    proposal_of,
    signed,
)
from dataroom.actions.registry import Hand, Nothing, Params, TwoPeople, action
from dataroom.actions.views import Done
from dataroom.actions.views_policies import (
    ChangeLine,
    ChangeView,
    ComparisonView,
    LawView,
    RuleFileView,
    RuleView,
)
from dataroom.actions.work import PAGE, Work
from dataroom.errors import Conflict, Invalid, Tampered
from dataroom.ids import new_id
from dataroom.model import PolicyChange, User
from policies.changes import KEPT_FILES, LIMIT, RuleChange, check_texts, difference
from policies.engine import Law, LawError
from policies.engine.digest import law_contents
from policies.engine.law import PACKAGED, PROMISES

MOST_OPEN = 10
OFFERED = ("policy.approve", "policy.reject", "policy.withdraw")
_MOMENT = (1980, 1, 1, 0, 0, 0)
Text = Annotated[str, Field(max_length=LIMIT)]
_Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=2000)]


class Texts(Params):
    """Whole texts of rule files by name (`versions.cedar`); an empty one takes a file away that was not delivered."""

    model_config = ConfigDict(str_strip_whitespace=False)
    texts: dict[str, Text] = Field(min_length=1, max_length=20)


class Proposed(Texts):
    """The same, why, and the digest of the law these texts make, as `policy.compare` tells it."""

    reason: _Reason
    digest: _Digest


class Shown(Params):
    """The digest of the law the change makes, as it was shown."""

    digest: _Digest


class Because(Params):
    """Why."""

    reason: _Reason


class Return(Params):
    """Why the delivered rules are put in force."""

    reason: _Reason


@dataclass(frozen=True)
class Drafted:
    """A change worked out: every text that differs from the delivered ones, and what it means."""

    texts: dict[str, str]
    means: ComparisonView


def _draft(desk: Desk, _target: None, params: Texts, _stream: object) -> Drafted:
    """Works a change of the law in force out; `Invalid` names the rule that no change may touch, or what is wrong."""
    base, delivered = desk.services.law, Law.load()
    every = {**_differing(base, delivered), **params.texts}
    kept = {name: text for name, text in every.items() if delivered.texts.get(name, "") != text}
    try:
        check_texts(params.texts)
        law = changed(delivered, base, kept)
    except LawError as problem:
        raise Invalid(f"texts: {problem}") from problem
    if law.texts == base.texts:
        raise Invalid("texts: they change nothing")
    found = difference(base, law)
    return Drafted(kept, ComparisonView(base.digest, law.digest, found.rules, found.more, found.less))


def _differing(law: Law, delivered: Law) -> dict[str, str]:
    """The texts of a law that are not as delivered."""
    return {name: text for name, text in law.texts.items() if delivered.texts.get(name) != text}


@action("policy.show", on=None, kind="Organisation")
def show(work: Work, _target: None, params: Nothing) -> LawView:
    """The rules in force: their texts, what each says, and which of them no change at run time touches."""
    law, delivered = work.services.law, Law.load()
    files = tuple(
        RuleFileView(name, text, delivered.texts.get(name) != text, name in KEPT_FILES)
        for name, text in sorted(law.texts.items())
    )
    rules = tuple(
        RuleView(
            rule.id,
            rule.effect,
            rule.sentence,
            rule.file,
            rule.file in KEPT_FILES or (rule.effect == "forbid" and rule.id in delivered.policies),
            rule.id in law.promises,
        )
        for rule in law.policies.values()
    )
    key = newest(work.session)
    return LawView(law.digest, delivered.digest, key[1] if key and law.promises else 0, files, rules)


@action("policy.list", on=None, kind="Change", lists=PolicyChange)
def list_changes(work: Work, _target: None, params: Nothing) -> tuple[ChangeLine, ...]:
    """The newest changes of the rules, whoever proposed them, and what became of each."""
    query = select(PolicyChange, User.name).join(User, User.id == PolicyChange.proposed_by, isouter=True)
    query = query.where(work.narrowed(PolicyChange)).order_by(PolicyChange.proposed_at.desc(), PolicyChange.id)
    rows = work.confirmed(PolicyChange, work.record.act, work.rows(query.limit(PAGE)), lambda row: row[0].id)
    return tuple(
        ChangeLine(
            row.id,
            row.state,
            row.number,
            row.organisation_id == work.organisation,
            row.organisation_id is None,
            name if row.organisation_id == work.organisation else "",
            row.proposed_at,
            row.reason,
            len(row.told["rules"]),
        )
        for row, name in rows
    )


@action("policy.compare", on=None, kind="Change", prepare=_draft)
def compare(work: Work, _target: None, params: Texts, drafted: Drafted) -> ComparisonView:
    """What other texts of rules would mean: which rules differ, and who might do more or less. Changes nothing."""
    _state(work, drafted.means)
    return drafted.means


@action("policy.propose", on=None, kind="Change", prepare=_draft)
def propose(work: Work, _target: None, params: Proposed, drafted: Drafted) -> Done:
    """Proposes a change of the rules, exactly as it was shown; somebody of another organisation puts it in force."""
    _refuse_other(params.digest, drafted.means.digest)
    _refuse_moved(work, drafted.means.base)
    own = (PolicyChange.organisation_id == work.organisation, PolicyChange.state == "proposed")
    if len(work.all(PolicyChange, *own)) >= MOST_OPEN:
        raise Conflict(f"Your organisation has {MOST_OPEN} proposals that nobody has decided; withdraw one first.")
    row = _row(work, params.reason, drafted.means, drafted.texts)
    row.organisation_id, row.proposed_by = work.organisation, work.user
    row.proposal = signed(work.services, PROPOSAL, proposal_of(row))
    work.add(row)
    work.concerns(target=row, owner=work.organisation)
    _state(work, drafted.means)
    return Done(row.id)


def _row(work: Work, reason: str, means: ComparisonView, texts: Mapping[str, str]) -> PolicyChange:
    delivered = Law.load()
    return PolicyChange(
        id=new_id(),
        proposed_at=work.now,
        reason=reason,
        base=means.base,
        digest=means.digest,
        texts=dict(texts),
        delivered={name: fingerprint(delivered, name) for name in texts},
        told={"rules": [asdict(rule) for rule in means.rules], "more": list(means.more), "less": list(means.less)},
        state="proposed",
        decision="",
    )


@action("policy.read", on=PolicyChange)
def read(work: Work, change: PolicyChange, params: Nothing) -> ChangeView:
    """A change of the rules: who proposed it and why, what it means, and what became of it."""
    check_signed(work.services, change)
    proposer, decider = (
        work.one(User, User.id == person) if person else None for person in (change.proposed_by, change.decided_by)
    )
    own = change.organisation_id == work.organisation
    decided_own = decider is not None and decider.organisation_id == work.organisation
    can = work.allowed(OFFERED, change)
    stale = change.state == "proposed" and change.base != work.services.law.digest
    return ChangeView(
        change.id,
        change.state,
        change.number,
        own,
        change.organisation_id is None,
        proposer.name if proposer and own else "",
        change.proposed_at,
        change.reason,
        decided_own,
        decider.name if decider and decided_own else "",
        change.decided_at,
        change.decision,
        stale,
        tuple(sorted(change.texts)),
        _means(change),
        can - {"policy.approve"} if stale else can,
    )


def _means(change: PolicyChange) -> ComparisonView:
    rules = tuple(RuleChange(**rule) for rule in change.told["rules"])
    return ComparisonView(change.base, change.digest, rules, tuple(change.told["more"]), tuple(change.told["less"]))


def _law_of(desk: Desk, change: PolicyChange, params: Params, _stream: object) -> str:
    """The digest of the law a proposal makes, worked out anew from its texts."""
    check_signed(desk.services, change)
    return law_with(Law.load(), change.texts, change.delivered).digest


def _proposer(work: Work, change: PolicyChange, params: Shown) -> list[Hand]:
    return [(change.proposed_by, change.proposed_at)]


def _proposed_at(work: Work, change: PolicyChange, params: Shown) -> datetime:
    return change.proposed_at


_ANOTHER = TwoPeople(
    first=_proposer,
    said="Whoever proposed a change of the rules does not approve it; somebody of another organisation does.",
    begun_by=("policy.propose",),
    since=_proposed_at,
    within=timedelta(days=30),
    party="another",
)


@action(APPROVE, on=PolicyChange, prepare=_law_of, two=_ANOTHER)
def approve(work: Work, change: PolicyChange, params: Shown, digest: str) -> Done:
    """Puts a change in force that somebody of another organisation proposed, exactly as it was shown."""
    _refuse_other(params.digest, change.digest)
    _refuse_moved(work, change.base)
    if digest != change.digest:
        raise Conflict("These texts make another law with this release; withdraw the proposal and propose it anew.")
    check_signed(work.services, change)
    _put_in_force(work, change)
    _state(work, _means(change))
    return Done(change.id)


def _put_in_force(work: Work, change: PolicyChange) -> None:
    """Gives the next number and signs; from the commit on every process asks the new law."""
    highest = work.rows(select(func.max(PolicyChange.number)))[0][0]
    number = (highest or 0) + 1
    change.decided_by, change.decided_at = work.principal.user, work.now
    change.approval = signed(work.services, APPROVAL, approval_of(change, number, change.decided_by))
    change.state, change.number = "in_force", number
    work.state(number=number)


@action("policy.reject", on=PolicyChange)
def reject(work: Work, change: PolicyChange, params: Because) -> Done:
    """Rejects a proposed change of the rules, and says why."""
    return _close(work, change, "rejected", params.reason)


@action("policy.withdraw", on=PolicyChange)
def withdraw(work: Work, change: PolicyChange, params: Nothing) -> Done:
    """Takes a change back that the own organisation proposed and nobody has decided."""
    return _close(work, change, "withdrawn", "")


def _close(work: Work, change: PolicyChange, state: str, reason: str) -> Done:
    change.state, change.decision = state, reason
    change.decided_by, change.decided_at = work.user, work.now
    work.session.flush()
    return Done(change.id)


def _texts(desk: Desk, change: PolicyChange) -> Download:
    """The two laws as folders, for `python -m policies.analysis compare old new`."""
    delivered = Law.load()
    law = law_with(delivered, change.texts, change.delivered)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, one in (("old", desk.services.law), ("new", law)):
            for name, data in sorted(_contents(one).items()):
                archive.writestr(zipfile.ZipInfo(f"{folder}/{name}", _MOMENT), data)
    data = out.getvalue()
    return Download(f"policy-change-{change.id}.zip", "application/zip", iter((data,)), len(data))


def _contents(law: Law) -> dict[str, bytes]:
    texts = {f"access/{name}": text.encode() for name, text in law.texts.items()}
    promises = "\n\n".join(law.policies[name].text for name in sorted(law.promises))
    if promises:
        texts["access/promises.cedar"] = promises.encode() + b"\n"
    return {**law_contents(PACKAGED), **texts, PROMISES: (PACKAGED / PROMISES).read_bytes()}


@action("policy.export", on=PolicyChange, reveal=_texts)
def export(work: Work, change: PolicyChange, params: Nothing) -> PolicyChange:
    """The rules in force and those a change makes, as two folders in a ZIP file, so that anybody can compare them."""
    check_signed(work.services, change)
    return change


def _stands(desk: Desk, _target: None, params: Return, _stream: object) -> bool:
    """Whether the law in force can be established."""
    with desk.services.database.reading() as session:
        try:
            law = InForce(desk.services).of(session).law
        except (Tampered, Conflict):
            return False
    if law is not desk.services.law:
        raise Conflict("The rules in force hold: two people of two organisations take a change back, nobody alone.")
    return True


@action(RESET, on=None, kind="Service", performer="service", prepare=_stands)
def reset(work: Work, _target: None, params: Return, stands: bool) -> Done:
    """Puts the delivered rules in force while those in force cannot be established; the reason stands in the log."""
    law = work.services.law
    if not stands:
        row = _row(work, params.reason, ComparisonView("", law.digest, (), (), ()), {})
        row.proposal = signed(work.services, PROPOSAL, proposal_of(row))
        _put_in_force(work, row)
        work.add(row)
        work.concerns(target=row)
    work.state(reason=params.reason, digest=law.digest, needed=not stands)
    return Done(new_id())


def _refuse_other(shown: str, found: str) -> None:
    if shown != found:
        raise Conflict("This is not the law you were shown; read it again.", code="shown-otherwise")


def _refuse_moved(work: Work, base: str) -> None:
    if base != work.services.law.digest:
        raise Conflict("The rules have changed since; propose the change anew.", code="law-changed")


def _state(work: Work, means: ComparisonView) -> None:
    work.state(base=means.base, digest=means.digest, rules=[f"{rule.what} {rule.id}" for rule in means.rules])
