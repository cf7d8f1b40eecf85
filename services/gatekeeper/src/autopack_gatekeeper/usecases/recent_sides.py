"""Assessed sides stay in memory for a while: many candidates are compared with one base, and each gate asks twice."""

import sys
import threading

from cachetools import LRUCache

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef

CAPACITY_BYTES = 64 * 1024 * 1024
"""What the kept sides take at most: about one of 600,000 tests, or 60 of 10,000."""

SIDE_BYTES = 64 * 1024
"""What each takes besides its tests: a header that names some hundred distributions, and what surrounds it."""

CHANGES = 8
"""Of so many attempts the changed files are kept: a gate asks for them a few times in a row."""

_PER_TEST = 10
_PER_DETAIL = 400


class RecentSides:
    """What is found is never wrong: evidence never changes, and a side is kept under the digest of its evidence.

    Where the memory does not suffice, the sides go that nobody asked for the longest. Safe for threads.
    """

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._guard = threading.Lock()
        self._kept: LRUCache[str, AssessedSide] = LRUCache(capacity, getsizeof=lambda side: _size(side.evidence))
        self._changes: LRUCache[AttemptRef, ChangedFiles] = LRUCache(CHANGES)

    def side(self, evidence_digest: str) -> AssessedSide | None:
        """The side whose evidence has this digest, if it is still there."""
        with self._guard:
            return self._kept.get(evidence_digest)

    def keep(self, side: AssessedSide) -> None:
        """Keep a side, unless it alone is larger than all memory for them."""
        if _size(side.evidence) <= self._kept.maxsize:
            with self._guard:
                self._kept[side.facts.evidence_digest] = side

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of the attempt, if they are still there: what was recorded of them never changes."""
        with self._guard:
            return self._changes.get(attempt)

    def keep_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """Keep what was recorded of the attempt."""
        with self._guard:
            self._changes[attempt] = changed_files


def _size(evidence: Evidence) -> int:
    """About how many bytes the evidence takes in memory."""
    ids = sum(sys.getsizeof(block.text) for block in evidence.test_ids.blocks)
    collectors = evidence.suite_run.recorder.collectors
    messages = [*(detail.message for detail in evidence.details), *(collector.message for collector in collectors)]
    said = sum(sys.getsizeof(message) + _PER_DETAIL for message in messages)
    return SIDE_BYTES + ids + said + len(evidence.states) * _PER_TEST
