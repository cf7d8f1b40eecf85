"""What a gate costs beside the suite that it runs. Usage: ``python -m benchmarks.bench_gate``.

Prints ratios against bare ``pytest`` on the same files, measured in the same run, each as the median of ROUNDS: the recorder
alone, a gate on a warm baseline, its fixed cost (a gate of one test less bare pytest of one test), and start-up.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autopack_executor.adapters.recorder_stream import plugin_directory, recorder_variables
from tests.builders import GitSandbox

FILES = 50
TESTS_PER_FILE = 100
ROUNDS = 5


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

        for repository in (large, small):
            gate(repository)()  # measures the baseline and warms every cache
        bare = _median(lambda: _pytest(large))
        recorded = _median(lambda: _recorded(large, folder))
        gated = _median(gate(large))
        bare_one = _median(lambda: _pytest(small))
        gated_one = _median(gate(small))
        help_s = _median(lambda: _run([str(autopack), "--help"], folder, environment))
        python_s = _median(lambda: _run([sys.executable, "-c", "pass"], folder, environment))

    fixed = gated_one - bare_one
    count = FILES * TESTS_PER_FILE
    print(f"bare pytest, {count} tests (reference)        {bare:8.3f} s")
    print(
        f"recorder alone / bare                      {recorded / bare:8.3f}    ({(recorded - bare) / count * 1e6:.0f} us per test)"
    )
    print(f"gate on a warm baseline / bare             {gated / bare:8.3f}    ({gated:.3f} s)")
    print(f"fixed cost of a gate (1 test)              {fixed:8.3f} s  (goal: under 1.5)")
    print(f"gate less its fixed cost / bare            {(gated - fixed) / bare:8.3f}    (goal: at most 1.10)")
    print(
        f"autopack --help                            {help_s:8.3f} s  (goal: under 0.3; bare interpreter {python_s:.3f})"
    )


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
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "autopack_recorder"],
        root,
        os.environ | {"PYTHONPATH": str(plugin_directory())} | variables,
    )


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )


def _median(action: Callable[[], None]) -> float:
    """Seconds of ``action``, the median of ROUNDS."""

    def once() -> float:
        started = time.perf_counter()
        action()
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(ROUNDS))


if __name__ == "__main__":
    main()
