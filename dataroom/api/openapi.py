"""The OpenAPI 3.1 document, made from the registry and the table of routes; always the same bytes."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from dataroom.actions.catalogue import Spec
from dataroom.api.answering import adapter
from dataroom.api.routes import PREFIX, ROUTES, Route
from dataroom.problems import MEDIA_TYPE, TYPE

_REF = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No token, or one that is unknown, revoked or expired.",
    "403": "The policy does not permit it; `detail` says why. With WWW-Authenticate: a strong sign-in is too old.",
    "404": "Not there, or not to be seen by this person; the two are answered alike.",
    "409": "Not possible in this state.",
    "410": "Disposed of, or clawed back: the facts name the notice.",
    "413": "More bytes than are accepted.",
    "415": "Another media type is expected.",
    "422": "Understood, but not accepted; `facts.fields` names what and why.",
    "429": "Too many requests at once.",
    "500": "An error nobody foresaw, or stored bytes that do not match what was sealed.",
    "503": "A part of the service does not answer; nothing was changed.",
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": f"`{TYPE}` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence for the person who asked."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "instance": {"type": "string", "description": "The correlation id; quote it to the operator."},
        "facts": {"type": "object", "description": "Members that depend on the code."},
    },
    "required": ["type", "title", "status", "detail", "code", "instance", "facts"],
}


def document() -> dict[str, Any]:
    """The OpenAPI document as JSON values."""
    schemas, definitions = _schemas()
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The data room",
            "version": "1",
            "description": "Every action a person can perform, under its one name. Times are UTC.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "tags": [{"name": noun} for noun in dict.fromkeys(_noun(route) for route in ROUTES)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token, `dr_...`."}
            },
            "schemas": {**definitions, "Problem": _PROBLEM},
            "responses": {f"E{status}": _refusal(text) for status, text in _REFUSALS.items()},
        },
    }


def document_bytes() -> bytes:
    """The OpenAPI document as it is served."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _schemas() -> tuple[dict[tuple[str, JsonSchemaMode], Any], dict[str, Any]]:
    """Schemas of each action's parameters (validation) and result (serialization), and what they refer to."""
    wanted: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
    for route in ROUTES:
        wanted.append((route.action, "validation", TypeAdapter(route.spec.params)))
        if not route.streams:
            wanted.append((route.action, "serialization", adapter(route.action)))
    schemas, rest = TypeAdapter.json_schemas(wanted, ref_template=_REF)
    definitions: dict[str, Any] = rest.get("$defs", {})
    return schemas, {name: _cleaned(schema) for name, schema in sorted(definitions.items())}


def _cleaned(schema: Any) -> Any:
    """Without the titles pydantic makes up of member names."""
    if isinstance(schema, dict):
        return {k: _cleaned(v) for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return [_cleaned(item) for item in schema] if isinstance(schema, list) else schema


def _noun(route: Route) -> str:
    return route.action.partition(".")[0]


def _operation(route: Route, schemas: dict[tuple[str, JsonSchemaMode], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.action,
        "summary": route.spec.summary,
        "tags": [_noun(route)],
        "parameters": _parameters(route),
        "responses": {
            str(route.status): _success(route, schemas),
            **{status: {"$ref": f"#/components/responses/E{status}"} for status in _REFUSALS},
        },
    }
    body = _body(route, schemas)
    if body:
        operation["requestBody"] = body
    if not operation["parameters"]:
        del operation["parameters"]
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if route.target:
        schema = {"type": "string", "format": "uuid"}
        found.append({"name": route.target, "in": "path", "required": True, "schema": schema})
    members = member_schemas(route.spec)
    for name in route.fixed:
        found.append({"name": name, "in": "path", "required": True, "schema": members[name]})
    for name in route.free if route.by_query else ():
        required = route.spec.params.model_fields[name].is_required()
        found.append({"name": name, "in": "query", "required": required, "schema": members[name]})
    return found


def member_schemas(spec: Spec) -> dict[str, Any]:
    """The JSON schema of each parameter of an action that has simple ones; `null` means leaving it out."""
    properties: dict[str, Any] = spec.params.model_json_schema(ref_template=_REF).get("properties", {})
    return {name: _present(_cleaned(schema)) for name, schema in properties.items()}


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest: dict[str, Any] = {k: v for k, v in schema.items() if k not in {"anyOf", "default"}}
    return {**rest, **kinds[0]}


def _body(route: Route, schemas: dict[tuple[str, JsonSchemaMode], Any]) -> dict[str, Any] | None:
    if route.takes:
        return {
            "required": True,
            "content": {route.takes: {"schema": {"type": "string", "format": "binary"}}},
        }
    if route.by_query or not route.free:
        return None
    fields = route.spec.params.model_fields.values()
    schema = _cleaned(schemas[(route.action, "validation")])
    return {
        "required": any(field.is_required() for field in fields),
        "content": {"application/json": {"schema": schema}},
    }


def _success(route: Route, schemas: dict[tuple[str, JsonSchemaMode], Any]) -> dict[str, Any]:
    if route.streams:
        content = {media: {"schema": {"type": "string", "format": "binary"}} for media in route.media}
    else:
        content = {"application/json": {"schema": _cleaned(schemas[(route.action, "serialization")])}}
    return {"description": "Done and recorded.", "content": content}


def _refusal(text: str) -> dict[str, Any]:
    return {
        "description": text,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
