"""A repository whose suite gets stuck where it is told to: moments of a run that a test can hold on to."""

import os
import select
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

from autopack_model.run.value import RunState
from tests.builders import GitSandbox, directory_state
from tests.e2e.command import PATIENCE_S, Command, Running
from tests.e2e.gating import embedded_gates
from tests.lean_python import lean_python

# Says which processes there are, one of them in a session of its own, and waits for a word.
STUCK = """
    import os, subprocess, sys

    def stuck():
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        away = subprocess.Popen(sleep, start_new_session=True)
        with open({said!r}, "w") as said:
            said.write(f"{{os.getpid()}} {{away.pid}}\\n")
        with open({word!r}, "rb", buffering=0) as word:
            word.read(1)
"""
CONFTEST = """
    import places

    def pytest_collection_modifyitems():
        places.collecting()
"""
TESTS = """
    import places

    def test_it():
        places.testing()
"""
FREE = "def collecting():\n    pass\n\ndef testing():\n    pass\n"


class Scene:
    """A repository whose suite gets stuck where it is told to, and the command line that gates it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = GitSandbox(folder / "repository")
        self.command = Command(home=folder / "home")
        for name in ("said", "word"):
            os.mkfifo(folder / name)
        # Open at both ends, so that nothing written is lost and nobody waits for the other end.
        self._said = os.open(folder / "said", os.O_RDWR)
        self._word = os.open(folder / "word", os.O_RDWR)

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self._said)
        os.close(self._word)

    @property
    def program(self) -> str:
        """A program that gets stuck."""
        code = dedent(STUCK).format(said=str(self.folder / "said"), word=str(self.folder / "word"))
        script, path = self.folder / "stuck.py", self.folder / "stuck"
        script.write_text(f"{code}\nstuck()\nos.execv({sys.executable!r}, sys.argv)\n")
        # A path with a space cannot stand behind "#!".
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"\n')
        path.chmod(0o755)
        return str(path)

    def commit(self, *, base: str = "", head: str = "") -> None:
        """Commit both sides, each stuck in ``collecting`` or ``testing`` if so told."""
        code = dedent(STUCK).format(said=str(self.folder / "said"), word=str(self.folder / "word"))
        for branch, place in (("main", base), ("candidate", head)):
            stuck = f"{code}\n{place} = stuck\n" if place else ""
            self.repository.commit(
                {
                    "conftest.py": dedent(CONFTEST),
                    "test_it.py": dedent(TESTS),
                    "places.py": f"{FREE}{stuck}# {branch}\n",
                }
            )
            if branch == "main":
                self.repository.git("switch", "--quiet", "--create", "candidate")
        self.repository.git("switch", "--quiet", "main")

    def gate(self, *options: str, run_id: str = "it") -> Running:
        """Start the gate in a session of its own, as a shell does in a process group of its own."""
        return self.command.start(
            *("gate", "--repo", str(self.repository.root), "--base", "main", "--head", "candidate"),
            *("--python", str(lean_python()), "--run-id", run_id, *options),
        )

    def stuck_processes(self) -> list[int]:
        """Wait until something is stuck; its process ids."""
        assert [self._said] == select.select([self._said], [], [], PATIENCE_S)[0]
        return [int(pid) for pid in os.read(self._said, 100).split()]

    def give_the_word(self, times: int = 1) -> None:
        """Let as many as are stuck go on."""
        os.write(self._word, b"x" * times)

    def state(self) -> dict[str, str]:
        """The repository as it is, but for what runs leave in the folder that is theirs."""
        return {
            path: state
            for path, state in directory_state(self.repository.root).items()
            if not path.startswith(".autonomous_runs")
        }

    def recorded(self) -> dict[str, str]:
        """Every run with its verdict or else its state, after the start of another command."""
        with embedded_gates(self.command.home) as gates:
            runs = gates.services.store.runs(repository="", limit=100)
        verdicts = {run.spec.run_id: run.attempts[-1].verdict for run in runs if run.state is RunState.DECIDED}
        return {
            run.spec.run_id: run.state.label if (verdict := verdicts.get(run.spec.run_id)) is None else verdict.name
            for run in runs
        }

    def left_behind(self) -> list[str]:
        """What lies in the state directory of runs."""
        return sorted(
            str(path.relative_to(self.command.home))
            for name in ("runs", "workspaces", "slots", "trash")
            for path in (self.command.home / name).iterdir()
        )


@contextmanager
def scene_in(folder: Path) -> Iterator[Scene]:
    """A scene with an empty repository."""
    scene = Scene(folder)
    try:
        yield scene
    finally:
        scene.close()
