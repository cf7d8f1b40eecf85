"""What gates of real projects cost beside a bare run. Usage: ``python -m benchmarks.bench_real [NAME ...]``

Takes the projects that ``tests/real`` gates, from the package index; names pick some. In each round the two releases
are set up and tested without Autopack, each in a new clone and a new environment. Then the command gates a clone that
it does not know (cold: nothing of the repository is kept; downloads are, for both), and gates it again (warm: the
baseline and the environments are there). Prints the medians, by the clock and by processor time of all processes, which
other load on the machine disturbs less; ratios are against the bare runs of the same rounds.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.workspace.home import Home
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from benchmarks.bench_gate import Cost, cost
from tests.real.independent import IndependentEnvironment
from tests.real.own_checkout import OwnCheckout
from tests.real.projects import BUILD_BACKENDS, SET_UP_PROJECTS, SetUpProject, Tools
from tests.real.set_up_bench import SetUpBench, make_tools, set_up_bench
from tests.real.source_releases import BASE, HEAD

ROUNDS = 3
COLD_GOAL_S, WARM_GOAL_S, ENVIRONMENT_GOAL_S = 2.0, 0.5, 1.0
# An ALLOW, a BLOCK and a NEEDS_HUMAN are verdicts on two complete suite runs.
VERDICTS = (0, 1, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds: making environments and setting up both releases, both suites, that of the head, and both gates."""

    setup: float
    suites: float
    suite: float
    cold: float
    warm: float


def main(names: list[str]) -> None:
    """Run the benchmark and print its lines."""
    print(f"load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}; {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="autopack-bench-") as name:
        folder = Path(name)
        _print_environments(folder / "environments")
        tools = make_tools(folder / "tools")
        fetching = IndependentEnvironment(folder / "fetching", BUILD_BACKENDS).python
        for project in SET_UP_PROJECTS:
            if not names or project.name in names:
                _measure(project, folder / project.name, fetching, tools)


def _print_environments(folder: Path) -> None:
    """What it takes to make an environment, less the command that fills it."""
    home = Home(folder / "state")
    superuser = os.geteuid() == 0
    environments = HermeticEnvironments(home, Sandbox(home, superuser=superuser), dict(os.environ), superuser=superuser)
    beside = []
    with home.open_run("bench", folder) as workspace:
        tree = workspace.side(Side.BASE).tree
        tree.mkdir()
        for number in range(ROUNDS + 1):
            # Another command each time, so that no environment is there.
            setup = f"ROUND={number} pip install --quiet pytest==8.4.2"
            command = TestCommand(interpreter=Path(sys.executable), arguments=(), setup=setup, timeout_ms=300_000)
            started = time.perf_counter()
            prepared = environments.prepare(
                command,
                tree,
                side=Side.BASE,
                repository="bench",
                cancel=threading.Event(),
                progress=lambda _: None,
            )
            if prepared.setup is None or not prepared.usable:
                raise SystemExit(f"{setup} made no environment: {prepared.setup}")
            beside.append(time.perf_counter() - started - prepared.setup.duration_ms / 1000)
    first, *others = beside
    print(
        f"an environment, less its setup command: {statistics.median(others):.2f} s (goal: at most "
        f"{ENVIRONMENT_GOAL_S:.0f}); the first one on a machine {first:.2f} s"
    )


def _measure(project: SetUpProject, folder: Path, fetching: Path, tools: Tools) -> None:
    folder.mkdir()
    bench = set_up_bench(project, folder, fetching, tools)
    _round(bench, folder, 0)  # fills the caches of downloads
    rounds = [_round(bench, folder, number) for number in range(1, ROUNDS + 1)]
    for kind in ("wall", "cpu"):
        medians = {
            name: statistics.median(costs[name].wall if kind == "wall" else costs[name].cpu for costs in rounds)
            for name in rounds[0]
        }
        _print(
            project.name,
            kind,
            Figures(
                setup=medians["set-up of base"] + medians["set-up of head"],
                suites=medians["suite of base"] + medians["suite of head"],
                suite=medians["suite of head"],
                cold=medians["cold"],
                warm=medians["warm"],
            ),
        )


def _round(bench: SetUpBench, folder: Path, number: int) -> Mapping[str, Cost]:
    costs: defaultdict[str, Cost] = defaultdict(lambda: Cost(wall=0, cpu=0))
    for side, revision in (("base", BASE), ("head", HEAD)):
        place = folder / f"{revision}-{number}"
        checkout = bench.checkout(revision, place)
        costs[f"set-up of {side}"] = cost(_set_up(checkout, bench.tools))
        costs[f"suite of {side}"] = cost(_suite(checkout))
        shutil.rmtree(place)
    repository = folder / f"gated-{number}"
    shutil.copytree(bench.repository, repository, symlinks=True)
    for name in ("cold", "warm"):
        costs[name] = cost(_gate(bench, repository, folder / "state"))
    return costs


def _set_up(checkout: OwnCheckout, tools: Tools) -> Callable[[], None]:
    def set_up() -> None:
        checkout.make_environment()
        checkout.set_up(tools)

    return set_up


def _suite(checkout: OwnCheckout) -> Callable[[], None]:
    def suite() -> None:
        ended = checkout.suite()
        if ended.returncode not in (0, 1):
            raise SystemExit(f"pytest did not run to its end:\n{ended.stdout[-2000:]}")

    return suite


def _gate(bench: SetUpBench, repository: Path, state: Path) -> Callable[[], None]:
    project = bench.project
    autopack = Path(sys.executable).with_name("autopack")
    command = [str(autopack), "gate", "--repo", str(repository), "--base", BASE, "--head", HEAD]
    command += ["--python", sys.executable, "--setup", project.setup(bench.tools)]
    for name, value in bench.given.items():
        command += ["--env", f"{name}={value}"]
    given = {"folder": project.folder, "before-side": project.before_side, "after-side": project.after_side}
    for option, text in given.items():
        command += [f"--{option}", text] if text else []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}

    def gate() -> None:
        ended = subprocess.run(
            [*command, "--", *project.arguments],
            env=environment | {"AUTOPACK_HOME": str(state)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode not in VERDICTS:
            raise SystemExit(f"the gate of {project.name} ended with {ended.returncode}:\n{ended.stdout[-2000:]}")

    return gate


def _print(name: str, kind: str, seconds: Figures) -> None:
    bare = seconds.setup + seconds.suites
    cold, warm = seconds.cold - bare, seconds.warm - seconds.suite
    print(f"-- {name}, {kind} seconds, median of {ROUNDS} rounds")
    print(
        f"set-up of both {seconds.setup:.2f} s, both suites {seconds.suites:.2f} s, that of head {seconds.suite:.2f} s"
    )
    print(f"cold {seconds.cold:7.2f} s, {seconds.cold / bare:.2f} x bare, {cold:+.2f} s{_goal(cold, COLD_GOAL_S)}")
    print(
        f"warm {seconds.warm:7.2f} s, {seconds.warm / seconds.suite:.2f} x one suite, {warm:+.2f} s"
        f"{_goal(warm, WARM_GOAL_S)}"
    )


def _goal(more: float, goal: float) -> str:
    return f" (goal: at most {goal:+.1f} s; {'holds' if more <= goal else 'does not hold'})"


if __name__ == "__main__":
    main(sys.argv[1:])
