"""Requests made from the OpenAPI document by schemathesis: fitting ones and broken ones, many with ids that exist."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dataroom.api.routes import BY_ACTION, PREFIX

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BROKEN = (ParameterLocation.BODY, ParameterLocation.QUERY)
schemathesis.serializer.alias("application/pdf", "application/octet-stream")


@dataclass(frozen=True)
class Prober:
    """Somebody with a token: `ids` are things by kind to ask for, `secrets` are texts no answer to them may hold."""

    token: str
    ids: dict[str, list[uuid.UUID]]
    secrets: frozenset[str]


def operations(app: Flask) -> Iterator[Any]:
    """Every operation of the document the application serves; the token is always there, so it is not left to chance."""
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app)
    schema.raw_schema.pop("security")
    for found in schema.get_all_operations():
        yield found.ok()


def probe(operation: Any, who: Prober, examples: int) -> list[int]:
    """Sends `examples` fitting requests of the operation and as many broken ones, the same each time.

    Returns the statuses of the answers, each of which was held against the document and against `who.secrets`.
    """
    target = BY_ACTION[operation.definition.raw["operationId"]].target
    known = who.ids.get(target or "", [])
    told: list[int] = []

    def send(case: Any) -> None:
        if known and len(told) % 8 < 7:
            case.path_parameters[target] = str(known[len(told) % len(known)])
        answer = case.call(headers={"Authorization": f"Bearer {who.token}"})
        told.append(answer.status_code)
        parts = case.meta.components
        broken = any(part in parts and parts[part].mode.is_negative for part in BROKEN)
        case.validate_response(answer, checks=[*CHECKS, *([negative_data_rejection] if broken else [])])
        for secret in who.secrets:
            assert secret.encode() not in answer.content, f"{operation.label} told {secret}"

    breakable = operation.body or operation.query
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if breakable else (GenerationMode.POSITIVE,):
        bounded = settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        bounded(given(operation.as_strategy(generation_mode=mode))(send))()
    return told
