"""The JSON document of an attempt's name."""

from autopack_model.canonical import Json
from autopack_model.identity.value import AttemptRef


def attempt_document(ref: AttemptRef) -> dict[str, Json]:
    """Every field of the name of an attempt."""
    return {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt}
