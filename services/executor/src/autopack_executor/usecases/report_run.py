"""Gather what is known of a run: its record, its decision, both sides' evidence, its changed files."""

from autopack_executor.domain.errors import ExecutorError
from autopack_executor.domain.report import RunReport
from autopack_executor.ports import Decisions, RunStore
from autopack_results.identity import Side
from autopack_results.suite_run import Evidence


def report_run(store: RunStore, decisions: Decisions, run_id: str) -> RunReport:
    """The report of one run; without a decision it holds what there is. Raises UnknownRun, ExecutorError."""
    run = store.run(run_id)
    if not run.attempts:
        raise ExecutorError(f"run {run_id} has no attempt in the store", subject=run_id)
    attempt = run.attempts[-1]
    decided = attempt.decision_digest is not None

    def evidence(side: Side) -> Evidence | None:
        entry = attempt.side(side)
        return None if entry is None else store.evidence(entry.evidence_digest)

    return RunReport(
        run=run,
        attempt=attempt,
        decision=decisions.decision(attempt.ref) if decided else None,
        base=evidence(Side.BASE),
        head=evidence(Side.HEAD),
        changed_files=store.changed_files(attempt.ref) if decided else None,
    )
