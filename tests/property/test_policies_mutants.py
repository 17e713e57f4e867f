"""Wrong compilers must be caught: each mutant is a copy of the engine with one change in its source."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import policies.engine
from tests.property.test_policies_grammar import corpus
from tests.property.test_policies_worlds import Compiler, disagreement, fill

SOURCE = Path(policies.engine.__file__).parent
CORPUS = corpus(400, seed=3)
MUTANTS = {
    "short-circuit-forgets-errors": (
        "operators.py",
        "    if left.total:\n        f = either(left.f, right.f)",
        "    f = either(left.f, right.f)",
    ),
    "conjunction-true-on-one-side": ("operators.py", "t = both(left.t, right.t)", "t = left.t"),
    "negation-makes-errors-true": (
        "operators.py",
        "return Pred(term.f, term.t, term.total)",
        "return Pred(not term.t if isinstance(term.t, bool) else not_(term.t), term.t, term.total)",
    ),
    "different-kinds-are-an-error": (
        "operators.py",
        "    return Pred(False, guard, guard is True)\n\n\ndef _operand",
        "    return FAIL\n\n\ndef _operand",
    ),
    "null-counts-as-present": (
        "terms.py",
        "return True if column is None or column.full else column.expr.is_not(None)",
        "return True",
    ),
    "boolean-null-is-false": (
        "compiler.py",
        "return Pred(attr.expr.is_(True), attr.expr.is_(False), attr.full)",
        "return Pred(attr.expr.is_(True), attr.expr.is_not(True), attr.full)",
    ),
    "has-is-always-true": ("compiler.py", "if isinstance(attr, Column) and not attr.full:", "if False:"),
    "ancestors-are-forgotten": (
        "compiler.py",
        "if entity else []\n        found.extend",
        "if False else []\n        found.extend",
    ),
    "less-is-less-or-equal": ("operators.py", '"<": operator.lt,\n    "<="', '"<": operator.le,\n    "<="'),
    "not-greater-is-less": ("operators.py", '">": operator.le, ">="', '">": operator.lt, ">="'),
    "contains-ignores-kinds": (
        "operators.py",
        "sorted((v for v in values if v.kind == element.kind), key=lambda v: v.value)",
        "sorted(values, key=lambda v: str(v.value))",
    ),
    "stored-set-ignores-kinds": ("operators.py", "    if kind != attr.kind:\n", "    if False:\n"),
    "any-spelling-of-a-uuid": (
        "attributes.py",
        "if isinstance(found, UUID) and str(found) != value:",
        "if False:",
    ),
    "forbid-in-error-permits": (
        "narrowing.py",
        "return some, both(every, holds.f)",
        "return some, both(every, not holds.t if isinstance(holds.t, bool) else not_(holds.t))",
    ),
    "unknown-forbid-is-ignored": (
        "narrowing.py",
        "                return False\n",
        "                continue\n",
    ),
    "permit-in-error-is-ignored": (
        "narrowing.py",
        "True if holds.total else either(holds.t, holds.f)",
        "True",
    ),
    "unless-reads-as-when": (
        "compiler.py",
        'body if clause["kind"] == "when" else negation(body)',
        "body",
    ),
    "contains-any-of-nothing": (
        "operators.py",
        "return _fold(disjunction, FALSE, (contains(right, element) for element in left.value))",
        "return _fold(disjunction, TRUE, (contains(right, element) for element in left.value))",
    ),
    "choice-takes-the-wrong-branch": (
        "operators.py",
        "t = either(both(test.t, yes.t), both(test.f, no.t))",
        "t = either(both(test.f, yes.t), both(test.t, no.t))",
    ),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    """The world in SQLite."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as found:
        fill(found)
        yield found
    engine.dispose()


def mutant(name: str, folder: Path) -> str:
    """Writes the mutant's package into `folder`; returns the name to import it by."""
    file, before, after = MUTANTS[name]
    package = "mutant_" + name.replace("-", "_")
    shutil.copytree(SOURCE, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / package).glob("*.py"):
        path.write_text(path.read_text().replace("policies.engine", package))
    changed = folder / package / file
    source = changed.read_text()
    assert source.count(before) == 1, f"{name}: the line to change is not there once"
    helper = "from sqlalchemy import not_\n" if file == "narrowing.py" else ""
    changed.write_text(
        source.replace(before, after).replace("from sqlalchemy import", helper + "from sqlalchemy import", 1)
    )
    return package


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_mutant_is_killed(
    name: str, connection: sa.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = mutant(name, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    compiler = Compiler(package)
    assert any(caught(compiler, connection, text) for text in CORPUS)


def caught(compiler: Compiler, connection: sa.Connection, text: str) -> bool:
    """Whether these rules show that the compiler is wrong, by a difference or by breaking."""
    try:
        return disagreement(compiler, connection, text) != ""
    except (sa.exc.StatementError, TypeError, ValueError):
        return True


def test_the_corpus_finds_nothing_in_the_real_compiler(connection: sa.Connection) -> None:
    real = Compiler()
    assert [text for text in CORPUS if disagreement(real, connection, text)] == []
