"""Let go what is old."""

from collections.abc import Iterator

from autopack_store.domain.retention import Limits, Removed
from autopack_store.ports import Clock, Retention


def survey(retention: Retention, clock: Clock, older_than_ms: int, keep_runs: int) -> Removed:
    """What ``gc`` would let go. Raises StorageError, DataLoss."""
    return retention.survey(Limits.before(clock(), older_than_ms, keep_runs))


def gc(retention: Retention, clock: Clock, older_than_ms: int, keep_runs: int) -> Iterator[Removed]:
    """Let go the ended runs that are older and not among the newest of their repository, and what nothing cites then;
    yields what went with each transaction. Raises StorageError, DataLoss.
    """
    return retention.remove(Limits.before(clock(), older_than_ms, keep_runs))
