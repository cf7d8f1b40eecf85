"""What a gate needs of the other services."""

from collections.abc import Sequence
from typing import Protocol

from autopack_model.baseline.value import BaselineKey
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.decided import Decided
from autopack_model.decision.newly_bad import NewlyBadTests
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunFailure, RunSpec, RunState, SideEvidence


class Store(Protocol):
    """The store, as a gate uses it. Every method raises StoreUnavailable when it cannot be reached, and StoreRefused
    when it says no.
    """

    def create_run(self, spec: RunSpec, attempt: AttemptRef) -> None:
        """Record a new run. Raises RunExists."""

    def run(self, run_id: str) -> Run:
        """One run. Raises UnknownRun."""

    def find_baseline(self, key: BaselineKey) -> str | None:
        """Digest of the evidence that is the baseline of ``key``, if there is one."""

    def upload(
        self,
        evidence: Evidence,
        *,
        attempt: AttemptRef,
        side: Side,
        retry: int = 0,
        baseline: BaselineKey | None = None,
        replacing: bool = False,
    ) -> str:
        """Store evidence, attach it to one side of an attempt, as its suite's or as a ``retry``, and name it the
        ``baseline`` of a key, unless that is None or the key has one and this is not ``replacing`` it; returns its
        digest.
        """

    def attach(self, attempt: AttemptRef, entry: SideEvidence) -> None:
        """Attach stored evidence to an attempt."""

    def record_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """Record an attempt's changed files."""

    def advance(self, attempt: AttemptRef, state: AttemptState) -> None:
        """Say how far an attempt is."""

    def finish(self, run_id: str, state: RunState, failure: RunFailure | None) -> Run:
        """End a run; returns it as it ended."""


class Gatekeeper(Protocol):
    """The gatekeeper, as a gate uses it. Raises GatekeeperUnavailable, GatekeeperRefused, StorageFull."""

    def newly_bad(self, attempt: AttemptRef, *, base: str, head: str) -> NewlyBadTests:
        """The tests that are to be run again on both sides before the attempt is decided."""

    def plan_cross_side(
        self,
        attempt: AttemptRef,
        *,
        base: str,
        head: str,
        terms: Terms,
        base_retries: Sequence[str],
        head_retries: Sequence[str],
    ) -> CrossPlan:
        """What is to be run to see what base's tests say of the candidate's code, and new tests of base's code. The
        digests are those of ``decide``.
        """

    def decide(
        self,
        attempt: AttemptRef,
        *,
        base: str | None,
        head: str,
        cross: str | None,
        terms: Terms,
        base_retries: Sequence[str],
        head_retries: Sequence[str],
        cross_retries: Sequence[str],
        reverse: str | None,
        conclude: bool,
    ) -> Decided:
        """Have an attempt decided from the evidence with these digests, of each side's suite run and of its retries by
        their numbers, under ``terms``, and concluded where no auditor will be asked; the gatekeeper records both.
        """
