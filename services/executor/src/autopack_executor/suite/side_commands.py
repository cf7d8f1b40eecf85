"""The operator's commands before and after the suite of one side: to start a service, or to reset one."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.isolation.output_log import read_tail
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.folders import SideFolders
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.suite_run.value import CommandFacts

BEFORE_FILE = "before_side.log"
AFTER_FILE = "after_side.log"
TAIL_CHARACTERS = 4096

# What a service prints that the command starts goes to the file, so that it never meets a pipe that nobody reads.
_INTO_FILE = 'exec >"$1" 2>&1 && exec /bin/sh -c "$2"'


@dataclass(slots=True, kw_only=True)
class SideCommands:
    """Runs both commands in the folder of the tests, with their variables, each bounded by the time limit."""

    sandbox: Sandbox
    command: TestCommand
    folders: SideFolders
    variables: Mapping[str, str]
    cancel: threading.Event
    before: CommandFacts | None = None
    after: CommandFacts | None = None

    @contextlib.contextmanager
    def around(self) -> Iterator[bool]:
        """Run the one, then the block, then the other; yields whether the block may run its suite. What the first has
        started in the background lives until the end of the block, and the second runs in any case.

        Raises EvidenceNotWritten.
        """
        with self.folders.workspace.services() as marker:
            if self.command.before_side is not None:
                self.before = self._run(self.command.before_side, BEFORE_FILE, marker)
            try:
                yield self.before is None or self.before.exit_code == 0
            finally:
                if self.command.after_side is not None:
                    self.after = self._run(self.command.after_side, AFTER_FILE, None)

    @property
    def logs(self) -> tuple[Path, ...]:
        """The files with what they printed."""
        return tuple(self.folders.out / name for name in (BEFORE_FILE, AFTER_FILE))

    def _run(self, text: str, name: str, marker: str | None) -> CommandFacts:
        log = self.folders.out / name
        log.unlink(missing_ok=True)
        seen = self.sandbox.paths(self.folders).out / name
        ended = self.sandbox.run(
            self.folders,
            ["/bin/sh", "-c", _INTO_FILE, "autopack", str(seen), text],
            variables=self.variables,
            log=self.folders.out / f"{name}.shell",
            timeout_s=self.command.timeout_ms / 1000,
            cancel=self.cancel,
            folder=self.command.folder,
            services=marker,
        )
        return CommandFacts(
            command=text,
            exit_code=None if ended.timed_out or ended.cancelled else ended.exit_code,
            timed_out=ended.timed_out,
            duration_ms=ended.ended_at_ms - ended.started_at_ms,
            output_tail=read_tail(log, TAIL_CHARACTERS),
        )
