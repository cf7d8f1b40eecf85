"""Artifacts on the wire."""

from typing import TYPE_CHECKING

from autopack.executor.v1 import artifact_pb2
from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.fields import read_enum
from autopack_model.identity.wire import side_from_wire, side_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _artifact: artifact_pb2.Artifact.Members = Artifact


def artifact_to_wire(artifact: Artifact) -> artifact_pb2.Artifact.ValueType:
    """The number of ``artifact``."""
    return artifact_pb2.Artifact.ValueType(artifact.value)


def artifact_from_wire(number: int, path: str) -> Artifact:
    """The artifact with ``number``. Raises InvalidValue."""
    return read_enum(Artifact, number, path)


def artifact_entry_to_wire(entry: ArtifactEntry) -> artifact_pb2.ArtifactEntry:
    """The message of an entry."""
    return artifact_pb2.ArtifactEntry(
        side=side_to_wire(entry.side), artifact=artifact_to_wire(entry.artifact), size_bytes=entry.size_bytes
    )


def artifact_entry_from_wire(message: artifact_pb2.ArtifactEntry) -> ArtifactEntry:
    """The entry. Raises InvalidValue."""
    return ArtifactEntry(
        side=side_from_wire(message.side, "artifacts.side"),
        artifact=artifact_from_wire(message.artifact, "artifacts.artifact"),
        size_bytes=message.size_bytes,
    )
