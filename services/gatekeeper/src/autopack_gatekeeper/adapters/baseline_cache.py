"""`CachedEvidence`: verified baselines stay in memory for a while, since many candidates are compared with one."""

import sys
import threading
from collections import OrderedDict

from autopack_gatekeeper.ports import EvidenceSource
from autopack_results.changed_files import ChangedFiles
from autopack_results.identity import AttemptRef
from autopack_results.suite_run import Evidence

CAPACITY_BYTES = 64 * 1024 * 1024
"""About what the kept baselines need at most: one of 700,000 tests, or 80 of 10,000."""

_PER_TEST = 10
_PER_DETAIL = 400


class CachedEvidence:
    """Implements ``ports.EvidenceSource`` over another. Evidence never changes, so what is kept is never wrong."""

    def __init__(self, source: EvidenceSource, capacity: int = CAPACITY_BYTES) -> None:
        self._source = source
        self._capacity = capacity
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, tuple[Evidence, int]] = OrderedDict()
        self._total = 0

    def evidence(self, evidence_digest: str) -> Evidence:
        """The evidence with this digest, from memory where it was kept."""
        with self._guard:
            if found := self._kept.get(evidence_digest):
                self._kept.move_to_end(evidence_digest)
                return found[0]
        return self._source.evidence(evidence_digest)

    def keep(self, evidence_digest: str, evidence: Evidence) -> None:
        """Keep evidence whose digest was compared; what was not asked for the longest makes room for it."""
        size = _size(evidence)
        if size > self._capacity:
            return
        with self._guard:
            if evidence_digest in self._kept:
                return
            self._kept[evidence_digest] = (evidence, size)
            self._total += size
            while self._total > self._capacity:
                _, (_, freed) = self._kept.popitem(last=False)
                self._total -= freed

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of an attempt, which are never kept."""
        return self._source.changed_files(attempt)


def _size(evidence: Evidence) -> int:
    """About how many bytes the evidence takes in memory."""
    ids = sum(sys.getsizeof(block.text) for block in evidence.test_ids.blocks)
    collectors = evidence.suite_run.recorder.collectors
    messages = [*(detail.message for detail in evidence.details), *(collector.message for collector in collectors)]
    said = sum(sys.getsizeof(message) + _PER_DETAIL for message in messages)
    return ids + said + len(evidence.states) * _PER_TEST
