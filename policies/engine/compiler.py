"""Turns one Cedar policy, in Cedar's JSON form, into the pair of predicates that says on which rows it holds.

The principal, the action and the circumstances are known; the resource is a row. Whatever has no exact
translation raises `Uncompilable`, and the caller denies: arithmetic, `like` on stored text, comparing stored
sets, records written out, tags, extension types, hierarchies of rows, attributes that are not mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from policies.engine.attributes import Attr, Column, Known
from policies.engine.entities import Entity, Ref
from policies.engine.operators import (
    ORDER,
    choice,
    conjunction,
    contains,
    contains_all,
    contains_any,
    disjunction,
    equality,
    is_empty,
    negation,
    ordering,
    within,
)
from policies.engine.terms import (
    FAIL,
    TRUE,
    Cell,
    Const,
    Members,
    Pred,
    Record,
    Row,
    Term,
    Uncompilable,
    boolean,
    const_of,
    is_failure,
    known,
    present,
    term_of,
)

Node: TypeAlias = Mapping[str, Any]
Body: TypeAlias = Any  # what stands below the name of an operator; its form depends on the operator


@dataclass(frozen=True)
class Question:
    """What is known while compiling: who asks, for which action, in which circumstances, about which kind of
    row."""

    principal: Ref
    action: Ref
    resource_type: str
    mapping: Mapping[str, Attr]
    context: Record
    store: Mapping[Ref, Entity]


Handler: TypeAlias = Callable[[str, Body, Question], Term]


def compile_policy(policy: Node, question: Question) -> Pred:
    """Where `policy` is satisfied, or not, or in error."""
    result = TRUE
    for name in ("principal", "action", "resource"):
        result = conjunction(result, _scope(policy[name], name, question))
        if result.t is False:
            return result
    for clause in policy["conditions"]:
        body = boolean(_compile(clause["body"], question))
        result = conjunction(result, body if clause["kind"] == "when" else negation(body))
        if result.t is False:
            return result
    return result


def _scope(scope: Node, name: str, question: Question) -> Pred:
    var = _variable(name, question)
    if scope["op"] == "All":
        return TRUE
    if scope["op"] == "==":
        return equality(var, _reference(scope["entity"]))
    if scope["op"] == "in":
        return _in(var, _scope_target(scope), question)
    if scope["op"] == "is":
        found = _is(var, scope["entity_type"])
        if "in" in scope and found.t is not False:
            return conjunction(found, _in(var, _scope_target(scope["in"]), question))
        return found
    raise Uncompilable(f"scope {scope['op']}")


def _scope_target(scope: Node) -> Const:
    if "entities" in scope:
        return Const("set", frozenset(_reference(each) for each in scope["entities"]))
    return _reference(scope["entity"])


def _reference(uid: Node | None) -> Const:
    if not uid or set(uid) != {"type", "id"}:
        raise Uncompilable("a slot of a template")
    return Const(f"ref:{uid['type']}", uid["id"])


def _variable(name: str, question: Question) -> Term:
    if name == "principal":
        return const_of(question.principal)
    if name == "action":
        return const_of(question.action)
    if name == "context":
        return question.context
    if name == "resource":
        column = question.mapping.get("id")
        return Row(question.resource_type, column if isinstance(column, Column) else None)
    raise Uncompilable(f"variable {name}")


def _compile(node: Node, question: Question) -> Term:
    if len(node) != 1:
        raise Uncompilable("an expression of unknown form")
    ((name, body),) = node.items()
    handler = _FORMS.get(name)
    if handler is None:
        raise Uncompilable(f"{name} is not translated")
    return handler(name, body, question)


def _value(_: str, body: Body, question: Question) -> Term:
    if isinstance(body, Mapping):
        if set(body) != {"__entity"}:
            raise Uncompilable("a value of an extension type")
        return _reference(body["__entity"])
    if not isinstance(body, bool | int | str):
        raise Uncompilable("a literal of unknown form")
    return term_of(body)


def _var(_: str, body: Body, question: Question) -> Term:
    return _variable(body, question)


def _set(_: str, body: Body, question: Question) -> Term:
    found = set()
    for each in body:
        term = _compile(each, question)
        if is_failure(term):
            return FAIL
        if isinstance(term, Pred) and term.total and isinstance(term.t, bool):
            found.add(Const("bool", term.t))
        elif isinstance(term, Const):
            found.add(term)
        else:
            raise Uncompilable("a value of the row inside a set")
    return Const("set", frozenset(found))


def _not(_: str, body: Body, question: Question) -> Term:
    return negation(boolean(_compile(body["arg"], question)))


def _and(_: str, body: Body, question: Question) -> Term:
    left = boolean(_compile(body["left"], question))
    if left.t is False:
        return left
    return conjunction(left, boolean(_compile(body["right"], question)))


def _or(_: str, body: Body, question: Question) -> Term:
    left = boolean(_compile(body["left"], question))
    if left.f is False:
        return left
    return disjunction(left, boolean(_compile(body["right"], question)))


def _if(_: str, body: Body, question: Question) -> Term:
    test = boolean(_compile(body["if"], question))
    if is_failure(test):
        return FAIL
    if test.total and isinstance(test.t, bool):
        return _compile(body["then" if test.t else "else"], question)
    branches = _compile(body["then"], question), _compile(body["else"], question)
    yes, no = branches
    if not (isinstance(yes, Pred) and isinstance(no, Pred)):
        raise Uncompilable("a choice between values of the row")
    return choice(test, yes, no)


def _two(operation: Callable[[Term, Term], Pred]) -> Handler:
    def handle(_: str, body: Body, question: Question) -> Term:
        left = _compile(body["left"], question)
        right = _compile(body["right"], question)
        return operation(left, right)

    return handle


def _unequal(_: str, body: Body, question: Question) -> Term:
    return negation(equality(_compile(body["left"], question), _compile(body["right"], question)))


def _order(name: str, body: Body, question: Question) -> Term:
    return ordering(name, _compile(body["left"], question), _compile(body["right"], question))


def _empty(_: str, body: Body, question: Question) -> Term:
    return is_empty(_compile(body["arg"], question))


def _within(_: str, body: Body, question: Question) -> Term:
    return _in(_compile(body["left"], question), _compile(body["right"], question), question)


def _in(left: Term, right: Term, question: Question) -> Pred:
    if is_failure(left) or is_failure(right):
        return FAIL
    if isinstance(left, Row | Cell) and left.kind.startswith("ref:"):
        raise Uncompilable("hierarchies of rows")
    if not (isinstance(left, Const) and left.kind.startswith("ref:")):
        return FAIL
    return within(_line(left, question.store), right)


def _line(start: Const, store: Mapping[Ref, Entity]) -> list[Const]:
    found = [start]
    for each in found:
        entity = store.get(_ref(each))
        parents = sorted(entity.parents, key=lambda p: (p.type, p.id)) if entity else []
        found.extend(parent for parent in map(const_of, parents) if parent not in found)
    return found


def _ref(const: Const) -> Ref:
    return Ref(const.kind.removeprefix("ref:"), const.value)


def _is_node(_: str, body: Body, question: Question) -> Term:
    left = _compile(body["left"], question)
    found = _is(left, body["entity_type"])
    if "in" in body and found.t is not False:
        return conjunction(found, _in(left, _compile(body["in"], question), question))
    return found


def _is(term: Term, entity_type: str) -> Pred:
    if not (isinstance(term, Const | Cell | Row) and term.kind.startswith("ref:")):
        return FAIL
    guard = present(term)
    same = term.kind == f"ref:{entity_type}"
    return Pred(same and guard, not same and guard, guard is True)


def _has(_: str, body: Body, question: Question) -> Term:
    subject, attr = _compile(body["left"], question), body["attr"]
    if isinstance(subject, Record):
        return known(attr in subject.fields)
    if isinstance(subject, Row):
        return _recorded(question.mapping.get(attr))
    if isinstance(subject, Const) and subject.kind.startswith("ref:"):
        entity = question.store.get(_ref(subject))
        return known(entity is not None and attr in entity.attrs)
    if isinstance(subject, Cell) and subject.kind.startswith("ref:"):
        guard = present(subject)
        return conjunction(Pred(guard, False, guard is True), _recorded(question.mapping.get(f"{subject.path}.{attr}")))
    return FAIL


def _recorded(attr: Attr | None) -> Pred:
    if attr is None:
        raise Uncompilable("an attribute that is not mapped")
    if isinstance(attr, Column) and not attr.full:
        return Pred(attr.expr.is_not(None), attr.expr.is_(None), True)
    return TRUE


def _get(_: str, body: Body, question: Question) -> Term:
    subject, attr = _compile(body["left"], question), body["attr"]
    if isinstance(subject, Record):
        return subject.fields.get(attr, FAIL)
    if isinstance(subject, Row):
        return _stored(attr, question)
    if isinstance(subject, Const) and subject.kind.startswith("ref:"):
        entity = question.store.get(_ref(subject))
        return term_of(entity.attrs[attr]) if entity is not None and attr in entity.attrs else FAIL
    if isinstance(subject, Cell) and subject.kind.startswith("ref:"):
        return _stored(f"{subject.path}.{attr}", question)
    return FAIL


def _stored(path: str, question: Question) -> Term:
    attr = question.mapping.get(path)
    if attr is None or path == "id":
        raise Uncompilable(f"{path} is not mapped")
    if isinstance(attr, Known):
        return term_of(attr.value)
    if not isinstance(attr, Column):
        return Members(attr)
    if attr.kind != "bool":
        return Cell(attr, path)
    return Pred(attr.expr.is_(True), attr.expr.is_(False), attr.full)


_FORMS: Mapping[str, Handler] = {
    "Value": _value,
    "Var": _var,
    "Set": _set,
    "!": _not,
    "&&": _and,
    "||": _or,
    "if-then-else": _if,
    "==": _two(equality),
    "!=": _unequal,
    **dict.fromkeys(ORDER, _order),
    "contains": _two(contains),
    "containsAll": _two(contains_all),
    "containsAny": _two(contains_any),
    "isEmpty": _empty,
    "in": _within,
    "is": _is_node,
    "has": _has,
    ".": _get,
}
