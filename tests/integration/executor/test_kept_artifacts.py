"""Reading what runs left: only plain files of the run, whatever the tests of a candidate put in their place."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_executor.workspace.kept_artifacts import KeptArtifacts
from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import Run
from tests.contract.saturated import RUN

REF = AttemptRef(run_id="run", phase="gate", attempt=1)
SECRET = "the token of the executor"


def recorded(repository: str) -> Run:
    """A run of ``repository``."""
    return replace(RUN, spec=replace(RUN.spec, repository=repository))


def written(root: Path, name: str, content: str = "content") -> Path:
    """A file of the run below ``root``."""
    path = root / ".autonomous_runs" / "run" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def read(root: Path, side: Side, artifact: Artifact) -> list[bytes] | None:
    """The parts of a file of the run, three bytes each."""
    kept = KeptArtifacts(root / "state")
    folder = kept.folder(recorded(str(root)))
    assert folder is not None
    parts = kept.read(folder, REF, side, artifact, most=3)
    return None if parts is None else list(parts)


def test_each_file_is_listed_and_read(tmp_path: Path) -> None:
    """The files of both sides are listed with their sizes, and read in parts."""
    written(tmp_path, "baselines/output.log")
    written(tmp_path, "ci/gate/1/setup.log", "")
    kept = KeptArtifacts(tmp_path / "state")

    assert (
        ArtifactEntry(side=Side.BASE, artifact=Artifact.OUTPUT, size_bytes=7),
        ArtifactEntry(side=Side.HEAD, artifact=Artifact.SETUP, size_bytes=0),
    ) == kept.entries(tmp_path / ".autonomous_runs" / "run", REF)
    assert [b"con", b"ten", b"t"] == read(tmp_path, Side.BASE, Artifact.OUTPUT)
    assert [] == read(tmp_path, Side.HEAD, Artifact.SETUP)
    assert None is read(tmp_path, Side.HEAD, Artifact.OUTPUT)


def test_the_files_of_a_sent_repository_are_in_the_state_directory(tmp_path: Path) -> None:
    """What was sent or cloned has its files in the state directory, and what lies nowhere has no folder."""
    kept = KeptArtifacts(tmp_path / "state")
    assert None is kept.folder(recorded("https://host/repository"))
    assert None is kept.folder(recorded("/nowhere/on/this/machine"))

    written(tmp_path / "state", "baselines/output.log")

    for name in ("https://host/repository", "/nowhere/on/this/machine"):
        assert tmp_path / "state" / ".autonomous_runs" / "run" == kept.folder(recorded(name))


@pytest.mark.parametrize("trap", ["link", "hard_link", "pipe", "folder", "linked_folder", "linked_run", "linked_root"])
def test_nothing_but_plain_files_of_the_run_is_read(tmp_path: Path, trap: str) -> None:
    """A link, another name of a file, a pipe or a folder in the place of a file is not there."""
    secret = tmp_path / "elsewhere" / "run" / "ci" / "gate" / "1" / "output.log"
    secret.parent.mkdir(parents=True)
    secret.write_text(SECRET)
    root = tmp_path / "repository"
    path = written(root, "ci/gate/1/output.log")
    path.unlink()
    runs = root / ".autonomous_runs"
    match trap:
        case "link":
            path.symlink_to(secret)
        case "hard_link":
            path.hardlink_to(secret)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "linked_folder":
            path.parent.rmdir()
            path.parent.symlink_to(secret.parent)
        case "linked_run":
            (runs / "run").rename(runs / "other")
            (runs / "run").symlink_to(tmp_path / "elsewhere" / "run")
        case _:
            runs.rename(root / "other")
            runs.symlink_to(tmp_path / "elsewhere")

    assert None is read(root, Side.HEAD, Artifact.OUTPUT)
