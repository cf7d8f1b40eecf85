"""The files that a run leaves for people, of each side."""

from dataclasses import dataclass

from autopack_model.identity.value import Side
from autopack_model.labels import Labelled


class Artifact(Labelled):
    """What a file holds. Numbers as in ``autopack.executor.v1.Artifact``."""

    OUTPUT = 1
    SETUP = 2
    RECORDER = 3
    EVIDENCE = 4
    RESULT = 5
    PATCH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactEntry:
    """A file that is there, with its size in bytes."""

    side: Side
    artifact: Artifact
    size_bytes: int
