"""The dictionary of a matter: terms an organisation keeps in mind when it redacts, for its custodians alone."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from dataroom.actions import present, slips
from dataroom.actions.context import Desk
from dataroom.actions.found import TermView
from dataroom.actions.registry import Nothing, Params, action
from dataroom.actions.sealing import Scope, current, open_scope_of, scope_for
from dataroom.actions.views import Done
from dataroom.actions.work import Work
from dataroom.errors import Invalid
from dataroom.ids import new_id
from dataroom.model import KeyScope, Matter, Term

MOST_TERMS = 1000
TermKind = Literal["party", "person", "engineer", "product", "licensee", "other"]


class NewTerm(Params):
    """A term and how it is looked for: as whole words only, heeding upper and lower case."""

    text: Annotated[str, Field(min_length=2, max_length=200)]
    kind: TermKind = "other"
    whole: bool = True
    case: bool = False


class NewTerms(Params):
    """Terms to add and the tier that is needed to read them."""

    terms: Annotated[list[NewTerm], Field(min_length=1, max_length=500)]
    tier: Annotated[int, Field(ge=1, le=9)]


def _scope(desk: Desk, matter: Matter, params: NewTerms, stream: Any) -> Scope:
    organisation = desk.principal.organisation
    if organisation is None or params.tier not in desk.services.law.tiers:
        raise Invalid(f"tier: there is no tier {params.tier}")
    return scope_for(desk.services, matter.id, organisation, params.tier)


@action("term.add", on=Matter, prepare=_scope, affair="actor")
def add(work: Work, matter: Matter, params: NewTerms, scope: Scope) -> tuple[uuid.UUID, ...]:
    """Adds terms to the own organisation's dictionary; those it already holds are left as they are."""
    own = work.member.attrs["tier"]
    if not isinstance(own, int) or params.tier > own:
        raise Invalid(f"tier: you are cleared up to tier {own} in this matter")
    held = {text.casefold() for text in (str(value["text"]) for _, value in readable(work, matter.id))}
    if len(held) + len(params.terms) > MOST_TERMS:
        raise Invalid(f"terms: a dictionary holds at most {MOST_TERMS} terms")
    scope = current(work.services, work.session, scope)
    ids = []
    for new in params.terms:
        if new.text.casefold() in held:
            continue
        held.add(new.text.casefold())
        row = Term(
            id=new_id(),
            matter_id=matter.id,
            organisation_id=work.organisation,
            tier=params.tier,
            author_id=work.user,
            created_at=work.now,
        )
        slips.seal_term(row, scope, new.model_dump())
        ids.append(work.add(row).id)
    work.concerns(owner=work.organisation)
    work.state(terms=len(ids), tier=params.tier)
    return tuple(ids)


@action("term.list", on=Matter, lists=Term)
def list_terms(work: Work, matter: Matter, params: Nothing) -> tuple[TermView, ...]:
    """The terms of the own organisation's dictionary this person may read, in alphabetical order."""
    found = readable(work, matter.id)
    people = present.names(work.session, [row.author_id for row, _ in found])
    ids = [row.id for row, _ in found]
    offers = {
        name: {row.id for row in work.all(Term, Term.id.in_(ids), work.narrowed(Term, name))}
        for name in ("term.change", "term.remove")
    }
    views = [
        TermView(
            row.id,
            value["text"],
            value["kind"],
            value["whole"],
            value["case"],
            row.tier,
            people.get(row.author_id, ""),
            row.created_at,
            frozenset(name for name, allowed in offers.items() if row.id in allowed),
        )
        for row, value in found
    ]
    return tuple(sorted(views, key=lambda view: (view.text.casefold(), view.text)))


def readable(work: Work, matter: uuid.UUID) -> list[tuple[Term, dict[str, Any]]]:
    """The terms of a matter this person may read, opened; those whose keys are gone are left out."""
    rows = work.listed(Term, Term.matter_id == matter, order=(Term.id,), action="term.list")
    return list(slips.open_terms(work.services, work.session, rows))


@action("term.change", on=Term)
def change(work: Work, term: Term, params: NewTerm) -> Done:
    """Changes a term's text, kind or options."""
    scope = current(work.services, work.session, _scope_of(work, term))
    work.get(KeyScope, term.scope_id).stale_at = work.now
    slips.seal_term(term, scope, params.model_dump())
    return Done(term.id)


def _scope_of(work: Work, term: Term) -> Scope:
    return open_scope_of(work.services, work.session, term)


@action("term.remove", on=Term)
def remove(work: Work, term: Term, params: Nothing) -> Done:
    """Takes a term out of the dictionary."""
    work.get(KeyScope, term.scope_id).stale_at = work.now
    work.remove(term)
    return Done(term.id)
