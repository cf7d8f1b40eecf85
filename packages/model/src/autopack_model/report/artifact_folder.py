"""Where a run leaves its files for people, below the top of the repository."""

from autopack_model.identity.value import AttemptRef, Side

FOLDER = ".autonomous_runs"
OUTPUT_FILE = "output.log"
PATCH_FILE = "candidate.patch"


def artifact_folder(attempt: AttemptRef, side: Side, retry: int = 0) -> str:
    """The folder of one side of an attempt, or of one of its retries, relative, with ``/``."""
    place = "baselines" if side is Side.BASE else f"ci/{attempt.phase}/{attempt.attempt}"
    return f"{FOLDER}/{attempt.run_id}/{place}{f'/retry-{retry}' if retry else ''}"
