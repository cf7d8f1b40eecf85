"""How a test did over the suite runs of a repository, as the store tells it."""

from dataclasses import dataclass

from autopack_model.canonical import Json
from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import CollectorState


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What one suite run said of the test: its state, or that of a collector that it lies in and that gave no tests.

    ``created_at_ms`` is when the run was created: milliseconds since the epoch, UTC. ``retry`` is 0 for the run of the
    side's whole suite, and n for its n-th retry.
    """

    attempt: AttemptRef
    side: Side
    outcome: TestState | CollectorState
    evidence_digest: str
    created_at_ms: int
    retry: int

    @property
    def bad(self) -> bool:
        """Whether the test was run and was bad."""
        return isinstance(self.outcome, TestState) and self.outcome in BAD

    @property
    def ends_series(self) -> bool:
        """Whether a series of bad entries ends here: the test was not bad, in a run of the whole suite."""
        return not self.bad and not self.retry

    @property
    def label(self) -> str:
        """The outcome in words: ``failed``, ``collector errored``."""
        match self.outcome:
            case TestState():
                return self.outcome.label
            case CollectorState():
                return f"collector {self.outcome.label}"

    def document(self) -> dict[str, Json]:
        """The entry as JSON. Exactly one of ``state`` and ``collector`` is not null."""
        test = isinstance(self.outcome, TestState)
        return {
            "run_id": self.attempt.run_id,
            "phase": self.attempt.phase,
            "attempt": self.attempt.attempt,
            "side": self.side.label,
            "retry": self.retry,
            "state": self.outcome.label if test else None,
            "collector": None if test else self.outcome.label,
            "evidence_digest": self.evidence_digest,
            "created_at_ms": self.created_at_ms,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One answer of the store; see ``autopack.store.v1.ListTestHistoryResponse``. ``next_page_token`` is empty at the
    end.
    """

    entries: tuple[HistoryEntry, ...]
    next_page_token: str
    conclusive: int
    flaky: int
    bad_since: HistoryEntry | None
    first_bad: HistoryEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestHistory:
    """The newest ``entries`` of a test, newest first. ``complete`` says whether there are no older ones.

    ``conclusive`` of them were run and not muted, and ``flaky`` of those were flaky. ``bad_since`` is the oldest of the
    unbroken series of bad entries that the newest belongs to, None when that is not bad; retries that were not bad are
    passed over. ``first_bad`` is the first time that the test was ever bad, however long ago.
    """

    __test__ = False

    repository: str
    test_id: str
    side: Side | None
    entries: tuple[HistoryEntry, ...]
    complete: bool
    conclusive: int
    flaky: int
    bad_since: HistoryEntry | None
    first_bad: HistoryEntry | None

    @property
    def flaky_rate(self) -> float | None:
        """The share of flaky ones in the conclusive entries, from 0 to 1; None without conclusive ones."""
        return self.flaky / self.conclusive if self.conclusive else None

    @property
    def bad_since_or_earlier(self) -> bool:
        """Whether the series of ``bad_since`` may have begun earlier: nothing ends it, and there are older entries."""
        return not self.complete and self.bad_since is not None and not any(each.ends_series for each in self.entries)

    def document(self) -> dict[str, Json]:
        """The history as JSON."""
        since, first = self.bad_since, self.first_bad
        return {
            "repository": self.repository,
            "test_id": self.test_id,
            "side": None if self.side is None else self.side.label,
            "conclusive": self.conclusive,
            "flaky": self.flaky,
            "bad_since": None if since is None else since.document(),
            "bad_since_or_earlier": self.bad_since_or_earlier,
            "first_bad": None if first is None else first.document(),
            "entries": [entry.document() for entry in self.entries],
            "complete": self.complete,
        }
