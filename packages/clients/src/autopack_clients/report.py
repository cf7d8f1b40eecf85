"""Gather what is known of a run: its record, its decision, both sides' evidence, its changed files."""

from autopack_clients.store import StoreClient
from autopack_model.errors import AutopackError
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.value import RunReport


def report_run(store: StoreClient, run_id: str) -> RunReport:
    """The report of one run; without a decision it holds what there is. Raises UnknownRun, AutopackError."""
    run = store.run(run_id)
    if not run.attempts:
        raise AutopackError(f"run {run_id} has no attempt in the store", subject=run_id)
    attempt = run.attempts[-1]
    decided = attempt.decision_digest is not None

    def evidence(side: Side) -> Evidence | None:
        entry = attempt.side(side)
        return None if entry is None else store.evidence(entry.evidence_digest)

    return RunReport(
        run=run,
        attempt=attempt,
        decision=store.decision(attempt.ref) if decided else None,
        base=evidence(Side.BASE),
        head=evidence(Side.HEAD),
        changed_files=store.changed_files(attempt.ref) if decided else None,
    )
