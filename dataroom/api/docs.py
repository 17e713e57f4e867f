"""The API's reference as one plain page, without script; made from the OpenAPI document."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from dataroom.api.openapi import document

STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid; padding: .5rem 0 1rem; }
code, td:last-child { overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top; }
"""


def page() -> str:
    """The reference as HTML."""
    content = document()
    operations = [
        _operation(path, method, operation, content["components"]["schemas"])
        for path, methods in content["paths"].items()
        for method, operation in methods.items()
    ]
    title = escape(content["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}: API</title>'
        f'<link rel="stylesheet" href="docs.css"></head><body><h1>{title}: API</h1>'
        f"<p>{escape(content['info']['description'])} Send <code>Authorization: Bearer dr_...</code>; errors "
        f'are problem details (RFC 9457). For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{Markup('').join(operations)}</body></html>\n"
    )


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Markup:
    name = operation["operationId"]
    rows = [_row(p["name"], p["in"], p["required"], p["schema"]) for p in operation.get("parameters", ())]
    rows += _body_rows(operation.get("requestBody"), schemas)
    table = (
        Markup("<table><tr><th>Name<th>In<th>Required<th>Form</tr>{}</table>").format(Markup("").join(rows))
        if rows
        else ""
    )
    return Markup('<article id="{}"><h2>{}</h2><p><code>{} {}{}</code></p><p>{}</p>{}</article>').format(
        name, name, method.upper(), "/api/v1", path, operation["summary"], table
    )


def _body_rows(body: dict[str, Any] | None, schemas: dict[str, Any]) -> list[Markup]:
    if body is None:
        return []
    media, described = next(iter(body["content"].items()))
    name = described["schema"].get("$ref", "").rpartition("/")[2]
    if not name:
        return [_row("the file", media, True, {})]
    required = schemas[name].get("required", ())
    return [_row(n, "body", n in required, schema) for n, schema in schemas[name]["properties"].items()]


def _row(name: str, where: str, required: bool, schema: dict[str, Any]) -> Markup:
    form = ", ".join(f"{key} {value}" for key, value in schema.items() if not isinstance(value, list | dict))
    return Markup("<tr><td><code>{}</code><td>{}<td>{}<td>{}</tr>").format(
        name, where, "yes" if required else "no", form
    )
