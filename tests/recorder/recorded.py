"""Runs real pytest sessions with the recorder in throwaway projects.

AUTOPACK_TEST_PYTHONS names the interpreters to do it with, separated by colons; the default is the running one.
"""

import functools
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from autopack_executor.environment.import_roots import importable_modules
from autopack_executor.suite.stream import RecorderStream, pytest_with_recorder, recorder_variables
from autopack_executor.suite.value import Recording
from autopack_model.evidence.outcome import TestDetail, TestState

PYTHONS = tuple(filter(None, os.environ.get("AUTOPACK_TEST_PYTHONS", "").split(":"))) or (sys.executable,)

every_python = pytest.mark.parametrize("python", PYTHONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One session: what the process did, and what was recorded of it."""

    exit_code: int
    output: str
    recording: Recording
    stream: Path

    @property
    def states(self) -> dict[str, str]:
        """State by test id."""
        return {
            test_id: TestState(state).label
            for test_id, state in zip(self.recording.test_ids, self.recording.states, strict=True)
        }

    @property
    def events(self) -> list[dict[str, object]]:
        """The raw events."""
        return [json.loads(line) for line in self.stream.read_text().splitlines()]

    def detail(self, test_id: str) -> TestDetail:
        """The detail of one test that did not simply pass."""
        index = self.recording.test_ids.index(test_id)
        return next(detail for detail in self.recording.details if detail.index == index)


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write ``files``, dedented, below ``root``; ini files are completed with a section header."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def child_variables() -> dict[str, str]:
    """The environment of a session: as bare as it may be."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


def record(
    root: Path,
    *arguments: str,
    python: str = sys.executable,
    files: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    before_finish: Callable[[Path], object] | None = None,
    tests: Sequence[str] | None = None,
) -> Recorded:
    """Write ``files`` into ``root/project`` and record ``pytest arguments`` there, of ``tests`` alone where given."""
    project = write_files(root / "project", files or {})
    stream, modules, temporary = root / "stream.jsonl", root / "modules.json", root / "tmp"
    temporary.mkdir(exist_ok=True)  # of its own: in a shared one pytest would clear what other sessions left
    tracked = [str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()]
    modules.write_text(json.dumps({name: [path] for name, path in importable_modules(tracked).items()}))
    wanted = None if tests is None else root / "tests.json"
    if wanted is not None:
        wanted.write_text(json.dumps(tests))
    with RecorderStream(stream) as events:
        done = subprocess.run(
            [*pytest_with_recorder(python), *arguments],
            cwd=project,
            env=child_variables()
            | {"TMPDIR": str(temporary)}
            | recorder_variables(stream, project, modules, wanted)
            | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="backslashreplace",
            check=False,
            timeout=120,
        )
        if before_finish is not None:
            before_finish(stream)
        recording = events.finish()
    return Recorded(exit_code=done.returncode, output=done.stdout, recording=recording, stream=stream)


@functools.cache
def has(python: str, module: str) -> bool:
    """Whether ``python`` can import ``module``."""
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, env=child_variables(), check=False)
    return found.returncode == 0


def need(python: str, *modules: str) -> None:
    """Skip the test when ``python`` lacks one of ``modules``."""
    for module in modules:
        if not has(python, module):
            pytest.skip(f"{python} has no {module}")
