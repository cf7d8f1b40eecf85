"""What a gate costs beside the suite that it runs. Usage: ``python -m benchmarks.bench_gate``.

Prints ratios against bare ``pytest`` on a fresh checkout of the same commit, measured in the same run: the recorder
alone, a gate on a warm baseline, its fixed cost (a gate of one test less bare pytest of one test), and start-up; once
by the clock and once by processor time of all processes, which other load on the machine disturbs less.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.suite.stream import pytest_with_recorder, recorder_variables
from tests.builders import GitSandbox

FILES = 50
TESTS_PER_FILE = 100
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command cost, children included: seconds on the wall, and seconds of processor time."""

    wall: float
    cpu: float


def main() -> None:
    """Run the benchmark and print its lines."""
    autopack = Path(sys.executable).parent / "autopack"
    with tempfile.TemporaryDirectory(prefix="autopack-bench-") as name:
        folder = Path(name)
        large = _repository(folder / "large", FILES, TESTS_PER_FILE)
        small = _repository(folder / "small", 1, 1)
        environment = os.environ | {"AUTOPACK_HOME": str(folder / "state")}

        def gate(repository: Path) -> Callable[[], None]:
            command = [str(autopack), "gate", "--repo", str(repository), "--base", "main", "--head", "candidate"]
            return lambda: _run([*command, "--python", sys.executable], repository, environment)

        actions: dict[str, Callable[[], None]] = {
            "bare": lambda: _pytest(_fresh(large, folder)),
            "recorded": lambda: _recorded(_fresh(large, folder), folder),
            "gate": gate(large),
            "bare_one": lambda: _pytest(_fresh(small, folder)),
            "gate_one": gate(small),
            "help": lambda: _run([str(autopack), "--help"], folder, environment),
            "python": lambda: _run([sys.executable, "-c", "pass"], folder, environment),
        }
        for repository in (large, small):
            gate(repository)()  # measures the baseline and warms every cache
        # Round by round, so that a change of the machine's load meets all of them alike.
        rounds = [{name: cost(action) for name, action in actions.items()} for _ in range(ROUNDS)]

    for kind in ("wall", "cpu"):
        seconds = {
            name: statistics.median(costs[name].wall if kind == "wall" else costs[name].cpu for costs in rounds)
            for name in actions
        }
        _print(kind, seconds)


def _print(kind: str, seconds: dict[str, float]) -> None:
    bare, gated, fixed = seconds["bare"], seconds["gate"], seconds["gate_one"] - seconds["bare_one"]
    count = FILES * TESTS_PER_FILE
    per_test = (seconds["recorded"] - bare) / count * 1e6
    print(f"-- {kind} seconds, median of {ROUNDS} rounds")
    print(f"bare pytest, {count} tests, fresh checkout   {bare:8.3f} s (reference)")
    print(f"recorder alone / bare                     {seconds['recorded'] / bare:8.3f}   ({per_test:.0f} us per test)")
    print(f"gate on a warm baseline / bare            {gated / bare:8.3f}   ({gated:.3f} s)")
    print(f"fixed cost of a gate (1 test)             {fixed:8.3f} s (goal: under 1.5)")
    print(f"gate less its fixed cost / bare           {(gated - fixed) / bare:8.3f}   (goal: at most 1.10)")
    print(f"autopack --help                           {seconds['help']:8.3f} s (goal: under 0.3)")
    print(f"bare interpreter                          {seconds['python']:8.3f} s")


def _fresh(repository: Path, folder: Path) -> Path:
    """A new checkout of the candidate, without bytecode: what a suite on a new commit starts from."""
    path = folder / "fresh"
    shutil.rmtree(path, ignore_errors=True)
    _run(["git", "clone", "--quiet", "--branch", "candidate", str(repository), str(path)], folder, dict(os.environ))
    return path


def _repository(root: Path, files: int, tests: int) -> Path:
    repository = GitSandbox(root)
    body = "".join(f"\n\ndef test_{number}():\n    assert {number} + 1 == {number + 1}\n" for number in range(tests))
    repository.commit({f"tests/test_{number:03}.py": body.lstrip() for number in range(files)} | {"value.py": "1\n"})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"value.py": "2\n"})
    repository.git("switch", "--quiet", "main")
    return root


def _pytest(root: Path) -> None:
    _run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider"], root, dict(os.environ))


def _recorded(root: Path, folder: Path) -> None:
    stream, modules = folder / "recorder.jsonl", folder / "modules.json"
    stream.unlink(missing_ok=True)
    modules.write_text("{}", encoding="utf-8")
    variables = recorder_variables(stream, root, modules)
    _run(
        [*pytest_with_recorder(sys.executable), "-p", "no:cacheprovider"],
        root,
        os.environ | variables,
    )


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )


def cost(action: Callable[[], None]) -> Cost:
    """What ``action`` and the processes that it starts and waits for cost; its own processor time is not counted."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall=wall, cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
