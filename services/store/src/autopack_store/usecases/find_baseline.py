"""Look the baseline of a key up."""

from autopack_model.baseline.value import BaselineKey
from autopack_store.ports import Database


def find_baseline(database: Database, key: BaselineKey) -> str | None:
    """The digest of the key's evidence, if it has a baseline."""
    with database.read() as store:
        return store.baselines.find(key)
