"""Retention in SQL: what may go is found by conditions, and goes in transactions of bounded size.

Beside a running store this is safe in either order. Who cites something locks it (a foreign key does), and is waited
for or passed over here; what is locked here is looked at once more before it goes. Who cites what is just going waits,
and is told then that it is gone.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    Table,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from autopack_model.run.value import RunState
from autopack_store.database.engine import label, reading, writing
from autopack_store.database.faults import translated
from autopack_store.schema.tables.decisions import decision
from autopack_store.schema.tables.evidence import (
    attempt_evidence,
    baseline,
    evidence,
    measurement,
    outcome,
    test_set,
    test_set_block,
)
from autopack_store.schema.tables.metadata import metadata
from autopack_store.schema.tables.runs import run
from autopack_store.schema.tables.upkeep import request, retention, upload_chunk
from autopack_store.unit_of_work import Clock
from autopack_store.upkeep.limits import Limits, Removed

RUNS, ROWS = 100, 500
"""How many runs, and how many rows of other tables, one transaction removes."""

# Children before their parents.
_OF_RUN = tuple(table for table in reversed(metadata.sorted_tables) if "run_id" in table.columns)


class Retention:
    """Removes what is old, and nothing else. On PostgreSQL its role must be one that may delete; the store's own need
    not.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._reader = reading(engine)
        self._writer = writing(engine)
        self._clock = clock

    def survey(self, limits: Limits) -> Removed:
        """What ``remove`` would let go now. Raises StorageError, DataLoss."""
        with translated(label(self._reader)), self._reader.begin() as connection:
            return _survey(connection, limits)

    def remove(self, limits: Limits) -> Iterator[Removed]:
        """Let go the ended runs that are old, and what nothing cites then, a bounded part in each transaction; yields
        what went with each. A pass that is given up keeps what was removed until then, and nothing that refers to it.

        Raises StorageError, DataLoss.
        """
        with translated(label(self._reader)), self._reader.begin() as connection:
            run_ids = [run_id for (run_id,) in connection.execute(_ended(limits).order_by("run_id"))]
        yield from self._remove_runs(run_ids, limits)
        for sweep in (
            _Sweep(baseline, _uncited_baseline(limits, None), "baselines"),
            _Sweep(evidence, _uncited_evidence(limits, None, baseline.c.evidence_digest), "evidence"),
            _Sweep(test_set, _unused_test_set(), "test_sets", (test_set_block,)),
            _Sweep(request, request.c.created_at_ms < limits.cutoff_ms, "requests"),
            _Sweep(upload_chunk, upload_chunk.c.request_id.in_(_abandoned(limits)), "upload_chunks"),
        ):
            yield from self._sweep(sweep, limits)

    def _remove_runs(self, run_ids: Sequence[str], limits: Limits) -> Iterator[Removed]:
        for start in range(0, len(run_ids), RUNS):
            some = run_ids[start : start + RUNS]
            with translated(label(self._writer)), self._writer.begin() as connection:
                ended = select(run.c.run_id).where(run.c.run_id.in_(some), run.c.state != RunState.RUNNING)
                locked = connection.scalars(ended.with_for_update(skip_locked=True)).all()
                if not locked:
                    continue
                removed = self._recorded(connection, limits, lambda: _remove_runs(connection, locked))  # noqa: B023
            yield removed

    def _sweep(self, sweep: "_Sweep", limits: Limits) -> Iterator[Removed]:
        after: tuple[object, ...] | None = None
        while True:
            with translated(label(self._writer)), self._writer.begin() as connection:
                keys = sweep.locked(connection, after)
                if not keys:
                    return
                after = keys[-1]
                removed = self._recorded(connection, limits, lambda: sweep.remove(connection, keys))  # noqa: B023
            yield removed

    def _recorded(self, connection: Connection, limits: Limits, work: Callable[[], Removed]) -> Removed:
        started = self._clock()
        key = f"{started}-{secrets.token_hex(8)}"
        opened = {
            "retention_id": key,
            "started_at_ms": started,
            "cutoff_ms": limits.cutoff_ms,
            "keep_runs": limits.keep_runs,
            "removed": {},
            "unfinished": "unfinished",
        }
        connection.execute(insert(retention).values(opened))
        removed = work()
        closed = {"finished_at_ms": self._clock(), "removed": removed.counts(), "unfinished": None}
        connection.execute(update(retention).where(retention.c.retention_id == key).values(closed))
        return removed


class _Sweep:
    """Rows of ``table`` that are ``doomed``, named ``count`` in what was removed, with those of ``parts`` that have the
    same key.
    """

    def __init__(self, table: Table, doomed: ColumnElement[bool], count: str, parts: tuple[Table, ...] = ()) -> None:
        self.table = table
        self.doomed = doomed
        self._count = count
        self._parts = parts
        self._key = tuple(table.primary_key)

    def locked(self, connection: Connection, after: tuple[object, ...] | None) -> list[tuple[object, ...]]:
        """The next keys ``after`` the last ones, locked; those that somebody else has locked are passed over."""
        query = select(*self._key).where(self.doomed).order_by(*self._key).limit(ROWS)
        if after is not None:
            query = query.where(tuple_(*self._key) > tuple_(*after))
        found = connection.execute(query.with_for_update(of=self.table, skip_locked=True))
        return [tuple(row) for row in found]

    def remove(self, connection: Connection, keys: list[tuple[object, ...]]) -> Removed:
        """Remove what has these keys and is doomed still: somebody may have cited it before it was locked."""
        chosen = tuple_(*self._key).in_(keys)
        doomed = [tuple(row) for row in connection.execute(select(*self._key).where(chosen, self.doomed))]
        going = tuple_(*self._key).in_(doomed)
        rows = size = 0
        for part in self._parts:
            name = self._key[0].name
            condition = part.c[name].in_([key[0] for key in doomed])
            size += _bytes(connection, part, condition)
            rows += _deleted(connection, part, condition)
        size += _bytes(connection, self.table, going)
        own = _deleted(connection, self.table, going)
        return _counted(self._count, own) + Removed(rows=rows + own, bytes=size)


def _remove_runs(connection: Connection, run_ids: Sequence[str]) -> Removed:
    # Whoever refers to outcomes does so through their measurement, whose number may be given again: together or never.
    numbers = connection.scalars(select(measurement.c.measurement_id).where(measurement.c.run_id.in_(run_ids))).all()
    rows = _deleted(connection, outcome, outcome.c.measurement_id.in_(numbers)) if numbers else 0
    size = 0
    for table in _OF_RUN:
        condition = table.c.run_id.in_(run_ids)
        size += _bytes(connection, table, condition)
        rows += _deleted(connection, table, condition)
    return Removed(runs=len(run_ids), rows=rows, bytes=size)


def _survey(connection: Connection, limits: Limits) -> Removed:
    """What would go, told by the same conditions, in which the runs that would go cite nothing."""
    ended = _ended(limits)
    runs = _counted_rows(connection, run, run.c.run_id.in_(ended))
    numbers = select(measurement.c.measurement_id).where(measurement.c.run_id.in_(ended))
    found = Removed(runs=runs, rows=_counted_rows(connection, outcome, outcome.c.measurement_id.in_(numbers)))
    for table in _OF_RUN:
        condition = table.c.run_id.in_(ended)
        found += Removed(rows=_counted_rows(connection, table, condition), bytes=_bytes(connection, table, condition))
    uncited_baseline = _uncited_baseline(limits, ended)
    kept_baselines = select(baseline.c.evidence_digest).where(~uncited_baseline)
    uncited_evidence = _uncited_evidence(limits, ended, None) & evidence.c.evidence_digest.not_in(kept_baselines)
    kept_evidence = select(evidence.c.test_set_digest).where(~uncited_evidence)
    gone_sets = select(test_set.c.test_set_digest).where(test_set.c.test_set_digest.not_in(kept_evidence))
    for table, doomed, name in (
        (baseline, uncited_baseline, "baselines"),
        (evidence, uncited_evidence, "evidence"),
        (test_set, test_set.c.test_set_digest.in_(gone_sets), "test_sets"),
        (test_set_block, test_set_block.c.test_set_digest.in_(gone_sets), ""),
        (request, request.c.created_at_ms < limits.cutoff_ms, "requests"),
        (upload_chunk, upload_chunk.c.request_id.in_(_abandoned(limits)), "upload_chunks"),
    ):
        count = _counted_rows(connection, table, doomed)
        found += _counted(name, count) + Removed(rows=count, bytes=_bytes(connection, table, doomed))
    return found


def _ended(limits: Limits) -> Select[str]:
    """The runs that may go."""
    newest_first = func.row_number().over(
        partition_by=run.c.repository, order_by=(run.c.created_at_ms.desc(), run.c.run_id)
    )
    ended_at = func.coalesce(run.c.finished_at_ms, run.c.created_at_ms)
    ended = (
        select(run.c.run_id, ended_at.label("ended_at_ms"), newest_first.label("place"))
        .where(run.c.state != RunState.RUNNING)
        .subquery()
    )
    return select(ended.c.run_id).where(ended.c.place > limits.keep_runs, ended.c.ended_at_ms < limits.cutoff_ms)


def _cited(digest: Column[str], ended: Select[str] | None) -> ColumnElement[bool]:
    """Whether an attempt or a decision refers to the evidence, of a run other than those that have ``ended``."""
    citations: Iterable[Column[str]] = (
        attempt_evidence.c.evidence_digest,
        decision.c.base_evidence_digest,
        decision.c.head_evidence_digest,
        decision.c.cross_evidence_digest,
        decision.c.reverse_evidence_digest,
    )
    return or_(
        *(
            exists().where(
                citation == digest,
                *(() if ended is None else (citation.table.c.run_id.not_in(ended),)),
            )
            for citation in citations
        )
    )


def _uncited_baseline(limits: Limits, ended: Select[str] | None) -> ColumnElement[bool]:
    old = baseline.c.created_at_ms < limits.cutoff_ms
    return old & ~_cited(baseline.c.evidence_digest, ended)


def _uncited_evidence(limits: Limits, ended: Select[str] | None, baselines: Column[str] | None) -> ColumnElement[bool]:
    named = false() if baselines is None else exists().where(baselines == evidence.c.evidence_digest)
    old = evidence.c.created_at_ms < limits.cutoff_ms
    return old & ~_cited(evidence.c.evidence_digest, ended) & ~named


def _unused_test_set() -> ColumnElement[bool]:
    return ~exists().where(evidence.c.test_set_digest == test_set.c.test_set_digest)


def _abandoned(limits: Limits) -> Select[str]:
    newest = func.max(upload_chunk.c.created_at_ms)
    return select(upload_chunk.c.request_id).group_by(upload_chunk.c.request_id).having(newest < limits.uploads_from_ms)


def _deleted(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount


def _counted_rows(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def _bytes(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    sizes = [func.sum(func.length(column)) for column in table.columns if isinstance(column.type, LargeBinary)]
    if not sizes:
        return 0
    return sum(int(size or 0) for size in connection.execute(select(*sizes).where(condition)).one())


def _counted(name: str, count: int) -> Removed:
    return Removed(**{name: count}) if name else Removed()
