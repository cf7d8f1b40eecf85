"""Histories as messages of HistoryService."""

from autopack.results.v1 import outcome_pb2, suite_run_pb2
from autopack.store.v1 import history_service_pb2
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.wire import attempt_ref_to_wire, side_to_wire
from autopack_model.suite_run.value import CollectorState
from autopack_store.history.entries import History, RecordedOutcome


def history_to_wire(history: History) -> history_service_pb2.ListTestHistoryResponse:
    """The message of a history."""
    return history_service_pb2.ListTestHistoryResponse(
        entries=map(_entry_to_wire, history.entries),
        next_page_token=history.next_page_token,
        conclusive=history.conclusive,
        flaky=history.flaky,
        bad_since=None if history.bad_since is None else _entry_to_wire(history.bad_since),
        first_bad=None if history.first_bad is None else _entry_to_wire(history.first_bad),
    )


def _entry_to_wire(entry: RecordedOutcome) -> history_service_pb2.TestHistoryEntry:
    message = history_service_pb2.TestHistoryEntry(
        attempt=attempt_ref_to_wire(entry.attempt),
        side=side_to_wire(entry.side),
        evidence_digest=entry.evidence_digest,
        created_at_ms=entry.created_at_ms,
        retry=entry.retry,
    )
    match entry.outcome:
        case TestState():
            message.state = outcome_pb2.TestState.ValueType(entry.outcome.value)
        case CollectorState():
            message.collector = suite_run_pb2.CollectorState.ValueType(entry.outcome.value)
    return message
