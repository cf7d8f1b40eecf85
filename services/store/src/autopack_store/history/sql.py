"""The history of tests in SQL: index look-ups, whatever the number of outcomes."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, BigInteger, Connection, Row, SmallInteger, func, insert, literal, select

from autopack.results.v1 import evidence_pb2, suite_run_pb2
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import CollectorState
from autopack_store.database.compression import unpacked
from autopack_store.evidence.test_sets import SqlTestSets
from autopack_store.history.entries import RecordedOutcome, collector_key, collector_keys, repository_key, test_key
from autopack_store.history.queries import (
    COLLECTOR,
    OUTCOMES_SAID,
    first_bad_suite_run,
    newest_suite_runs,
    of_repository,
    window_of_test_sets,
)
from autopack_store.schema.tables.evidence import attempt_evidence, evidence, measurement, outcome

_SUITE_RUNS = 50
"""How many are looked at together at least; twice as many each time that they are too few."""

MAX_SUITE_RUNS = 2000
"""How many suite runs are looked at for one page: a test that is long gone ends a search in the end."""


class SqlHistory:
    """Which suite runs were measured, and a row for each of their outcomes that is not simply PASSED."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._test_sets = SqlTestSets(connection)

    def record(self, ref: AttemptRef, side: Side, retry: int, repository: str) -> None:
        """Add a suite run that is attached to one side of an attempt. Raises DataLoss."""
        row = self._attached(ref, side, retry)
        what = f"evidence {row.evidence_digest}"
        header = suite_run_pb2.SuiteRun.FromString(unpacked(row.suite_run, what))
        measured = {
            "repository_key": repository_key(repository),
            "run_id": ref.run_id,
            "phase": ref.phase,
            "attempt": ref.attempt,
            "side": side,
            "retry": retry,
            "tree": header.tree.tree,
        }
        measurement_id = self._connection.execute(
            insert(measurement).values(measured).returning(measurement.c.measurement_id)
        ).scalar_one()
        self._insert(measurement_id, self._derived(row, repository))

    def outcomes(self, ref: AttemptRef, side: Side, retry: int, repository: str) -> Mapping[int, int]:
        """The states by key that ``record`` keeps of what is attached to the attempt. Raises DataLoss."""
        return self._derived(self._attached(ref, side, retry), repository)

    def entries(
        self, repository: str, test_id: str, side: Side | None, before: int | None, count: int
    ) -> tuple[tuple[RecordedOutcome, ...], int | None]:
        """Up to ``count`` entries of a test, newest first, of suite runs that were attached ``before`` the one with
        that number; and the number before which to go on, None at the end. Raises DataLoss.
        """
        found: list[RecordedOutcome] = []
        looked, batch = 0, max(count, _SUITE_RUNS)
        contained: dict[str, bool] = {}
        while looked < MAX_SUITE_RUNS:
            batch = min(batch, MAX_SUITE_RUNS - looked)
            page = {"side": side, "before": before, "count": batch}
            query = newest_suite_runs(one_side=side is not None, further=before is not None)
            rows = self._connection.execute(query, of_repository(repository) | page).all()
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
        rows = self._connection.execute(
            window_of_test_sets(one_side=side is not None), of_repository(repository) | page
        )
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

    def first_bad(self, repository: str, test_id: str, side: Side | None) -> RecordedOutcome | None:
        """The first time that the test was bad."""
        asked = {"test": test_key(repository, test_id), "side": side}
        rows = self._connection.execute(
            first_bad_suite_run(one_side=side is not None), of_repository(repository) | asked
        ).all()
        return next((_entry(row, TestState(row.state)) for row in rows), None)

    def _attached(self, ref: AttemptRef, side: Side, retry: int) -> Row[str, str, bytes, bytes, bytes]:
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
                attached.retry == retry,
            )
        ).one()

    def _derived(self, row: Row[str, str, bytes, bytes, bytes], repository: str) -> Mapping[int, int]:
        what = f"evidence {row.evidence_digest}"
        states = unpacked(row.states, what)
        positions = [found.start() for found in _NOT_PASSED.finditer(states)]
        ids = self._test_sets.ids_at(row.test_set_digest, positions)
        outcomes = {test_key(repository, ids[index]): states[index] for index in positions}
        collectors = evidence_pb2.Collectors.FromString(unpacked(row.collectors, what)).collectors
        # One that passed hides no test.
        silent = [each for each in collectors if each.state != CollectorState.PASSED.value]
        return outcomes | {collector_key(repository, each.collector): COLLECTOR + each.state for each in silent}

    def _insert(self, measurement_id: int, outcomes: Mapping[int, int]) -> None:
        if not outcomes:
            return
        # In the order of the key, so that its index has no holes.
        pairs = sorted(outcomes.items())
        if self._connection.dialect.name == "sqlite":
            rows_of = [{"outcome_key": key, "state": state, "measurement_id": measurement_id} for key, state in pairs]
            self._connection.execute(insert(outcome), rows_of)
            return
        # One statement, however many there are.
        keys = literal([key for key, _ in pairs], ARRAY(BigInteger))
        states = literal([state for _, state in pairs], ARRAY(SmallInteger))
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
        rows = self._connection.execute(OUTCOMES_SAID, within)
        found: dict[int, dict[int, int]] = {}
        for row in rows:
            found.setdefault(row.measurement_id, {})[place[row.outcome_key]] = row.state
        return found


_NOT_PASSED = re.compile(b"[^%c]" % TestState.PASSED, re.DOTALL)


def _state(contained: bool, said: Mapping[int, int]) -> TestState | CollectorState | None:
    """What a suite run said: ``said`` has the state of the test under 0, and those of its collectors behind it."""
    if contained:
        return TestState(said.get(0, TestState.PASSED))
    collectors = sorted(CollectorState(said[place] - COLLECTOR) for place in sorted(said) if place)
    return collectors[0] if collectors else None


def _entry(row: Row[tuple[object, ...]], state: TestState | CollectorState) -> RecordedOutcome:
    return RecordedOutcome(
        measurement_id=row.measurement_id,
        attempt=AttemptRef(run_id=row.run_id, phase=row.phase, attempt=row.attempt),
        side=Side(row.side),
        outcome=state,
        evidence_digest=row.evidence_digest,
        created_at_ms=row.created_at_ms,
        tree=row.tree,
        retry=row.retry,
    )
