"""The runs that this process is executing: one thread each, their progress, and the way to cancel them."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog

from autopack_executor.gate.gate import Ended
from autopack_model.progress.value import Progress

_log = structlog.get_logger("executor")


@dataclass(slots=True, kw_only=True, eq=False)
class ActiveRun:
    """One run in execution. ``cancel`` asks it to end; ``ended`` is set when its thread has done everything, and
    ``outcome`` is then how it ended. ``started_at_ms`` is milliseconds since the epoch, UTC.
    """

    run_id: str
    started_at_ms: int
    outcome: Ended | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _reports: list[Progress] = field(default_factory=list)

    def report(self, progress: Progress) -> None:
        """Publish progress. Watchers that are slower than the run see the newest of each activity on each side."""
        with self._changed:
            last = self._reports[-1] if self._reports else None
            if last is not None and (last.activity, last.side) == (progress.activity, progress.side):
                self._reports[-1] = progress
            else:
                self._reports.append(progress)
            self._changed.notify_all()

    def finish(self) -> None:
        """Say that nothing follows."""
        with self._changed:
            self.ended.set()
            self._changed.notify_all()

    def watch(self, alive: Callable[[], bool]) -> Iterator[Progress]:
        """Progress as it comes, until the run has ended or ``alive`` (asked about once a second) says no."""
        seen: Progress | None = None
        position = 0
        while True:
            with self._changed:
                if not self.ended.is_set() and (not self._reports or self._reports[-1] is seen):
                    self._changed.wait(timeout=1.0)
                over = self.ended.is_set()
                # The last one that was seen may have been replaced by a newer one of the same activity.
                news = [report for report in self._reports[position:] if report is not seen]
                position = max(0, len(self._reports) - 1)
            for seen in news:
                yield seen
            if over or not alive():
                return


class ActiveRuns:
    """All runs of this process. ``closing`` is set when no more are wanted."""

    def __init__(self) -> None:
        self._runs: dict[str, ActiveRun] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._guard = threading.Lock()
        self.closing = threading.Event()

    def start(self, run_id: str, now_ms: int, body: Callable[[ActiveRun], None]) -> ActiveRun:
        """Execute ``body`` in a thread of its own; what it raises is logged. Once this is closed, the run is
        cancelled before it begins. Raises RuntimeError when there can be no more threads.
        """
        active = ActiveRun(run_id=run_id, started_at_ms=now_ms)

        def execute() -> None:
            try:
                body(active)
            except BaseException:  # noqa: BLE001 - nobody else is there to hear of it
                _log.exception("the run's thread broke down", run_id=run_id)
            finally:
                self._forget(run_id)
                active.finish()

        thread = threading.Thread(target=execute, name=f"run-{run_id}")
        with self._guard:
            self._runs[run_id] = active
            self._threads[run_id] = thread
            if self.closing.is_set():
                active.cancel.set()
        try:
            thread.start()
        except RuntimeError:
            self._forget(run_id)
            raise
        return active

    def _forget(self, run_id: str) -> None:
        with self._guard:
            del self._runs[run_id], self._threads[run_id]

    def get(self, run_id: str) -> ActiveRun | None:
        """The run in execution with this name, if there is one."""
        with self._guard:
            return self._runs.get(run_id)

    def close(self, seconds: float | None = None) -> None:
        """Cancel every run and wait until each has cleaned up behind itself; no longer than ``seconds`` in all, if any
        are given. The runs that have not ended by then are left to the end of the process and to the next start.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._guard:
            self.closing.set()
            runs, threads = list(self._runs.values()), list(self._threads.values())
        for run in runs:
            run.cancel.set()
        for thread in threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
