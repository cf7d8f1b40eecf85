"""What a look at a long test module costs where a helper of all its tests changed, for each line of it.

Run as ``python -m benchmarks.bench_look [number of tests]`` from the root of the project. A line has to cost the same
when the module grows.
"""

import sys
import time

from autopack_executor.syntax.look import look
from tests.unit.executor.syntax.looking import MODULE, sources
from tests.unit.executor.syntax.test_look_length import module

TESTS = 400


def seconds(tests: int) -> tuple[int, float]:
    """The lines of a module with so many tests, and the processor time of a look at two versions of it."""
    before, after = module(tests, 1), module(tests, 2)
    request = sources({MODULE: before}, {MODULE: after})
    start = time.process_time()
    look(request)
    return len(after.splitlines()), time.process_time() - start


def main() -> None:
    """Print a line for each of four lengths, up to the number of tests that is asked for."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else TESTS
    for tests in (most // 8, most // 4, most // 2, most):
        lines, taken = seconds(tests)
        print(f"{tests:6,} tests, {lines:7,} lines: {taken:6.2f} s, {taken / lines * 1e6:6.0f} us a line")


if __name__ == "__main__":
    main()
