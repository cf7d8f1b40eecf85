"""Progress of a run on standard error: a live line on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self, TextIO

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.progress.value import Progress as Report

PLAIN_SECONDS = 10.0


class ProgressView:
    """Shows which side runs, tests done of collected, elapsed time, and failures so far."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._stream = stream
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
                TextColumn("{task.fields[counts]}"),
                console=self._console,
                transient=True,
            )
            self._task = self._live.add_task("starting", total=None, counts="")
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
        counts = f"{report.done}/{report.collected} tests, {report.failures} failed, {elapsed_ms / 1000:.1f} s"
        testing = report.activity is Activity.TESTING
        what = f"{side}{report.activity.label.replace('_', ' ')}"
        key, now = (report.activity, report.side), time.monotonic()
        if self._live is not None and self._task is not None:
            self._live.update(
                self._task,
                description=one_line(f"{what} {report.message}".rstrip(), 60),
                total=report.collected if testing else None,
                completed=report.done if testing else 0,
                counts=counts if testing else f"{elapsed_ms / 1000:.1f} s",
                refresh=key != self._last,  # an activity that is over before the next regular refresh is still seen
            )
            self._last = key
            return
        if key == self._last and (not testing or now - self._printed < PLAIN_SECONDS):
            return
        self._last, self._printed = key, now
        detail = f" ({counts})" if testing else f" {one_line(report.message)}".rstrip()
        self._console.print(f"autopack: {what}{detail}")
