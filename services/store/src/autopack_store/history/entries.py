"""How a test did over the suite runs of a repository."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from autopack_model.evidence.outcome import BAD, GOOD, TestState
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import CollectorState

MAX_COLLECTORS = 200
"""In how many collectors a test is looked for, the outermost ones, besides the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutcome:
    """What one suite run, measured for a side of an attempt, said of the test: its state, or that of a collector that
    it lies in and that gave no tests.

    ``measurement_id`` ascends in the order in which suite runs were attached. ``created_at_ms`` is when the run was
    created: milliseconds since the epoch, UTC. ``tree`` is the git tree that was measured. ``retry`` is 0 for the run
    of the whole suite, and n for the n-th retry of some of its tests.
    """

    measurement_id: int
    attempt: AttemptRef
    side: Side
    outcome: TestState | CollectorState
    evidence_digest: str
    created_at_ms: int
    tree: str
    retry: int

    @property
    def bad(self) -> bool:
        """Whether the test was run and was bad."""
        return isinstance(self.outcome, TestState) and self.outcome in BAD

    @property
    def good(self) -> bool:
        """Whether the test was run and was good."""
        return isinstance(self.outcome, TestState) and self.outcome in GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The newest entries of a test, newest first; see ``autopack.store.v1.ListTestHistoryResponse``."""

    entries: tuple[RecordedOutcome, ...]
    next_page_token: str
    first_bad: RecordedOutcome | None

    @property
    def conclusive(self) -> int:
        """Of how many entries the test was run and not muted."""
        return sum(entry.good or entry.bad or entry.outcome is TestState.FLAKY for entry in self.entries)

    @property
    def flaky(self) -> int:
        """How many of the conclusive entries were FLAKY, or one of a good and a bad one on the same tree."""
        good = {entry.tree for entry in self.entries if entry.good}
        unsteady = {entry.tree for entry in self.entries if entry.bad} & good
        return sum(
            entry.outcome is TestState.FLAKY or (entry.tree in unsteady and (entry.good or entry.bad))
            for entry in self.entries
        )

    @property
    def bad_since(self) -> RecordedOutcome | None:
        """The oldest of the unbroken series of bad entries that the newest belongs to; None when that is not bad. A
        retry that was not bad is passed over: it says that the test is flaky, or it is one of the other side.
        """
        since: RecordedOutcome | None = None
        for entry in self.entries:
            if entry.bad:
                since = entry
            elif not entry.retry:
                break
        return since


def repository_key(repository: str) -> int:
    """A number that stands for a repository: 64 bits of its SHA-256, signed."""
    return _key("repository", repository)


def test_key(repository: str, test_id: str) -> int:
    """A number that stands for a test of a repository."""
    return _key("test", repository, test_id)


def collector_key(repository: str, collector: str) -> int:
    """A number that stands for a collector of a repository."""
    return _key("collector", repository, collector)


def collector_keys(repository: str, test_id: str) -> Sequence[int]:
    """The numbers of all collectors that a test can lie in, outermost first: of the session, the test's folders, its
    module, its classes; as far as there are no more than MAX_COLLECTORS.

    Parameters, which may hold any character, are no part of them.
    """
    path, _, names = test_id.partition("::")
    classes = names.partition("[")[0].split("::", MAX_COLLECTORS)[:-1]
    folders = path.split("/", MAX_COLLECTORS)[:MAX_COLLECTORS]
    pieces = [folders[0], *(f"/{name}" for name in folders[1:]), *(f"::{name}" for name in classes)]
    # Piece by piece, since each name has all the ones before it in it.
    growing, found = _digest("collector", repository, ""), [collector_key(repository, name) for name in ("", ".")]
    for piece in pieces[:MAX_COLLECTORS]:
        growing.update(piece.encode())
        found.append(_number(growing))
    return found


def _key(*parts: str) -> int:
    return _number(_digest(*parts))


def _digest(*parts: str) -> "hashlib._Hash":
    return hashlib.sha256("\0".join(parts).encode())


def _number(digest: "hashlib._Hash") -> int:
    return int.from_bytes(digest.digest()[:8], "big", signed=True)
