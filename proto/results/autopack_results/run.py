"""A run as everyone knows it: what it is about, how far it is, and what its attempts rest on."""

import enum
from dataclasses import dataclass

from autopack_results.decision import Verdict
from autopack_results.errors import InvalidValue
from autopack_results.identity import AttemptRef, Side, check_digest, check_run_id
from autopack_results.suite_run import Tree

MAX_TIMEOUT_MS = 86_400_000


class RunState(enum.IntEnum):
    """How far a run is. Numbers as in ``autopack.results.v1.RunState``."""

    RUNNING = 1
    DECIDED = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


class CandidateKind(enum.IntEnum):
    """The form in which a candidate was handed in. Numbers as in ``autopack.results.v1.CandidateKind``."""

    COMMIT = 1
    PATCH = 2
    WORKTREE = 3

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a run is about. ``repository`` is an absolute path; ``base`` is None when there is none."""

    run_id: str
    repository: str
    base: Tree | None
    head: Tree
    candidate: CandidateKind
    interpreter: str
    arguments: tuple[str, ...]
    setup: str | None
    timeout_ms: int

    def __post_init__(self) -> None:
        check_run_id(self.run_id, "spec.run_id")
        if not self.repository.startswith("/"):
            raise InvalidValue("spec.repository", f"{self.repository[:200]!r} is not an absolute path")
        if not 1 <= self.timeout_ms <= MAX_TIMEOUT_MS:
            raise InvalidValue("spec.timeout_ms", f"{self.timeout_ms} is outside 1 to {MAX_TIMEOUT_MS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvidence:
    """The evidence that an attempt rests on for one side; ``reused`` when it was a stored baseline."""

    side: Side
    evidence_digest: str
    reused: bool

    def __post_init__(self) -> None:
        check_digest(self.evidence_digest, "evidence.evidence_digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailure:
    """Why a run failed: a stable upper-case code, and what happened, to which thing, and what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt as the store knows it. ``evidence`` is ordered by side."""

    ref: AttemptRef
    evidence: tuple[SideEvidence, ...]
    verdict: Verdict | None
    decision_digest: str | None

    def side(self, side: Side) -> SideEvidence | None:
        """The evidence of one side, if it is attached."""
        return next((entry for entry in self.evidence if entry.side is side), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as the store knows it. Times are milliseconds since the epoch, UTC. ``attempts`` are in order."""

    spec: RunSpec
    state: RunState
    created_at_ms: int
    finished_at_ms: int | None
    failure: RunFailure | None
    attempts: tuple[Attempt, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing will be added any more."""
        return self.state is not RunState.RUNNING
