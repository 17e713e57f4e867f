"""How results look: JSON when asked for, else tables and lines for people, free of terminal control characters."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import click

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "matter.list": ("id", "reference", "name", "state", "organisations"),
    "member.list": ("name", "email", "organisation", "role", "tier", "valid_until"),
    "club.list": ("id", "name", "kind", "organisation", "people", "ended_at"),
    "document.list": ("document", "id", "number", "title", "organisation", "tier", "category", "state", "held"),
    "redaction.list": ("id", "document", "title", "state", "marks", "author", "reviewer"),
    "disclosure.list": ("id", "document", "organisation", "recipient", "expires_at", "live"),
    "access.list": ("id", "number", "organisation", "person", "emergency", "state", "expires_at", "verdict"),
    "review.list": ("id", "started_by", "due_at", "closed_at", "items", "confirmed", "ended"),
    "hold.list": ("id", "kind", "placed_by", "placed_at", "released_at", "documents"),
    "retention.list": ("document", "schedule", "trigger_on", "due_on", "days", "held"),
    "disposal.list": ("id", "state", "proposed_by", "proposed_at", "documents", "approvals"),
    "audit.list": ("seq", "at", "act", "outcome", "who", "organisation", "document", "code"),
    "token.list": ("id", "name", "scopes", "matter", "created_at", "expires_at", "revoked_at"),
    "page.search": ("page", "text"),
    "page.words": ("line", "text", "box"),
}
MANIFEST = ("path", "size", "sha256", "outcome", "document")
_WIDEST = 60


def show(action: str, value: Any, *, as_json: bool) -> None:
    """Prints a result of `action`."""
    if as_json:
        click.echo(json.dumps(value, indent=2))
        return
    rows: Any = value["items"] if isinstance(value, dict) and "items" in value else value
    if isinstance(rows, list):
        _rows(action, rows)
        _more(value)
    elif isinstance(rows, dict) and set(rows) == {"id"}:
        click.echo(_cell(rows["id"]))
    else:
        _record(rows)


def _rows(action: str, rows: Sequence[Any]) -> None:
    if not rows:
        click.echo("nothing", err=True)
    elif isinstance(rows[0], dict):
        table(COLUMNS.get(action, tuple(rows[0])), rows)
    else:
        for row in rows:
            click.echo(_cell(row))


def _more(value: Any) -> None:
    following = value.get("next") if isinstance(value, dict) else None
    if following is not None:
        option = "--before" if isinstance(following, int) else "--cursor"
        click.echo(f"more: {option} {_cell(following)}", err=True)


def _record(value: Mapping[str, Any]) -> None:
    width = max(len(name) for name in value)
    for name, item in value.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {_cell(item)}".rstrip())


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints `columns` of `rows`, ids whole and texts cut to a sensible width."""
    cells = [[_cut(_cell(row.get(name))) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(columns)]
    heads = [name.replace("_", " ").upper() for name in columns]
    for line in [heads, *cells]:
        click.echo("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())


def _cut(text: str) -> str:
    longest = 64 if len(text) == 64 and text.isalnum() else _WIDEST
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        name = next((value[key] for key in ("slug", "number", "name", "id") if key in value), None)
        return _cell(name) if name is not None else _cell(json.dumps(value, ensure_ascii=False))
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value[:12]) + (" and more" if len(value) > 12 else "")
    return plain(str(value))


def plain(text: str) -> str:
    """Text that cannot steer a terminal: control and format characters become spaces."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} else c for c in text)
