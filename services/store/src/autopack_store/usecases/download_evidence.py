"""Look one suite run's evidence up."""

from autopack_model.evidence.value import Evidence
from autopack_store.domain.errors import NotFound
from autopack_store.ports import Database


def download_evidence(database: Database, digest: str) -> Evidence:
    """The evidence, verified. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.evidence.get(digest)
    if found is None:
        raise NotFound(f"there is no evidence {digest}", subject=digest)
    return found
