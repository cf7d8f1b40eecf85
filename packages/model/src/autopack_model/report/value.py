"""Everything that is known of one run, put together for people and for files: the gate's report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Decision, SideAssessment, Verdict
from autopack_model.evidence.completeness import IncompleteReason, assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.run.value import Attempt, Run, RunFailure, RunSpec, RunState, SideEvidence
from autopack_model.suite_run.value import CollectorState, Tree

EXIT_FAILURE = 70
EXIT_CANCELLED = 130

OUTSIDE = frozenset({"EXECUTOR_LOST", "GATEKEEPER_UNAVAILABLE", "STORAGE_FULL", "STORE_UNAVAILABLE"})
"""Codes of failures that neither the change nor a mistake of ours brought about: what was meant to be proven is not,
and to try again is what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryReport:
    """A retry of some of a side's tests. ``reused`` says that an earlier attempt made it, ``incomplete_reason`` why it
    counts for nothing; None when it counts.
    """

    reused: bool
    incomplete_reason: IncompleteReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideReport:
    """What one side came to. ``incomplete_reason`` is None for a complete suite run; ``counts`` are those after the
    ``retries``, which stand in the order of their numbers; ``collection_errors`` lists the collectors that errored,
    ascending.
    """

    tree: Tree
    reused: bool
    incomplete_reason: IncompleteReason | None
    exit_code: int | None
    counts: Mapping[TestState, int]
    collection_errors: tuple[str, ...]
    retries: tuple[RetryReport, ...]

    @staticmethod
    def of_assessment(
        tree: Tree, entry: SideEvidence, side: SideAssessment, retries: Sequence[SideEvidence]
    ) -> "SideReport":
        """What the gatekeeper found of a side and of its ``retries``."""
        reused = {attached.evidence_digest for attached in retries if attached.reused}
        return SideReport(
            tree=tree,
            reused=entry.reused,
            incomplete_reason=side.incomplete_reason,
            exit_code=side.exit_code,
            counts=side.counts,
            collection_errors=side.collection_errors,
            retries=tuple(
                RetryReport(reused=retry.evidence_digest in reused, incomplete_reason=retry.incomplete_reason)
                for retry in side.retries
            ),
        )

    @staticmethod
    def of_evidence(tree: Tree, entry: SideEvidence, evidence: Evidence) -> "SideReport":
        """What the evidence of a side's suite run says, where there is no decision on it."""
        return SideReport(
            tree=tree,
            reused=entry.reused,
            incomplete_reason=assess(evidence).reason,
            exit_code=evidence.suite_run.exit_code,
            counts={state: evidence.states.count(state) for state in TestState},
            collection_errors=tuple(
                collector.collector
                for collector in evidence.suite_run.recorder.collectors
                if collector.state is CollectorState.ERRORED
            ),
            retries=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run with its last attempt. A side that was not measured is None.

    Without a decision ``decision`` and ``changed_files`` are None. ``delta`` has every category with its test ids or
    collectors; it is None where nobody asked for them.
    """

    spec: RunSpec
    state: RunState
    failure: RunFailure | None
    attempt: Attempt
    decision: Decision | None
    base: SideReport | None = None
    head: SideReport | None = None
    cross: SideReport | None = None
    reverse: SideReport | None = None
    changed_files: ChangedFiles | None = None
    delta: Mapping[Category, tuple[str, ...]] | None = None

    @staticmethod
    def of_run(
        run: Run,
        decision: Decision | None,
        *,
        changed_files: ChangedFiles | None = None,
        delta: Mapping[Category, tuple[str, ...]] | None = None,
    ) -> "RunReport":
        """The report of a run in the store, which has an attempt; the last one has ``decision``, if it has one."""
        return RunReport.of_attempt(
            run.spec, run.attempts[-1], decision, run.state, run.failure, changed_files=changed_files, delta=delta
        )

    @staticmethod
    def of_attempt(
        spec: RunSpec,
        attempt: Attempt,
        decision: Decision | None,
        state: RunState,
        failure: RunFailure | None = None,
        *,
        changed_files: ChangedFiles | None = None,
        delta: Mapping[Category, tuple[str, ...]] | None = None,
    ) -> "RunReport":
        """The report of an attempt of a run that is in ``state``; both sides are what the decision says of them."""

        def side(which: Side, tree: Tree | None, assessment: SideAssessment | None) -> SideReport | None:
            entry = attempt.side(which)
            if tree is None or assessment is None or entry is None:
                return None
            return SideReport.of_assessment(tree, entry, assessment, attempt.suite_runs(which)[1:])

        return RunReport(
            spec=spec,
            state=state,
            failure=failure,
            attempt=attempt,
            decision=decision,
            base=None if decision is None else side(Side.BASE, spec.base, decision.base),
            head=None if decision is None else side(Side.HEAD, spec.head, decision.head),
            cross=None if decision is None else side(Side.CROSS, mixed_tree(decision.cross), decision.cross),
            reverse=None if decision is None else side(Side.REVERSE, mixed_tree(decision.reverse), decision.reverse),
            changed_files=changed_files,
            delta=delta,
        )

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, all considered, which only a run that came to its end has: one that was cancelled or failed
        after the decision was recorded has none. One that failed from outside is INCONCLUSIVE, whatever was decided.
        """
        if self.failed_outside is not None:
            return Verdict.INCONCLUSIVE
        if self.decision is None or self.state is not RunState.DECIDED:
            return None
        return self.attempt.state.verdict

    @property
    def failed_outside(self) -> RunFailure | None:
        """Why the run failed, where the cause lies outside of it (``OUTSIDE``)."""
        failure = self.failure
        return failure if failure is not None and failure.code in OUTSIDE else None

    @property
    def exit_code(self) -> int:
        """The exit code of the command line (docs/rules.md): that of the decision that stands and of an answer to it,
        or our own failure's.
        """
        if self.verdict is not None:
            standing = None if self.failed_outside is not None else self.attempt.standing
            return self.verdict.exit_code if standing is None else standing.exit_code
        return EXIT_CANCELLED if self.state is RunState.CANCELLED else EXIT_FAILURE

    def side(self, side: Side) -> SideReport | None:
        """What one side came to."""
        sides = {Side.BASE: self.base, Side.HEAD: self.head, Side.CROSS: self.cross, Side.REVERSE: self.reverse}
        return sides[side]


def mixed_tree(assessed: SideAssessment | None) -> Tree | None:
    """The tree of a side that takes code from one revision and tests from the other, None for none. No commit that
    anybody keeps has it, so it stands for its own revision.
    """
    return None if assessed is None else Tree(revision=assessed.tree, tree=assessed.tree)
