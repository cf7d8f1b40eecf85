"""Messages of RunService that become values here. Shared nouns: ``autopack_model``."""

from autopack.store.v1 import run_service_pb2
from autopack_model.decision.value import Verdict
from autopack_model.fields import given, read_enum
from autopack_model.run.value import RunState
from autopack_model.run.wire import run_failure_from_wire
from autopack_store.runs.ending import Ending
from autopack_store.runs.page import RunFilter


def ending_from_wire(message: run_service_pb2.FinishRunRequest) -> Ending:
    """How a run ends. Raises InvalidValue."""
    return Ending(
        state=read_enum(RunState, message.state, "state"),
        failure=given(message.HasField("failure"), message.failure, run_failure_from_wire),
    )


def run_filter_from_wire(message: run_service_pb2.ListRunsRequest) -> RunFilter:
    """Which runs are to be listed. Raises InvalidValue."""
    return RunFilter(
        repository=message.repository,
        verdict=given(
            message.HasField("verdict"), message.verdict, lambda number: read_enum(Verdict, number, "verdict")
        ),
        created_from_ms=given(message.HasField("created_from_ms"), message.created_from_ms),
        created_before_ms=given(message.HasField("created_before_ms"), message.created_before_ms),
    )
