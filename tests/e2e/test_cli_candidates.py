"""Candidates that are no commits: the user's edits and patches; and gates without a base."""

import json
from pathlib import Path

import pytest

from tests.builders import GitSandbox, directory_state
from tests.e2e.command import Command, Outcome
from tests.lean_python import lean_python

THING = "VALUE = 1\n"
TEST = "import thing\n\ndef test_value():\n    assert thing.VALUE == 1\n"


class Checkout:
    """A repository with one commit, and the command line."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.repository = GitSandbox(folder / "repository")
        self.folder = folder
        self._command = Command(home=folder / "home")
        self._capture = capture

    def commit(self) -> None:
        """Commit a module, tests of it, and files to play with."""
        self.repository.commit(
            {
                "thing.py": THING,
                "test_thing.py": TEST,
                "test_other.py": "def test_other():\n    pass\n",
                "deleted.txt": "to be deleted\n",
                "renamed.txt": "to be renamed\n",
                "staged.txt": "to be changed\n",
                ".gitignore": "*.log\n",
            }
        )

    def gate(self, *options: str) -> Outcome:
        """Gate; the result is in ``result.json``."""
        return self._command.run_here(
            self._capture,
            *("gate", "--repo", str(self.repository.root), "--python", str(lean_python()), "--run-id", "it"),
            *("--json", str(self.folder / "result.json"), *options),
        )

    def explained(self) -> str:
        """What ``explain`` says of the last gate."""
        return self._command.run_here(self._capture, "explain", "it").out

    def changed_files(self) -> dict[str, str]:
        """The kind of change of each changed file, as the last result lists them."""
        document = json.loads((self.folder / "result.json").read_text())
        return {file["path"]: file["kind"] for file in document["changed_files"]["files"]}

    def branches(self) -> list[str]:
        """The branches of autopack."""
        return self.repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads/autopack").split()

    def users_state(self) -> dict[str, str]:
        """Checkout, index, stash, configuration, and status: all but objects, our branches and our folder."""
        state = directory_state(self.repository.root)
        ours = (".autonomous_runs", ".git/objects", ".git/refs/heads/autopack")
        return {path: entry for path, entry in state.items() if not path.startswith(ours)} | {
            "status": self.repository.git("--no-optional-locks", "status", "--porcelain=v2", "--untracked-files=all")
        }


@pytest.fixture
def checkout(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Checkout:
    """An empty repository."""
    return Checkout(tmp_path, capfd)


def _edit(repository: GitSandbox, thing: str) -> None:
    """Leave edits of every kind: staged, changed again, untracked, ignored, deleted, renamed, and a stash."""
    repository.write({"staged.txt": "stashed\n"})
    repository.git("stash", "--quiet")
    repository.write({"staged.txt": "staged\n"})
    repository.git("add", "staged.txt")
    repository.write({"staged.txt": "staged, then changed\n", "thing.py": thing, "notes.log": "ignored\n"})
    repository.write({"test_new.py": "import untracked\n\ndef test_new():\n    pass\n", "untracked.py": ""})
    repository.git("mv", "renamed.txt", "moved.txt")
    (repository.root / "deleted.txt").unlink()


KINDS = {
    "deleted.txt": "deleted",
    "moved.txt": "renamed",
    "staged.txt": "modified",
    "test_new.py": "added",
    "thing.py": "modified",
    "untracked.py": "added",
}


@pytest.mark.parametrize(
    ("thing", "code", "reason"),
    [("VALUE = 2\n", 1, "newly_failing"), ("VALUE = 2 - 1\n", 0, "3 passed; complete")],
    ids=["wrong", "right"],
)
def test_edits_of_every_kind(checkout: Checkout, thing: str, code: int, reason: str) -> None:
    """``--worktree`` judges exactly what the checkout holds, ignored files aside, and touches nothing of the user's."""
    checkout.commit()
    _edit(checkout.repository, thing)
    before = checkout.users_state()

    outcome = checkout.gate("--worktree")

    assert code == outcome.code, outcome
    assert reason in outcome.out
    assert KINDS == checkout.changed_files()
    assert before == checkout.users_state()
    assert ["autopack/it/gate/1"] == checkout.branches()
    assert "staged, then changed" == checkout.repository.git("show", "autopack/it/gate/1:staged.txt")


def test_patch_beside_other_edits(checkout: Checkout) -> None:
    """``--patch`` judges the patch on its base and nothing of what lies in the checkout."""
    checkout.commit()
    checkout.repository.write({"thing.py": "VALUE = 3\n"})
    (checkout.folder / "patch").write_text(checkout.repository.git("diff", "--binary") + "\n")
    _edit(checkout.repository, "VALUE = 1 # edited\n")
    before = checkout.users_state()

    outcome = checkout.gate("--patch", str(checkout.folder / "patch"))

    assert 1 == outcome.code, outcome
    assert "newly_failing" in outcome.out
    assert ["thing.py"] == list(checkout.changed_files())
    assert before == checkout.users_state()
    assert ["autopack/it/gate/1"] == checkout.branches()


def test_a_mended_patch_is_spoken_of(checkout: Checkout) -> None:
    """What ``--patch-fix`` did is in the summary and in the explanation, with the place of the patch as applied."""
    checkout.commit()
    checkout.repository.write({"thing.py": "VALUE = 1\n# kept\n"})
    patch = checkout.repository.git("diff", "--binary")
    (checkout.folder / "patch").write_text(patch.rstrip("\n").replace("@@ -1 +1,2 @@", "@@ -1 +1,7 @@"))
    checkout.repository.git("checkout", "--quiet", "thing.py")

    refused = checkout.gate("--patch", str(checkout.folder / "patch"))
    outcome = checkout.gate("--patch", str(checkout.folder / "patch"), "--patch-fix")

    assert (2, 0) == (refused.code, outcome.code), (refused, outcome)
    mended = "its last newline restored and its hunks counted anew; as applied: .autonomous_runs/it/ci/gate/1/"
    assert f"the patch was mended: {mended}candidate.patch" in outcome.out
    assert f"patch      mended: {mended}candidate.patch" in checkout.explained()


def test_commit_keeps_no_branch(checkout: Checkout) -> None:
    """A candidate that is a commit already needs no branch, and the repository gets none."""
    checkout.commit()
    checkout.repository.commit({"thing.py": "VALUE = 2\n"})
    before = checkout.users_state()

    outcome = checkout.gate("--base", "HEAD~", "--head", "HEAD")

    assert 1 == outcome.code, outcome
    assert before == checkout.users_state()
    assert [] == checkout.branches()


@pytest.mark.parametrize(
    ("thing", "code", "reason"),
    [(THING, 0, "no_baseline"), ("VALUE = 2\n", 4, "no_baseline_bad_tests")],
    ids=["passing", "failing"],
)
def test_unborn_branch(checkout: Checkout, thing: str, code: int, reason: str) -> None:
    """The first edits of a repository without a commit are judged alone: never better than the tests they bring."""
    checkout.repository.write({"thing.py": thing, "test_thing.py": TEST})
    before = checkout.users_state()

    outcome = checkout.gate("--worktree")

    assert code == outcome.code, outcome
    assert reason in outcome.out
    assert before == checkout.users_state()


def test_first_commit_without_a_baseline(checkout: Checkout) -> None:
    """``--no-baseline`` judges a commit alone where there is no other to compare it with."""
    checkout.commit()

    outcome = checkout.gate("--head", "HEAD", "--no-baseline")

    assert 0 == outcome.code, outcome
    assert "no_baseline" in outcome.out
    assert json.loads((checkout.folder / "result.json").read_text())["base"] is None
