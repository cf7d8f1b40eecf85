"""The files that runs left, read again: from the repository of a run or, for one that was sent or cloned, from the
executor's state directory.

Tests of a candidate can write there, so no link is followed and nothing but plain files is read: who asks for the
output of a run must not get another file of this machine.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.report.artifact_folder import FILES, FOLDER, artifact_folder
from autopack_model.run.value import Run, is_url

_IN_PLACE = os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | _IN_PLACE


class KeptArtifacts:
    """The files that runs left on this executor; ``state`` is its state directory."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def folder(self, run: Run) -> Path | None:
        """The folder with all files of a run, None when there is none."""
        repository = run.spec.repository
        roots = (self._state,) if is_url(repository) else (self._state, Path(repository))
        for root in roots:
            if (found := root / FOLDER / run.spec.run_id).is_dir():
                return found
        return None

    def entries(self, folder: Path, attempt: AttemptRef) -> tuple[ArtifactEntry, ...]:
        """The plain files of an attempt, by side and kind."""
        found = []
        for side in Side:
            for artifact in Artifact:
                descriptor = _opened(folder, attempt, side, artifact)
                if descriptor is not None:
                    size = os.fstat(descriptor).st_size
                    os.close(descriptor)
                    found.append(ArtifactEntry(side=side, artifact=artifact, size_bytes=size))
        return tuple(found)

    def read(
        self, folder: Path, attempt: AttemptRef, side: Side, artifact: Artifact, *, most: int
    ) -> Iterator[bytes] | None:
        """A file in parts of at most ``most`` bytes, None when there is no such plain file."""
        descriptor = _opened(folder, attempt, side, artifact)
        return None if descriptor is None else _parts(descriptor, most)


def _opened(folder: Path, attempt: AttemptRef, side: Side, artifact: Artifact) -> int | None:
    """A descriptor of the file, or None where there is no plain file of that name below ``folder``."""
    inside = Path(artifact_folder(attempt, side)).relative_to(f"{FOLDER}/{attempt.run_id}")
    with contextlib.ExitStack() as stack:
        try:
            directory = os.open(folder.parent, _DIRECTORY)
            stack.callback(os.close, directory)
            for name in (folder.name, *inside.parts):
                directory = os.open(name, _DIRECTORY, dir_fd=directory)
                stack.callback(os.close, directory)
            # A pipe without a writer must not be waited for.
            descriptor = os.open(FILES[artifact], os.O_RDONLY | os.O_NONBLOCK | _IN_PLACE, dir_fd=directory)
        except OSError:
            return None
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            return descriptor
        os.close(descriptor)
        return None


def _parts(descriptor: int, most: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        while part := stream.read(most):
            yield part
