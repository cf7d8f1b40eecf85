"""`RunArtifacts`: the files that a run leaves beside the user's checkout.

``.autonomous_runs/`` holds a ``.gitignore`` of its own, so it stays out of ``git status`` without any file of the
user's being touched.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from autopack_executor.errors import EvidenceNotWritten
from autopack_model.canonical import Json
from autopack_model.evidence.document import detail_document
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.report.artifact_folder import EVIDENCE_FILE, FOLDER, PATCH_FILE, artifact_folder
from autopack_model.suite_run.document import suite_run_document
from autopack_rpc.files import write_whole


class RunArtifacts:
    """Implements ``ports.Artifacts`` below the repository's top folder ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, attempt: AttemptRef, side: Side, retry: int = 0) -> Path:
        """See ``ports.Artifacts.folder``."""
        path = self._root / artifact_folder(attempt, side, retry)
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
            ignore = self._root / FOLDER / ".gitignore"
            if not ignore.exists():
                write_whole(ignore, b"*\n")
        return path

    def write(self, attempt: AttemptRef, name: str, document: Mapping[str, Json]) -> bytes:
        """Write a JSON document beside the head side's files; returns its bytes. Raises EvidenceNotWritten."""
        path = self.folder(attempt, Side.HEAD) / name
        data = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
        with _writing(path):
            write_whole(path, data)
        return data

    def write_patch(self, attempt: AttemptRef, patch: bytes) -> None:
        """See ``ports.Artifacts.write_patch``."""
        path = self.folder(attempt, Side.HEAD) / PATCH_FILE
        with _writing(path):
            write_whole(path, patch)

    def withdraw(self, attempt: AttemptRef, name: str) -> None:
        """Take a document away that ``write`` wrote. Raises EvidenceNotWritten when it stays."""
        path = self._root / artifact_folder(attempt, Side.HEAD) / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise EvidenceNotWritten(
                f"{path} could not be taken away ({error.strerror}) and says what was not recorded; delete it",
                subject=str(path),
            ) from error

    def write_evidence(self, attempt: AttemptRef, side: Side, evidence: Evidence, retry: int = 0) -> None:
        """Write a suite run's evidence as JSON. Raises EvidenceNotWritten."""
        states = [evidence.state_of(index).label for index in range(len(evidence.test_ids))]
        document: dict[str, Json] = {
            "schema": "autopack.evidence/1",
            "suite_run": suite_run_document(evidence.suite_run),
            "tests": dict(zip(evidence.test_ids, states, strict=True)),
            "details": [detail_document(detail) for detail in evidence.details],
        }
        path = self.folder(attempt, side, retry) / EVIDENCE_FILE
        with _writing(path):
            write_whole(path, (json.dumps(document, ensure_ascii=False) + "\n").encode())


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EvidenceNotWritten(
            f"{path} could not be written ({error.strerror}); free disk space or check the permissions, then gate "
            "again",
            subject=str(path),
        ) from error
