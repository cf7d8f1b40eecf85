"""The recorder's event stream as a file that grows, shrinks or vanishes while it is read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.suite.events import RECORDER_VERSION
from autopack_executor.suite.recording import RecordingFold
from autopack_executor.suite.value import Recording
from autopack_model.suite_run.value import StreamState

__all__ = ["PLUGIN", "RECORDER_VERSION", "RecorderStream", "StreamCounts", "pytest_with_recorder", "recorder_variables"]

PLUGIN = "autopack_recorder"

_CHUNK = 1 << 20
_MAX_LINE = 16 << 20
_MAX_PER_POLL = 64 << 20


def pytest_with_recorder(python: Path | str) -> tuple[str, ...]:
    """The command that starts pytest with the recorder in it, instead of ``python -m pytest``; arguments follow. It
    names the recorder by its place, so that nothing of a tree can stand for it.
    """
    start = Path(__file__).resolve().parent.parent / "recorder" / "start_pytest.py"
    return (str(python), str(start), "-p", PLUGIN)


def recorder_variables(stream: Path, tree: Path, modules: Path, tests: Path | None = None) -> dict[str, str]:
    """What the recorder reads from its environment. ``tree`` is the worktree's path as the child sees it; ``modules``
    is a JSON file with what ``import_roots.importable_modules`` returns for its tracked files, and ``tests`` one
    with a list of the tests that alone are to be run.
    """
    variables = {
        "AUTOPACK_RECORDER_STREAM": str(stream),
        "AUTOPACK_RECORDER_TREE": str(tree),
        "AUTOPACK_RECORDER_MODULES": str(modules),
    }
    return variables if tests is None else {**variables, "AUTOPACK_RECORDER_TESTS": str(tests)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounts:
    """How far the suite is: selected tests, those with a final report, those that went wrong."""

    collected: int
    done: int
    failures: int


class RecorderStream:
    """Reads the event file of one suite run. It creates the file, so that only this one can ever count.

    Raises EvidenceNotWritten when the file cannot be created. Never raises for what stands in it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            self._descriptor: int | None = os.open(path, flags, 0o600)
        except OSError as error:
            raise EvidenceNotWritten(
                f"The event stream {path} cannot be created: {error}. Free disk space or choose another folder.",
                subject=str(path),
            ) from error
        self._offset = 0
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._fold = RecordingFold()

    def __enter__(self) -> "RecorderStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file descriptor back. Idempotent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def poll(self) -> StreamCounts:
        """Read what was written since the last call, at most 64 MiB of it."""
        if self._descriptor is not None:
            self._read(self._descriptor, _MAX_PER_POLL)
        return StreamCounts(collected=self._fold.collected, done=self._fold.reported, failures=self._fold.bad)

    @property
    def whole(self) -> bool:
        """Whether all that was read by now is a whole stream."""
        return self._fold.whole and not self._rest_size

    def finish(self) -> Recording:
        """Read the rest, once nobody writes any more, close, and fold. Further calls return the same."""
        if self._descriptor is not None:
            size = os.fstat(self._descriptor).st_size
            self._read(self._descriptor, max(0, size - self._offset))
            self._judge_file(self._descriptor)
            self.close()
        return self._fold.result()

    def _read(self, descriptor: int, limit: int) -> None:
        while limit > 0:
            try:
                data = os.pread(descriptor, min(_CHUNK, limit), self._offset)
            except OSError:
                self._fold.refuse(StreamState.TRUNCATED)
                return
            if not data:
                return
            self._offset += len(data)
            limit -= len(data)
            self._take(data)

    def _take(self, data: bytes) -> None:
        head, separator, tail = data.rpartition(b"\n")
        if not separator:
            self._keep(data)
            return
        for line in b"".join([*self._rest, head]).split(b"\n"):
            self._fold.feed(line)
        self._rest, self._rest_size = [], 0
        self._keep(tail)

    def _keep(self, part: bytes) -> None:
        """Hold the beginning of a line back, unless no event can be that long."""
        self._rest_size += len(part)
        if self._rest_size > _MAX_LINE:
            self._fold.refuse(StreamState.MALFORMED)
            self._rest = []
        elif part:
            self._rest.append(part)

    def _judge_file(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        try:
            named = self._path.lstat()
        except OSError:
            named = None
        if named is None or not stat.S_ISREG(status.st_mode) or not os.path.samestat(named, status):
            self._fold = RecordingFold()
            self._fold.refuse(StreamState.MISSING)
        elif self._offset == 0:
            self._fold.refuse(StreamState.MISSING)
        elif status.st_size < self._offset or self._rest_size:
            self._fold.refuse(StreamState.TRUNCATED)
