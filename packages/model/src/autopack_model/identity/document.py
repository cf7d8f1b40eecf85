"""JSON documents of builder and auditor results: the input of their digests. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.identity.value import AttemptRef


def attempt_document(ref: AttemptRef) -> dict[str, Json]:
    return {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt}
