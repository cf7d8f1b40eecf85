"""The executor's messages as domain values and back. Every reader names the field that it refuses."""

from typing import TYPE_CHECKING

from autopack.executor.v1 import progress_pb2
from autopack_model.fields import given, read_enum
from autopack_model.identity.wire import side_from_wire, side_to_wire
from autopack_model.progress.value import Activity, Progress

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _activity: progress_pb2.Activity.Members = Activity


def progress_to_wire(progress: Progress, elapsed_ms: int) -> progress_pb2.Progress:
    """The message of a progress report."""
    return progress_pb2.Progress(
        activity=progress_pb2.Activity.ValueType(progress.activity.value),
        side=None if progress.side is None else side_to_wire(progress.side),
        collected=progress.collected,
        done=progress.done,
        failures=progress.failures,
        elapsed_ms=elapsed_ms,
        message=progress.message,
    )


def progress_from_wire(message: progress_pb2.Progress) -> tuple[Progress, int]:
    """A progress report and the milliseconds since the run's start. Raises InvalidValue."""
    progress = Progress(
        activity=read_enum(Activity, message.activity, "progress.activity"),
        side=given(message.HasField("side"), message.side, lambda side: side_from_wire(side, "progress.side")),
        collected=message.collected,
        done=message.done,
        failures=message.failures,
        message=message.message,
    )
    return progress, message.elapsed_ms
