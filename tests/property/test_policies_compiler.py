"""The compiler against Cedar: random rules over a fixed world, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parts import Database
from tests.property.test_policies_grammar import corpus, rules
from tests.property.test_policies_worlds import Compiler, disagreement, fill

REAL = Compiler()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """The world in a database."""
    url = "sqlite://"
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres")
        url = database.create_database()
    engine = sa.create_engine(url)
    with engine.connect() as found:
        fill(found)
        yield found
    engine.dispose()


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_random_rules(connection: sa.Connection, rng: random.Random) -> None:
    text = rules(rng)
    assert disagreement(REAL, connection, text) == "", text


def test_most_of_a_corpus_compiles(connection: sa.Connection) -> None:
    texts = corpus(300, seed=5)
    wrong = {text: found for text in texts if (found := disagreement(REAL, connection, text))}
    assert wrong == {}
    answers = [REAL.rows(connection, text) for text in texts]
    assert sum(compiled for _, compiled in answers) > 150
    assert sum(0 < len(found) < 48 for found, _ in answers) > 60
