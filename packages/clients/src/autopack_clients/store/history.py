"""Calls of the store about the history of tests."""

import grpc

from autopack.results.v1 import identity_pb2
from autopack.store.v1 import history_service_pb2, history_service_pb2_grpc
from autopack_clients.calls import calling
from autopack_clients.errors import StoreRefused
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.fields import given, read_enum
from autopack_model.history.value import HistoryEntry, HistoryPage
from autopack_model.identity.value import Side
from autopack_model.identity.wire import attempt_ref_from_wire, side_from_wire, side_to_wire
from autopack_model.suite_run.value import CollectorState


class HistoryCalls:
    """The outcomes of tests over suite runs."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._history = history_service_pb2_grpc.HistoryServiceStub(channel)

    def history_page(self, repository: str, test_id: str, side: Side | None, *, size: int, token: str) -> HistoryPage:
        """Up to ``size`` of the newest entries of a test, behind ``token`` unless that is empty."""
        request = history_service_pb2.ListTestHistoryRequest(
            page_size=size, page_token=token, repository=repository, test_id=test_id, side=_optional_side(side)
        )
        with calling(test_id):
            answer = self._history.ListTestHistory(request)
        try:
            return HistoryPage(
                entries=tuple(_entry(message, f"entries[{index}]") for index, message in enumerate(answer.entries)),
                next_page_token=answer.next_page_token,
                conclusive=answer.conclusive,
                flaky=answer.flaky,
                bad_since=given(
                    answer.HasField("bad_since"), answer.bad_since, lambda entry: _entry(entry, "bad_since")
                ),
                first_bad=given(
                    answer.HasField("first_bad"), answer.first_bad, lambda entry: _entry(entry, "first_bad")
                ),
            )
        except InvalidValue as error:
            raise StoreRefused(
                f"the store's answer cannot be understood ({error}); upgrade this command or the store", subject=test_id
            ) from error


def _optional_side(side: Side | None) -> identity_pb2.Side.ValueType | None:
    return None if side is None else side_to_wire(side)


def _entry(message: history_service_pb2.TestHistoryEntry, path: str) -> HistoryEntry:
    return HistoryEntry(
        attempt=attempt_ref_from_wire(message.attempt),
        side=side_from_wire(message.side, f"{path}.side"),
        outcome=_outcome(message, path),
        evidence_digest=check_digest(message.evidence_digest, f"{path}.evidence_digest"),
        created_at_ms=message.created_at_ms,
        retry=message.retry,
    )


def _outcome(message: history_service_pb2.TestHistoryEntry, path: str) -> TestState | CollectorState:
    match message.WhichOneof("outcome"):
        case "state":
            return read_enum(TestState, message.state, f"{path}.state")
        case "collector":
            return read_enum(CollectorState, message.collector, f"{path}.collector")
        case None:
            raise InvalidValue(f"{path}.outcome", "is not given")
