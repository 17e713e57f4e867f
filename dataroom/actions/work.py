"""The unit of work an action holds instead of a database session.

It reads what belongs to the authorised target, lists only what the policy lets the principal see, adds rows, owes
errands, and collects the facts the audit entry will state. It commits nothing by itself: the gate does.
`place` is the audit log's origin and the number this action's entry will have.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from dataroom.actions import scope
from dataroom.actions.context import Principal, Services
from dataroom.actions.evidence import Record
from dataroom.actions.scope_memory import Memory, key_of
from dataroom.actions.scope_parts import Part, Rows
from dataroom.errors import NotFound, Refused
from dataroom.ids import new_id
from dataroom.model import AuditEntry, Base, Errand, Version
from dataroom.model.documents import STATES
from policies.engine import Decision, Entity, Narrowing, Ref

log = logging.getLogger("dataroom.work")
R = TypeVar("R", bound=Base)
T = TypeVar("T")
_MEMORY = Memory(512)
MANY = 8
"""Of more organisations than these a list is not found one by one."""
SEEN_BY = {
    "Matter": "matter.read",
    "Document": "document.read",
    "Version": "version.read",
    "Redaction": "redaction.read",
    "Club": "club.list",
    "Term": "term.list",
    "Search": "search.read",
    "Disclosure": "disclosure.list",
    "Grant": "access.read",
    "Review": "review.read",
    "Leave": "leave.list",
    "ClawBack": "claw-back.read",
    "Audience": "audience.list",
    "Production": "production.read",
    "Transfer": "transfer.list",
    "Hold": "hold.list",
    "Disposal": "disposal.read",
    "Person": "person.list",
    "Token": "token.list",
    "Directory": "directory.list",
    "Change": "policy.read",
    "Session": "session.list",
    "Authenticator": "authenticator.list",
}
PAGE = 100
MISMATCH = "list.mismatch"


@dataclass
class Work:
    """Everything one action does to the database, in one transaction."""

    services: Services
    principal: Principal
    now: datetime
    session: Session = field(repr=False)
    record: Record
    member: Entity
    place: tuple[str, int] = ("", 0)

    @property
    def user(self) -> uuid.UUID:
        """The acting person's id; actions of the service have none and do not ask."""
        if self.principal.user is None:
            raise Refused()
        return self.principal.user

    @property
    def organisation(self) -> uuid.UUID:
        """The acting person's organisation."""
        if self.principal.organisation is None:
            raise Refused()
        return self.principal.organisation

    def get(self, table: type[R], row_id: uuid.UUID | None) -> R:
        """The row with this id; `NotFound` when there is none."""
        row = self.session.get(table, row_id) if row_id else None
        if row is None:
            raise NotFound()
        return row

    def one(self, table: type[R], *criteria: ColumnElement[bool]) -> R | None:
        """The first row that meets the criteria, or None."""
        return self.session.scalars(select(table).where(*criteria).limit(1), self._asked()).first()

    def all(self, table: type[R], *criteria: ColumnElement[bool], order: Sequence[Any] = ()) -> list[R]:
        """Rows that belong to the already authorised target."""
        return list(self.session.scalars(select(table).where(*criteria).order_by(*order), self._asked()))

    def all_entries(self, criteria: Sequence[ColumnElement[bool]], limit: int) -> list[AuditEntry]:
        """Entries of an audit log, newest first."""
        query = select(AuditEntry).where(*criteria).order_by(AuditEntry.seq.desc()).limit(limit)
        return list(self.session.scalars(query, self._asked()))

    def rows(self, query: Select[*tuple[Any, ...]], **given: Any) -> list[Any]:
        """The result rows of a query over what belongs to the already authorised target; `given` are its parameters."""
        return list(self.session.execute(query, self._asked() | given))

    def _asked(self) -> dict[str, Any]:
        return {scope.NARROWED_AT: self.now}

    def narrowed(self, table: type[R], action: str | None = None, reader: Entity | None = None) -> ColumnElement[bool]:
        """The condition that leaves only the rows the policy lets this principal see through `action`.

        Another `reader` (a member) is asked about where something is handed on to them.
        """
        name = action or self.record.act
        primary = getattr(table, "id", None)
        return self.recalled(
            table, name, "filter", lambda asked: asked.clause(scope.mapping(table), primary), reader or self.member
        )

    def parts(self, action: str, owners: frozenset[uuid.UUID]) -> tuple[Part, ...]:
        """The versions the policy lets this principal see through `action`, in parts a database finds quickly.

        `owners` are all organisations that have versions where it is asked.
        """
        return self.recalled(Version, action, ("parts", owners), lambda asked: self._parts(asked, owners))

    def _parts(self, asked: Narrowing, owners: frozenset[uuid.UUID]) -> tuple[Part, ...]:
        tier = self.member.attrs.get("tier")
        highest = max(*self.services.law.tiers, tier if isinstance(tier, int) else 0)
        others = tuple(sorted(str(each) for each in owners if each != self.organisation))
        return Rows(
            narrowing=asked,
            mapping=scope.mapping(Version),
            primary=Version.id,
            own=str(self.organisation),
            mine=self.organisation in owners,
            others=others if len(others) <= MANY else None,
            states=STATES,
            tiers=range(1, highest + 1),
        ).parts()

    def recalled(
        self,
        table: type[Base],
        action: str,
        what: Hashable,
        make: Callable[[Narrowing], T],
        reader: Entity | None = None,
    ) -> T:
        """What `make` gives for the principal's question about rows, or what it gave when this very question was asked
        before; `what` tells different things made for one question apart."""
        law, context, kind, who = self.services.law, self.context(), scope.RESOURCES[table].name, reader or self.member
        key = key_of(law, who, action, kind, context)
        rules = law.rules_for(action, who.type, kind)
        known = None if key is None else (key, what)
        return _MEMORY.recall(known, rules, lambda: make(law.narrowing(who, action, kind, context)))

    def listed(
        self, table: type[R], *criteria: ColumnElement[bool], order: Sequence[Any] = (), action: str | None = None
    ) -> list[R]:
        """The rows the policy lets this principal see through `action` that meet the criteria, each asked about twice:
        by the filter, and by itself."""
        name = action or self.record.act
        rows = self.all(table, *criteria, self.narrowed(table, name), order=order)
        return self.confirmed(table, name, rows, lambda row: row.id)  # type: ignore[attr-defined]

    def confirmed(self, table: type[Base], action: str, rows: Sequence[T], name: Callable[[T], Any]) -> list[T]:
        """Those of the rows a filter has let through that `shown` lets be shown; `name` gives a row's id."""
        shown = self.shown(table, action, [name(row) for row in rows])
        return [row for row in rows if name(row) in shown]

    def shown(self, table: type[Base], action: str, ids: Sequence[Any]) -> frozenset[Any]:
        """Those of the rows a list is about to show that the policy, asked about each by itself, lets be seen.

        That is all of them, unless the condition of `narrowed` lets through what the policy does not: then the row is
        hidden, the operator's log tells of it as an error, the audit entry counts it, and in a matter an entry of its
        own tells the organisation it belongs to.
        """
        found = scope.entities(self.session, table, list(dict.fromkeys(ids)), self.now, self.record.matter_id)
        decisions = self.services.law.decide_each(self.member, action, list(found.values()), self.context())
        kept = frozenset(each for each, decision in zip(found, decisions, strict=True) if decision.allowed)
        wrong = [each for each in dict.fromkeys(ids) if each not in kept]
        if wrong:
            self._tell(table, action, wrong, found)
        return kept

    def _tell(self, table: type[Base], action: str, wrong: Sequence[Any], found: Mapping[Any, Entity]) -> None:
        log.error("a list let through what the policy refuses", extra={"act": action, "rows": [str(w) for w in wrong]})
        self.state(withheld=self.record.facts.get("withheld", 0) + len(wrong))
        if self.record.matter_id is None:
            return
        whose: dict[str | None, list[str]] = {}
        for each in wrong:
            owner = found[each].attrs.get("organisation") if each in found else None
            whose.setdefault(owner.id if isinstance(owner, Ref) else None, []).append(str(each))
        for organisation, rows in whose.items():
            told = {"action": self.record.act, "kind": table.__name__.lower(), "rows": rows[:PAGE], "count": len(rows)}
            params = {**told, "owner": organisation}
            load = {"target": str(self.record.matter_id), "params": params}
            self.add(Errand(id=new_id(), kind=MISMATCH, payload=load, due_at=self.now, attempts=0))

    def context(self, **more: Ref | str) -> dict[str, Any]:
        """The circumstances a policy may look at."""
        return {"now": int(self.now.timestamp()), **more}

    def decide(self, action: str, entity: Entity, **more: Ref | str) -> Decision:
        """What the policy says to `action` on `entity` for this principal."""
        return self.services.law.decide(self.member, action, entity, self.context(**more))

    def entity(self, row: Base) -> Entity:
        """How the policy sees a row, with what this transaction has changed."""
        self.session.flush()
        found = scope.entity(self.session, type(row), row.id, self.now)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound()
        return found

    def own_organisation(self) -> Entity:
        """How the policy sees the principal's own organisation."""
        return Entity("Organisation", str(self.organisation), {})

    def require(self, action: str, row: Base, **more: Ref | str) -> None:
        """Demands a further permission; invisible is `NotFound`, visible but not permitted is `Refused`."""
        entity = self.entity(row)
        decision = self.decide(action, entity, **more)
        self.record.policies = tuple(dict.fromkeys((*self.record.policies, *decision.policies)))
        if not decision.allowed:
            seen = self.decide(SEEN_BY[entity.type], entity).allowed
            raise (Refused("The policy does not permit this.") if seen else NotFound())

    def allowed(self, actions: Iterable[str], row: Base) -> frozenset[str]:
        """Those of `actions` the principal may do on the row, some only after a strong sign-in: what a page offers."""
        return self.allowed_of(actions, self.stated(self.entity(row)))

    def allowed_of(self, actions: Iterable[str], entity: Entity) -> frozenset[str]:
        """`allowed` for something that has no row of its own."""
        names = tuple(actions)
        decisions = self.services.law.decide_all(self._proved(), names, entity, self.context())
        return frozenset(name for name, decision in zip(names, decisions, strict=True) if decision.allowed)

    def may(self, action: str, entity: Entity, **more: Ref) -> bool:
        """Whether the principal may do it, maybe only after a strong sign-in."""
        return self.services.law.decide(self._proved(), action, entity, self.context(**more)).allowed

    def asked(self, entity: Entity) -> bool:
        """Whether the owner of a version wants to know first what the principal's people open it for."""
        asking = entity.attrs.get("asking")
        return isinstance(asking, frozenset) and Ref("Organisation", str(self.principal.organisation)) in asking

    def stated(self, entity: Entity) -> Entity:
        """A version as it is for the principal once they have said what they open it for."""
        if not self.asked(entity):
            return entity
        visitors = entity.attrs["visitors"]
        known = visitors if isinstance(visitors, frozenset) else frozenset()
        return replace(entity, attrs={**entity.attrs, "visitors": known | {str(self.principal.user)}})

    def offered(self, table: type[R], action: str) -> ColumnElement[bool]:
        """The condition that leaves only the rows on which a page offers `action`: `allowed`, for many rows."""
        return self.narrowed(table, action, self._proved())

    def _proved(self) -> Entity:
        """The principal as they would be after a strong sign-in just now."""
        if self.member.type != "Member":
            return self.member
        return replace(self.member, attrs={**self.member.attrs, "sign_in_age": 0, "strong_age": 0})

    def add(self, row: R) -> R:
        """Adds a new row."""
        self.session.add(row)
        self.session.flush()
        return row

    def remove(self, row: Base) -> None:
        """Removes a row that is no evidence (a draft's mark, a used sign-in)."""
        self.session.delete(row)
        self.session.flush()

    def owe(self, kind: str, target: uuid.UUID | None, delay: timedelta = timedelta(0)) -> None:
        """Owes the action `kind` on `target`: a worker performs it after the commit."""
        payload = {"target": str(target)} if target else {}
        self.add(Errand(id=new_id(), kind=kind, payload=payload, due_at=self.now + delay, attempts=0))

    def state(self, **facts: Any) -> None:
        """States facts in the audit entry: ids, counts, digests; never contents."""
        self.record.facts.update({k: str(v) if isinstance(v, uuid.UUID) else v for k, v in facts.items()})

    def concerns(
        self,
        *,
        target: Base | None = None,
        document: uuid.UUID | None = None,
        owner: uuid.UUID | None = None,
        person: uuid.UUID | None = None,
    ) -> None:
        """Names what the entry is about when that is not the target itself (a row just made, a person)."""
        if target is not None:
            self.record.target_kind = type(target).__name__.lower()
            self.record.target_id = target.id  # type: ignore[attr-defined]
        self.record.document_id = document or self.record.document_id
        self.record.owner_id = owner or self.record.owner_id
        self.record.about = person or self.record.about
