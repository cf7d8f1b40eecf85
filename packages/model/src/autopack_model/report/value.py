"""Everything that is known of one run, put together for people and for files."""

from dataclasses import dataclass

from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.run.value import Attempt, Run, RunFailure, RunState
from autopack_model.suite_run.value import Tree

EXIT_FAILURE = 70
EXIT_CANCELLED = 130

OUTSIDE = frozenset({"ABANDONED", "EXECUTOR_LOST", "GATEKEEPER_UNAVAILABLE", "STORAGE_FULL", "STORE_UNAVAILABLE"})
"""Codes of failures that neither the change nor a mistake of ours brought about: what was meant to be proven is not,
and to try again is what helps. ABANDONED is what earlier versions called EXECUTOR_LOST."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run with its last attempt. Without a decision ``decision`` and ``changed_files`` are None; a side without
    evidence is None.
    """

    run: Run
    attempt: Attempt
    decision: Decision | None
    base: Evidence | None
    head: Evidence | None
    changed_files: ChangedFiles | None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, all considered, which only a run that came to its end has: one that was cancelled or failed
        after the decision was recorded has none. One that failed from outside is INCONCLUSIVE, whatever was decided.
        """
        if self.failed_outside is not None:
            return Verdict.INCONCLUSIVE
        if self.decision is None or self.run.state is not RunState.DECIDED:
            return None
        return self.attempt.state.verdict

    @property
    def failed_outside(self) -> RunFailure | None:
        """Why the run came to no end, where that lies outside of it (``OUTSIDE``)."""
        failure = self.run.failure
        return failure if failure is not None and failure.code in OUTSIDE else None

    @property
    def exit_code(self) -> int:
        """The exit code of the command line (DESIGN 5.2): the verdict's, or our own failure's."""
        if self.verdict is not None:
            return self.verdict.exit_code
        return EXIT_CANCELLED if self.run.state is RunState.CANCELLED else EXIT_FAILURE

    def evidence(self, side: Side) -> Evidence | None:
        """The evidence of one side."""
        return self.base if side is Side.BASE else self.head

    def tree(self, side: Side) -> Tree | None:
        """What the run compared on one side."""
        return self.run.spec.base if side is Side.BASE else self.run.spec.head

    def delta(self) -> dict[Category, tuple[str, ...]]:
        """Every category with its test ids or collectors; empty lists when there is no decision."""
        if self.decision is None or self.head is None:
            return dict.fromkeys(Category, ())
        return self.decision.delta.listing(() if self.base is None else self.base.test_ids, self.head.test_ids)
