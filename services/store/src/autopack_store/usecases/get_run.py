"""Look one run up."""

from autopack_model.run.value import Run
from autopack_store.ports import Database
from autopack_store.usecases.lookup import known_run


def get_run(database: Database, run_id: str) -> Run:
    """The run. Raises NotFound."""
    with database.read() as store:
        return known_run(store, run_id)
