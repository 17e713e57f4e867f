"""What a list of 1,000,000 documents costs: one decision, compiling the filter, a page, its count, the second question
about each row, and the whole action; beside filtering after the fact: `python -m tests.bench.bench_million [DOCUMENTS]`.

One matter holds them all. Ada is the owner's custodian and sees each; of the published ones Pia sees some tens of
thousands and Paolo 200, spread over the whole list; Corin's company is shown nothing.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from dataroom.actions import scope, standing
from dataroom.actions import work as work_module
from dataroom.actions.contents import LIST, Listing, Shape, owners_of, page_of, queries
from dataroom.actions.evidence import Record
from dataroom.actions.scope_memory import Memory
from dataroom.actions.work import Work
from dataroom.model import Document, Matter, Version
from tests.bench.bench_lists import questions
from tests.bench.figures import line, machine, milliseconds, parts
from tests.cast import World, make_config, make_world

DOCUMENTS = 1_000_000
ROUNDS = 9
VIEWERS = {"broad": "ada", "medium": "pia", "narrow": "paolo", "empty": "corin"}
ENOUGH = 20_000
"""After so many rows without a full page, filtering after the fact gives up."""
_FIRST = 1 << 64


def multiply(world: World, document: uuid.UUID, count: int) -> None:
    """`count` copies of a document and its version, made inside the database."""
    with world.services.database.writing() as session:
        lite = session.get_bind().dialect.name == "sqlite"
        number = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        if not lite:
            number = f"WITH n(i) AS (SELECT generate_series(1, {count}))"

        def ident(first: int) -> str:
            high = f"{first >> 64:016x}"
            return f"'{high}' || printf('%016x', i)" if lite else f"('{high}' || lpad(to_hex(i), 16, '0'))::uuid"

        tier = f"CASE WHEN i % (10 * {max(1, count // 2000)}) = 0 THEN 1 ELSE 2 + i % 3 END"
        places: dict[str, dict[str, str]] = {
            "document": {
                "id": ident(_FIRST),
                "number": "i + 20000",
                "folder": "'folder ' || (i % 50)",
                "title": "'Chart ' || i",
                "state": "CASE WHEN i % 10 = 0 THEN 'published' ELSE 'ready' END",
                "tier": tier,
            },
            "version": {
                "id": ident(2 * _FIRST),
                "document_id": ident(_FIRST),
                "number": "i + 20000",
                "folder": "'folder ' || (i % 50)",
                "object_key": "'objects/' || i",
                "state": "CASE WHEN i % 10 = 0 THEN 'published' ELSE 'staged' END",
                "tier": tier,
            },
        }
        for table, key in (("document", Document.id), ("version", Version.document_id)):
            columns = Document.__table__.columns if table == "document" else Version.__table__.columns
            names = [column.name for column in columns]
            values = ", ".join(places[table].get(name, f"o.{name}") for name in names)
            where = f"o.{'id' if table == 'document' else 'document_id'} = :one"
            text = sa.text(
                f"INSERT INTO {table} ({', '.join(names)}) {number} SELECT {values} FROM n, {table} o WHERE {where}"
            )
            session.execute(text.bindparams(sa.bindparam("one", document, type_=key.type)))
    with world.services.database.engine.connect() as connection:  # type: ignore[attr-defined]
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))


def works(world: World, who: str) -> Iterator[Work]:
    """The work of a list as somebody does it, in a transaction that is thrown away."""
    principal, now = world.people[who], world.clock.now()
    with world.services.database.reading() as session:
        member = standing.member(world.services.law, session, principal, world.matter, now)
        yield Work(world.services, principal, now, session, Record(act=LIST, principal=principal), member)


def afterwards(work: Work) -> int:
    """Reads the list as it stands and asks the policy about every row until a page is full; how many rows that took."""
    order = (Document.folder, Document.organisation_id, Document.number, Version.id)
    query = sa.select(Version.id).join(Document, Document.id == Version.document_id)
    query = query.where(Version.matter_id == Document.matter_id).order_by(*order)
    read = kept = 0
    for rows in work.session.execute(query.execution_options(yield_per=500)).partitions(500):
        found = scope.entities(work.session, Version, [row.id for row in rows], work.now)
        answers = work.services.law.decide_each(work.member, LIST, list(found.values()), work.context())
        read, kept = read + len(rows), kept + sum(answer.allowed for answer in answers)
        if kept >= 50 or read >= ENOUGH:
            break
    return read


def measure(world: World, kind: str) -> None:
    """One database."""
    for name, who in VIEWERS.items():
        for work in works(world, who):
            matter = work.get(Matter, world.matter)
            page = page_of(work, matter, Listing(limit=50))
            owners = owners_of(work, matter)
            shape = Shape(matter.id, owners, 51, False, False, None)
            count, query = queries(work, shape, ())
            ids = [item.id for item in page.items]
            steps: dict[str, Any] = {
                "compile, the first time": lambda w=work, o=owners: afresh(w, o),
                "compile, kept": lambda w=work, o=owners: w.parts(LIST, frozenset(o)),
                "page": lambda w=work, q=query: w.rows(q),
                "count": lambda w=work, q=count: w.rows(q),
                "second question about the rows": lambda w=work, i=ids: w.shown(Version, LIST, i),
            }
            if page.next:
                after = Listing(limit=50, cursor=page.next)
                steps["next page, all of it"] = lambda w=work, m=matter, a=after: page_of(w, m, a)
            for step, act in steps.items():
                act()
                line(f"{kind} {name} ({page.total}): {step}", [milliseconds(act) for _ in range(ROUNDS)])
            if ids:
                one = scope.entities(work.session, Version, ids[:1], work.now)[ids[0]]
                line(f"{kind} {name}: one decision", [milliseconds(lambda w=work, e=one: w.decide(LIST, e)) for _ in range(ROUNDS)])  # fmt: skip
            took: list[int] = []
            line(f"{kind} {name}: filtering afterwards", [milliseconds(lambda w=work, t=took: t.append(afterwards(w)))])
            print(f"    {took[0]} rows read")
        values = [milliseconds(lambda w=world, p=who: w.do(p, LIST, w.matter, limit=50)) for _ in range(ROUNDS)]
        line(f"{kind} {name}: the whole action, {questions(world, who, LIST, {'limit': 50})} statements", values)


def afresh(work: Work, owners: tuple[uuid.UUID, ...]) -> None:
    """Compiles as if nothing had been asked before."""
    work_module._MEMORY = Memory(512)
    work.parts(LIST, frozenset(owners))


def main() -> None:
    """Measures and prints, on both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else DOCUMENTS
    with parts() as made:
        for kind in ("sqlite", "postgresql"):
            world = make_world(make_config(made.folder, made.database(kind, "million"), made.seaweed))
            document = world.published(tier=3).document
            print(
                f"{kind}: {count} documents made in {milliseconds(lambda w=world, d=document: multiply(w, d, count)):.0f} ms"
            )
            measure(world, kind)
            world.close()


if __name__ == "__main__":
    machine()
    main()
