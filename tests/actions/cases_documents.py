"""Cases of the actions on documents, their versions and pages."""

from __future__ import annotations

import io
from typing import Any

from dataroom.model import Document, KeyScope, Version
from tests.actions.case import Case, Target
from tests.actions.house import PAGES, House, pdf


def _document(house: House) -> Target:
    return house.line().document  # type: ignore[no-any-return]


def _version(house: House) -> Target:
    return house.line().version  # type: ignore[no-any-return]


def _published(house: House) -> Target:
    return house.world.published().document  # type: ignore[no-any-return]


def _upload() -> io.BytesIO:
    return io.BytesIO(pdf())


def _uploaded(house: House, target: Any, result: Any) -> None:
    row = house.row(Version, result.version)
    assert (row.matter_id, row.state, row.pages, row.sha256) == (target, "staged", 2, result.sha256)
    assert row.object_key in house.objects()
    assert house.row(Document, result.document).state == "ready"


def _shown(house: House, result: Any) -> bool:
    own = {row.id for row in house.rows(Document, Document.state == "ready", Document.tier == 2)}
    return bool(own & {item.document for item in result.items if item.organisation.slug == "aldermoor"})


def _record(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.state, len(result.versions)) == (target, "ready", 1)
    assert "document.publish" in result.can


def _classified(house: House, target: Any, _result: Any) -> None:
    row = house.row(Document, target)
    assert (row.tier, row.category, row.schedule) == (3, "target", "court-record")
    version = house.rows(Version, Version.document_id == target)[0]
    assert (version.tier, version.category) == (3, "target")
    assert house.row(KeyScope, version.scope_id).tier == 3
    assert house.do("ada", "page.view", version.id, page=1, width=60)[:2] == b"\xff\xd8"


def _is_published(house: House, target: Any, result: Any) -> None:
    assert house.row(Document, target).state == "published"
    assert house.row(Version, result.id).state == "published"


def _withdrawn(house: House, target: Any, _result: Any) -> None:
    assert house.row(Document, target).state == "ready"
    assert {row.state for row in house.rows(Version, Version.document_id == target)} == {"staged"}


def _replaced(house: House, target: Any, result: Any) -> None:
    row = house.row(Version, result.version)
    assert (row.document_id, row.ordinal, row.state) == (target, 2, "staged")
    assert house.count(Version, Version.document_id == target) == 2
    assert row.object_key in house.objects()


def _described(house: House, target: Any, result: Any) -> None:
    assert (result.id, result.pages, result.original) == (target, 2, True)


def _image(house: House, _target: Any, result: Any) -> None:
    assert result[:3] == b"\xff\xd8\xff"


def _words(house: House, _target: Any, result: Any) -> None:
    assert [word.text for word in result.words] == PAGES[0].split()


def _hits(house: House, _target: Any, result: Any) -> None:
    assert [(hit.page, hit.text) for hit in result] == [(2, "Royalty")]


def _copy(house: House, _target: Any, result: Any) -> None:
    assert result.startswith(b"%PDF-")


CASES = (
    Case(
        "document.upload",
        "ada",
        _uploaded,
        lambda h: h.matter,
        params=lambda h, t: {
            "path": "charts/claim-2.pdf",
            "tier": 2,
            "category": "claim-chart",
            "schedule": "work-product",
        },
        stream=_upload,
        lower="petra",
        foreign="",
    ),
    Case(
        "document.list",
        "ada",
        lambda h, t, r: None,
        lambda h: h.matter,
        params=lambda h, t: {"limit": 100},
        foreign="cass",
        shows=_shown,
        reads=True,
    ),
    Case("document.read", "ada", _record, _document, reads=True),
    Case(
        "document.classify",
        "ada",
        _classified,
        _document,
        params=lambda h, t: {"tier": 3, "category": "target", "schedule": "court-record"},
    ),
    Case("document.publish", "ada", _is_published, _document),
    Case("document.withdraw", "ada", _withdrawn, _published),
    Case("document.replace", "ada", _replaced, _document, params=lambda h, t: {"path": "claim-1b.pdf"}, stream=_upload),
    Case("version.read", "ada", _described, _version, reads=True),
    Case("page.view", "ada", _image, _version, params=lambda h, t: {"page": 1, "width": 60}, reads=True),
    Case("page.words", "ada", _words, _version, params=lambda h, t: {"page": 1}, reads=True),
    Case("page.search", "ada", _hits, _version, params=lambda h, t: {"term": "royalty"}, reads=True),
    Case("version.download", "ada", _copy, _version, reads=True),
)
