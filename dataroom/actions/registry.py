"""The list of actions. Everything a person can do is registered here under its one name."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, model_validator

from dataroom.model import Base

F = TypeVar("F", bound=Callable[..., Any])


class Params(BaseModel):
    """Parameters of an action: strict, frozen, nothing unknown, and no text a database or a log cannot hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="after")
    def _holdable(self) -> Self:
        check_texts(vars(self))
        return self


def check_texts(given: Any) -> None:
    """Refuses NUL and lone surrogates at any depth: `ValueError`."""
    if isinstance(given, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in given):
        raise ValueError("the text holds a character that cannot be stored")
    if isinstance(given, Mapping):
        for value in given.values():
            check_texts(value)
    elif isinstance(given, list | tuple):
        for value in given:
            check_texts(value)


class Nothing(Params):
    """An action that takes no parameters."""


Hand = tuple[uuid.UUID | None, datetime | None]
"""Who had a hand in something, or nobody, and when; without a time where it is simply about them."""


@dataclass(frozen=True)
class TwoPeople:
    """That an action is the second person's: declared with the action, enforced by the gate and nowhere else.

    `first` finds the people whose act or part it is about (work, target, params).
    Whoever is one of them, or counts as one person with one of them, is refused with the sentence `said`. `begun_by`
    names the actions by which the first has a hand in it, if it is not simply about them. Where `within` is given,
    `since` finds when that was (work, target, params), and later than that the action is refused: it has to be begun
    anew. `party` says of whose organisation the second person is: the `same` as the first, `another`, or `any`.
    """

    first: Callable[[Any, Any, Any], Iterable[Hand]]
    said: str
    begun_by: tuple[str, ...] = ()
    since: Callable[[Any, Any, Any], datetime | None] | None = None
    within: timedelta | None = None
    party: Literal["same", "another", "any"] = "same"


Affair = Literal["owner", "actor"]
"""Whose organisation reads of an act that came to nothing: the target's owner's, or that of whoever tried."""


@dataclass(frozen=True)
class Spec:
    """One action: its name, what it acts on (`None`: on nothing that exists yet), its parameters and its phases.

    `lists` names the kind of row a listing is narrowed to, `kind` the policy's resource when there is no target, `asks`
    finds further circumstances of the policy's question (session, params): the id of an organisation, or a word.
    `prepare` moves bytes before the transaction, `run` does the work inside it, `reveal` hands contents out after the
    commit, and `discard` cleans up what `prepare` left when the transaction did not come about. `performer` is a
    person, the service, or an organisation's directory; nobody else can do it. `two` says that it takes a second
    person, `affair` whose affair it is when it comes to nothing.
    """

    name: str
    target: type[Base] | None
    params: type[Params]
    result: Any
    run: Callable[..., Any]
    prepare: Callable[..., Any] | None
    reveal: Callable[..., Any] | None
    discard: Callable[..., Any] | None
    summary: str
    performer: str
    lists: type[Base] | None
    kind: str
    asks: Mapping[str, Callable[..., Any]]
    two: TwoPeople | None
    affair: Affair

    @property
    def service_only(self) -> bool:
        """Whether nobody but the service itself performs it."""
        return self.performer == "service"


ACTIONS: dict[str, Spec] = {}


def action(
    name: str,
    on: type[Base] | None,
    *,
    prepare: Callable[..., Any] | None = None,
    reveal: Callable[..., Any] | None = None,
    discard: Callable[..., Any] | None = None,
    performer: str = "person",
    lists: type[Base] | None = None,
    kind: str = "",
    asks: Mapping[str, Callable[..., Any]] | None = None,
    two: TwoPeople | None = None,
    affair: Affair = "owner",
) -> Callable[[F], F]:
    """Registers the decorated function `(work, target, params[, prepared])` as the action `name`."""

    def register(function: F) -> F:
        if name in ACTIONS:
            raise ValueError(f"action {name} is registered twice")
        hints = get_type_hints(function)
        ACTIONS[name] = Spec(
            name=name,
            target=on,
            params=hints["params"],
            result=get_type_hints(reveal)["return"] if reveal else hints["return"],
            run=function,
            prepare=prepare,
            reveal=reveal,
            discard=discard,
            summary=(inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " "),
            performer=performer,
            lists=lists,
            kind=kind,
            asks=dict(asks or {}),
            two=two,
            affair=affair,
        )
        return function

    return register
