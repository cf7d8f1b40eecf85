"""What the store knows of a run, put together: its record, its decision, both sides' evidence, its changed files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from autopack_clients.errors import StoreRefused
from autopack_clients.store import StoreClient
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.value import RunReport, SideReport
from autopack_model.run.value import Attempt, Run
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class FullReport:
    """The report of a run with everything in it, and the ``measured`` evidence of each side that has some. ``retries``
    are those of each side that count, by their numbers.

    The evidence is large: a gate does not ask for it, an explanation does.
    """

    report: RunReport
    measured: Mapping[Side, Evidence]
    retries: Mapping[Side, tuple[Evidence, ...]]

    @property
    def base(self) -> Evidence | None:
        """The evidence of the base side."""
        return self.evidence(Side.BASE)

    @property
    def head(self) -> Evidence | None:
        """The evidence of the head side."""
        return self.evidence(Side.HEAD)

    def evidence(self, side: Side) -> Evidence | None:
        """The evidence of one side."""
        return self.measured.get(side)


def summary_report(store: StoreClient, run: Run) -> RunReport:
    """The report of a run, without lists of tests and changed files: one call where there is a decision, else none.

    Raises StoreUnavailable, StoreRefused.
    """
    attempt = _last_attempt(run)
    return RunReport.of_run(run, None if attempt.decision_digest is None else store.decision(attempt.ref))


def full_report(store: StoreClient, run: Run) -> FullReport:
    """Everything that the store has of one run. Raises StoreUnavailable, StoreRefused (also for damaged data)."""
    attempt = _last_attempt(run)
    evidence = {entry.side: store.evidence(entry.evidence_digest) for entry in attempt.evidence if not entry.retry}
    base, head = evidence.get(Side.BASE), evidence.get(Side.HEAD)
    if attempt.decision_digest is None:
        undecided = replace(
            RunReport.of_run(run, None),
            base=_side(attempt, Side.BASE, run.spec.base, base),
            head=_side(attempt, Side.HEAD, run.spec.head, head),
        )
        return FullReport(report=undecided, measured=evidence, retries={})
    retries = {side: _retries(store, attempt, side) for side in Side}
    decision = store.decision(attempt.ref)
    if head is None:
        raise _damaged(attempt, "it is decided, and has no evidence of its head")
    try:
        delta = decision.delta.listing(() if base is None else base.test_ids, head.test_ids)
    except InvalidValue as error:
        raise _damaged(attempt, f"its decision is about other evidence ({error})") from error
    report = RunReport.of_run(run, decision, changed_files=store.changed_files(attempt.ref), delta=delta)
    return FullReport(report=report, measured=evidence, retries=retries)


def _retries(store: StoreClient, attempt: Attempt, side: Side) -> tuple[Evidence, ...]:
    found = [store.evidence(entry.evidence_digest) for entry in attempt.suite_runs(side) if entry.retry]
    return tuple(evidence for evidence in found if assess(evidence).complete)


def _damaged(attempt: Attempt, problem: str) -> StoreRefused:
    return StoreRefused(
        f"the store's data of {attempt.ref} are damaged: {problem}; have 'autopack-store verify' look at the database",
        subject=str(attempt.ref),
    )


def _last_attempt(run: Run) -> Attempt:
    if not run.attempts:
        raise StoreRefused(f"run {run.spec.run_id} has no attempt in the store", subject=run.spec.run_id)
    return run.attempts[-1]


def _side(attempt: Attempt, side: Side, tree: Tree | None, evidence: Evidence | None) -> SideReport | None:
    entry = attempt.side(side)
    return None if tree is None or entry is None or evidence is None else SideReport.of_evidence(tree, entry, evidence)
