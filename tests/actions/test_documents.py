"""Documents: what an upload refuses and leaves behind, who sees what when, and where keys lie after classifying."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from dataroom.actions.gate import Gate
from dataroom.actions.sealing import place_of
from dataroom.errors import Conflict, DataroomError, Invalid, NotFound, TooLarge
from dataroom.model import Document, KeyScope, Version
from dataroom.vault.keys import unwrap_dek
from tests.actions.house import House, pdf


def encrypted() -> bytes:
    """A PDF that asks for a password."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


class Torn(io.BytesIO):
    """A body whose connection breaks after its first kilobytes."""

    def read(self, size: int | None = -1) -> bytes:
        """Raises once something was read."""
        if self.tell():
            raise ConnectionResetError("the client went away")
        return super().read(size)


BAD: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "not a PDF": (lambda: io.BytesIO(b"PK\x03\x04" + bytes(5000)), {}, "not-a-pdf"),
    "another ending": (lambda: io.BytesIO(pdf()), {"path": "chart.docx"}, "not-a-pdf"),
    "empty": (lambda: io.BytesIO(b""), {"length": 0}, "empty"),
    "encrypted": (lambda: io.BytesIO(encrypted()), {}, "encrypted"),
    "control character": (lambda: io.BytesIO(pdf()), {"path": "a\u202eb.pdf"}, "bad-name"),
    "line feed": (lambda: io.BytesIO(pdf()), {"path": "a\nb.pdf"}, "bad-name"),
    "upwards": (lambda: io.BytesIO(pdf()), {"path": "../b.pdf"}, "bad-name"),
    "broken off": (lambda: io.BytesIO(pdf()), {"length": 999_999}, "incomplete"),
    "no such tier": (lambda: io.BytesIO(pdf()), {"tier": 9}, "invalid"),
    "no such category": (lambda: io.BytesIO(pdf()), {"category": "gossip"}, "invalid"),
    "no such schedule": (lambda: io.BytesIO(pdf()), {"schedule": "for-ever"}, "invalid"),
    "announced too large": (lambda: io.BytesIO(pdf()), {"length": 3 * 1024**3}, "too-large"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_refused_upload_leaves_nothing(house: House, name: str) -> None:
    body, more, code = BAD[name]
    before, objects, sizes = house.dump(), house.objects(), house.log_sizes()
    with pytest.raises((Invalid, TooLarge)) as caught:
        house.do("ada", "document.upload", house.matter, stream=body(), **({"path": "chart.pdf", "tier": 2} | more))
    assert caught.value.code == code
    assert (house.dump(), house.objects()) == (before, objects)
    (entry,) = house.entries_since(sizes)
    assert (entry.fields["outcome"], entry.fields["code"]) == ("failed", code)


def test_garbage_behind_a_pdf_header_leaves_nothing(house: House) -> None:
    objects = house.objects()
    with pytest.raises(Invalid):
        house.do(
            "ada", "document.upload", house.matter, stream=io.BytesIO(b"%PDF-1.7\n" + b"\xff" * 9000), path="x.pdf"
        )
    assert house.objects() == objects


def test_a_torn_connection_leaves_nothing(house: House) -> None:
    objects, sizes = house.objects(), house.log_sizes()
    before = house.dump()
    with pytest.raises(ConnectionResetError):
        house.do("ada", "document.upload", house.matter, stream=Torn(pdf()), path="x.pdf")
    assert (house.dump(), house.objects()) == (before, objects)
    assert [entry.fields["outcome"] for entry in house.entries_since(sizes)] == ["failed"]


def test_a_stream_longer_than_the_limit_leaves_nothing(house: House) -> None:
    services = house.world.services
    small = Gate(replace(services, config=replace(services.config, upload_limit=100_000)))
    objects = house.objects()
    body = io.BytesIO(pdf() + bytes(200_000))
    with pytest.raises(TooLarge):
        small.perform(house.person("ada"), "document.upload", house.matter, {"path": "x.pdf"}, body)
    assert house.objects() == objects


def test_an_upload_above_the_own_clearance_makes_no_key(house: House) -> None:
    scopes = house.count(KeyScope)
    with pytest.raises(Invalid, match="cleared up to tier 1"):
        house.do("lena", "document.upload", house.matter, stream=io.BytesIO(pdf()), path="x.pdf", tier=3)
    assert house.count(KeyScope) == scopes


def seen(house: House, who: str, version: Any) -> bool:
    """Whether somebody gets a page."""
    try:
        house.do(who, "page.view", version, page=1, width=60)
    except NotFound:
        return False
    return True


def listed(house: House, who: str) -> set[Any]:
    """The versions in somebody's list."""
    return {item.id for item in house.do(who, "document.list", house.matter, limit=100).items}


def test_publishing_and_withdrawing_take_effect_at_once(house: House) -> None:
    line = house.line()
    assert not seen(house, "pia", line.version)
    house.do("ada", "document.publish", line.document)
    assert seen(house, "pia", line.version)
    assert line.version in listed(house, "pia")
    house.do("ada", "document.withdraw", line.document)
    assert not seen(house, "pia", line.version)
    assert line.version not in listed(house, "pia")


def test_what_is_staged_shows_in_no_list_count_or_search_of_others(house: House) -> None:
    counts = {who: house.do(who, "matter.read", house.matter).documents for who in ("bodil", "pia", "corin", "petra")}
    totals = {who: house.do(who, "document.list", house.matter).total for who in counts}
    line = house.line(title="Zephyrine schedule")
    for who in counts:
        assert house.do(who, "matter.read", house.matter).documents == counts[who]
        assert house.do(who, "document.list", house.matter).total == totals[who]
        found = house.do(who, "document.list", house.matter, q="Zephyrine")
        assert (found.items, found.total, found.next) == ((), 0, None)
    own = house.do("ada", "document.list", house.matter, q="Zephyrine")
    assert ([item.id for item in own.items], own.total) == ([line.version], 1)


def test_a_list_is_paged_without_gaps(house: House) -> None:
    for _ in range(3):
        house.line()
    whole = [item.id for item in house.do("ada", "document.list", house.matter, limit=100).items]
    pages: list[Any] = []
    cursor = None
    while True:
        page = house.do("ada", "document.list", house.matter, limit=2, cursor=cursor)
        pages += [item.id for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert pages == whole
    last = str(uuid.uuid4())
    for forged in (["\0", last, 1, last], ["\ud800", last, 1, last], ["a", last, 2**40, last], [], "not one"):
        text = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
        with pytest.raises(Invalid):
            house.do("ada", "document.list", house.matter, cursor=text)
    for text in ("bm90IG9uZQ==", base64.urlsafe_b64encode(b"[" * 3000).decode()):
        with pytest.raises(Invalid):
            house.do("ada", "document.list", house.matter, cursor=text)


def test_replacing_keeps_the_published_version_for_others(house: House) -> None:
    line = house.world.published()
    newer = house.do("ada", "document.replace", line.document, stream=io.BytesIO(pdf("Second text.")), path="b.pdf")
    assert seen(house, "pia", line.version)
    assert not seen(house, "pia", newer.version)
    assert line.version in listed(house, "pia")
    assert newer.version not in listed(house, "pia")
    house.do("ada", "document.publish", line.document)
    assert seen(house, "pia", newer.version)
    assert not seen(house, "pia", line.version)


def test_walled_categories_and_unclassified_are_never_published(house: House) -> None:
    for line in (house.world.upload(tier=2), house.line(category="price-terms")):
        with pytest.raises(DataroomError):
            house.do("ada", "document.publish", line.document)
        assert house.row(Document, line.document).state != "published"


def test_classifying_moves_the_keys(house: House) -> None:
    line = house.line(tier=2)
    before = house.row(Version, line.version)
    house.do("ada", "document.classify", line.document, tier=3, category="target", schedule="court-record")
    after = house.row(Version, line.version)
    assert (after.scope_id, after.wrapped_dek) != (before.scope_id, before.wrapped_dek)
    assert after.object_key == before.object_key
    services = house.world.services

    def opens(scope_id: Any) -> bytes:
        scope = house.row(KeyScope, scope_id)
        kek = services.keks.kek(scope.id, scope.epoch, scope.kek_blob)
        return unwrap_dek(kek, scope.id, scope.epoch, place_of(after), after.wrapped_dek)

    assert len(opens(after.scope_id)) == 32
    with pytest.raises(DataroomError):
        opens(before.scope_id)
    assert not seen(house, "lena", line.version)


def test_classifying_moves_the_redactions_as_well(house: House) -> None:
    line = house.line(tier=1)
    redaction = house.draft(line)
    house.do("lena", "redaction.read", redaction)
    house.do("ada", "document.classify", line.document, tier=3, category="target", schedule="work-product")
    with pytest.raises(NotFound):
        house.do("lena", "redaction.read", redaction)


def test_a_published_document_is_not_classified_anew(house: House) -> None:
    line = house.world.published()
    with pytest.raises(Conflict):
        house.do("ada", "document.classify", line.document, tier=1, category="public", schedule="court-record")


def test_classifying_never_shortens_a_running_retention(house: House) -> None:
    line = house.line()
    house.do("ada", "document.classify", line.document, tier=2, category="claim-chart", schedule="patent-evidence")
    house.do("ada", "retention.trigger", line.document, on="2024-05-01")
    due = house.row(Document, line.document).due_on
    with pytest.raises(Conflict):
        house.do(
            "ada", "document.classify", line.document, tier=2, category="claim-chart", schedule="exchange-material"
        )
    assert house.row(Document, line.document).due_on == due
    house.do("ada", "document.classify", line.document, tier=2, category="claim-chart", schedule="court-record")
    assert house.row(Document, line.document).due_on > due
