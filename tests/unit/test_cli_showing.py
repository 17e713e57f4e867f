"""What the command line shows and gathers: nothing that steers a terminal, no links followed, names as people expect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataroom.cli.contributing import gathered
from dataroom.cli.showing import plain, show, table


@pytest.mark.parametrize("text", ["\x1b[2Jx", "a\rb", "a\nb", "\u202egpj.exe", "a\u2028b", "\x9b31m", "a\ud800"])
def test_texts_of_others_cannot_steer_the_terminal(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert plain(text).isprintable()
    table(("title",), [{"title": text}])
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())
    show("document.read", {"title": text}, as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_json_is_ascii_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"items": [{"title": "\x9b31m ä \u202e"}], "next": None}
    show("document.list", value, as_json=True)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == value


def test_tables_are_aligned_and_hashes_whole(capsys: pytest.CaptureFixture[str]) -> None:
    digest = "ab" * 32
    rows: list[dict[str, str | None]] = [{"path": "x" * 90, "sha256": digest}, {"path": "y", "sha256": None}]
    table(("path", "sha256"), rows)
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.index("SHA256") == first.index(digest)
    assert first.endswith(digest)
    assert first.startswith("x" * 59 + "…")
    assert second == "y"


def test_organisations_and_documents_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"organisation": {"id": "1", "slug": "aldermoor", "name": "A"}, "held": True, "document": {"number": "ALD-1"}}
    ]
    table(("organisation", "held", "document"), rows)
    assert capsys.readouterr().out.splitlines()[1].split() == ["aldermoor", "yes", "ALD-1"]


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show("hold.list", [], as_json=False)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "nothing\n")


def test_a_folder_keeps_its_name_and_follows_no_link(tmp_path: Path) -> None:
    box = tmp_path / "box"
    (box / "inner").mkdir(parents=True)
    for name in ("b.pdf", "a.pdf", "inner/c.pdf"):
        (box / name).write_bytes(b"x")
    (tmp_path / "secret.pdf").write_bytes(b"x")
    (box / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (box / "linked").symlink_to(tmp_path)
    assert [name for _, name in gathered(box)] == ["box/a.pdf", "box/b.pdf", "box/inner/c.pdf"]
    assert [name for _, name in gathered(box / "a.pdf")] == ["a.pdf"]
