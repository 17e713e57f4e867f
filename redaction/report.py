"""What a run says about itself: the final boxes, what kinds of content went, and the checks it passed.

Kinds are told as yes or no and never counted, because a count tells something about what was removed.
"""

from dataclasses import asdict, dataclass, field

from .geometry import Box, Polygon

ENGINE_VERSION = "1.3"

KINDS = (
    "text",
    "images",
    "drawings",
    "shadings",
    "hidden_layers",
    "annotations",
    "form_fields",
    "attachments",
    "scripts",
    "metadata",
    "structure",
    "navigation",
    "outside_crop",
)


@dataclass(frozen=True)
class Check:
    """One check of the result: a stable name, whether it passed, and a sentence without document contents."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class FinalMark:
    """A mark as applied: `quad` is the drawn area in default user space, `level` what was really done."""

    id: str
    page: int
    quad: Polygon
    level: str
    asked_level: str
    code: str
    rationale: str
    otherwise: str = "refuse"


@dataclass(frozen=True)
class Report:
    """The record of one run. `sha256` is that of the output; `affected` lists (page, box) areas near marks
    that changed along with them, such as whole blocks of a JPEG picture. `clipped` counts the letters of
    neighbouring lines that only reached into a box and are shown without that part."""

    engine: str
    pages: int
    marks: tuple[FinalMark, ...]
    removed: dict[str, bool]
    affected: tuple[tuple[int, Box], ...]
    notes: tuple[str, ...]
    sha256: str = ""
    title: str = ""
    clipped: int = 0
    checks: tuple[Check, ...] = field(default=())

    def to_json(self) -> dict[str, object]:
        """The report as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Result:
    """The redacted document and its report."""

    output: bytes
    report: Report
