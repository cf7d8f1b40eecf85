"""The next executor ends and clears what a killed one left, and never touches living runs."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autopack_executor.workspace import processes
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.orphans import Sweep, sweep
from autopack_git.errors import GitFailed
from autopack_model.errors import AutopackError, BadRequest, InvalidValue
from autopack_model.identity.value import Side

NOTHING = Sweep(swept=(), problems=())

# An executor whose child starts a daemon; it reports when both run.
EXECUTOR = """
import sys, threading
from pathlib import Path
from autopack_executor.workspace.home import Home
from autopack_executor.isolation.sandbox import Sandbox
from autopack_model.identity.value import Side

home = Home(Path(sys.argv[1]))
sandbox = Sandbox(home, superuser=False, force_siblings=True)
child = '''
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
daemon = subprocess.Popen(sleep, start_new_session=True)
open("pids.tmp", "w").write(f"{os.getpid()} {daemon.pid}")
os.rename("pids.tmp", "pids")
time.sleep(300)
'''
with home.open_run("lost", Path(sys.argv[2])) as workspace:
    side = workspace.side(Side.HEAD)
    side.tree.mkdir()
    def tell():
        if (side.tree / "pids").exists():
            print((side.tree / "pids").read_text(), flush=True)
    sandbox.run(side, [sys.executable, "-c", child], variables={}, log=side.out / "log", timeout_s=100,
                cancel=threading.Event(), on_tick=tell)
"""


def forget(repository: Path, worktree: Path) -> None:
    """A repository with nothing to forget."""
    assert repository.is_dir()
    assert worktree.is_dir()


@pytest.fixture
def killed(home: Home, tmp_path: Path) -> list[int]:
    """A run named ``lost`` whose executor got SIGKILL; the numbers of the processes that it left running."""
    with subprocess.Popen(
        [sys.executable, "-c", EXECUTOR, str(home.root), str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as executor:
        assert executor.stdout is not None
        pids = [int(pid) for pid in executor.stdout.readline().split()]
        executor.kill()
    assert 2 == len([pid for pid in pids if processes.start_time(pid)])
    return pids


def test_killed_executor(home: Home, killed: list[int]) -> None:
    """The processes of a killed executor are ended, daemons included, and its directories and worktrees go."""
    forgotten = []

    done = sweep(home, lambda repository, worktree: forgotten.append((repository, worktree)))

    assert Sweep(swept=("lost",), problems=()) == done
    assert [] == [pid for pid in killed if processes.start_time(pid)]
    assert [(home.root.parent, home.workspaces / "00/h/tree")] == forgotten
    assert [] == [*home.runs.iterdir(), *home.workspaces.iterdir(), *home.slots.iterdir(), *home.trash.iterdir()]
    assert not home.short_place.root.exists()


def test_second_sweep(home: Home, killed: list[int]) -> None:
    """A run is swept once."""
    sweep(home, forget)

    assert NOTHING == sweep(home, forget)


def test_two_sweeps_at_once(home: Home, killed: list[int]) -> None:
    """Of several sweeps at the same time exactly one clears the run, and none fails."""
    gate = threading.Barrier(4)

    def start(_: int) -> Sweep:
        gate.wait()
        return sweep(Home(home.root), forget)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(start, range(4)))

    assert [NOTHING] * 3 + [Sweep(swept=("lost",), problems=())] == sorted(done, key=lambda one: one.swept)


def test_living_run(home: Home, tmp_path: Path) -> None:
    """A run with a living owner is left alone, processes and directories."""
    with home.open_run("alive", tmp_path) as workspace:
        workspace.side(Side.HEAD).tree.mkdir()
        sleeper = subprocess.Popen(["sleep", "300"], env={processes.MARKER: workspace.next_marker()})
        try:
            assert NOTHING == sweep(home, forget)
            assert processes.start_time(sleeper.pid)
            assert workspace.side(Side.HEAD).tree.is_dir()
        finally:
            sleeper.kill()
            sleeper.wait()


def test_foreign_process_with_the_same_number(home: Home, killed: list[int]) -> None:
    """A process that merely has a recorded number now is not ended."""
    owner = home.runs / "lost" / "owner.json"
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        owner.write_text(owner.read_text().replace(f'"pid":{killed[0]},', f'"pid":{stranger.pid},'))
        sweep(home, forget)

        assert stranger.poll() is None
    finally:
        os.killpg(stranger.pid, signal.SIGKILL)
        stranger.wait()


def test_slot_that_was_taken_again(home: Home, killed: list[int], tmp_path: Path) -> None:
    """An owner that was killed after it gave its slot back cannot cost the slot's next run its workspaces."""
    (home.slots / "00").unlink()
    with home.open_run("next", tmp_path) as workspace:
        assert home.workspaces / "00/h" == workspace.side(Side.HEAD).directory
        (workspace.side(Side.HEAD).tree / "mine").touch()

        assert ("lost",) == sweep(home, forget).swept
        assert (workspace.side(Side.HEAD).tree / "mine").exists()


def test_worktree_that_git_keeps(home: Home, killed: list[int]) -> None:
    """When git cannot forget a worktree, the sweep says so, the rest goes on, and the run is left for next time."""

    def refuse(repository: Path, worktree: Path) -> None:
        raise GitFailed("git said no", subject=str(worktree))

    assert Sweep(swept=(), problems=(("lost", "git said no"),)) == sweep(home, refuse)
    assert ("lost",) == sweep(home, forget).swept


def test_unintelligible_owner(home: Home, killed: list[int]) -> None:
    """An owner file that is not understood is a problem to report, not a reason to delete."""
    (home.runs / "lost" / "owner.json").write_text('{"run_id": 1}')

    done = sweep(home, forget)

    assert ((), ["lost"]) == (done.swept, [subject for subject, _ in done.problems])
    assert (home.workspaces / "00/h/tree").is_dir()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)


def test_left_behind_run_is_not_opened(home: Home, killed: list[int], tmp_path: Path) -> None:
    """A run that a killed executor left behind cannot be opened before it is swept, and can be then."""
    with pytest.raises(AutopackError, match="left behind"), home.open_run("lost", tmp_path):
        pass
    sweep(home, forget)

    with home.open_run("lost", tmp_path) as workspace:
        assert workspace.side(Side.HEAD).out.is_dir()


def test_same_run_twice(home: Home, tmp_path: Path) -> None:
    """A run that is being executed cannot be opened again, by this process or another."""
    with (
        home.open_run("twice", tmp_path),
        pytest.raises(BadRequest, match="executed already"),
        Home(home.root).open_run("twice", tmp_path),
    ):
        pass


def test_closed_run_leaves_nothing(home: Home, tmp_path: Path) -> None:
    """A run that ends, also by an exception, leaves nothing; its process is ended with it."""
    left: list[subprocess.Popen[bytes]] = []

    def be_interrupted() -> None:
        with home.open_run("over", tmp_path) as workspace:
            left.append(subprocess.Popen(["sleep", "300"], env={processes.MARKER: workspace.next_marker()}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()

    assert [-signal.SIGKILL] == [process.wait() for process in left]
    assert [] == [*home.runs.iterdir(), *home.workspaces.iterdir(), *home.slots.iterdir(), *home.trash.iterdir()]


@pytest.mark.parametrize("run_id", ["../evil", "", "a/b", "UPPER"])
def test_bad_run_id(home: Home, tmp_path: Path, run_id: str) -> None:
    """A run id that is not a name is refused before anything is made of it."""
    with pytest.raises(InvalidValue), home.open_run(run_id, tmp_path):
        pass


def test_stranger_worktree(home: Home, tmp_path: Path) -> None:
    """A worktree that belongs to no open run is refused."""
    with pytest.raises(AutopackError, match="not the tree of an open run"):
        home.side_folders(tmp_path)
