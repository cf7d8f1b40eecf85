"""How git is run: scrubbed environment, neutral configuration, bytes in and out, a time-out, and its error kept."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from autopack_git.errors import GitFailed, GitTimedOut
from autopack_git.paths import text_of
from autopack_model.errors import Cancelled

TIMEOUT_S = 900.0
"""Bounds one git command; a checkout of a large repository on a slow disk takes minutes."""

TICK_S = 0.2
"""How often a cancelled command notices."""

_VARIABLES = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # Missing objects of a partial clone are an error, never a download: the first for git 2.44 and newer, the second
    # (no transport is allowed) for the older ones.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    # A tree's name promises its content, so replaced objects must not stand in for it.
    "GIT_NO_REPLACE_OBJECTS": "1",
}

_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.logAllRefUpdates=false",
    "core.safecrlf=false",
    "core.sparseCheckout=false",
    "index.sparse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",
    "i18n.commitEncoding=UTF-8",
    "add.ignoreErrors=false",
    "advice.addEmbeddedRepo=false",
)

_PARTIAL = "; this is a partial clone and nothing is downloaded: use a full clone, or check the revision out once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a git command answered."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def line(self) -> str:
        """The standard output without its last newline."""
        return os.fsdecode(self.stdout.removesuffix(b"\n"))

    @property
    def complaint(self) -> str:
        """What git wrote to standard error, or its exit code when it wrote nothing."""
        return text_of(self.stderr).strip() or f"git exited with {self.code}"

    @property
    def broke_down(self) -> bool:
        """Whether git was killed or had no disk space to write, whatever it was asked for."""
        return self.code < 0 or (self.code != 0 and "No space left" in self.complaint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git program, run in ``directory`` with ``variables`` on top of the scrubbed environment."""

    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = TIMEOUT_S
    cancel: threading.Event | None = None

    def at(self, directory: Path) -> "Git":
        """The same, in another directory."""
        return replace(self, directory=directory)

    def having(self, **variables: str) -> "Git":
        """The same, with more environment variables."""
        return replace(self, variables={**self.variables, **variables})

    def run(self, *arguments: str, stdin: "bytes | BinaryIO" = b"") -> Output:
        """Run git; raise GitFailed unless it exits with 0. A file as ``stdin`` is read from where it stands."""
        output = self.attempt(*arguments, stdin=stdin)
        if output.code != 0:
            advice = _PARTIAL if "promisor remote" in output.complaint else ""
            raise GitFailed(
                f"`git {_shown(arguments)}` failed in {self.directory}: {output.complaint}{advice}",
                subject=str(self.directory),
            )
        return output

    def attempt(self, *arguments: str, stdin: "bytes | BinaryIO" = b"") -> Output:
        """Run git, whatever its exit code. Raises GitFailed when it cannot be run, GitTimedOut when it does not end in
        time, Cancelled when ``cancel`` is set before it ends.
        """
        program = shutil.which("git")
        if program is None:
            raise GitFailed("the git program was not found on PATH; install git 2.34 or newer", subject="git")
        settings = [part for setting in _CONFIG for part in ("-c", setting)]
        try:
            process = subprocess.Popen(
                [program, "--no-pager", *settings, *arguments],
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A group of its own: Ctrl-C must not cut git off in the middle of a write, and a time-out must also
                # reach the filters that git started.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise GitFailed(f"git cannot be run in {self.directory}: {error}", subject=str(self.directory)) from error
        try:
            stdout, stderr = self._outcome(process, stdin if isinstance(stdin, bytes) else None, arguments)
        except BaseException:
            _kill(process)
            raise
        return Output(code=process.returncode, stdout=stdout, stderr=stderr)

    def _outcome(
        self, process: "subprocess.Popen[bytes]", stdin: bytes | None, arguments: Sequence[str]
    ) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + self.timeout_s
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                return process.communicate(stdin, timeout=left if self.cancel is None else min(left, TICK_S))
            except subprocess.TimeoutExpired as error:
                if self.cancel is not None and self.cancel.is_set():
                    raise Cancelled(
                        f"`git {_shown(arguments)}` was cancelled in {self.directory}", subject=str(self.directory)
                    ) from error
                if time.monotonic() >= deadline:
                    raise GitTimedOut(
                        f"`git {_shown(arguments)}` did not end within {self.timeout_s:g} s in {self.directory}; "
                        "it was stopped",
                        subject=str(self.directory),
                    ) from error

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return {**inherited, **_VARIABLES, **self.variables}


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _shown(arguments: Sequence[str]) -> str:
    return " ".join(argument if argument.isprintable() else repr(argument) for argument in arguments)
