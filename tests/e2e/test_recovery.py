"""The next start clears what a killed executor left, and a full disk never makes a verdict."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopack_executor.workspace import processes
from tests.e2e.command import Running
from tests.e2e.scene import Scene, scene_in
from tests.e2e.small_disk import may_mount, small_disk


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """An empty repository."""
    with scene_in(tmp_path) as scene:
        yield scene


def kill(running: Running) -> None:
    """End the command as the kernel does when memory runs out."""
    running.signal(signal.SIGKILL)
    assert -signal.SIGKILL == running.end().code


@pytest.mark.parametrize("side", ["base", "head"])
def test_killed_while_testing(scene: Scene, side: str) -> None:
    """The next start of any command ends what a killed one left, run by run, and a new gate works."""
    scene.commit(**{side: "testing"})
    before = scene.state()
    running = scene.gate()
    pids = scene.stuck_processes()
    kill(running)
    assert pids == [pid for pid in pids if processes.start_time(pid)]
    assert before != scene.state()

    listed = scene.command.run("runs")

    assert (0, ["it", "failed"]) == (listed.code, [listed.out.split()[0], listed.out.split()[3]])
    assert "autopack: cleared what a killed executor left (run it)\n" == listed.err
    assert [] == [pid for pid in pids if processes.start_time(pid)]
    assert before == scene.state()
    assert [] == scene.left_behind()
    explained = scene.command.run("explain", "it")
    assert (0, True) == (explained.code, "INCONCLUSIVE, executor_lost: " in explained.out)
    scene.give_the_word()
    assert 0 == scene.gate(run_id="again").end().code
    assert {"it": "failed", "again": "ALLOW"} == scene.recorded()


def test_killed_with_the_lock_of_a_baseline(scene: Scene) -> None:
    """A gate that waits for the baseline of another one goes on by itself when that one is killed."""
    scene.commit(base="testing")
    killed = scene.gate(run_id="killed")
    scene.stuck_processes()
    waiting = scene.gate(run_id="waiting")
    waiting.wait_for("base: waiting")

    kill(killed)
    scene.stuck_processes()
    scene.give_the_word(2)

    assert 0 == waiting.end().code
    assert {"killed": "failed", "waiting": "ALLOW"} == scene.recorded()


@may_mount
@pytest.mark.parametrize(
    ("body", "code", "cause"),
    [
        ("pass", 3, "inconclusive head_stream_truncated"),
        ("print('x' * 999)", 70, "No space left on device; free disk space and run again [EVIDENCE_NOT_WRITTEN]"),
    ],
    ids=["recording", "output"],
)
def test_disk_full_in_the_workspace(tmp_path: Path, body: str, code: int, cause: str) -> None:
    """A suite that fills the disk on which it is recorded proves nothing; the next gate has all the space again."""
    with small_disk(tmp_path / "home", 24), scene_in(tmp_path) as scene:
        scene.repository.commit({"test_it.py": "def test_it():\n    pass\n"})
        scene.repository.git("switch", "--quiet", "--create", "candidate")
        hoard = (
            "    size = 1 << 20\n    with (tmp_path / 'hoard').open('wb', buffering=0) as hoard:\n        while size:\n"
            "            try:\n                hoard.write(bytes(size))\n            except OSError:\n"
            "                size //= 2\n"
        )
        many = "import pytest\n\n@pytest.mark.parametrize('n', range(200))\ndef test_more(n):\n    "
        scene.repository.commit({"test_it.py": f"def test_it(tmp_path):\n{hoard}\n{many}{body}\n"})
        before = scene.state()

        full = scene.gate("--", "-s", "-p", "no:terminal", run_id="full").end()

        assert code == full.code
        assert cause in full.out
        assert before == scene.state()
        assert [] == scene.left_behind()
        scene.repository.git("switch", "--quiet", "candidate")
        scene.repository.commit({"test_it.py": "def test_it():\n    assert True\n"})
        assert 0 == scene.gate(run_id="again").end().code


@may_mount
def test_disk_full_in_the_artifacts(tmp_path: Path) -> None:
    """A run whose artifacts cannot be written has no verdict, and leaves no half of a file."""
    with scene_in(tmp_path) as scene:
        scene.commit()
        artifacts = scene.repository.root / ".autonomous_runs"
        with small_disk(artifacts, 1) as disk:
            disk.fill()

            full = scene.gate(run_id="full").end()

            assert (70, "NO VERDICT: run full failed: ") == (full.code, full.out[:29])
            assert "No space left" in full.out
            assert "[EVIDENCE_NOT_WRITTEN]" in full.out
            assert [] == [path for path in artifacts.rglob("*") if path.is_file() and path.name != "filling"]
            disk.free()
            assert 0 == scene.gate(run_id="again").end().code
            assert {"full": "failed", "again": "ALLOW"} == scene.recorded()


@may_mount
def test_disk_full_in_the_store(tmp_path: Path) -> None:
    """A run whose evidence the store cannot keep is inconclusive; its end is recorded when there is space again."""
    with small_disk(tmp_path / "disk", 4) as disk, scene_in(tmp_path) as scene:
        scene.command.home.mkdir()
        (scene.command.home / "store.db").symlink_to(disk.root / "store.db")
        scene.commit(head="testing")
        before = scene.state()
        running = scene.gate(run_id="full")
        scene.stuck_processes()
        disk.fill()
        scene.give_the_word()

        full = running.end()

        said = "INCONCLUSIVE run full\n  inconclusive storage_full run full has no verdict: "
        assert (3, True) == (full.code, full.out.startswith(said)), full.out
        assert "the disk is full" in full.out
        assert "Traceback" not in full.err
        assert before == scene.state()
        disk.free()
        assert {"full": "failed"} == scene.recorded()
        assert [] == scene.left_behind()
        scene.give_the_word()
        assert 0 == scene.gate(run_id="again").end().code


@may_mount
def test_disk_full_before_the_first_run(tmp_path: Path) -> None:
    """A store that cannot even be made is a failure of ours that says what to do, and no verdict."""
    with small_disk(tmp_path / "home", 24) as disk, scene_in(tmp_path) as scene:
        scene.commit()
        disk.fill()

        full = scene.gate().end()

        assert (70, "") == (full.code, full.out)
        assert "Traceback" not in full.err
        assert "No space left" in full.err or "disk is full" in full.err
        disk.free()
        assert 0 == scene.gate().end().code


def test_database_of_something_else(scene: Scene) -> None:
    """A state directory whose database is another program's is refused, and that database stays as it is."""
    scene.commit()
    scene.command.home.mkdir()
    path = scene.command.home / "store.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()
    before = path.read_bytes()

    outcome = scene.gate().end()

    assert (70, "") == (outcome.code, outcome.out)
    assert "holds tables of another program (recipes)" in outcome.err
    assert "Traceback" not in outcome.err
    assert before == path.read_bytes()
