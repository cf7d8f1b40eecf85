"""Read the files that a run left."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.errors import ArtifactMissing
from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.ports.services import Store
from autopack_executor.workspace.kept_artifacts import KeptArtifacts
from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.fields import CHUNK_BYTES
from autopack_model.identity.value import Side
from autopack_model.run.value import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArtifacts:
    """The use cases."""

    active: ActiveRuns
    store: Store
    kept: KeptArtifacts

    def entries(self, run_id: str) -> tuple[ArtifactEntry, ...]:
        """The files of the last attempt of a run, by side and kind. Raises UnknownRun, ArtifactMissing."""
        run, folder = self._found(run_id)
        return self.kept.entries(folder, run.attempts[-1].ref)

    def read(self, run_id: str, side: Side, artifact: Artifact) -> Iterator[bytes]:
        """One file in parts of at most CHUNK_BYTES, which must be read to their end or closed. Raises UnknownRun,
        ArtifactMissing.
        """
        run, folder = self._found(run_id)
        attempt = run.attempts[-1]
        parts = self.kept.read(folder, attempt.ref, side, artifact, most=CHUNK_BYTES)
        if parts is None:
            raise ArtifactMissing(
                f"run {run_id} has no file {artifact.label!r} of its {side.label} on this executor"
                f"{self._why(run, side, artifact)}; "
                f"'autopack logs {run_id} --list' lists what there is",
                subject=run_id,
            )
        return parts

    def _found(self, run_id: str) -> tuple[Run, Path]:
        run = self.store.run(run_id)
        folder = self.kept.folder(run)
        if folder is None or not run.attempts:
            raise ArtifactMissing(
                f"run {run_id} left no files on this executor{self._still_runs(run_id)}: another executor ran it, or "
                "its files were deleted; ask the executor that ran it (--executor), or see 'autopack explain "
                f"{run_id}', which the store alone answers",
                subject=run_id,
            )
        return run, folder

    def _why(self, run: Run, side: Side, artifact: Artifact) -> str:
        entry = run.attempts[-1].side(side)
        if side is Side.BASE and run.spec.base is None:
            return ", because the run has no base"
        if side is Side.BASE and entry is None and run.ended:
            return ", because the run did not measure its base"
        if entry is not None and entry.reused:
            return ", because an earlier run measured this baseline and has its files"
        if artifact is Artifact.SETUP and run.spec.setup is None:
            return ", because it was given no setup command"
        if artifact is Artifact.SETUP:
            return ", because the environment was there already, or was not made"
        return self._still_runs(run.spec.run_id)

    def _still_runs(self, run_id: str) -> str:
        return ", where it still runs" if self.active.get(run_id) is not None else ""
