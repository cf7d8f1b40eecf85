"""The store as a gate uses it, in memory. It refuses what the store refuses."""

from dataclasses import replace

from autopack_clients.errors import RunExists, StoreNotFound, StoreRefused, UnknownRun
from autopack_model.baseline.value import BaselineKey
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.decided import Decided
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import SUCCESSORS, AttemptState
from autopack_model.run.value import Attempt, Run, RunFailure, RunSpec, RunState, SideEvidence
from tests.fakes.calls import Calls
from tests.fakes.store import make_attempt

CREATED_AT_MS = 1_700_000_000_000
_ENDS = {RunState.FAILED: AttemptState.FAILED, RunState.CANCELLED: AttemptState.CANCELLED}


class FakeStore:
    """Implements ``ports.Store``. Runs have one attempt."""

    def __init__(self, calls: Calls) -> None:
        self.baselines: dict[BaselineKey, str] = {}
        self.changed_files: dict[AttemptRef, ChangedFiles] = {}
        self.evidence: dict[str, Evidence] = {}
        self.runs: dict[str, Run] = {}
        self._calls = calls

    def create_run(self, spec: RunSpec, attempt: AttemptRef) -> None:
        """See ``ports.Store``."""
        with self._calls.made("store.create_run"):
            if spec.run_id in self.runs:
                raise RunExists(f"run {spec.run_id} exists", subject=spec.run_id)
            self.runs[spec.run_id] = Run(
                spec=spec,
                state=RunState.RUNNING,
                created_at_ms=CREATED_AT_MS,
                finished_at_ms=None,
                failure=None,
                attempts=(make_attempt(attempt),),
            )

    def run(self, run_id: str) -> Run:
        """See ``ports.Store``."""
        with self._calls.made("store.run"):
            if run_id not in self.runs:
                raise UnknownRun(f"there is no run {run_id}", subject=run_id)
            return self.runs[run_id]

    def find_baseline(self, key: BaselineKey) -> str | None:
        """See ``ports.Store``."""
        with self._calls.made("store.find_baseline"):
            return self.baselines.get(key)

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
        """See ``ports.Store``."""
        with self._calls.made("store.upload"):
            digest = evidence_digest(evidence)
            if baseline is not None and not _belongs(evidence, baseline):
                raise StoreRefused(f"{digest} is no baseline of {baseline}", subject=digest)
            self.evidence[digest] = evidence
            self._attach(attempt, SideEvidence(side=side, evidence_digest=digest, reused=False, retry=retry))
            if baseline is not None:
                if replacing:
                    self.baselines.pop(baseline, None)
                self.baselines.setdefault(baseline, digest)
            return digest

    def retries(self, evidence_digest: str, without: AttemptRef) -> tuple[str, ...]:
        """The retries of a suite run, of all attempts but one, in the order in which they were made."""
        return tuple(
            entry.evidence_digest
            for run in self.runs.values()
            for attempt in run.attempts
            for side in Side
            if attempt.ref != without
            and (suite := attempt.suite_run(side, 0)) is not None
            and suite.evidence_digest == evidence_digest
            for entry in attempt.suite_runs(side)
            if entry.retry and not entry.reused
        )

    def attach(self, attempt: AttemptRef, entry: SideEvidence) -> None:
        """See ``ports.Store``."""
        with self._calls.made("store.attach"):
            self._attach(attempt, entry)

    def record_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """See ``ports.Store``."""
        with self._calls.made("store.record_changed_files"):
            self.undecided(attempt)
            if attempt in self.changed_files:
                raise StoreRefused(f"attempt {attempt} has changed files", subject=str(attempt))
            self.changed_files[attempt] = changed_files

    def advance(self, attempt: AttemptRef, state: AttemptState) -> None:
        """See ``ports.Store``."""
        with self._calls.made("store.advance"):
            self._advance(attempt, state)

    def finish(self, run_id: str, state: RunState, failure: RunFailure | None) -> Run:
        """See ``ports.Store``."""
        with self._calls.made("store.finish"):
            run = self._running(run_id)
            (attempt,) = run.attempts
            if (state is RunState.FAILED) != (failure is not None):
                raise StoreRefused("a failure is given exactly when the run has failed", subject=run_id)
            if state is RunState.DECIDED and not attempt.state.verdict:
                raise StoreRefused(f"run {run_id} has no recorded decision", subject=run_id)
            if not attempt.state.final:
                attempt = replace(attempt, state=_ENDS[state])
            ended = replace(run, state=state, failure=failure, finished_at_ms=CREATED_AT_MS + 1000, attempts=(attempt,))
            self.runs[run_id] = ended
            return ended

    def conclude(self, ref: AttemptRef, decided: Decided) -> None:
        """Record a decision and what comes of it, as the gatekeeper has it done."""
        self._advance(ref, AttemptState.DECIDING)
        self._replace(
            replace(
                self.undecided(ref),
                state=decided.state,
                verdict=decided.decision.verdict,
                decision_digest=decided.digest,
            )
        )

    def undecided(self, ref: AttemptRef) -> Attempt:
        """An attempt to which something can be added. Raises StoreRefused."""
        (attempt,) = self._running(ref.run_id).attempts
        if attempt.ref != ref:
            raise StoreNotFound(f"there is no attempt {ref}", subject=str(ref))
        if attempt.state.final or attempt.verdict is not None:
            raise StoreRefused(f"attempt {ref} has been decided", subject=str(ref))
        return attempt

    def _running(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise StoreNotFound(f"there is no run {run_id}", subject=run_id)
        run = self.runs[run_id]
        if run.ended:
            raise StoreRefused(f"run {run_id} has ended ({run.state.label})", subject=run_id)
        return run

    def _attach(self, ref: AttemptRef, entry: SideEvidence) -> None:
        attempt = self.undecided(ref)
        if attempt.suite_run(entry.side, entry.retry) is not None:
            raise StoreRefused(f"attempt {ref} has {entry.side.label} evidence", subject=str(ref))
        if entry.evidence_digest not in self.evidence:
            raise StoreNotFound(f"there is no evidence {entry.evidence_digest}", subject=entry.evidence_digest)
        attached = sorted((*attempt.evidence, entry), key=lambda entry: (entry.side, entry.retry))
        self._replace(replace(attempt, evidence=tuple(attached)))

    def _advance(self, ref: AttemptRef, state: AttemptState) -> None:
        attempt = self.undecided(ref)
        if state not in SUCCESSORS[attempt.state]:
            raise StoreRefused(f"attempt {ref} is {attempt.state.label} and cannot become {state.label}")
        self._replace(replace(attempt, state=state))

    def _replace(self, attempt: Attempt) -> None:
        run_id = attempt.ref.run_id
        self.runs[run_id] = replace(self.runs[run_id], attempts=(attempt,))


def _belongs(evidence: Evidence, key: BaselineKey) -> bool:
    run = evidence.suite_run
    return assess(evidence).complete and (
        (run.tree.tree, run.environment.fingerprint, run.recorder.version)
        == (key.tree, key.environment_fingerprint, key.recorder_version)
    )
