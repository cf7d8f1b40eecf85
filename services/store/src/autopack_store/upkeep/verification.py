"""Reading everything back: does it have its digests, do things that say the same agree, does every reference lead
somewhere. With the code that serves it, so what passes here can be served.

A part at a time, each in a reading transaction of its own: a store may work, and retention may remove, beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKeyConstraint,
    and_,
    exists,
    func,
    select,
    text,
    true,
)

from autopack_store.database.engine import is_sqlite, label, reading
from autopack_store.database.faults import translated
from autopack_store.schema.tables.evidence import evidence, measurement, outcome, test_set
from autopack_store.schema.tables.metadata import metadata
from autopack_store.schema.tables.runs import run
from autopack_store.schema.tables.upkeep import database_identity, request, retention
from autopack_store.upkeep.damages import evidence_damages, measurement_damages, run_damages, test_set_damages

PART = 50
"""How many things are read in one transaction."""

SHOWN = 100
"""How many references without a target are named, of each kind."""

Found: TypeAlias = tuple[int, list[str]]
"""How many things were looked at, and what is wrong with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many things of a kind were checked, and what is wrong with those that are damaged, a sentence each."""

    kind: str
    count: int
    damages: tuple[str, ...]


class Verification:
    """Reads everything that is stored. A role that may only read is enough."""

    def __init__(self, engine: Engine) -> None:
        self._reader = reading(engine)

    def checked(self, since_ms: int) -> Iterator[Checked]:
        """Check what was recorded since ``since_ms`` (milliseconds since the epoch, UTC), a bounded number at a time.
        What can be told without reading all of it is always checked as a whole. Raises StorageError.
        """
        recent = evidence.c.created_at_ms >= since_ms
        used = select(evidence.c.test_set_digest).where(recent)
        recent_set = test_set.c.test_set_digest.in_(used) if since_ms else true()
        if is_sqlite(self._reader):
            yield self._whole("files", _page_damages)
        yield from self._each("runs", run.c.run_id, run.c.created_at_ms >= since_ms, run_damages)
        yield from self._each("evidence", evidence.c.evidence_digest, recent, evidence_damages)
        yield from self._each("test sets", test_set.c.test_set_digest, recent_set, test_set_damages)
        yield from self._histories(since_ms)
        for constraint in _references():
            yield self._whole("references", partial(_dangling, constraint=constraint))
        yield self._whole("requests", _request_damages)
        yield self._whole("databases", _database_damages)

    def _each(
        self,
        kind: str,
        key: Column[str],
        chosen: ColumnElement[bool],
        damages: Callable[[Connection, str], list[str]],
    ) -> Iterator[Checked]:
        after = ""
        while True:
            with translated(label(self._reader)), self._reader.begin() as connection:
                query = select(key).where(key > after, chosen).order_by(key).limit(PART)
                keys = [name for (name,) in connection.execute(query)]
                found = [damage for name in keys for damage in damages(connection, name)]
            yield Checked(kind=kind, count=len(keys), damages=tuple(found))
            if len(keys) < PART:
                return
            after = keys[-1]

    def _histories(self, since_ms: int) -> Iterator[Checked]:
        counted = select(outcome.c.measurement_id, func.count()).group_by(outcome.c.measurement_id)
        numbers = select(measurement.c.measurement_id)
        with translated(label(self._reader)), self._reader.begin() as connection:
            counts = {int(row[0]): int(row[1]) for row in connection.execute(counted)}
            last = connection.execute(select(func.max(measurement.c.measurement_id))).scalar_one() or 0
            lost = sorted(counts.keys() - set(connection.execute(numbers).scalars()))
        said = [
            f"history: {counts[number]} outcomes are of measurement {number}, which is not there" for number in lost
        ]
        yield Checked(kind="histories", count=0, damages=tuple(said[:SHOWN]))
        after = 0
        while True:
            query = (
                numbers.join(run, run.c.run_id == measurement.c.run_id)
                .where(run.c.created_at_ms >= since_ms, measurement.c.measurement_id > after)
                # What came after the outcomes were counted is left for the next time.
                .where(measurement.c.measurement_id <= last)
                .order_by(measurement.c.measurement_id)
                .limit(PART)
            )
            with translated(label(self._reader)), self._reader.begin() as connection:
                some = connection.execute(query).scalars().all()
                found = [each for key in some for each in measurement_damages(connection, key, counts.get(key, 0))]
            yield Checked(kind="histories", count=len(some), damages=tuple(found))
            if len(some) < PART:
                return
            after = some[-1]

    def _whole(self, kind: str, look: Callable[[Connection], Found]) -> Checked:
        with translated(label(self._reader)), self._reader.begin() as connection:
            count, found = look(connection)
        return Checked(kind=kind, count=count, damages=tuple(found))


def _references() -> list[ForeignKeyConstraint]:
    return [
        constraint
        for table in metadata.sorted_tables
        for constraint in sorted(table.foreign_key_constraints, key=lambda constraint: str(constraint.name))
    ]


def _dangling(connection: Connection, constraint: ForeignKeyConstraint) -> Found:
    """Rows whose target is not there: a database that was restored in parts, or written to without its checks."""
    parent = constraint.referred_table.alias()
    own = list(constraint.columns)
    pairs = [(column, parent.c[element.column.name]) for column, element in zip(own, constraint.elements, strict=True)]
    given = and_(*(column.is_not(None) for column in own))
    count = connection.execute(select(func.count()).select_from(constraint.table).where(given)).scalar_one()
    lost = ~exists().where(*(target == column for column, target in pairs)).correlate(constraint.table)
    rows = connection.execute(select(*own).distinct().where(given, lost).order_by(*own).limit(SHOWN))
    name = f"{constraint.table.name}({', '.join(column.name for column in own)})"
    return count, [f"{name}: {', '.join(map(str, row))} is not in {constraint.referred_table.name}" for row in rows]


def _request_damages(connection: Connection) -> Found:
    count = connection.execute(select(func.count()).select_from(request)).scalar_one()
    open_ones = select(request.c.request_id).where(request.c.answer.is_(None)).order_by(request.c.request_id)
    rows = connection.execute(open_ones.limit(SHOWN)).scalars()
    return count, [f"request {request_id}: was kept without an answer" for request_id in rows]


def _database_damages(connection: Connection) -> Found:
    identities = connection.execute(select(func.count()).select_from(database_identity)).scalar_one()
    said = [] if identities == 1 else [f"the database has {identities} identities instead of one"]
    unfinished = select(retention.c.retention_id).where(retention.c.unfinished.is_not(None))
    for key in connection.execute(unfinished.order_by(retention.c.retention_id)).scalars():
        said.append(f"retention {key}: is unfinished, so that everybody may delete")
    return 1, said


def _page_damages(connection: Connection) -> Found:
    said = [str(line) for (line,) in connection.execute(text(f"PRAGMA integrity_check({SHOWN})"))]
    return 1, [] if said == ["ok"] else [f"the database's file: {line}" for line in said]
