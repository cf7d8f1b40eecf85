"""The history of tests in SQL: index look-ups, whatever the number of outcomes."""

import functools
import re
from collections.abc import Mapping, Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Row,
    Select,
    SmallInteger,
    bindparam,
    func,
    insert,
    literal,
    select,
    union_all,
)

from autopack.results.v1 import evidence_pb2, suite_run_pb2
from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import CollectorState
from autopack_store.domain.history import HistoryEntry, collector_key, collector_keys, repository_key, test_key
from autopack_store.storage.compression import unpacked
from autopack_store.storage.schema import attempt_evidence, evidence, measurement, outcome, run
from autopack_store.storage.test_sets import SqlTestSets

_COLLECTOR = 100
"""Added to the number of a collector's state, so that it is no test's."""

_SUITE_RUNS = 50
"""How many are looked at together at least; twice as many each time that they are too few."""

MAX_SUITE_RUNS = 2000
"""How many suite runs are looked at for one page: a test that is long gone ends a search in the end."""


class SqlHistory:
    """Which suite runs were measured, and a row for each of their outcomes that is not simply PASSED."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._test_sets = SqlTestSets(connection)

    def record(self, ref: AttemptRef, side: Side, repository: str) -> None:
        """See ``HistoryStore``."""
        row = self._attached(ref, side)
        what = f"evidence {row.evidence_digest}"
        header = suite_run_pb2.SuiteRun.FromString(unpacked(row.suite_run, what))
        measured = {
            "repository_key": repository_key(repository),
            "run_id": ref.run_id,
            "phase": ref.phase,
            "attempt": ref.attempt,
            "side": side,
            "tree": header.tree.tree,
        }
        measurement_id = self._connection.execute(
            insert(measurement).values(measured).returning(measurement.c.measurement_id)
        ).scalar_one()
        self._insert(measurement_id, self._derived(row, repository))

    def outcomes(self, ref: AttemptRef, side: Side, repository: str) -> Mapping[int, int]:
        """The states by key that ``record`` keeps of what is attached to the attempt. Raises DataLoss."""
        return self._derived(self._attached(ref, side), repository)

    def entries(
        self, repository: str, test_id: str, side: Side | None, before: int | None, count: int
    ) -> tuple[tuple[HistoryEntry, ...], int | None]:
        """See ``HistoryStore``."""
        found: list[HistoryEntry] = []
        looked, batch = 0, max(count, _SUITE_RUNS)
        contained: dict[str, bool] = {}
        while looked < MAX_SUITE_RUNS:
            batch = min(batch, MAX_SUITE_RUNS - looked)
            page = {"side": side, "before": before, "count": batch}
            query = _page(one_side=side is not None, further=before is not None)
            rows = self._connection.execute(query, _of(repository) | page).all()
            unknown = {row.test_set_digest for row in rows} - contained.keys()
            contained |= self._test_sets.containing(test_id, unknown)
            said = self._outcomes(repository, test_id, [row.measurement_id for row in rows])
            for row in rows:
                before = row.measurement_id
                state = _state(contained[row.test_set_digest], said.get(row.measurement_id, {}))
                if state is not None:
                    found.append(_entry(row, state))
                if len(found) == count:
                    return tuple(found), before
            looked += len(rows)
            if len(rows) < batch:
                return tuple(found), None
            if not found and looked == batch and before is not None:
                # No test of today: what cannot say anything of it is passed over at once.
                window = self._window(repository, side, before, MAX_SUITE_RUNS - looked)
                contained |= self._test_sets.containing(test_id, window.keys() - contained.keys())
                speaking = self._speaking(repository, test_id, window, contained)
                if speaking is None:
                    passed = sum(row.suite_runs for row in window.values())
                    oldest = min((row.oldest for row in window.values()), default=None)
                    return (), oldest if passed == MAX_SUITE_RUNS - looked else None
                before = speaking + 1
            else:
                batch *= 2
        return tuple(found), before

    def _window(
        self, repository: str, side: Side | None, before: int, count: int
    ) -> Mapping[str, Row[tuple[object, ...]]]:
        """The test sets of the newest ``count`` suite runs ``before`` one, by digest: how many of these have each, and
        the numbers of the newest and the oldest.
        """
        page = {"side": side, "before": before, "count": count}
        rows = self._connection.execute(_window(one_side=side is not None), _of(repository) | page)
        return {row.test_set_digest: row for row in rows}

    def _speaking(
        self,
        repository: str,
        test_id: str,
        window: Mapping[str, Row[tuple[object, ...]]],
        contained: Mapping[str, bool],
    ) -> int | None:
        """The number of the newest suite run of the window that may say something of the test."""
        if not window:
            return None
        ends = [min(row.oldest for row in window.values()), max(row.newest for row in window.values())]
        having = [row.newest for digest, row in window.items() if contained[digest]]
        return max([*having, *self._outcomes(repository, test_id, ends)], default=None)

    def first_bad(self, repository: str, test_id: str, side: Side | None) -> HistoryEntry | None:
        """See ``HistoryStore``."""
        asked = {"test": test_key(repository, test_id), "side": side}
        rows = self._connection.execute(_first_bad(one_side=side is not None), _of(repository) | asked).all()
        return next((_entry(row, TestState(row.state)) for row in rows), None)

    def _attached(self, ref: AttemptRef, side: Side) -> Row[str, str, bytes, bytes, bytes]:
        attached = attempt_evidence.c
        return self._connection.execute(
            select(
                evidence.c.evidence_digest,
                evidence.c.test_set_digest,
                evidence.c.suite_run,
                evidence.c.states,
                evidence.c.collectors,
            )
            .join(attempt_evidence, attached.evidence_digest == evidence.c.evidence_digest)
            .where(
                attached.run_id == ref.run_id,
                attached.phase == ref.phase,
                attached.attempt == ref.attempt,
                attached.side == side,
            )
        ).one()

    def _derived(self, row: Row[str, str, bytes, bytes, bytes], repository: str) -> Mapping[int, int]:
        what = f"evidence {row.evidence_digest}"
        states = unpacked(row.states, what)
        positions = [found.start() for found in _NOT_PASSED.finditer(states)]
        ids = self._test_sets.ids_at(row.test_set_digest, positions)
        outcomes = {test_key(repository, ids[index]): states[index] for index in positions}
        collectors = evidence_pb2.Collectors.FromString(unpacked(row.collectors, what)).collectors
        return outcomes | {collector_key(repository, each.collector): _COLLECTOR + each.state for each in collectors}

    def _insert(self, measurement_id: int, outcomes: Mapping[int, int]) -> None:
        if not outcomes:
            return
        if self._connection.dialect.name == "sqlite":
            self._connection.execute(
                insert(outcome),
                [
                    {"outcome_key": key, "state": state, "measurement_id": measurement_id}
                    for key, state in outcomes.items()
                ],
            )
            return
        # One statement, however many there are.
        keys = literal(list(outcomes), ARRAY(BigInteger))
        states = literal(list(outcomes.values()), ARRAY(SmallInteger))
        rows = func.unnest(keys, states).table_valued("key", "state").render_derived()
        self._connection.execute(
            insert(outcome).from_select(
                ["outcome_key", "state", "measurement_id"], select(rows.c.key, rows.c.state, literal(measurement_id))
            )
        )

    def _outcomes(self, repository: str, test_id: str, measured: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
        """The recorded states by measurement and key, of the test and of the collectors that it lies in."""
        if not measured:
            return {}
        order = [test_key(repository, test_id), *collector_keys(repository, test_id)]
        place = {key: number for number, key in enumerate(order)}
        within = {"keys": order, "first": min(measured), "last": max(measured)}
        rows = self._connection.execute(_SAID, within)
        found: dict[int, dict[int, int]] = {}
        for row in rows:
            found.setdefault(row.measurement_id, {})[place[row.outcome_key]] = row.state
        return found


_NOT_PASSED = re.compile(b"[^%c]" % TestState.PASSED, re.DOTALL)

_STATES = [*sorted(TestState), *(_COLLECTOR + state for state in sorted(CollectorState))]


# Made once, since to make and compile a statement costs more than the look-up that it stands for.
_SAID = select(outcome).where(
    outcome.c.outcome_key.in_(bindparam("keys", expanding=True)),
    outcome.c.state.in_(_STATES),
    outcome.c.measurement_id.between(bindparam("first"), bindparam("last")),
)


def _of(repository: str) -> dict[str, object]:
    """The parameters that name the repository."""
    return {"key": repository_key(repository), "repository": repository}


@functools.cache
def _page(*, one_side: bool, further: bool) -> Select[tuple[object, ...]]:
    """The newest ``count`` suite runs, of one ``side`` or of both, ``further`` back than ``before``."""
    query = _measured(one_side=one_side).order_by(measurement.c.measurement_id.desc()).limit(bindparam("count"))
    return query.where(measurement.c.measurement_id < bindparam("before")) if further else query


@functools.cache
def _window(*, one_side: bool) -> Select[tuple[object, ...]]:
    """The test sets of such a page, each with the suite runs that have it."""
    page = (
        _page(one_side=one_side, further=True)
        .with_only_columns(measurement.c.measurement_id, evidence.c.test_set_digest)
        .subquery()
    )
    number = page.c.measurement_id
    return select(
        page.c.test_set_digest,
        func.max(number).label("newest"),
        func.min(number).label("oldest"),
        func.count().label("suite_runs"),
    ).group_by(page.c.test_set_digest)


@functools.cache
def _first_bad(*, one_side: bool) -> Select[tuple[object, ...]]:
    """The first suite run in which ``test`` was bad, of one ``side`` or of both: an index look-up per bad state."""
    bad = union_all(*(select(_first(state, one_side=one_side).subquery()) for state in sorted(BAD))).subquery()
    return (
        _measured(one_side=one_side)
        .add_columns(bad.c.state)
        .join(bad, bad.c.measurement_id == measurement.c.measurement_id)
        .order_by(measurement.c.measurement_id)
        .limit(1)
    )


def _first(state: TestState, *, one_side: bool) -> Select[tuple[int, int]]:
    query = (
        select(outcome.c.measurement_id, outcome.c.state)
        .join(measurement, measurement.c.measurement_id == outcome.c.measurement_id)
        .where(outcome.c.outcome_key == bindparam("test"), outcome.c.state == state)
        .order_by(outcome.c.measurement_id)
        .limit(1)
    )
    return query.where(measurement.c.side == bindparam("side")) if one_side else query


def _measured(*, one_side: bool) -> Select[tuple[object, ...]]:
    """The suite runs of the repository that ``_of`` names."""
    attached, of = attempt_evidence.c, measurement.c
    query: Select[tuple[object, ...]] = (
        select(
            of.measurement_id,
            of.run_id,
            of.phase,
            of.attempt,
            of.side,
            of.tree,
            attached.evidence_digest,
            evidence.c.test_set_digest,
            run.c.created_at_ms,
        )
        .select_from(measurement)
        .join(
            attempt_evidence,
            (attached.run_id == of.run_id)
            & (attached.phase == of.phase)
            & (attached.attempt == of.attempt)
            & (attached.side == of.side),
        )
        .join(evidence, evidence.c.evidence_digest == attached.evidence_digest)
        .join(run, run.c.run_id == of.run_id)
        .where(of.repository_key == bindparam("key"), run.c.repository == bindparam("repository"))
    )
    return query.where(of.side == bindparam("side")) if one_side else query


def _state(contained: bool, said: Mapping[int, int]) -> TestState | CollectorState | None:
    """What a suite run said: ``said`` has the state of the test under 0, and those of its collectors behind it."""
    if contained:
        return TestState(said.get(0, TestState.PASSED))
    collectors = sorted(CollectorState(said[place] - _COLLECTOR) for place in sorted(said) if place)
    return collectors[0] if collectors else None


def _entry(row: Row[tuple[object, ...]], state: TestState | CollectorState) -> HistoryEntry:
    return HistoryEntry(
        measurement_id=row.measurement_id,
        attempt=AttemptRef(run_id=row.run_id, phase=row.phase, attempt=row.attempt),
        side=Side(row.side),
        outcome=state,
        evidence_digest=row.evidence_digest,
        created_at_ms=row.created_at_ms,
        tree=row.tree,
    )
