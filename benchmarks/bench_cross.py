"""What the third sides cost. Usage: ``python -m benchmarks.bench_cross [NAME ...]``

Takes the projects of ``tests/real`` that need no setup command, from the package index; names pick some. Gates four
kinds of change of a release, each on a known baseline, and the same change under a policy that takes all files for
product, so that base's tests are not asked. Prints the medians of both, by the clock and by processor time of all
processes, and their ratio: what the cross side and the reverse side cost.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.bench_gate import Cost, cost
from tests.real.bench import Bench, set_up
from tests.real.independent import IndependentEnvironment
from tests.real.projects import BUILD_BACKENDS, PROJECTS, RealProject
from tests.real.source_releases import BASE

ROUNDS = 3
# An ALLOW, a BLOCK and a NEEDS_HUMAN are verdicts.
VERDICTS = (0, 1, 4)
TWO_SIDES = '[policy]\nproduct_paths = ["**"]\n'
NEW_TEST = "\n\ndef test_of_the_benchmark():\n    assert True\n"


def main(names: list[str]) -> None:
    """Run the benchmark and print its lines."""
    print(f"load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}; {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="autopack-bench-") as name:
        folder = Path(name)
        fetching = IndependentEnvironment(folder / "fetching", BUILD_BACKENDS).python
        for project in PROJECTS:
            if not project.installed and (not names or project.name in names):
                (folder / project.name).mkdir()
                _measure(project, folder / project.name, fetching)


def _measure(project: RealProject, folder: Path, fetching: Path) -> None:
    bench = set_up(project, folder, fetching)
    policy = folder / "two_sides.toml"
    policy.write_text(TWO_SIDES)
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    changes = _changes(bench)
    for number in range(ROUNDS + 1):
        for kind, files in changes.items():
            head = _commit(bench, f"{kind}-{number}".replace(" ", "-"), files)
            for sides, options in (("two", ["--policy", str(policy)]), ("all", [])):
                measured = cost(partial(_gate, bench, head, options, folder / "state"))
                if number:  # the first round measures the baseline
                    costs[kind, sides].append(measured)
    for kind in changes:
        two, all_sides = (_median(costs[kind, sides]) for sides in ("two", "all"))
        print(
            f"{project.name}, {kind}: {two.wall:.2f} to {all_sides.wall:.2f} s by the clock "
            f"({all_sides.wall / two.wall:.2f} times), {two.cpu:.2f} to {all_sides.cpu:.2f} s of processor time "
            f"({all_sides.cpu / two.cpu:.2f} times)"
        )


def _changes(bench: Bench) -> Mapping[str, Mapping[str, str]]:
    """What each kind of change appends to which file."""
    paths = _git(bench, "ls-tree", "-r", "--name-only", BASE).splitlines()
    tests = next(path for path in paths if path.startswith("tests/test_") and path.endswith(".py"))
    product = next(path for path in paths if path.startswith(f"{bench.project.name}/") and path.endswith(".py"))
    return {
        "product alone": {product: ""},
        "one module of tests": {tests: ""},
        "product and tests": {product: "", tests: ""},
        "product and a new test": {product: "", tests: NEW_TEST},
    }


def _commit(bench: Bench, name: str, files: Mapping[str, str]) -> str:
    """A branch with the change; each has another comment, so that nothing of it was measured before."""
    _git(bench, "switch", "--quiet", "--create", name, BASE)
    for path, added in files.items():
        with (bench.repository / path).open("a") as file:
            file.write(f"\n# {name}\n{added}")
    _git(bench, "commit", "--quiet", "--all", "--message", name)
    _git(bench, "switch", "--quiet", BASE)
    return name


def _gate(bench: Bench, head: str, options: list[str], state: Path) -> None:
    command = [str(Path(sys.executable).parent / "autopack"), "gate", "--repo", str(bench.repository), *options]
    command += ["--base", BASE, "--head", head, "--python", str(bench.environment.python)]
    if bench.project.arguments:
        command += ["--", *bench.project.arguments]
    ended = subprocess.run(command, env=os.environ | {"AUTOPACK_HOME": str(state)}, capture_output=True, check=False)
    if ended.returncode not in VERDICTS:
        raise SystemExit(f"the gate of {head} ended with {ended.returncode}: {ended.stderr.decode()}")


def _git(bench: Bench, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(bench.repository), *arguments], capture_output=True, text=True, check=True
    ).stdout


def _median(costs: list[Cost]) -> Cost:
    return Cost(wall=statistics.median(each.wall for each in costs), cpu=statistics.median(each.cpu for each in costs))


if __name__ == "__main__":
    main(sys.argv[1:])
