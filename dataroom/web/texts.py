"""How templates write times, sizes, and the words of the law."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby

from flask import Flask, g
from markupsafe import Markup

from policies.engine import Law, Rationale

STATES = {
    "staged": "Staged",
    "ready": "Ready",
    "published": "Published",
    "disposed": "Disposed of",
    "destroyed": "Destroyed",
    "candidate": "In review",
    "draft": "Draft",
    "applying": "Being applied",
    "in_review": "In review",
    "returned": "Sent back",
    "released": "Released",
    "failed": "Failed",
    "discarded": "Discarded",
    "proposed": "Proposed",
    "approved": "Approved",
    "rejected": "Rejected",
    "done": "Carried out",
    "void": "Void",
    "open": "Open",
    "closed": "Closed",
    "refused": "Refused",
}
TONES = {
    "published": "good",
    "released": "good",
    "done": "good",
    "ready": "info",
    "applying": "info",
    "in_review": "info",
    "candidate": "info",
    "proposed": "info",
    "approved": "info",
    "returned": "warn",
    "failed": "bad",
    "refused": "bad",
    "void": "warn",
}
ROLES = {"custodian": "Custodian", "partner": "Partner", "compliance": "Compliance officer"}
HOLDS = {
    "litigation": "Litigation",
    "investigation": "Investigation by an authority",
    "audit": "Audit",
    "contract": "Duty under a contract",
    "subject_request": "Request of a person concerned",
}
WALL = "ethical_wall"
TEAM = "clean_team"
CLUBS = (
    ("confidentiality_club", "Confidentiality club", "Named people in any part, who alone see what is limited to it."),
    ("outside_counsel", "Outside counsel only", "Named custodians who alone see what is limited to it."),
    (
        TEAM,
        "Clean team",
        "Named custodians who undertook in writing. Prices, costs and the like can be disclosed to them alone, to be"
        " looked at and not taken away.",
    ),
    (WALL, "Ethical wall", "Named people who never see what is behind it, whatever their role."),
)
REACH = {
    "organisation": "Never leaves your organisation.",
    "clean-team": "May reach people of other organisations in a clean team only.",
    "counsel": "May reach other organisations’ custodians only.",
    "everyone": "May reach every cleared member.",
}
"""How far information of a category goes, by its audience."""
EVENTS = {
    "created": "the day the document was added",
    "matter_closed": "the closing of the matter",
    "agreement_end": "the end of the agreement",
    "final_judgment": "the final judgment",
    "patent_expiry": "the expiry of the patent",
}


def when(moment: datetime | None) -> str:
    """A moment to the minute, with its zone."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), utc.strftime("%Y-%m-%d %H:%M UTC")
    )


def exactly(moment: datetime) -> str:
    """A moment to the millisecond, with its zone."""
    utc = moment.astimezone(UTC)
    text = utc.strftime("%Y-%m-%d %H:%M:%S.") + f"{utc.microsecond // 1000:03d} UTC"
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(timespec="milliseconds"), text)


def day(value: date | datetime | None) -> str:
    """A day, as 2026-11-21."""
    return value.strftime("%Y-%m-%d") if value else ""


def size(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    value, units = float(count), ["B", "KiB", "MiB", "GiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{count} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def event(trigger: str) -> str:
    """What a schedule's period begins with."""
    return EVENTS.get(trigger, trigger.replace("_", " "))


def groups(law: Law, use: str = "redaction") -> list[tuple[str, list[Rationale]]]:
    """The rationale codes for `use`, by their ground, in the order of the list."""
    fitting = [r for r in law.rationales.values() if use in r.uses]
    grounds = list(dict.fromkeys(r.ground for r in fitting))
    ordered = sorted(fitting, key=lambda r: grounds.index(r.ground))
    return [(ground, list(rows)) for ground, rows in groupby(ordered, key=lambda r: r.ground)]


def register(app: Flask, law: Law) -> None:
    """Gives the templates of `app` these words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=when,
        exactly=exactly,
        day=day,
        size=size,
        event=event,
        state=lambda s: STATES.get(s, s.replace("_", " ").capitalize()),
        tone=lambda s: TONES.get(s, "plain"),
        role=lambda r: ROLES.get(r, r),
        hold=lambda k: HOLDS.get(k, k),
        club=lambda k: next((label for kind, label, _ in CLUBS if kind == k), k),
        tier=lambda n: f"{n} {law.tiers[n].name}" if n in law.tiers else str(n),
        category=lambda c: law.categories[c].label if c in law.categories else c,
        schedule=lambda s: law.schedules[s].title if s in law.schedules else "None",
        rationale=lambda c: law.rationales[c].label if c in law.rationales else c,
        outcome=lambda o: {"done": "Done", "refused": "Refused", "failed": "Failed"}.get(o, o),
    )
    app.jinja_env.globals.update(law=law, groups=groups, hold_kinds=HOLDS, club_kinds=CLUBS, reach=REACH)
    app.context_processor(lambda: {"who": g.get("principal"), "now": datetime.now(UTC)})
