"""One command for every action that has a route, made from the registry and the table of routes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dataroom.actions.registry import Nothing
from dataroom.api.reading import strict_json
from dataroom.api.routes import ROUTES, Route
from dataroom.cli.remote import Service, access
from dataroom.cli.saving import save
from dataroom.cli.showing import show
from dataroom.errors import DataroomError

JSON_OPTION = click.Option(["as_json", "--json"], is_flag=True, help="Print JSON.")


def add_commands(cli: click.Group) -> None:
    """Adds `<noun> <verb>` for every route without a raw body."""
    for route in ROUTES:
        if not route.takes:
            group_of(cli, route).add_command(_command(route))


def group_of(cli: click.Group, route: Route) -> click.Group:
    """The group of a route's noun, made when it is missing."""
    return group_named(cli, route.action.partition(".")[0])


def group_named(cli: click.Group, noun: str) -> click.Group:
    """The group `noun`, made when it is missing."""
    found = cli.commands.get(noun)
    if not isinstance(found, click.Group):
        found = click.Group(noun, help=f"The {noun} commands.")
        cli.add_command(found)
    return found


def _command(route: Route) -> click.Command:
    model = route.spec.params
    parameters: list[click.Parameter] = target_arguments(route)
    for name in route.fixed:
        parameters.append(click.Argument([name], type=_kind(model.model_fields[name].annotation)))
    parameters += options(route)
    if route.streams:
        kind = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
        told = "Where to save; - for standard output."
        parameters.append(click.Option(["-o", "--output"], required=True, type=kind, help=told))
    else:
        parameters.append(JSON_OPTION)
    note = None if model is Nothing else inspect.getdoc(model)
    name = route.action.partition(".")[2]
    return click.Command(name, params=parameters, callback=_caller(route), help=route.spec.summary, epilog=note)


def target_arguments(route: Route) -> list[click.Parameter]:
    """The argument that names the action's target, if it has one."""
    return [click.Argument([route.target], type=click.UUID)] if route.target else []


def options(route: Route) -> list[click.Parameter]:
    """An option for each parameter the caller gives."""
    return [_option(name, route.spec.params.model_fields[name]) for name in route.free]


def _option(name: str, field: FieldInfo) -> click.Option:
    inner = _present(field.annotation)
    several = get_origin(inner) in {list, tuple}
    if several:
        inner = _bare(get_args(inner)[0])
    if get_origin(inner) is dict or (isinstance(inner, type) and issubclass(inner, BaseModel)):
        told = f"A JSON file with {'a list of objects' if several else 'an object'}; - for standard input."
        return click.Option([name, _flag(name)], required=field.is_required(), type=click.File("rb"), help=told)
    choices = f"One of {_among(field)}." if _among(field) else ("May be repeated." if several else None)
    return click.Option(
        [name, _flag(name)], required=field.is_required(), multiple=several, type=_kind(inner), help=choices
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _among(field: FieldInfo) -> str:
    """The choices of a pattern like `^(csv|pdf)$`, as people read them."""
    patterns = [getattr(item, "pattern", None) for item in field.metadata]
    choices = [str(p)[2:-2].split("|") for p in patterns if p and str(p).startswith("^(") and str(p).endswith(")$")]
    return ", ".join(choice for choice in choices[0] if choice) if choices else ""


def _present(annotation: Any) -> Any:
    """The annotation without `None`."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if type(None) in get_args(annotation) and len(kinds) == 1 else annotation


def _bare(annotation: Any) -> Any:
    """The annotation without `None` and without bounds."""
    inner = _present(annotation)
    return _present(get_args(inner)[0]) if get_origin(inner) is Annotated else inner


def _kind(annotation: Any) -> click.ParamType[Any]:
    kinds: Mapping[Any, click.ParamType[Any]] = {int: click.INT, UUID: click.UUID}
    return kinds.get(annotation, click.STRING)


def _caller(route: Route) -> Callable[..., None]:
    def call(**values: Any) -> None:
        path = filled(route, values)
        given = {name: _plain(values[name]) for name in route.free if values.get(name) not in (None, ())}
        query = [(name, str(value)) for name, value in given.items()] if route.by_query else []
        service = Service(access())
        if route.streams:
            size = save(service, path, query, values["output"])
            click.echo(f"{size} bytes", err=True)
            return
        body = given if given and not route.by_query else None
        show(route.action, service.json(route.method, path, query, body), as_json=values["as_json"])

    return call


def filled(route: Route, values: Mapping[str, Any]) -> str:
    """The route's path with the arguments in place of its variables."""
    path = route.path
    for name in (*((route.target,) if route.target else ()), *route.fixed):
        path = path.replace(f"{{{name}}}", str(values[name]))
    return path


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "read"):
        try:
            return strict_json(value.read())
        except DataroomError as error:
            raise click.UsageError(error.detail) from None
    return str(value) if isinstance(value, UUID) else value
