"""What the use cases need from the outside, as Protocols. Implementations live in ``storage`` and say how."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from autopack_model.auditor_result.value import AuditorResult, RecordedAuditorResult
from autopack_model.baseline.value import BaselineKey
from autopack_model.builder_result.value import BuilderResult
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Decision
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunSpec, SideEvidence
from autopack_store.domain.ending import Ending
from autopack_store.domain.history import HistoryEntry
from autopack_store.domain.page import Page
from autopack_store.domain.request import Request
from autopack_store.domain.retention import Limits, Removed

Clock: TypeAlias = Callable[[], int]
"""The time: milliseconds since the epoch, UTC."""


class RunStore(Protocol):
    """Runs, their attempts, and what the attempts rest on."""

    def add(self, spec: RunSpec, first: AttemptRef, created_at_ms: int) -> bool:
        """Add a run with its first attempt; False when the run id is taken."""

    def get(self, run_id: str) -> Run | None:
        """The run, if there is one. In a writing unit of work it stays as it is until the end of it."""

    def page(self, page: Page) -> tuple[Run, ...]:
        """Up to ``page.size + 1`` runs, newest first, then by run id: one more than asked for says that there is
        another page.
        """

    def attach(self, ref: AttemptRef, evidence: SideEvidence) -> None:
        """Attach one side's evidence to an attempt that has none for this side."""

    def advance(self, ref: AttemptRef, state: AttemptState) -> None:
        """Put an attempt that is not finished into a later state."""

    def finish(self, run_id: str, ending: Ending, finished_at_ms: int) -> None:
        """End a run that is RUNNING."""


class EvidenceStore(Protocol):
    """Evidence, named by its digest."""

    def add(self, digest: str, facts_digest: str, evidence: Evidence | EvidenceColumns, created_at_ms: int) -> bool:
        """Store verified evidence, the test ids of columns being there; False when it is there already."""

    def test_count(self, test_set_digest: str) -> int | None:
        """How many test ids the list with this digest has, if there is such a list."""

    def get(self, digest: str) -> Evidence | None:
        """The evidence, verified against its digest. Raises DataLoss."""

    def facts_digest(self, digest: str) -> str | None:
        """The digest of the facts of the evidence, if there is such evidence."""


class BaselineStore(Protocol):
    """Which evidence is the baseline of a key."""

    def add(self, key: BaselineKey, evidence_digest: str, created_at_ms: int) -> str:
        """Name evidence as the baseline of ``key``; returns the digest that the key names now, the first one."""

    def find(self, key: BaselineKey) -> str | None:
        """The digest of the key's evidence, if it has a baseline."""


class ChangedFilesStore(Protocol):
    """The changed files of an attempt."""

    def add(self, ref: AttemptRef, changed_files: ChangedFiles, digest: str) -> None:
        """Record an attempt's changed files; it has none yet."""

    def get(self, ref: AttemptRef) -> ChangedFiles | None:
        """The changed files, verified against their digest. Raises DataLoss."""

    def digest(self, ref: AttemptRef) -> str | None:
        """The digest of the changed files, if they were recorded."""


class DecisionStore(Protocol):
    """The decision of an attempt."""

    def add(self, ref: AttemptRef, decision: Decision, digest: str, created_at_ms: int) -> None:
        """Record the verified decision of an attempt that has none."""

    def get(self, ref: AttemptRef) -> Decision | None:
        """The decision, verified against its digest. Raises DataLoss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBuilderResult:
    """A builder result and when it was recorded, milliseconds since the epoch, UTC."""

    result: BuilderResult
    result_digest: str
    recorded_at_ms: int


class ResultStore(Protocol):
    """What builders and auditors said of attempts."""

    def add_builder(self, result: BuilderResult, digest: str, created_at_ms: int) -> None:
        """Record the verified builder result of an attempt that has none."""

    def builder(self, ref: AttemptRef) -> StoredBuilderResult | None:
        """The builder result, verified against its digest. Raises DataLoss."""

    def add_auditor(self, result: AuditorResult, digest: str, created_at_ms: int) -> None:
        """Record the verified auditor result of an attempt that has none."""

    def auditor(self, ref: AttemptRef) -> RecordedAuditorResult | None:
        """The auditor result, verified against its digest. Raises DataLoss."""


class HistoryStore(Protocol):
    """How tests did over the suite runs of a repository."""

    def record(self, ref: AttemptRef, side: Side, repository: str) -> None:
        """Add the suite run that is attached to one side of an attempt. Raises DataLoss."""

    def entries(
        self, repository: str, test_id: str, side: Side | None, before: int | None, count: int
    ) -> tuple[tuple[HistoryEntry, ...], int | None]:
        """Up to ``count`` entries of a test, newest first, of suite runs that were attached ``before`` the one with
        that number; and the number before which to go on, None at the end. Raises DataLoss.
        """

    def first_bad(self, repository: str, test_id: str, side: Side | None) -> HistoryEntry | None:
        """The first time that the test was bad."""


class UploadStore(Protocol):
    """The leading chunks of uploads, as they came, by the upload's request id."""

    def kept(self, request_id: str, evidence_digest: str) -> int:
        """How many chunks there are, from the first on without a gap."""

    def chunks(self, request_id: str, start: int, end: int) -> Sequence[bytes]:
        """The chunks from position ``start`` to below ``end``, in order, as far as there are any. Raises DataLoss."""

    def keep(
        self, request_id: str, evidence_digest: str, start: int, chunks: Sequence[bytes], created_at_ms: int
    ) -> None:
        """Keep ``chunks``, of which the first has position ``start``. What is there stays."""

    def drop(self, request_id: str, start: int) -> None:
        """Drop the chunks from position ``start`` on."""


class RequestLog(Protocol):
    """The mutations that were done, with their answers."""

    def claim(self, request: Request) -> str | None:
        """None when the request is new, and then it is taken until the end of the unit of work; else its first
        answer. Raises RequestReused when the id came with another body.
        """

    def answer(self, request: Request) -> str | None:
        """The first answer to a request that was done; None when it is new. Raises RequestReused as ``claim``."""

    def settle(self, request: Request, answer: str) -> None:
        """Keep the answer of a claimed request."""


class UnitOfWork(Protocol):
    """Everything that one transaction sees and changes."""

    @property
    def runs(self) -> RunStore:
        """Runs and attempts."""

    @property
    def evidence(self) -> EvidenceStore:
        """Evidence."""

    @property
    def baselines(self) -> BaselineStore:
        """Baselines."""

    @property
    def changed_files(self) -> ChangedFilesStore:
        """Changed files."""

    @property
    def decisions(self) -> DecisionStore:
        """Decisions."""

    @property
    def results(self) -> ResultStore:
        """Builder and auditor results."""

    @property
    def history(self) -> HistoryStore:
        """Histories of tests."""

    @property
    def uploads(self) -> UploadStore:
        """Uploads that are under way."""

    @property
    def requests(self) -> RequestLog:
        """Requests."""


class Database(Protocol):
    """Where units of work come from. Both raise StorageError and DataLoss."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A consistent view."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A mutation: kept as a whole at the end of the block, or, when it raises, not at all."""


class Retention(Protocol):
    """Lets go what is old, and nothing else. Both raise StorageError and DataLoss."""

    def survey(self, limits: Limits) -> Removed:
        """What ``remove`` would let go now."""

    def remove(self, limits: Limits) -> Iterator[Removed]:
        """Let it go, a bounded part in each transaction; yields what went with each. A pass that is given up keeps
        what was removed until then, and nothing that refers to it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many things of a kind were checked, and what is wrong with those that are damaged, a sentence each."""

    kind: str
    count: int
    damages: tuple[str, ...]


class Verification(Protocol):
    """Reads everything that is stored. Raises StorageError."""

    def checked(self, since_ms: int) -> Iterator[Checked]:
        """What was recorded since ``since_ms`` (milliseconds since the epoch, UTC), a bounded number at a time."""
