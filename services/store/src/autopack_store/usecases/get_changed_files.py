"""Look an attempt's changed files up."""

from autopack_model.changed_files.value import ChangedFiles
from autopack_model.identity.value import AttemptRef
from autopack_store.domain.errors import NotFound
from autopack_store.ports import Database


def get_changed_files(database: Database, ref: AttemptRef) -> ChangedFiles:
    """The changed files. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.changed_files.get(ref)
    if found is None:
        raise NotFound(f"no changed files were recorded for attempt {ref}", subject=str(ref))
    return found
