"""Cases of access granted to single people, of breaking the glass, and of access reviews."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from dataroom.model import Document, Errand, Grant, Membership, Review, ReviewItem
from tests.actions.case import Case
from tests.actions.house import House

WHY = "The expert needs it for the hearing of Monday."
BASIS = "Joint defence agreement, section four."
FOLDER = "glass"


def until(house: House, **parts: float) -> Any:
    """A time from now, ten days ahead unless told otherwise."""
    return house.world.clock.now() + timedelta(**(parts or {"days": 10}))


def number_of(line: Any) -> int:
    """The number of a fresh document, as people type it."""
    return int(line.number.rsplit("-", 1)[1])


def asked(house: House, line: Any, who: str = "pia") -> uuid.UUID:
    """A request for a document of Aldermoor."""
    return house.do(  # type: ignore[no-any-return]
        who,
        "access.request",
        house.matter,
        organisation="aldermoor",
        number=number_of(line),
        purpose=WHY,
        basis=BASIS,
        until=until(house),
    ).id


def granting(house: House, version: uuid.UUID, **parts: float) -> dict[str, Any]:
    """What a custodian says when granting."""
    return {"version": version, "until": until(house, **parts), "remark": "For the hearing alone, please."}


def granted(house: House, line: Any, who: str = "pia", **parts: float) -> uuid.UUID:
    """Access that ada has granted."""
    made = asked(house, line, who)
    house.do("ada", "access.grant", made, **granting(house, line.version, **parts))
    return made


def broken(house: House, line: Any, who: str = "petra") -> uuid.UUID:
    """Access that somebody took by breaking the glass."""
    number = number_of(line)
    return house.do(who, "access.break-glass", house.matter, number=number, reason=WHY).id  # type: ignore[no-any-return]


def own_matter(house: House) -> uuid.UUID:
    """A fresh matter of Aldermoor and Borealis with cleo in it."""
    matter = house.other_matter()
    house.do("ada", "member.add", matter, email="cleo@aldermoor.example", tier=4)
    return matter


def review(house: House, matter: uuid.UUID | None = None) -> uuid.UUID:
    """A review that cleo has begun, in a fresh matter unless told otherwise."""
    place = matter or own_matter(house)
    return house.do("cleo", "review.start", place, due=until(house)).id  # type: ignore[no-any-return]


def _reviewed_matter(house: House) -> uuid.UUID:
    matter = own_matter(house)
    review(house, matter)
    return matter


def _due(house: House) -> uuid.UUID:
    made = review(house)
    with house.writing() as session:
        session.get(Review, made).due_at = house.world.clock.now()
    return made


def _request(house: House, _target: Any) -> dict[str, Any]:
    number = 1 + house.count(Grant)
    more = {"purpose": WHY, "basis": BASIS, "until": until(house)}
    return {"organisation": "aldermoor", "number": number, **more}


def _was_asked(house: House, target: Any, result: Any) -> None:
    row = house.row(Grant, result.id)
    assert (row.matter_id, row.state, row.kind, row.version_id) == (target, "asked", "request", None)
    assert (row.user_id, row.party_id) == (house.person("pia").user, house.person("pia").organisation)
    assert row.organisation_id == house.person("ada").organisation


def _opening(house: House, target: Any) -> dict[str, Any]:
    row = house.row(Grant, target)
    number = row.number if row else 0
    found = house.rows(Document, Document.number == number, Document.matter_id == house.matter)
    versions = {line.document: line.version for line in house.ready.get("lines", [])}
    return granting(house, versions.get(found[0].id, uuid.uuid4()) if found else uuid.uuid4())


def _grantable(house: House) -> uuid.UUID:
    line = house.line()
    house.ready.setdefault("lines", []).append(line)
    return asked(house, line)


def _was_granted(house: House, target: Any, _result: Any) -> None:
    row = house.row(Grant, target)
    assert (row.state, row.decided_by) == ("granted", house.person("ada").user)
    house.do("pia", "page.view", row.version_id, page=1, width=60)


def _glass_matter(house: House) -> uuid.UUID:
    house.line(path=f"{FOLDER}/one.pdf")
    return house.matter


def _emergency(house: House, _target: Any) -> dict[str, Any]:
    rows = house.rows(Document, Document.folder == FOLDER, Document.matter_id == house.matter)
    return {"number": max(rows, key=lambda row: row.created_at).number, "reason": WHY}


def _was_broken(house: House, _target: Any, result: Any) -> None:
    row = house.row(Grant, result.id)
    assert (row.kind, row.state, row.verdict) == ("break_glass", "granted", None)
    assert row.expires_at - row.asked_at == timedelta(hours=4)
    house.do("petra", "page.view", row.version_id, page=1, width=60)


def _is(state: str) -> Any:
    def effect(house: House, target: Any, _result: Any) -> None:
        assert house.row(Grant, target).state == state

    return effect


def _judged(verdict: str, state: str) -> Any:
    def effect(house: House, target: Any, _result: Any) -> None:
        row = house.row(Grant, target)
        assert (row.verdict, row.state, row.judged_by) == (verdict, state, house.person("bram").user)

    return effect


def _remark(_house: House, _target: Any) -> dict[str, Any]:
    return {"remark": "The hearing had been moved forward."}


def _started(house: House, target: Any, result: Any) -> None:
    assert house.row(Review, result.id).matter_id == target
    parts = house.count(ReviewItem, ReviewItem.review_id == result.id, ReviewItem.kind == "membership")
    assert parts == 4
    owed = house.rows(Errand, Errand.kind == "review.close", Errand.done_at.is_(None))
    assert str(result.id) in {errand.payload["target"] for errand in owed}


def _not_mine(house: House, target: Any) -> dict[str, Any]:
    mine = house.person("bram").user
    rows = house.rows(ReviewItem, ReviewItem.review_id == target, ReviewItem.user_id != mine)
    return {"items": [row.id for row in rows] or [uuid.uuid4()]}


def _confirmed(house: House, target: Any, _result: Any) -> None:
    rows = house.rows(ReviewItem, ReviewItem.review_id == target)
    assert {row.outcome for row in rows} == {"kept", None}


def _closed(house: House, target: Any, _result: Any) -> None:
    row = house.row(Review, target)
    assert row.closed_at is not None
    left = house.rows(Membership, Membership.matter_id == row.matter_id, Membership.removed_at.is_(None))
    names = ("ada", "bram", "petra", "cleo", "bodil")
    people = {house.person(name).user: name for name in names}
    assert {people[part.user_id] for part in left} == {"ada", "cleo", "bodil"}


def _has_versions(_house: House, _target: Any, result: Any) -> None:
    assert [view.ordinal for view in result.versions] == [1]


def _seen(house: House, result: Any) -> bool:
    return "pia" in {view.person.split()[0].lower() for view in result}


CASES = (
    Case("access.request", "pia", _was_asked, lambda h: h.matter, params=_request, lower="cleo", foreign=""),
    Case("access.grant", "ada", _was_granted, _grantable, params=_opening),
    Case("access.refuse", "ada", _is("refused"), lambda h: asked(h, h.line()), params=_remark, lower="petra"),
    Case("access.end", "ada", _is("ended"), lambda h: granted(h, h.line()), lower="petra"),
    Case(
        "access.list",
        "bram",
        lambda h, t, r: None,
        lambda h: (asked(h, h.line()), h.matter)[1],
        lower="petra",
        shows=_seen,
        reads=True,
    ),
    Case("access.read", "bram", _has_versions, lambda h: asked(h, h.line()), lower="petra", reads=True),
    Case("access.break-glass", "petra", _was_broken, _glass_matter, params=_emergency, lower="cleo", foreign=""),
    Case(
        "access.confirm",
        "bram",
        _judged("confirmed", "granted"),
        lambda h: broken(h, h.line()),
        params=_remark,
        lower="petra",
    ),
    Case(
        "access.contest",
        "bram",
        _judged("contested", "ended"),
        lambda h: broken(h, h.line()),
        params=_remark,
        lower="petra",
    ),
    Case("review.start", "cleo", _started, own_matter, params=lambda h, t: {"due": until(h)}, lower="bram", foreign=""),
    Case(
        "review.list",
        "bram",
        lambda h, t, r: None,
        _reviewed_matter,
        lower="petra",
        shows=lambda h, r: bool(r),
        reads=True,
    ),
    Case("review.read", "bram", lambda h, t, r: None, review, lower="petra", reads=True),
    Case("review.report", "bram", lambda h, t, r: None, review, lower="petra", reads=True),
    Case("review.confirm", "bram", _confirmed, review, params=_not_mine, lower="petra"),
    Case("review.close", "service", _closed, _due, lower="cleo"),
)
