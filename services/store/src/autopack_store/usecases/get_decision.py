"""Look an attempt's decision up."""

from autopack_model.decision.value import Decision
from autopack_model.identity.value import AttemptRef
from autopack_store.domain.errors import NotFound
from autopack_store.ports import Database


def get_decision(database: Database, ref: AttemptRef) -> Decision:
    """The decision, verified. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.decisions.get(ref)
    if found is None:
        raise NotFound(f"attempt {ref} has no decision", subject=str(ref))
    return found
