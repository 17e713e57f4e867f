"""One name everywhere: actions, routes, operations of the OpenAPI document and commands are the same set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import click
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from dataroom.actions.catalogue import ACTIONS
from dataroom.actions.context import Download
from dataroom.api.openapi import document, document_bytes
from dataroom.api.routes import BY_ACTION, PREFIX, ROUTES, WITHOUT_ROUTE, Route
from dataroom.cli import cli
from dataroom.cli.offline import OFFLINE

OPERATORS = {"operate", "demo"}


def operations() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Path, method and operation of the OpenAPI document."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def commands() -> set[str]:
    """The commands of every noun, as `noun.verb`."""
    found = set()
    for noun, group in cli.commands.items():
        if noun not in OPERATORS:
            assert isinstance(group, click.Group)
            found |= {f"{noun}.{verb}" for verb in group.commands}
    return found


def test_every_action_has_a_route_or_a_reason() -> None:
    assert set(BY_ACTION) | set(WITHOUT_ROUTE) == set(ACTIONS)
    assert not set(BY_ACTION) & set(WITHOUT_ROUTE)
    assert all(reason.endswith(".") for reason in WITHOUT_ROUTE.values())


def test_no_action_of_the_service_has_a_route() -> None:
    assert not [route.action for route in ROUTES if route.spec.service_only]


def test_no_token_begets_a_token() -> None:
    assert {"token.create", "session.start", "session.end"} <= set(WITHOUT_ROUTE)


def test_each_route_stands_alone() -> None:
    assert max(Counter(route.action for route in ROUTES).values()) == 1
    assert max(Counter((route.method, route.path) for route in ROUTES).values()) == 1


def test_operations_are_the_routes() -> None:
    found = {(operation["operationId"], method, path) for path, method, operation in operations()}
    assert found == {(route.action, route.method, route.path) for route in ROUTES}


def test_commands_are_the_routes() -> None:
    assert commands() == set(BY_ACTION) | OFFLINE


def test_the_openapi_document_is_valid_and_always_the_same() -> None:
    content = json.loads(document_bytes())
    assert [error.message for error in OpenAPIV31SpecValidator(content).iter_errors()] == []
    assert document_bytes() == document_bytes()
    assert content["servers"] == [{"url": PREFIX}]
    assert content["security"] == [{"token": []}]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_a_route_fits_its_action(route: Route) -> None:
    spec = route.spec
    assert (route.target is not None) == (spec.target is not None)
    assert set(route.fixed) <= set(spec.params.model_fields)
    assert bool(route.media) == (spec.result in {Download, bytes})
    assert bool(route.takes) == ("length" in spec.params.model_fields)
    assert route.method in {"GET", "POST", "PUT", "DELETE"}
    if route.target is not None and spec.target is not None:
        name = spec.target.__name__.lower()
        assert route.target in ({"user", "person"} if name == "user" else {name})


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_what_changes_something_is_no_get(route: Route) -> None:
    reading = {"list", "read", "view", "words", "scans", "hits", "download", "log", "certificate", "export"}
    reading |= {"prove", "proof", "notice", "privilege-log", "give", "index", "consistency", "consistency-table"}
    reading |= {"report", "explain", "document", "documents", "show", "why"}
    assert (route.method == "GET") == (route.action.partition(".")[2] in reading)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_an_operation_names_every_parameter_once(route: Route) -> None:
    operation = document()["paths"][route.path][route.method.lower()]
    named = [parameter["name"] for parameter in operation.get("parameters", ())]
    expected = [*([route.target] if route.target else ()), *route.fixed, *(route.free if route.by_query else ())]
    assert named == expected
    assert ("requestBody" in operation) == (bool(route.takes) or bool(route.free and not route.by_query))
    assert operation["summary"] == route.spec.summary


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.action)
def test_a_command_takes_every_parameter(route: Route) -> None:
    noun, verb = route.action.split(".")
    group = cli.commands[noun]
    assert isinstance(group, click.Group)
    taken = {parameter.name for parameter in group.commands[verb].params}
    given = {*([route.target] if route.target else ()), *route.fixed, *route.free}
    missing = given - taken
    assert missing <= ({"path", "title"} if route.takes else set())
    assert ("output" in taken) == route.streams
    assert ("as_json" in taken) != route.streams
