"""What deciding costs beside comparing two byte arrays: 1 M tests, in one run, as ratios.

Run as ``python -m benchmarks.bench_decide [number of tests]`` from the root of the project.
"""

import sys
import time
from collections.abc import Callable, Iterator

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.matrix import transitions
from autopack_gatekeeper.domain.policy import DEFAULT_POLICY
from autopack_gatekeeper.domain.waivers import NO_WAIVERS
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence

TESTS = 1_000_000
REPEATS = 3
NO_FILES = ChangedFiles.of(())


def test_id(number: int) -> str:
    """An id of realistic length."""
    return (
        f"tests/unit/area_{number // 10_000:03d}/test_module_{number // 100:05d}.py::TestCase::test_{number % 100:02d}"
    )


test_id.__test__ = False  # type: ignore[attr-defined]  # keeps pytest from collecting it by its name


def best(call: Callable[[], object]) -> float:
    """The shortest of REPEATS measurements of ``call``, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def array_comparisons(base: Evidence, head: Evidence) -> float:
    """The yardstick: two comparisons of byte arrays with an entry per test, in seconds."""
    first, second = bytearray(base.states), bytearray(head.states)
    copies = (bytes(first), bytes(second))
    return best(lambda: (first == copies[0], second == copies[1]))


def measure(name: str, base: Evidence, head: Evidence, yardstick: float) -> Iterator[str]:
    """One line per part of the work, with its ratio to the yardstick."""
    parts: dict[str, Callable[[], object]] = {
        "state columns to cells": lambda: transitions(base.states, head.states[: len(base.states)]),
        "compare()": lambda: compare(base, head, {}),
        "assess both sides (digests)": lambda: assess_side(head, beside=assess_side(base)),
        "decide()": lambda: decide(base, head, NO_FILES, DEFAULT_POLICY, NO_WAIVERS),
    }
    for part, call in parts.items():
        seconds = best(call)
        yield f"{name}: {part}: {seconds * 1000:.2f} ms, {seconds / yardstick:.0f} x two array comparisons"


def main(tests: int = TESTS) -> None:
    """Measure ``decide()`` over ``tests`` tests with equal ids, and with few ids that differ; print lines."""
    outcomes = {test_id(number): TestState.PASSED for number in range(tests)}
    base = make_evidence(outcomes)
    changed = dict(outcomes)
    for number in range(0, tests, max(1, tests // 10)):
        changed[test_id(number)] = TestState.FAILED
    same_ids = make_evidence(changed)
    for number in range(1, tests, max(2, tests // 10)):
        del changed[test_id(number)]
        changed[f"{test_id(number)}_new"] = TestState.PASSED
    other_ids = make_evidence(changed)
    del outcomes, changed
    yardstick = array_comparisons(base, same_ids)
    print(f"{tests} tests; two comparisons of {tests}-byte arrays: {yardstick * 1000:.3f} ms")
    for name, head in (("equal ids", same_ids), ("few ids differ", other_ids)):
        for line in measure(name, base, head, yardstick):
            print(line)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TESTS)
