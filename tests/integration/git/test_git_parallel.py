"""Many gates on one repository at once."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autopack_git.lock import repository_lock
from autopack_git.repository import GitRepository
from autopack_model.identity.value import AttemptRef
from tests.builders import GitSandbox, directory_state

GATES = 20
WORKER = """
import sys
from pathlib import Path
from autopack_git.repository import GitRepository
repository = GitRepository(Path(sys.argv[1]), state=Path(sys.argv[2]))
work = Path(sys.argv[3])
base, head = repository.resolve("HEAD~"), repository.resolve("HEAD")
with repository.checkout(base, work / "base"), repository.checkout(head, work / "head"):
    print((work / "base" / "README").read_text(), (work / "head" / "README").read_text(), sep="", end="")
    sys.stdout.flush()
    sys.stdin.read()
"""


def test_twenty_processes(sandbox: GitSandbox, state: Path, tmp_path: Path) -> None:
    """Twenty processes hold two worktrees each at the same time, read the right files, and leave no trace."""
    sandbox.commit({"README": "head\n"})
    before = sandbox.state()
    arguments = [sys.executable, "-c", WORKER, str(sandbox.root), str(state)]
    processes = [
        subprocess.Popen(
            [*arguments, str(tmp_path / "work" / str(number))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(GATES)
    ]
    lines = []
    for process in processes:
        assert process.stdout is not None
        lines.append(process.stdout.readline() + process.stdout.readline())
    registered = len(list((sandbox.root / ".git" / "worktrees").iterdir()))
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert ["a project\nhead\n"] * GATES == lines
    assert 2 * GATES == registered
    assert [""] * GATES == errors
    assert before == sandbox.state()
    assert not [path for path in directory_state(tmp_path / "work") if "/" in path]


def test_twenty_threads(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Twenty threads of one process, with one GitRepository, do the same."""
    before = sandbox.state()
    head = repository.resolve("HEAD")
    together = threading.Barrier(GATES)

    def gate(number: int) -> str:
        with repository.checkout(head, tmp_path / "work" / str(number) / "tree"):
            together.wait(timeout=60)
            content = (tmp_path / "work" / str(number) / "tree" / "README").read_text()
        return content

    with ThreadPoolExecutor(GATES) as pool:
        contents = list(pool.map(gate, range(GATES)))

    assert ["a project\n"] * GATES == contents
    assert before == sandbox.state()


def test_twenty_candidates(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Twenty attempts make their candidates at once; each branch keeps its own."""
    base = repository.resolve("HEAD")

    def make(number: int) -> str:
        patch = f"--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+{number}\n".encode()
        attempt = AttemptRef(run_id=f"r{number}", phase="gate", attempt=1)
        return repository.apply_patch(patch, base, attempt, fix=False).tree.revision

    with ThreadPoolExecutor(GATES) as pool:
        made = list(pool.map(make, range(GATES)))

    kept = [sandbox.git("rev-parse", f"autopack/r{number}/gate/1") for number in range(GATES)]
    contents = [sandbox.git("show", f"{commit}:new") for commit in made]
    assert made == kept
    assert [str(number) for number in range(GATES)] == contents


def test_lock_is_one_per_repository(tmp_path: Path) -> None:
    """The lock excludes others of the same repository, however its path is written, and nobody else."""
    (tmp_path / "a.git").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.git")
    entered = threading.Event()

    def enter(common_dir: Path) -> None:
        with repository_lock(tmp_path / "state", common_dir):
            entered.set()

    with repository_lock(tmp_path / "state", tmp_path / "a.git"):
        other = threading.Thread(target=enter, args=[tmp_path / "b.git"])
        other.start()
        other.join(timeout=60)
        assert entered.is_set()
        entered.clear()
        same = threading.Thread(target=enter, args=[tmp_path / "link"])
        same.start()
        same.join(timeout=0.3)
        assert not entered.is_set()
    same.join(timeout=60)

    assert entered.is_set()
