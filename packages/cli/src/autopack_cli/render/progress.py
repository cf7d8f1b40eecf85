"""Progress of a run on standard error: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.progress.value import Progress as Report

PLAIN_SECONDS = {Activity.TESTING: 10.0, Activity.SETTING_UP: 30.0}
"""How often an activity is told again where the output is no terminal."""


class ProgressView:
    """Shows which side runs, tests done of collected, elapsed time, and failures so far; of a set-up the last line of
    its output. ``clock`` gives seconds.
    """

    def __init__(self, stream: TextIO, *, color: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._console = console(stream, color=color)
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._last: tuple[Activity, Side | None] | None = None
        self._printed = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                _Counts(self._clock),
                console=self._console,
                transient=True,
            )
            self._task = self._live.add_task("starting", total=None, counts="", started=self._clock())
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def started(self, run_id: str) -> None:
        """Say the run's name."""
        self._console.print(f"autopack: run {run_id}")

    def show(self, report: Report, elapsed_ms: int) -> None:
        """Show one report."""
        side = "" if report.side is None else f"{report.side.label}: "
        now = self._clock()
        counts = f"{report.done}/{report.collected} tests, {report.failures} failed, "
        testing = report.activity is Activity.TESTING
        what = f"{side}{report.activity.label.replace('_', ' ')}"
        key = (report.activity, report.side)
        if self._live is not None and self._task is not None:
            self._live.update(
                self._task,
                description=one_line(f"{what} {report.message}".rstrip(), 60),
                total=report.collected if testing else None,
                completed=report.done if testing else 0,
                counts=counts if testing else "",
                started=now - elapsed_ms / 1000,
                refresh=key != self._last,  # an activity that is over before the next regular refresh is still seen
            )
            self._last = key
            return
        again = key == self._last
        if again and now - self._printed < PLAIN_SECONDS.get(report.activity, float("inf")):
            return
        self._last, self._printed = key, now
        elapsed = f"{elapsed_ms / 1000:.1f} s"
        detail = f" ({counts}{elapsed})" if testing else f" {one_line(report.message)}".rstrip()
        self._console.print(f"autopack: {what}{detail}{f' ({elapsed})' if again and not testing else ''}")


class _Counts(ProgressColumn):
    """What is done, and a clock that goes on between two reports."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock

    def render(self, task: Task) -> Text:
        """The counts of the last report, and the seconds since the run began."""
        return Text(f"{task.fields['counts']}{max(0.0, self._clock() - task.fields['started']):.1f} s")
