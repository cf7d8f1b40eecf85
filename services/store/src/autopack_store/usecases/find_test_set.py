"""Whether there is a list of test ids, so that an upload need not bring it."""

from autopack_store.domain.errors import UploadLost
from autopack_store.ports import Database, UnitOfWork


def find_test_set(database: Database, test_set_digest: str) -> int | None:
    """How many test ids the list has; None when there is no such list."""
    with database.read() as store:
        return store.evidence.test_count(test_set_digest)


def known_test_set(database: Database, test_set_digest: str) -> int:
    """How many test ids the list has that an upload names. Raises UploadLost when there is no such list."""
    with database.read() as store:
        return named_test_count(store, test_set_digest)


def named_test_count(store: UnitOfWork, test_set_digest: str) -> int:
    """As ``known_test_set``, within a unit of work."""
    count = store.evidence.test_count(test_set_digest)
    if count is None:
        raise UploadLost(
            f"there is no list of test ids {test_set_digest}; ask with FindTestSet, or send them",
            subject=test_set_digest,
        )
    return count
