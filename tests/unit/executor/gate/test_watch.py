"""Who watches a run sees its progress, its report, and how it ended."""

from collections.abc import Iterator

import pytest

from autopack_clients.errors import StoreUnavailable, UnknownRun
from autopack_executor.gate.active_runs import ActiveRun
from autopack_executor.gate.watch import Report, watch_run
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.report.artifact_folder import RESULT_FILE
from autopack_model.run.value import Run, RunState
from tests.fakes.calls import Pause, raising
from tests.fakes.gate import REQUEST, Machine

LATER_MS = 250


def made(activity: Activity, side: Side | None = None, done: int = 0) -> Progress:
    """A progress report."""
    return Progress(activity=activity, side=side, collected=0, done=done, failures=0, message="")


def _watched(machine: Machine, *, later_ms: int = LATER_MS) -> Iterator[tuple[Progress, int] | Report | Run]:
    """What somebody sees who watches a new run from its beginning, and reads the clock so much later than that."""
    begin = Pause()
    machine.calls.before("store.advance", begin)
    machine.start_run()("request", REQUEST)
    run = machine.active.get("run-1")
    assert run is not None
    now_ms = run.started_at_ms + later_ms
    run.report(made(Activity.PREPARING))
    events = watch_run(machine.active, machine.store, "run-1", lambda: True, lambda: now_ms)
    yield next(events)
    begin.release()
    yield from events


def test_progress_comes_with_the_time_since_the_start(machine: Machine) -> None:
    """Each progress report comes with the milliseconds since the run's start."""
    progress = [event for event in _watched(machine) if isinstance(event, tuple)]
    assert {LATER_MS} == {elapsed_ms for _, elapsed_ms in progress}
    assert Activity.DECIDING is progress[-1][0].activity


def test_a_clock_that_was_put_back_shows_nothing_negative(machine: Machine) -> None:
    """No run is shorter than no time at all."""
    assert {0} == {event[1] for event in _watched(machine, later_ms=-5) if isinstance(event, tuple)}


def test_the_report_comes_before_the_run(machine: Machine) -> None:
    """Behind the progress comes the report, the bytes that lie on the disk, and at last the run as it ended."""
    *_, report, run = _watched(machine)
    assert Report(document=machine.artifacts.documents["run-1", RESULT_FILE]) == report
    assert machine.store.runs["run-1"] == run


def test_a_run_without_a_verdict_has_no_report(machine: Machine) -> None:
    """A run that failed ends its watching without a report."""
    machine.calls.before("gatekeeper.decide", raising(ZeroDivisionError()))
    events = list(_watched(machine))
    assert [] == [event for event in events if isinstance(event, Report)]
    assert isinstance(events[-1], Run)
    assert RunState.FAILED is events[-1].state


def test_the_store_is_not_asked_for_what_is_at_hand(machine: Machine) -> None:
    """The end of a run that was executed here is what its end was answered with."""
    list(_watched(machine))
    assert 1 == machine.calls.names.count("store.run"), "it was asked for the name alone"


def test_a_run_of_another_process_is_what_the_store_says(machine: Machine) -> None:
    """A run that this process does not execute is shown as the store has it."""
    machine.attempt("run-1")
    events = list(watch_run(machine.active, machine.store, "run-1", lambda: True, lambda: 0))
    assert [machine.store.runs["run-1"]] == events


def test_an_unknown_run_is_refused(machine: Machine) -> None:
    """There is nothing to watch of a run that nobody knows."""
    with pytest.raises(UnknownRun):
        list(watch_run(machine.active, machine.store, "run-0", lambda: True, lambda: 0))


def test_an_end_that_is_not_recorded_is_raised(machine: Machine) -> None:
    """Who watches a run whose end could not be recorded is told so, and sees neither report nor run."""
    machine.calls.before("store.finish", raising(StoreUnavailable("gone")))
    events: list[object] = []
    with pytest.raises(StoreUnavailable, match="run run-1 has no verdict"):
        events.extend(_watched(machine))
    assert [] == [event for event in events if not isinstance(event, tuple)]


def test_a_thread_that_broke_down_is_what_the_store_says(machine: Machine) -> None:
    """A run whose thread ended without an outcome is shown as the store has it: still running."""
    machine.calls.before("gatekeeper.decide", raising(SystemExit()))
    *_, run = _watched(machine)
    assert isinstance(run, Run)
    assert RunState.RUNNING is run.state


def test_nothing_is_done_for_a_listener_who_has_gone(machine: Machine) -> None:
    """When nobody listens any more the watching ends, without a question to the store, and the run goes on."""
    going_on = Pause()
    machine.calls.before("repository.changed_files", going_on)
    machine.start_run()("request", REQUEST)
    asked = machine.calls.names.count("store.run")
    events = list(watch_run(machine.active, machine.store, "run-1", lambda: False, lambda: 0))
    assert [tuple] * len(events) == [type(event) for event in events]
    assert (asked, True) == (machine.calls.names.count("store.run"), machine.active.get("run-1") is not None)
    going_on.release()
    machine.active.close()


def test_each_report_is_seen_once() -> None:
    """A watcher who keeps up sees every report, each once and in order, also when an activity is gone back to."""
    run = ActiveRun(run_id="run-1", started_at_ms=0)
    reports = [
        made(Activity.PREPARING),
        made(Activity.TESTING, Side.BASE, 1),
        made(Activity.TESTING, Side.BASE, 2),
        made(Activity.TESTING, Side.HEAD, 1),
        made(Activity.PREPARING),
    ]
    run.report(reports[0])
    seen = []
    following = iter(reports[1:])
    asked = iter([True] * 20)
    for report in run.watch(lambda: next(asked, False)):
        seen.append(report)
        following_report = next(following, None)
        if following_report is None:
            run.finish()
        else:
            run.report(following_report)
    assert reports == seen


def test_a_slow_watcher_sees_the_newest_of_each_activity() -> None:
    """Reports of one activity on one side that nobody has seen yet are replaced by newer ones."""
    run = ActiveRun(run_id="run-1", started_at_ms=0)
    old, new, last = (made(Activity.TESTING, Side.BASE, done) for done in (1, 2, 3))
    other = made(Activity.TESTING, Side.HEAD)
    for report in (old, new, other, last):
        run.report(report)
    run.finish()
    assert [new, other, last] == list(run.watch(lambda: True))


def test_what_was_seen_may_be_replaced() -> None:
    """A report that takes the place of one that was seen is seen too, before what follows it."""
    run = ActiveRun(run_id="run-1", started_at_ms=0)
    old, new = (made(Activity.TESTING, Side.BASE, done) for done in (1, 2))
    other = made(Activity.TESTING, Side.HEAD)
    run.report(old)
    watching = run.watch(lambda: True)
    assert old == next(watching)
    run.report(new)
    run.report(other)
    run.finish()
    assert [new, other] == list(watching)
