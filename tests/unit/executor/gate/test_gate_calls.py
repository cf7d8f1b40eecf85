"""Each datum crosses once: the calls of a gate are counted, and one more of them fails a test."""

from dataclasses import replace

import pytest

from autopack_executor.gate.ports.services import Store
from autopack_executor.gate.watch import watch_run
from tests.fakes.calls import Pause
from tests.fakes.gate import REQUEST, Machine

ONCE = {"store.create_run": 1, "store.advance": 1, "store.record_changed_files": 1, "store.finish": 1}
BASELINES = {
    "new": {"store.find_baseline": 1, "store.upload": 2},
    "reused": {"store.find_baseline": 1, "store.attach": 1, "store.upload": 1},
    "none": {"store.upload": 1},
}


def _gate(machine: Machine, *, no_baseline: bool = False) -> None:
    """Start a run without a name of its own, and watch it from its first progress to its end."""
    watched = Pause()
    machine.calls.before("runner.run_head", watched)
    run_id, _ = machine.start_run()("request", replace(REQUEST, run_id=None, no_baseline=no_baseline))
    events = watch_run(machine.active, machine.store, run_id, lambda: True, lambda: 0)
    next(events)
    watched.release()
    for _ in events:
        pass


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_gate_makes_these_calls_and_no_others(machine: Machine, baseline: str) -> None:
    """The calls of the store and of the gatekeeper, from the start of a run to its watched end, per method."""
    if baseline == "reused":
        _gate(machine)
        machine.calls.names.clear()
    _gate(machine, no_baseline=baseline == "none")
    assert ONCE | BASELINES[baseline] == machine.calls.count("store")
    asked = {"gatekeeper.decide": 1} | ({} if baseline == "none" else {"gatekeeper.plan_cross_side": 1})
    assert asked == machine.calls.count("gatekeeper")


def test_evidence_cannot_be_downloaded() -> None:
    """The store, as a gate knows it, has no method that gives evidence, a decision or changed files back."""
    methods = {name for name in vars(Store) if not name.startswith("_")}
    assert {
        "create_run",
        "run",
        "find_baseline",
        "upload",
        "attach",
        "record_changed_files",
        "advance",
        "finish",
    } == methods
