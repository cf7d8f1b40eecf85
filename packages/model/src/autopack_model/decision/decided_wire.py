"""The gatekeeper's answer on the wire: a record, the decision in chunks, then the test ids that only the base has."""

from collections.abc import Iterable, Iterator

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.results.v1 import decision_pb2, evidence_pb2
from autopack_model.decision.decided import Decided
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.fields import string_batches
from autopack_model.run.wire import attempt_state_from_wire, attempt_state_to_wire


def decided_to_wire(decided: Decided, *, already_present: bool, replayed: bool) -> Iterator[pb.DecideResponse]:
    """The messages of an answer, each under 1 MiB."""
    yield pb.DecideResponse(
        record=pb.DecideRecord(
            decision_digest=decided.digest,
            state=attempt_state_to_wire(decided.state),
            already_present=already_present,
            replayed=replayed,
        )
    )
    for chunk in decision_chunks(decided.decision):
        yield pb.DecideResponse(chunk=chunk)
    for ids in string_batches(decided.base_only):
        yield pb.DecideResponse(base_only=evidence_pb2.TestIds(ids=ids))


def decided_from_wire(parts: Iterable[pb.DecideResponse]) -> Decided:
    """Put an answer together again. Raises InvalidValue for missing or misplaced parts."""
    record: pb.DecideRecord | None = None
    base_only: list[str] = []

    def chunks() -> Iterator[decision_pb2.DecisionChunk]:
        nonlocal record
        for part in parts:
            match part.WhichOneof("part"):
                case "record":
                    _check_order(record is None, "record")
                    record = part.record
                case "chunk":
                    _check_order(record is not None and not base_only, "chunk")
                    yield part.chunk
                case "base_only":
                    _check_order(record is not None, "base_only")
                    base_only.extend(part.base_only.ids)
                case None:
                    raise InvalidValue("part", "is not given")

    decision = decision_from_chunks(chunks())
    if record is None:
        raise InvalidValue("record", "is not given")
    return Decided(
        decision=decision,
        digest=check_digest(record.decision_digest, "record.decision_digest"),
        state=attempt_state_from_wire(record.state, "record.state"),
        base_only=tuple(base_only),
    )


def _check_order(in_order: bool, part: str) -> None:
    if not in_order:
        raise InvalidValue("part", f"is {part}; the record comes first, then the decision, then the ids of the base")
