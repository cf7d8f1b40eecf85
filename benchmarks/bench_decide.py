"""What deciding costs beside comparing two byte arrays: 1 M tests, in one run, as ratios.

Run as ``python -m benchmarks.bench_decide [number of tests]`` from the root of the project.
"""

import sys
import time
from collections.abc import Callable, Iterator

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.matrix import transitions
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge

TESTS = 1_000_000
REPEATS = 5


def test_id(number: int) -> str:
    """An id of realistic length."""
    return (
        f"tests/unit/area_{number // 10_000:03d}/test_module_{number // 100:05d}.py::TestCase::test_{number % 100:02d}"
    )


test_id.__test__ = False  # type: ignore[attr-defined]  # keeps pytest from collecting it by its name


def best(call: Callable[[], object]) -> float:
    """The shortest of REPEATS measurements of ``call``, in seconds of processor time: others may be busy meanwhile."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
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
        "compare()": lambda: compare(base, head, Renames(paths={})),
        "digest of head's test ids": lambda: TestIds(head.test_ids.blocks).digest,
        "assess both sides, digests of test ids known": lambda: assess_side(head, beside=assess_side(base)),
    }
    for part, call in parts.items():
        seconds = best(call)
        yield f"{name}: {part}: {seconds * 1000:.2f} ms, {seconds / yardstick:.0f} x two array comparisons"


def decided(base: Evidence, head: Evidence) -> float:
    """What ``decide()`` takes, digests of test ids known, in seconds."""
    return best(lambda: judge(base, head))


def main(tests: int = TESTS) -> None:
    """Measure ``decide()`` over ``tests`` tests with equal ids, with few ids that differ, and with one in a hundred."""
    outcomes = {test_id(number): TestState.PASSED for number in range(tests)}
    base = make_evidence(outcomes)
    for number in range(0, tests, max(1, tests // 10)):
        outcomes[test_id(number)] = TestState.FAILED
    heads = {"equal ids": make_evidence(outcomes)}
    for name, step in (("10 ids added, 10 removed", max(4, tests // 10)), ("1 id in 100 differs", 100)):
        for number in range(1, tests, step):
            outcomes.pop(test_id(number), None)
            outcomes[f"{test_id(number + step // 2)}_new"] = TestState.PASSED
        heads[name] = make_evidence(outcomes)
    del outcomes
    yardstick = array_comparisons(base, heads["equal ids"])
    print(f"{tests} tests; two comparisons of {tests}-byte arrays: {yardstick * 1000:.3f} ms")
    for name, head in heads.items():
        for line in measure(name, base, head, yardstick):
            print(line)
    times = {name: decided(base, head) for name, head in heads.items()}
    for name, seconds in times.items():
        print(f"{name}: decide(): {seconds * 1000:.1f} ms, {seconds / times['equal ids']:.1f} x equal ids")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TESTS)
