"""Files on their way in: as a stream, never as a form, and refused in sentences."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import World, simple_pdf
from tests.integration.web_house import PROBLEM, Visitor, app, as_, house

__all__ = ["app", "as_", "house"]

As = Callable[[str], Visitor]


class Watched(io.BytesIO):
    """A body that knows in which portions it was read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.portions: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        """Reads and remembers how much was asked for."""
        self.portions.append(-1 if size is None else size)
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        """The same for readers that bring their own memory."""
        self.portions.append(len(buffer))
        return super().readinto(buffer)


def test_a_file_is_stored_and_its_manifest_line_returned(house: World, as_: As) -> None:
    data = simple_pdf(["One", "Two", "Three"])
    query = {"path": "Folder A/Übersicht 7.pdf", "tier": "2", "category": "technical", "schedule": "work-product"}
    answer = as_("ada").put(f"/matters/{house.matter}/upload", data, query)
    assert answer.status_code == 201
    line = answer.json
    assert (line["path"], line["size"], line["pages"]) == (query["path"], len(data), 3)
    assert line["sha256"] == hashlib.sha256(data).hexdigest()
    page = as_("ada").get(f"/documents/{line['document']}").text
    assert "Übersicht 7" in page
    assert "Ready" in page
    assert "Übersicht 7" not in as_("pia").get(f"/matters/{house.matter}").text


def test_the_body_is_read_in_portions_and_touches_no_disk(
    house: World, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_more: object) -> None:
        raise AssertionError("a temporary file was opened")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, never)
    data = simple_pdf(["Large"]) + b"\n%" + b"x" * (5 * 1024 * 1024) + b"\n"
    body = Watched(data)
    visitor = as_("ada")
    answer = visitor.put(
        f"/matters/{house.matter}/upload", None, {"path": "large.pdf"}, input_stream=body, content_length=len(data)
    )
    assert answer.status_code in {201, 422}
    assert 0 < max(body.portions) <= 1024 * 1024
    assert -1 not in body.portions


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("notes.docx", b"%PDF-1.7", "Only PDF files"),
        ("program.pdf", b"MZ\x90\x00" + b"x" * 2000, "named a PDF but is not one"),
        ("empty.pdf", b"", "empty"),
        ("../../etc/x.pdf", b"%PDF-1.7", "every part needs a name"),
        ("a\u202efdp.pdf", b"%PDF-1.7", "invisible"),
        ("broken.pdf", b"%PDF-1.7\nnothing more", "damaged"),
    ],
)
def test_what_is_not_accepted_is_refused_in_a_sentence(
    house: World, as_: As, path: str, data: bytes, said: str
) -> None:
    answer = as_("ada").put(f"/matters/{house.matter}/upload", data, {"path": path})
    assert answer.status_code == 422, answer.text
    assert said in answer.json["detail"]


def test_a_body_of_another_kind_is_not_even_looked_at(house: World, as_: As) -> None:
    for kind in ("text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        body = Watched(b"a=b&csrf_token=c")
        more = {"content_type": kind, "input_stream": body, "content_length": 16}
        answer = as_("ada").put(f"/matters/{house.matter}/upload", None, {"path": "x.pdf"}, **more)
        assert answer.status_code == 415
        assert not body.portions


def test_the_forms_secret_counts_only_in_the_header(house: World, as_: As) -> None:
    ada = as_("ada")
    query = {"path": "x.pdf", "csrf_token": ada.forms}
    answer = ada.client.put(
        f"/matters/{house.matter}/upload",
        data=b"%PDF-1.7",
        query_string=query,
        content_type="application/pdf",
        headers=PROBLEM,
    )
    assert (answer.status_code, answer.json["code"]) == (400, "forged")


def test_a_length_above_the_limit_is_refused_before_a_byte_is_read(house: World, as_: As) -> None:
    body = Watched(b"%PDF-1.7")
    size = str(house.config.upload_limit + 1)
    more = {"input_stream": body, "environ_overrides": {"CONTENT_LENGTH": size}}
    answer = as_("ada").put(f"/matters/{house.matter}/upload", None, {"path": "x.pdf"}, **more)
    assert answer.status_code == 413
    assert not body.portions


@pytest.mark.parametrize("who", ["petra", "cleo"])
def test_who_does_not_contribute_is_refused(house: World, as_: As, who: str) -> None:
    answer = as_(who).put(f"/matters/{house.matter}/upload", simple_pdf(["x"]), {"path": "x.pdf"})
    assert answer.status_code == 403
    assert as_(who).get(f"/matters/{house.matter}/upload").status_code == 403


def test_a_new_version_leaves_the_published_one_in_place(house: World, as_: As) -> None:
    line = house.published("ada")
    answer = as_("ada").put(f"/documents/{line.document}/replace", simple_pdf(["New"]), {"path": "new.pdf"})
    assert answer.status_code == 201
    page = as_("ada").get(f"/documents/{line.document}").text
    assert "Publish the new version" in page
    assert str(line.version) in as_("pia").get(f"/matters/{house.matter}").text
