"""The plan: which marks to remove, read from JSON and checked field by field.

A plan is `{"marks": [...]}`, with `"title"` (shown as the title of the result) and `"language"` ("en", "de-AT") where
the result is to state them. Every mark names its place in one of four ways and may carry more:

    {"page": 1, "box": [x0, y0, x1, y1]}     a box, points of the default user space, origin bottom left,
    {"page": 1, "quad": [x0, y0, ... y3]}    before /Rotate; a convex quadrilateral
    {"page": 1, "whole": true}               the whole page
    {"term": "word", "page": 2}              every place where the words stand (all pages without "page")
    + "level": "canonical" (the default) | "exact" | "region", "code": "TS", "rationale": "..."
    + "otherwise": "refuse" (the default) | "exact", what to do where a level hides no width: text that does not run
      along the page

Pages count from 1.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .errors import Refused
from .front import NO_FRONT, Front, language_of
from .geometry import Polygon, anticlockwise, corners, is_convex
from .limits import MAX_MARKS, hold

Level = Literal["exact", "canonical", "region"]
LEVELS: tuple[Level, ...] = ("exact", "canonical", "region")
Otherwise = Literal["refuse", "exact"]
OTHERWISE: tuple[Otherwise, ...] = ("refuse", "exact")
FIELDS = {"page", "box", "quad", "whole", "term", "level", "otherwise", "code", "rationale", "id"}
MAX_TITLE = 300
MAX_TEXT = {"term": 500, "code": 40, "rationale": 4000, "id": 100}


@dataclass(frozen=True)
class Mark:
    """One thing to remove. Exactly one of `quad`, `whole` and `term` says where.

    `page` counts from 1 and is None only for a term searched on every page.
    """

    page: int | None
    quad: Polygon | None
    whole: bool
    term: str | None
    level: Level
    code: str
    rationale: str
    id: str
    otherwise: Otherwise = "refuse"


@dataclass(frozen=True)
class Plan:
    """All marks of one run, in the order given."""

    marks: tuple[Mark, ...]
    front: Front = NO_FRONT

    @classmethod
    def from_json(cls, source: Mapping[str, object] | str) -> "Plan":
        """Read a plan from a JSON text or an already parsed object.

        Raises Refused with the code "plan" and a sentence that names the field.
        """
        if isinstance(source, str):
            try:
                parsed = json.loads(source)
            except ValueError as error:
                raise _bad("plan", "is not JSON") from error
        else:
            parsed = source
        if not isinstance(parsed, Mapping):
            raise _bad("plan", "must be an object")
        if set(parsed) - {"marks", "title", "language"}:
            raise _bad("plan", "may hold nothing but marks, title and language")
        marks = parsed.get("marks")
        if not isinstance(marks, list) or not marks:
            raise _bad("marks", "must be a list with at least one mark")
        hold("many-marks", len(marks), MAX_MARKS)
        return cls(tuple(_mark(item, f"marks[{index}]") for index, item in enumerate(marks)), _front(parsed))


def _front(parsed: Mapping[str, object]) -> Front:
    title, language = parsed.get("title", ""), parsed.get("language", "")
    if not isinstance(title, str) or len(title) > MAX_TITLE or not title.isprintable():
        raise _bad("title", f"must be a text of at most {MAX_TITLE} characters that can be printed")
    if not isinstance(language, str) or (language and not language_of(language)):
        raise _bad("language", "must be a language code of two letters, with a country where it matters")
    return Front(title.strip(), language_of(language))


def _bad(field: str, problem: str) -> Refused:
    return Refused("plan", f"The plan cannot be used: {field} {problem}.")


def _mark(item: object, field: str) -> Mark:
    if not isinstance(item, Mapping):
        raise _bad(field, "must be an object")
    unknown = set(item) - FIELDS
    if unknown:
        raise _bad(f"{field}.{min(str(name) for name in unknown)}"[:120], "is not a known field")
    places = [name for name in ("box", "quad", "whole", "term") if name in item]
    if len(places) != 1:
        raise _bad(field, "must have exactly one of box, quad, whole and term")
    page = _page(item, field, places[0])
    whole = item.get("whole", False)
    if "whole" in item and whole is not True:
        raise _bad(f"{field}.whole", "must be true")
    level = item.get("level", "canonical")
    if level not in LEVELS:
        raise _bad(f"{field}.level", "must be exact, canonical or region")
    otherwise = item.get("otherwise", "refuse")
    if otherwise not in OTHERWISE:
        raise _bad(f"{field}.otherwise", "must be refuse or exact")
    term = _text(item, field, "term") if "term" in item else None
    if term is not None and not term.strip():
        raise _bad(f"{field}.term", "must not be blank")
    return Mark(
        page=page,
        quad=_quad(item, field),
        whole=bool(whole),
        term=term,
        level=LEVELS[LEVELS.index(level)],
        code=_text(item, field, "code"),
        rationale=_text(item, field, "rationale"),
        id=_text(item, field, "id"),
        otherwise=OTHERWISE[OTHERWISE.index(otherwise)],
    )


def _page(item: Mapping[str, object], field: str, place: str) -> int | None:
    page = item.get("page")
    if page is None and place == "term":
        return None
    if not isinstance(page, int) or isinstance(page, bool) or page < 1:
        raise _bad(f"{field}.page", "must be a whole number from 1")
    return page


def _text(item: Mapping[str, object], field: str, name: str) -> str:
    text = item.get(name, "")
    if not isinstance(text, str) or len(text) > MAX_TEXT[name]:
        raise _bad(f"{field}.{name}", f"must be a text of at most {MAX_TEXT[name]} characters")
    return text


def _numbers(value: object, size: int, field: str) -> list[float]:
    if not isinstance(value, list | tuple) or len(value) != size:
        raise _bad(field, f"must be a list of {size} numbers")
    numbers: list[float] = []
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise _bad(field, f"must be a list of {size} numbers")
        if not math.isfinite(item) or abs(item) > 100_000:
            raise _bad(field, "must stay within 100000 points")
        numbers.append(float(item))
    return numbers


def _quad(item: Mapping[str, object], field: str) -> Polygon | None:
    if "box" in item:
        x0, y0, x1, y1 = _numbers(item["box"], 4, f"{field}.box")
        if x1 - x0 < 0.01 or y1 - y0 < 0.01:
            raise _bad(f"{field}.box", "must have x0 < x1 and y0 < y1")
        return corners((x0, y0, x1, y1))
    if "quad" not in item:
        return None
    n = _numbers(item["quad"], 8, f"{field}.quad")
    quad = anticlockwise(((n[0], n[1]), (n[2], n[3]), (n[4], n[5]), (n[6], n[7])))
    if not is_convex(quad):
        raise _bad(f"{field}.quad", "must be a convex quadrilateral, corner after corner")
    return quad
