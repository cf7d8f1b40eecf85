"""The statements about histories."""

import functools

from sqlalchemy import Select, bindparam, func, select, union_all

from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.suite_run.value import CollectorState
from autopack_store.history.entries import repository_key
from autopack_store.schema.tables.evidence import attempt_evidence, evidence, measurement, outcome
from autopack_store.schema.tables.runs import run

COLLECTOR = 100
"""Added to the number of a collector's state, so that it is not a test's."""

_STATES = [*sorted(TestState), *(COLLECTOR + state for state in sorted(CollectorState))]


# Made once, since to make and compile a statement costs more than the look-up that it stands for.
OUTCOMES_SAID = select(outcome).where(
    outcome.c.outcome_key.in_(bindparam("keys", expanding=True)),
    outcome.c.state.in_(_STATES),
    outcome.c.measurement_id.between(bindparam("first"), bindparam("last")),
)


def of_repository(repository: str) -> dict[str, object]:
    """The parameters that name the repository."""
    return {"key": repository_key(repository), "repository": repository}


@functools.cache
def newest_suite_runs(*, one_side: bool, further: bool) -> Select[tuple[object, ...]]:
    """The newest ``count`` suite runs, of one ``side`` or of both, ``further`` back than ``before``."""
    query = _measured(one_side=one_side).order_by(measurement.c.measurement_id.desc()).limit(bindparam("count"))
    return query.where(measurement.c.measurement_id < bindparam("before")) if further else query


@functools.cache
def window_of_test_sets(*, one_side: bool) -> Select[tuple[object, ...]]:
    """The test sets of such a page, each with the suite runs that have it."""
    newest = (
        newest_suite_runs(one_side=one_side, further=True)
        .with_only_columns(measurement.c.measurement_id, evidence.c.test_set_digest)
        .subquery()
    )
    number = newest.c.measurement_id
    return select(
        newest.c.test_set_digest,
        func.max(number).label("newest"),
        func.min(number).label("oldest"),
        func.count().label("suite_runs"),
    ).group_by(newest.c.test_set_digest)


@functools.cache
def first_bad_suite_run(*, one_side: bool) -> Select[tuple[object, ...]]:
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
    """The suite runs of the repository that ``of_repository`` names."""
    attached, of = attempt_evidence.c, measurement.c
    query: Select[tuple[object, ...]] = (
        select(
            of.measurement_id,
            of.run_id,
            of.phase,
            of.attempt,
            of.side,
            of.retry,
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
            & (attached.side == of.side)
            & (attached.retry == of.retry),
        )
        .join(evidence, evidence.c.evidence_digest == attached.evidence_digest)
        .join(run, run.c.run_id == of.run_id)
        .where(of.repository_key == bindparam("key"), run.c.repository == bindparam("repository"))
    )
    return query.where(of.side == bindparam("side")) if one_side else query
