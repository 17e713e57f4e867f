"""The one gate. Every action passes it: authorised, performed and recorded in one transaction, or not at all.

A refusal or a failure rolls everything back and is recorded in a transaction of its own. When even that record
cannot be written, the person gets `Unavailable` and still nothing has happened. There is no way around the gate.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from dataroom.actions import pins, premises, scope, secondperson, standing, strength
from dataroom.actions.attributes import NOBODY
from dataroom.actions.attributes_people import unmade_key
from dataroom.actions.context import EVERYTHING, Desk, Download, Principal, Services
from dataroom.actions.deputising import Represented, ties
from dataroom.actions.evidence import Record, append, digest_of, in_a_matter, lock_head_of
from dataroom.actions.inforce import InForce
from dataroom.actions.limits import Held, Meter, Spent
from dataroom.actions.personal import key_of
from dataroom.actions.registry import ACTIONS, Params, Spec
from dataroom.actions.work import SEEN_BY, Work
from dataroom.errors import ClawedBack, DataroomError, Invalid, KeyDestroyed, NotFound, Refused, Unavailable
from dataroom.model import Base, ClawBack, Matter, Organisation, Version
from policies.engine import Decision, Entity, Ref, Value

log = logging.getLogger("dataroom.gate")
UNCOUNTED = frozenset({"session.end", "token.revoke"})
"""What nobody is ever kept from: signing out, and ending a token."""
TOKEN_RULE = "tokens-do-what-they-are-for"  # noqa: S105 - the id of a policy
TOKEN_RULES = frozenset({TOKEN_RULE, "tokens-stay-in-their-matter"})


@dataclass
class _Attempt:
    """One passing of the gate, from the question to the record.

    `admitted` once the policy said yes, `sent` once its commit was asked for; `services` hold the law that said it.
    """

    spec: Spec
    principal: Principal
    target_id: uuid.UUID | None
    params: Params
    record: Record
    prepared: Any = None
    admitted: bool = False
    sent: bool = False
    target: Base | None = field(default=None, repr=False)
    services: Services | None = field(default=None, repr=False)

    @property
    def desk(self) -> Desk:
        """What the phases outside the transaction get: the services under the law that authorised the attempt."""
        assert self.services is not None  # noqa: S101 - set when it was authorised
        return Desk(self.services, self.principal)


class Gate:
    """Performs actions for principals. One instance serves all threads of a process; `meter` counts what it does.

    `services` are those of the house, with the delivered law; what decides is the law in force.
    """

    def __init__(self, services: Services):
        self.services = services
        self.in_force = InForce(services)
        self.meter = Meter(services)

    def perform(
        self,
        principal: Principal,
        name: str,
        target: uuid.UUID | None = None,
        params: Params | Mapping[str, Any] | None = None,
        stream: Any = None,
    ) -> Any:
        """Does the action `name` on `target` and returns its result, having recorded it.

        `params` are validated against the action's own model; `stream` is the incoming body of an upload. Raises
        `NotFound` for what does not exist or may not be seen, `Refused`, `Invalid`, `Conflict`, `TooMany`,
        `Unavailable`. A `Download` takes one of the person's places until its pieces end or are closed.
        """
        if name not in UNCOUNTED:
            self._count(principal, name)
        place = self.meter.place(principal, name) if ACTIONS[name].result is Download and principal.user else None
        if place is None:
            return self._perform(principal, name, target, params, stream)
        try:
            handed: Download = self._perform(principal, name, target, params, stream)
        except BaseException:
            place.free()
            raise
        return replace(handed, pieces=Held(iter(handed.pieces), place))

    def _count(self, principal: Principal, name: str) -> None:
        """Counts an action of a person or token; one refused for there being too many is recorded now and then."""
        try:
            self.meter.admit(principal)
        except Spent as error:
            if error.tell:
                self.refuse(principal, name, error.code)
            raise

    def _perform(
        self,
        principal: Principal,
        name: str,
        target: uuid.UUID | None,
        params: Params | Mapping[str, Any] | None,
        stream: Any,
    ) -> Any:
        spec = ACTIONS[name]
        attempt = _Attempt(spec, principal, target, Params(), Record(act=name, principal=principal, target_id=target))
        try:
            attempt.params = checked(spec, params)
            attempt.record.params = digest_of(attempt.params.model_dump(mode="json"))
            if spec.prepare:
                self._prepare(attempt, stream)
            result = self._transact(attempt)
        except BaseException as error:
            self._failed(attempt, error)
            raise
        if spec.reveal:
            return spec.reveal(attempt.desk, result)
        return result

    def refuse(self, principal: Principal, name: str, code: str) -> None:
        """Records that `name` was refused before the gate could be asked (a sign-in that did not hold)."""
        record = Record(act=name, principal=principal, outcome="refused", code=code)
        with self.services.database.writing() as session:
            append(self.in_force.of(session), session, record, self.services.clock.now())

    def may(self, principal: Principal, name: str, target: uuid.UUID | None) -> bool:
        """Whether the policy would permit the action now; asks, does nothing, records nothing."""
        try:
            self.ask(principal, name, target)
        except DataroomError:
            return False
        return True

    def ask(self, principal: Principal, name: str, target: uuid.UUID | None) -> None:
        """Raises what `perform` would if the policy does not permit the action now; does and records nothing."""
        attempt = _Attempt(ACTIONS[name], principal, target, Params(), Record(act=name, principal=principal))
        with self.services.database.reading() as session:
            self._authorise(session, attempt, self.services.clock.now())

    def _prepare(self, attempt: _Attempt, stream: Any) -> None:
        with self.services.database.reading() as session:
            self._authorise(session, attempt, self.services.clock.now())
            session.expunge_all()
        assert attempt.spec.prepare is not None  # noqa: S101 - told by the caller
        attempt.prepared = attempt.spec.prepare(attempt.desk, attempt.target, attempt.params, stream)

    def _transact(self, attempt: _Attempt) -> Any:
        spec = attempt.spec
        with self.services.database.writing() as session:
            pins.watch(session)
            self._refuse_erased(session, attempt.principal)
            head = lock_head_of(session, spec.target, attempt.target_id)
            now = self.services.clock.now()
            work = self._authorise(session, attempt, now)
            work.place = (head.origin, head.size)
            if spec.two is not None:
                secondperson.demand(work, spec.two, attempt.target, attempt.params)
            given = (attempt.prepared,) if spec.prepare else ()
            result = spec.run(work, attempt.target, attempt.params, *given)
            session.flush()
            append(work.services, session, attempt.record, now, head)
            attempt.sent = True
        return result

    def _refuse_erased(self, session: Session, who: Principal) -> None:
        """Nobody acts whose fields could not be recorded; asked before the log is locked, since keys may be fetched."""
        if who.user is not None and not who.arriving and key_of(self.services, session, who.user) is None:
            raise Refused("This person's data are being erased.")

    def _authorise(self, session: Session, attempt: _Attempt, now: datetime) -> Work:
        """Loads the target, asks the policy, and gives the work the action may use; raises when it says no."""
        spec, record = attempt.spec, attempt.record
        if spec.performer != attempt.principal.kind:
            raise NotFound()
        services = attempt.services = self.in_force.of(session, spec.name)
        row = self._load(session, attempt)
        matter_id = record.matter_id
        if row is None and in_a_matter(spec.target):
            matter_id = attempt.target_id if spec.target is Matter else uuid.uuid4()
        member = standing.member(services.law, session, attempt.principal, matter_id, now)
        work = Work(services, attempt.principal, now, session, record, member)
        record.represented = represented(work, matter_id)
        entity, more = self._entity(session, attempt, now), _more(session, spec, attempt.params)
        self._refuse_token(work, attempt, more)
        question = SEEN_BY["Matter"] if spec.lists and spec.target else spec.name
        decision = work.decide(question, entity, **more)
        record.policies = decision.policies
        if not decision.allowed or (row is None and spec.target is not None):
            missing = premises.lacking(work, question, entity, more) if row is not None else None
            if missing is not None:
                raise missing
            proved = decision if decision.allowed else strength.proved(work, question, entity, more)
            if proved.allowed and not decision.allowed:
                raise strength.lacking(work, question, entity, more)
            raise self._no(attempt, work, entity, proved)
        attempt.admitted = True
        return work

    def _refuse_token(self, work: Work, attempt: _Attempt, more: Mapping[str, Ref | str]) -> None:
        """Says so when somebody's API token is not for this action at all, whatever the target is or if there is one.

        Asked about a thing nobody may see, so that the answer tells of the token alone.
        """
        spec = attempt.spec
        kind = spec.lists or spec.target
        if EVERYTHING in attempt.principal.scopes or kind is None:
            return
        asked = replace(scope.decoy(kind, work.now), id="asked")
        decision = work.decide(spec.name, asked, **more)
        if TOKEN_RULE in decision.policies:
            attempt.record.policies = (TOKEN_RULE,)
            raise Refused(work.services.law.policies[TOKEN_RULE].sentence, code="token-scope")

    def _load(self, session: Session, attempt: _Attempt) -> Base | None:
        table, record = attempt.spec.target, attempt.record
        record.target_kind = (table.__name__ if table else attempt.spec.kind).lower()
        if table is None:
            return None
        record.target_id = attempt.target_id
        row: Any = session.get(table, attempt.target_id, populate_existing=True) if attempt.target_id else None
        attempt.target = row
        if row is not None:
            record.matter_id = row.id if isinstance(row, Matter) else getattr(row, "matter_id", None)
            record.owner_id = getattr(row, "organisation_id", None)
            record.document_id = row.id if table.__name__ == "Document" else getattr(row, "document_id", None)
        if hasattr(table, "version_id") and not hasattr(table, "document_id"):
            version_id = attempt.target_id if row is None else row.version_id
            version = session.get(Version, version_id) if version_id else None
            record.document_id = version.document_id if version and row is not None else None
        return attempt.target

    def _entity(self, session: Session, attempt: _Attempt, now: datetime) -> Entity:
        """The resource of the question; for a missing target an entity nobody may see.

        What is not there is asked about in as many questions to the database as what is, so that both ways cost alike.
        """
        spec, who = attempt.spec, attempt.principal
        if spec.target is not None and attempt.target_id is not None:
            found = scope.entity(session, spec.target, attempt.target_id, now)
            if found is not None:
                return found
        if spec.target is not None:
            return scope.decoy(spec.target, now)
        if spec.kind == "Matter":
            own = Ref("Organisation", str(who.organisation))
            return Entity(
                "Matter",
                str(who.confined or "any"),
                {
                    "organisation": own,
                    "organisations": frozenset({own}),
                    "members": frozenset({str(who.user)}),
                    "state": "open",
                },
            )
        if spec.kind == "Person":
            own = Ref("Organisation", str(who.organisation))
            known: dict[str, Value] = {"organisation": own, "user": str(who.user), "state": "active"}
            return Entity("Person", "any", known | {"role": who.role, "held": False, "due": False})
        if spec.kind == "Directory":
            return Entity(
                "Directory", "new", {"organisation": Ref("Organisation", str(who.organisation)), "active": True}
            )
        if spec.kind == "Change":
            own, user = Ref("Organisation", str(who.organisation)), str(who.user)
            return Entity("Change", "new", {"organisation": own, "proposer": user, "state": "proposed"})
        if spec.kind == "Organisation":
            return Entity("Organisation", str(who.organisation), {})
        if spec.kind == "Service":
            return Entity("Service", "worker", {"name": who.name})
        attrs: dict[str, Any] = {"user": str(who.user)}
        if spec.kind in {"Session", "Authenticator"}:
            attrs["organisation"] = Ref("Organisation", str(who.organisation))
        if spec.kind == "Authenticator":
            attrs |= unmade_key(session, who.user)
        return Entity(spec.kind, "new", attrs)

    def _no(self, attempt: _Attempt, work: Work, entity: Entity, decision: Decision) -> DataroomError:
        if attempt.spec.target is None and set(decision.policies) & TOKEN_RULES:
            return Refused(" ".join(work.services.law.explain(decision)), code="token-scope")
        see = SEEN_BY.get(entity.type)
        if see is not None and work.decide(see, entity).allowed:
            if entity.attrs.get("state") == "destroyed":
                return KeyDestroyed()
            said = " ".join(work.services.law.explain(decision)) or "The policy does not permit this."
            return Refused(said, facts=_askable(attempt))
        version = attempt.target_id if entity.type == "Version" else None
        return (_taken_back(work, version) if version is not None else None) or NotFound()

    def _failed(self, attempt: _Attempt, error: BaseException) -> None:
        """Cleans up what was prepared and records the refusal or failure in its own transaction.

        A commit that broke off may have happened all the same: then what a row may name is left to the sweep.
        """
        spec, record = attempt.spec, attempt.record
        if attempt.prepared is not None and spec.discard and not attempt.sent:
            spec.discard(attempt.desk, attempt.prepared)
        record.outcome = "refused" if isinstance(error, NotFound | Refused | KeyDestroyed | ClawedBack) else "failed"
        record.hidden = isinstance(error, NotFound) and record.owner_id not in {None, attempt.principal.organisation}
        if spec.affair == "actor" and (attempt.admitted or not record.hidden):
            record.owner_id, record.hidden = attempt.principal.organisation, False
        record.code = error.code if isinstance(error, DataroomError) else "error"
        record.facts = {}
        if not isinstance(error, DataroomError):
            log.error("action failed", extra={"act": spec.name}, exc_info=error)
        try:
            with self.services.database.writing() as session:
                append(self.in_force.of(session, spec.name), session, record, self.services.clock.now())
        except Exception as unwritten:
            raise Unavailable("This could not be recorded, so it was not done; try again.") from unwritten


def represented(work: Work, matter: uuid.UUID | None) -> Represented | None:
    """For whom whoever acts stands in, if they hold somebody else's part."""
    if work.member.attrs.get("deputises", NOBODY) == NOBODY:
        return None
    return ties(work.session, work.principal, matter, work.now).represented


def _askable(attempt: _Attempt) -> dict[str, Any]:
    """With what `access.why` is asked about a refusal; nothing where it does not take the question."""
    spec, matter = attempt.spec, attempt.record.matter_id
    if matter is None or spec.lists is not None or spec.asks:
        return {}
    thing = None if spec.target is Matter else str(attempt.target_id)
    return {"why_not": {"matter": str(matter), "do": spec.name, "thing": thing}}


def _taken_back(work: Work, version: uuid.UUID) -> DataroomError | None:
    """What somebody is told who may read the notice of a claw-back instead of the version, if there is one."""
    row = work.one(ClawBack, ClawBack.version_id == version)
    notice = scope.entity(work.session, ClawBack, version if row is None else row.id, work.now)
    if row is None or notice is None or not work.decide("claw-back.read", notice).allowed:
        return None
    owner = work.get(Organisation, row.organisation_id).name
    told = f"Clawed back by {owner} on {row.ordered_at:%Y-%m-%d %H:%M} UTC: return or destroy every copy."
    return ClawedBack(told, facts={"claw_back": str(row.id)})


def checked(spec: Spec, params: Params | Mapping[str, Any] | None) -> Params:
    """The parameters as the action's own model; `Invalid` names the first field that does not fit."""
    if isinstance(params, spec.params):
        return params
    try:
        return spec.params.model_validate(dict(params or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)
        fields = {".".join(str(p) for p in e["loc"]) or "body": e["msg"] for e in first}
        name, message = next(iter(fields.items()))
        raise Invalid(f"{name}: {message}", facts={"fields": fields}) from None


def _more(session: Session, spec: Spec, params: Params) -> dict[str, Ref | str]:
    """Further circumstances a policy asks about, found from the parameters: organisations (by their ids) and words."""
    found = {name: find(session, params) for name, find in spec.asks.items()}
    return {name: each if isinstance(each, str) else Ref("Organisation", str(each)) for name, each in found.items()}
