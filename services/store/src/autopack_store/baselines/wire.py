"""Messages of BaselineService that become values here. Shared nouns: ``autopack_model``."""

from autopack.results.v1 import suite_run_pb2
from autopack_model.baseline.value import BaselineKey
from autopack_model.baseline.wire import baseline_key_from_wire
from autopack_model.errors import InvalidValue

MAX_RECORDER_VERSION = 64


def key_from_wire(message: suite_run_pb2.BaselineKey) -> BaselineKey:
    """The baseline's key. Raises InvalidValue."""
    key = baseline_key_from_wire(message)
    if not 1 <= len(key.recorder_version) <= MAX_RECORDER_VERSION or not key.recorder_version.isprintable():
        raise InvalidValue("key.recorder_version", f"is not 1 to {MAX_RECORDER_VERSION} printable characters")
    return key
