"""Messages of EvidenceService that become values here. Shared nouns: ``autopack_model``."""

from autopack.store.v1 import evidence_service_pb2
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.fields import given
from autopack_model.identity.wire import attempt_ref_from_wire, side_from_wire
from autopack_model.run.value import check_retry
from autopack_store.baselines.wire import key_from_wire
from autopack_store.evidence.rules import Place

MAX_CHUNKS = 1_000_000


def kept_chunks_from_wire(message: evidence_service_pb2.UploadEvidenceStart) -> int:
    """How many chunks an upload leaves out. Raises InvalidValue."""
    kept = given(message.HasField("kept_chunks"), message.kept_chunks) or 0
    if kept > MAX_CHUNKS:
        raise InvalidValue("start.kept_chunks", f"{kept} is more than {MAX_CHUNKS}, which no upload has")
    return kept


def named_test_set_from_wire(message: evidence_service_pb2.UploadEvidenceStart) -> str | None:
    """The digest of the test ids that an upload leaves out, if it does. Raises InvalidValue."""
    digest = given(message.HasField("test_set_digest"), message.test_set_digest)
    return None if digest is None else check_digest(digest, "start.test_set_digest")


def place_from_wire(message: evidence_service_pb2.UploadEvidenceStart) -> Place:
    """What the evidence is attached to, and the baseline that it becomes. Raises InvalidValue."""
    side = given(message.HasField("attempt_side"), message.attempt_side)
    return Place(
        attempt=None if side is None else attempt_ref_from_wire(side.attempt),
        side=None if side is None else side_from_wire(side.side, "start.attempt_side.side"),
        retry=0 if side is None else check_retry(side.retry, "start.attempt_side.retry"),
        baseline=given(message.HasField("baseline_key"), message.baseline_key, key_from_wire),
        replaces=message.replaces_baseline,
    )
