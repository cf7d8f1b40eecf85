"""What is wrong with one thing that is stored: each function reads it as the store does when it serves it, and says in
a sentence each what it finds.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy import Connection, func, select, tuple_
from sqlalchemy.exc import NoResultFound

from autopack_model.baseline.value import BaselineKey
from autopack_model.decision.value import Decision, RetryAssessment, SideAssessment
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import digest_test_ids, facts_digest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import Attempt
from autopack_store.baselines.rules import check_usable
from autopack_store.database.attempt_key import is_attempt
from autopack_store.decisions.sql import SqlDecisionStore
from autopack_store.errors import DataLoss, UnusableBaseline
from autopack_store.evidence.sql import SqlEvidenceStore
from autopack_store.evidence.test_sets import SqlTestSets
from autopack_store.history.entries import repository_key
from autopack_store.history.sql import SqlHistory
from autopack_store.results.sql import SqlResultStore
from autopack_store.runs.changed_files_sql import SqlChangedFilesStore
from autopack_store.runs.lifecycle import check_concluded
from autopack_store.runs.sql import SqlRunStore
from autopack_store.schema.tables.decisions import decision as decision_table
from autopack_store.schema.tables.decisions import reason
from autopack_store.schema.tables.evidence import baseline, evidence, measurement, outcome, test_set_block
from autopack_store.schema.tables.runs import run

FoundT = TypeVar("FoundT")


class Reading:
    """Reads one thing after the other and keeps what went wrong."""

    def __init__(self) -> None:
        self.damages: list[str] = []

    def of(self, look: Callable[[], FoundT]) -> FoundT | None:
        """What ``look`` finds; None, and a damage more, when it cannot be read."""
        try:
            return look()
        except (DataLoss, UnusableBaseline) as error:
            self.damages.append(error.message)
        except (InvalidValue, ValueError) as error:
            self.damages.append(str(error))
        return None

    def same(self, what: str, found: object, expected: object) -> None:
        """A damage more unless both are the same."""
        if found != expected:
            self.damages.append(f"{what}: says {found!r}, what is recorded comes to {expected!r}")


def run_damages(connection: Connection, run_id: str) -> list[str]:
    """Of a run, its attempts, and all that was recorded of them."""
    reads = Reading()
    found = reads.of(lambda: SqlRunStore(connection, locking=False).get(run_id))
    for attempt in () if found is None else found.attempts:
        _read_attempt(connection, reads, attempt)
    return reads.damages


def evidence_damages(connection: Connection, digest: str) -> list[str]:
    """Of evidence, of what is told of it beside it, and of the baselines that it is."""
    reads = Reading()
    found = reads.of(lambda: SqlEvidenceStore(connection).get(digest))
    if found is None:
        return reads.damages
    row = connection.execute(
        select(evidence.c.facts_digest, evidence.c.test_set_digest).where(evidence.c.evidence_digest == digest)
    ).one()
    test_set_digest = digest_test_ids(found.test_ids)
    reads.same(f"evidence {digest}: its test set", row.test_set_digest, test_set_digest)
    reads.same(f"evidence {digest}: its facts", row.facts_digest, facts_digest(found, test_set=test_set_digest))
    keys = [column for column in baseline.primary_key if column is not baseline.c.number]
    for named in connection.execute(
        select(*keys).where(baseline.c.evidence_digest == digest).order_by(*baseline.primary_key)
    ):
        key = BaselineKey(**dict(zip((column.name for column in keys), named, strict=True)))
        reads.of(lambda: check_usable(key, found, digest))  # noqa: B023 - called at once
    return reads.damages


def test_set_damages(connection: Connection, digest: str) -> list[str]:
    """Of a list of test ids, and of what stands beside its blocks."""
    reads, what, at = Reading(), f"test set {digest}", test_set_block.c
    test_ids = reads.of(lambda: SqlTestSets(connection).get(digest))
    if test_ids is None:
        return reads.damages
    reads.same(f"{what}: its digest", digest, digest_test_ids(test_ids))
    query = select(at.first_index, at.first_id).where(at.test_set_digest == digest).order_by(at.position)
    for first, name in connection.execute(query):
        reads.same(f"{what}: its block from {first} on", name, test_ids[first] if first < len(test_ids) else None)
    return reads.damages


def measurement_damages(connection: Connection, number: int, count: int) -> list[str]:
    """Of the ``count`` outcomes that are kept of a measurement: they are those that its evidence says, and no other."""
    reads = Reading()
    row = connection.execute(
        select(measurement, run.c.repository)
        .join(run, run.c.run_id == measurement.c.run_id)
        .where(measurement.c.measurement_id == number)
    ).one()
    ref = AttemptRef(run_id=row.run_id, phase=row.phase, attempt=row.attempt)
    what = f"history of {ref} {Side(row.side).name}{f' retry {row.retry}' if row.retry else ''}"
    try:
        expected = reads.of(lambda: SqlHistory(connection).outcomes(ref, Side(row.side), row.retry, row.repository))
    except (NoResultFound, LookupError):
        # Nothing is attached there, or its columns do not fit together: said of those, too.
        reads.damages.append(f"{what}: its evidence is missing or damaged")
        return reads.damages
    if expected is None:
        return reads.damages
    reads.same(f"{what}: its repository", row.repository_key, repository_key(row.repository))
    pairs, kept = sorted(expected.items()), 0
    for start in range(0, len(pairs), _PAIRS):
        some = tuple_(outcome.c.outcome_key, outcome.c.state).in_(pairs[start : start + _PAIRS])
        counted = select(func.count()).select_from(outcome).where(outcome.c.measurement_id == number, some)
        kept += connection.execute(counted).scalar_one()
    if (kept, count) != (len(pairs), len(pairs)):
        reads.damages.append(f"{what}: {count} outcomes are kept, {kept} of the {len(pairs)} that its evidence says")
    return reads.damages


_PAIRS = 500


def _read_attempt(connection: Connection, reads: Reading, attempt: Attempt) -> None:
    ref, results = attempt.ref, SqlResultStore(connection)
    decision = reads.of(lambda: SqlDecisionStore(connection).get(ref))
    first = () if decision is None else (0,)
    for number in (*first, *(each.number for each in attempt.further_decisions)):
        reads.of(lambda: SqlDecisionStore(connection).terms(ref, number))  # noqa: B023 - called at once
    reads.of(lambda: results.builder(ref))
    audit = reads.of(lambda: results.auditor(ref))
    reads.of(lambda: SqlChangedFilesStore(connection).get(ref))
    if attempt.auditor_result_digest is not None and audit is None:
        return
    if decision is None:
        if attempt.decision_digest is None and attempt.state.verdict is not None:
            reads.damages.append(f"attempt {ref}: is {attempt.state.label}, and no decision is recorded")
        return
    recommendation = None if audit is None else audit.result.recommendation
    reads.of(lambda: check_concluded(attempt, decision.verdict, recommendation))
    _read_decision(connection, reads, attempt, decision)


def _read_decision(connection: Connection, reads: Reading, attempt: Attempt, decision: Decision) -> None:
    """What stands beside the record of a decision, and what the decision rests on."""
    ref, what = attempt.ref, f"decision of {attempt.ref}"
    columns = decision_table.c
    row = connection.execute(
        select(
            columns.severity,
            columns.base_evidence_digest,
            columns.head_evidence_digest,
            columns.cross_evidence_digest,
            columns.reverse_evidence_digest,
        ).where(is_attempt(decision_table, ref))
    ).one()
    reads.same(f"{what}: its severity", row.severity, decision.severity)
    reads.same(
        f"{what}: its reasons",
        [tuple(said) for said in _reasons(connection, ref)],
        [(entry.code.label, entry.effect, len(entry.subjects)) for entry in decision.reasons],
    )
    for side, assessed, cited in (
        (Side.BASE, decision.base, row.base_evidence_digest),
        (Side.HEAD, decision.head, row.head_evidence_digest),
        (Side.CROSS, decision.cross, row.cross_evidence_digest),
        (Side.REVERSE, decision.reverse, row.reverse_evidence_digest),
    ):
        _read_side(connection, reads, attempt, side, assessed, cited)
    recorded = SqlChangedFilesStore(connection).digest(ref)
    if recorded is not None:
        reads.same(f"{what}: its changed files", decision.changed_files_digest, recorded)


def _read_side(
    connection: Connection,
    reads: Reading,
    attempt: Attempt,
    side: Side,
    assessed: SideAssessment | None,
    cited: str | None,
) -> None:
    what = f"decision of {attempt.ref}: its {side.name} evidence"
    suite_runs: list[SideAssessment | RetryAssessment] = [] if assessed is None else [assessed, *assessed.retries]
    expected = [each.evidence_digest for each in suite_runs]
    reads.same(what, cited, expected[0] if expected else None)
    reads.same(f"{what}, as attached", [entry.evidence_digest for entry in attempt.suite_runs(side)], expected)
    for each in suite_runs:
        stored = SqlEvidenceStore(connection).facts_digest(each.evidence_digest)
        reads.same(f"{what}: its facts", each.facts_digest, stored)


def _reasons(connection: Connection, ref: AttemptRef) -> Iterator[tuple[object, ...]]:
    query = select(reason.c.code, reason.c.effect, reason.c.subject_count).where(is_attempt(reason, ref))
    return (tuple(row) for row in connection.execute(query.order_by(reason.c.position)))
