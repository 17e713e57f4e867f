"""The list of actions. Everything a person can do is registered here under its one name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, model_validator

from dataroom.model import Base

F = TypeVar("F", bound=Callable[..., Any])


class Params(BaseModel):
    """Parameters of an action: strict, frozen, nothing unknown, and no text a database or a log cannot hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="after")
    def _holdable(self) -> Self:
        _check_texts(vars(self))
        return self


def _check_texts(given: Any) -> None:
    """Refuses NUL and lone surrogates at any depth."""
    if isinstance(given, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in given):
        raise ValueError("the text holds a character that cannot be stored")
    if isinstance(given, Mapping):
        for value in given.values():
            _check_texts(value)
    elif isinstance(given, list | tuple):
        for value in given:
            _check_texts(value)


class Nothing(Params):
    """An action that takes no parameters."""


@dataclass(frozen=True)
class Spec:
    """One action: its name, what it acts on (`None`: on nothing that exists yet), its parameters and its phases.

    `lists` names the kind of row a listing is narrowed to, `kind` the policy's resource when there is no target,
    `asks` finds further organisations of the policy's question (session, params). `prepare` moves bytes before the
    transaction, `run` does the work inside it, `reveal` hands contents out after the commit, and `discard` cleans up
    what `prepare` left when the transaction did not come about. `performer` is a person, the service, or an
    organisation's directory; nobody else can do it.
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
        )
        return function

    return register
