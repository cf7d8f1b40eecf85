"""Where ``--json`` writes: to a file, as a whole or not at all, or to standard output."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_model.canonical import Json
from autopack_model.errors import AutopackError, BadRequest
from autopack_rpc.files import write_whole


class ResultNotWritten(AutopackError):
    """A result could not be written where ``--json`` says."""

    reason = "RESULT_NOT_WRITTEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonTarget:
    """The place of one result; ``path`` is None for standard output."""

    path: Path | None

    @property
    def is_standard_output(self) -> bool:
        """Whether the result takes the place of the summary."""
        return self.path is None

    def clear(self) -> None:
        """Remove an older result, so that nobody takes it for the one that could not be made. Raises
        ResultNotWritten.
        """
        if self.path is None or _is_device(self.path):
            return
        try:
            Path(os.path.realpath(self.path)).unlink(missing_ok=True)
        except OSError as error:
            raise ResultNotWritten(
                f"--json {self.path}: the older result cannot be removed: {error.strerror}; remove it, or name "
                "another file",
                subject=str(self.path),
            ) from error

    def write(self, document: Mapping[str, Json]) -> None:
        """Write the document. Raises ResultNotWritten for a file, OSError for standard output."""
        data = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
        if self.path is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            return
        try:
            if _is_device(self.path):
                self.path.write_bytes(data)
            else:
                write_whole(Path(os.path.realpath(self.path)), data)
        except OSError as error:
            shown = f"; 'autopack explain {document['run_id']}' shows the run" if "run_id" in document else ""
            raise ResultNotWritten(
                f"--json {self.path} cannot be written: {error.strerror}{shown}", subject=str(self.path)
            ) from error


def json_target(name: str) -> JsonTarget:
    """The target that ``name`` stands for. Raises BadRequest when nothing can be written there."""
    if name == "-":
        return JsonTarget(path=None)
    path = Path(name)
    try:
        if path.is_dir():
            raise BadRequest(f"--json {name}: is a folder; name a file", subject=name)
        if not _is_device(path):
            trial = Path(os.path.realpath(path)).with_name(f".{path.name}.{secrets.token_hex(4)}")
            trial.touch(exist_ok=False)
            trial.unlink()
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else error
        raise BadRequest(f"--json {name}: cannot be written ({problem}); name another file", subject=name) from error
    return JsonTarget(path=path)


def _is_device(path: Path) -> bool:
    """Whether there is something at ``path`` that is written in place: a pipe, a terminal."""
    return path.exists() and not path.is_file()
