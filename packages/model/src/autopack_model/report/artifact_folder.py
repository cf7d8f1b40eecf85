"""Where a run leaves its files for people, below the top of the repository."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from autopack_model.artifact.value import Artifact
from autopack_model.identity.value import AttemptRef, Side

FOLDER = ".autonomous_runs"
OUTPUT_FILE = "output.log"
SETUP_FILE = "setup.log"
RECORDER_FILE = "recorder.jsonl"
EVIDENCE_FILE = "evidence.json"
RESULT_FILE = "result.json"
PATCH_FILE = "candidate.patch"

FILES: Final[Mapping[Artifact, str]] = MappingProxyType(
    {
        Artifact.OUTPUT: OUTPUT_FILE,
        Artifact.SETUP: SETUP_FILE,
        Artifact.RECORDER: RECORDER_FILE,
        Artifact.EVIDENCE: EVIDENCE_FILE,
        Artifact.RESULT: RESULT_FILE,
        Artifact.PATCH: PATCH_FILE,
    }
)
"""The name of each file in the folder of its side."""


_PLACES: Final[Mapping[Side, str]] = MappingProxyType(
    {
        Side.BASE: "baselines",
        Side.HEAD: "ci/{attempt.phase}/{attempt.attempt}",
        Side.CROSS: "cross/{attempt.phase}/{attempt.attempt}",
        Side.REVERSE: "reverse/{attempt.phase}/{attempt.attempt}",
    }
)


def artifact_folder(attempt: AttemptRef, side: Side, retry: int = 0) -> str:
    """The folder of one side of an attempt, or of one of its retries, relative, with ``/``."""
    place = _PLACES[side].format(attempt=attempt)
    return f"{FOLDER}/{attempt.run_id}/{place}{f'/retry-{retry}' if retry else ''}"
