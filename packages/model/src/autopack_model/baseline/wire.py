"""Headers of suite runs on the wire."""

from autopack.results.v1 import suite_run_pb2
from autopack_model.baseline.value import BaselineKey
from autopack_model.suite_run.wire import check_object_name


def baseline_key_to_wire(key: BaselineKey) -> suite_run_pb2.BaselineKey:
    """The message of a baseline's key."""
    return suite_run_pb2.BaselineKey(
        tree=key.tree,
        environment_fingerprint=key.environment_fingerprint,
        command_digest=key.command_digest,
        recorder_version=key.recorder_version,
    )


def baseline_key_from_wire(message: suite_run_pb2.BaselineKey) -> BaselineKey:
    """The baseline's key. Raises InvalidValue."""
    return BaselineKey(
        tree=check_object_name(message.tree, "key.tree"),
        environment_fingerprint=message.environment_fingerprint,
        command_digest=message.command_digest,
        recorder_version=message.recorder_version,
    )
