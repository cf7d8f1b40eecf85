"""The command line as its users run it: as a process of its own, or, where only its answers matter, in this one."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from autopack_cli import main
from tests.process_state import process_state_kept

EXECUTABLE = Path(sys.executable).with_name("autopack")
PATIENCE_S = 120.0
"""No command of these tests takes so long; one that does is ended, and its test fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Running:
    """A command that runs; ``lines`` are those that it wrote to standard error so far."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._guard = threading.Timer(PATIENCE_S, process.kill)
        self._guard.start()

    def wait_for(self, text: str) -> str:
        """Read standard error up to the first line that contains ``text``, and return that line."""
        assert self.process.stderr is not None
        for raw in self.process.stderr:
            self.lines.append(raw.decode().rstrip("\n"))
            if text in self.lines[-1]:
                return self.lines[-1]
        raise AssertionError(f"the command ended without saying {text!r}: {self.lines}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command alone."""
        self.process.send_signal(number)

    def end(self) -> Outcome:
        """Wait for the end of the command."""
        out, err = self.process.communicate()
        self._guard.cancel()
        return Outcome(
            code=self.process.returncode,
            out=out.decode(),
            err="".join(f"{line}\n" for line in self.lines) + err.decode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The command line with a state directory."""

    home: Path

    def environment(self, **variables: str) -> dict[str, str]:
        """The environment of the command: ours, with nothing of autopack's but the state directory."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
        return {**inherited, "AUTOPACK_HOME": str(self.home), **variables}

    def start(
        self, *arguments: str, variables: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()
    ) -> Running:
        """Start the command in a session of its own; ``prefix`` is a command that runs it."""
        return Running(
            subprocess.Popen(
                [*prefix, str(EXECUTABLE), *arguments],
                env=self.environment(**(variables or {})),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        )

    def run(
        self, *arguments: str, stdin: bytes = b"", cwd: Path | None = None, variables: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run the command as a process of its own."""
        done = subprocess.run(
            [str(EXECUTABLE), *arguments],
            env=self.environment(**(variables or {})),
            cwd=cwd,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return Outcome(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    def run_here(self, capture: pytest.CaptureFixture[str], *arguments: str) -> Outcome:
        """Run the command in this process, which spares its start."""
        capture.readouterr()
        with pytest.MonkeyPatch.context() as patch, process_state_kept():
            for name in os.environ:
                if name.startswith("AUTOPACK_"):
                    patch.delenv(name)
            patch.setenv("AUTOPACK_HOME", str(self.home))
            patch.setattr(sys, "argv", [str(EXECUTABLE), *arguments])
            with pytest.raises(SystemExit) as end:
                main()
        said = capture.readouterr()
        assert isinstance(end.value.code, int)
        return Outcome(code=end.value.code, out=said.out, err=said.err)
