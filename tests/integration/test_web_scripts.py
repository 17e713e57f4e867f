"""The pure parts of the scripts, run by the Node that comes with Playwright."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

import dataroom.web

STATIC = Path(dataroom.web.__file__).parent / "static"
NODE = Path(playwright.__file__).parent / "driver" / "node"


def run(module: str, expression: str, tmp_path: Path) -> Any:
    """The value of an expression over everything a module exports."""
    for source in STATIC.glob("*.js"):
        (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.mjs").write_text(
        f'import * as m from "./{module}";\nconsole.log(JSON.stringify({expression}) ?? "null");\n'
    )
    done = subprocess.run([NODE, tmp_path / "main.mjs"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# A page 300 wide and 500 high whose visible part begins at (20, 30); a box near its lower left corner.
BOX, VISIBLE = [30, 50, 80, 70], [20, 30, 320, 530]


@pytest.mark.parametrize(
    ("rotation", "shown", "size"),
    [
        (0, {"x": 10, "y": 460, "width": 50, "height": 20}, [300, 500]),
        (90, {"x": 20, "y": 10, "width": 20, "height": 50}, [500, 300]),
        (180, {"x": 240, "y": 20, "width": 50, "height": 20}, [300, 500]),
        (270, {"x": 460, "y": 240, "width": 20, "height": 50}, [500, 300]),
    ],
)
def test_a_box_is_shown_where_the_turned_page_has_it(
    rotation: int, shown: dict[str, float], size: list[float], tmp_path: Path
) -> None:
    frame = json.dumps({"box": VISIBLE, "rotation": rotation})
    expression = f"[m.toShown({BOX}, {frame}), m.toBox(m.toShown({BOX}, {frame}), {frame}), m.sizeOf({frame})]"
    assert run("geometry.js", expression, tmp_path) == [shown, BOX, size]


def test_a_drawn_rectangle_stays_on_the_page(tmp_path: Path) -> None:
    expression = "[m.onPage({x: -5, y: 490, width: 20, height: 40}, [300, 500]), m.onPage({x: 9, y: 9, width: -3, height: 0}, [300, 500])]"
    inside, least = run("geometry.js", expression, tmp_path)
    assert inside == {"x": 0, "y": 460, "width": 20, "height": 40}
    assert (least["width"], least["height"]) == (4, 4)


WORDS = [
    {"text": "Rate", "box": [10, 90, 30, 100], "line": 0},
    {"text": "of", "box": [34, 90, 40, 101], "line": 0},
    {"text": "4.5", "box": [10, 70, 25, 80], "line": 1},
    {"text": "%", "box": [28, 70, 34, 80], "line": 1},
]


def test_chosen_words_become_one_box_a_line(tmp_path: Path) -> None:
    expression = f"[m.lines({json.dumps(WORDS)}, 2, 1), m.lines({json.dumps(WORDS)}, 0, 0)]"
    assert run("words.js", expression, tmp_path) == [
        [[34, 90, 40, 101], [10, 70, 25, 80]],
        [[10, 90, 30, 100]],
    ]


def test_a_pointer_takes_the_nearest_word_within_reach(tmp_path: Path) -> None:
    words = json.dumps(WORDS)
    expression = (
        f"[m.at({words}, [12, 95]), m.at({words}, [33, 96]), m.at({words}, [30, 66]), m.at({words}, [200, 200])]"
    )
    assert run("words.js", expression, tmp_path) == [0, 1, 3, -1]


def test_arrow_keys_go_from_word_to_word_and_from_line_to_line(tmp_path: Path) -> None:
    words = json.dumps(WORDS)
    asked = [(-1, "ArrowDown"), (0, "ArrowRight"), (3, "ArrowRight"), (1, "ArrowDown"), (2, "ArrowUp"), (0, "Enter")]
    expression = f"{json.dumps(asked)}.map(([now, key]) => m.stepped({words}, now, key))"
    assert run("words.js", expression, tmp_path) == [0, 1, 3, 3, 0, None]


def test_pages_are_named_in_stretches(tmp_path: Path) -> None:
    assert run("saying.js", "[m.spans([1, 2, 3, 7, 9, 10]), m.spans([4])]", tmp_path) == ["1–3, 7, 9–10", "4"]


def test_what_is_wrong_is_said_without_the_name_of_the_field(tmp_path: Path) -> None:
    said = ["details: privilege has to state: lawyer", "marks.0.box: the box is empty.", "Why not: because"]
    assert run("saying.js", f"{json.dumps(said)}.map(m.plain)", tmp_path) == [
        "Privilege has to state: lawyer.",
        "The box is empty.",
        "Why not: because.",
    ]


@pytest.mark.parametrize(
    ("now", "said", "offered"),
    [
        ({"pages": [], "read": 0, "state": "none", "languages": ["eng"]}, "", False),
        ({"pages": [2, 3], "read": 0, "state": "none", "languages": ["eng"]}, "have to be read", True),
        ({"pages": [2, 3], "read": 0, "state": "none", "languages": []}, "no reader", False),
        ({"pages": [2, 3], "read": 1, "state": "running", "languages": ["eng"]}, "1 of 2", False),
        ({"pages": [2, 3], "read": 2, "state": "done", "languages": ["eng"]}, "were read", False),
        ({"pages": [2], "read": 0, "state": "failed", "languages": ["eng"]}, "failed", True),
    ],
)
def test_reading_is_offered_only_where_it_can_be_done(
    now: dict[str, Any], said: str, offered: bool, tmp_path: Path
) -> None:
    told = run("saying.js", f"m.ofScans({json.dumps(now)})", tmp_path)
    assert (said in told["text"], told["offer"]) == (True, offered)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_picture_of_a_place_holds_it_and_stays_on_the_page(rotation: int, tmp_path: Path) -> None:
    frame = json.dumps({"box": VISIBLE, "rotation": rotation})
    part, place, size = run(
        "geometry.js", f"[m.around([{BOX}], {frame}), m.toShown({BOX}, {frame}), m.sizeOf({frame})]", tmp_path
    )
    assert part["width"] >= 230
    for edge, length, most in (("x", "width", size[0]), ("y", "height", size[1])):
        assert 0 <= part[edge] <= place[edge]
        assert place[edge] + place[length] <= part[edge] + part[length] <= most


def test_no_cell_of_a_manifest_is_a_formula(tmp_path: Path) -> None:
    risky = ["=1+1", "+1", "-1", "@a", "\tx", "\uff1dx", 'say "x"', "plain", None]
    cells = run("manifest.js", f"{json.dumps(risky)}.map(m.cell)", tmp_path)
    assert cells[:6] == [f'"\'{text}"' for text in risky[:6]]
    assert cells[6:] == ['"say ""x"""', '"plain"', '""']
