"""Submodules: filled from what the clone holds, empty on both sides, or refused by name."""

import shutil
from pathlib import Path

import pytest

from autopack_git.errors import SubmoduleUnavailable
from autopack_git.repository import GitRepository
from autopack_model.changed_files.value import ChangeKind
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.identity.value import AttemptRef, Side
from tests.builders import GitSandbox

ATTEMPT = AttemptRef(run_id="r1", phase="gate", attempt=1)


@pytest.fixture
def nested(sandbox: GitSandbox, tmp_path: Path) -> GitSandbox:
    """``sandbox`` with the submodule ``libs/one`` (called ``first``), which has the submodule ``two``."""
    inner = GitSandbox(tmp_path / "inner")
    inner.commit({"deep.py": "deep\n"})
    outer = GitSandbox(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", str(inner.root), "two")
    outer.commit({"lib.py": "lib\n", ".gitattributes": "hidden export-ignore\n", "hidden": "1"})
    sandbox.git("submodule", "--quiet", "add", "--name", "first", str(outer.root), "libs/one")
    sandbox.git("submodule", "--quiet", "update", "--init", "--recursive")
    sandbox.commit()
    return sandbox


def files_of(tree: Path) -> list[str]:
    """The files below ``tree``, links to repositories left out."""
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file() and path.name != ".git")


WHOLE = [
    ".gitmodules",
    "README",
    "libs/one/.gitattributes",
    "libs/one/.gitmodules",
    "libs/one/hidden",
    "libs/one/lib.py",
    "libs/one/two/deep.py",
    "src/app.py",
]


def test_filled_recursively(nested: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A worktree has the files of its submodules and of theirs, all of them, and the clone stays as it is."""
    before = nested.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        files = files_of(tmp_path / "tree")

    assert WHOLE == files
    assert before == nested.state()


def test_filled_for_a_linked_worktree(nested: GitSandbox, state: Path, tmp_path: Path) -> None:
    """From a linked worktree whose submodules were never initialised the main clone's stores serve."""
    nested.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    repository = GitRepository(tmp_path / "linked", state=state)

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        files = files_of(tmp_path / "tree")

    assert WHOLE == files


def test_older_commit_of_a_submodule(nested: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Each side gets the submodule's commit that its own tree names."""
    base = repository.resolve("HEAD")
    GitSandbox.at(nested.root / "libs" / "one").commit({"lib.py": "newer\n"})
    head = repository.resolve(nested.commit())

    for setting in ("diff.ignoreSubmodules", "submodule.first.ignore"):
        nested.git("config", setting, "all")

    with repository.checkout(base, tmp_path / "base"), repository.checkout(head, tmp_path / "head"):
        contents = [(tmp_path / side / "libs" / "one" / "lib.py").read_text() for side in ("base", "head")]

    assert ["lib\n", "newer\n"] == contents
    assert [("libs/one", ChangeKind.MODIFIED)] == [
        (file.path, file.kind) for file in repository.changed_files(base, head).files
    ]


@pytest.mark.parametrize("missing", ["libs/one", "libs/one/two"])
def test_not_initialised(nested: GitSandbox, state: Path, tmp_path: Path, missing: str) -> None:
    """What the user's checkout does not hold stays empty, is named, and keeps nobody from gating something else."""
    clone = _clone(nested, tmp_path / "clone", without=missing)
    repository = GitRepository(clone.root, state=state)
    base = repository.resolve("HEAD")
    clone.write({"src/app.py": "changed"})
    head = repository.materialise(CommitCandidate(revision=clone.commit()), base, ATTEMPT)

    assert dict.fromkeys(Side, (missing,)) == repository.missing_submodules(base, head)
    with repository.checkout(head, tmp_path / "tree", without=(missing,)):
        assert [name for name in WHOLE if not name.startswith(f"{missing}/")] == files_of(tmp_path / "tree")
        assert [] == list((tmp_path / "tree" / missing).iterdir())


def test_a_change_that_moves_a_missing_submodule(nested: GitSandbox, state: Path, tmp_path: Path) -> None:
    """A change to a submodule whose new commit is not there is refused by name, before anything is made."""
    lacking = _clone(nested, tmp_path / "lacking", without="libs/one")
    filled = _clone(nested, tmp_path / "filled", without="")
    GitSandbox.at(nested.root / "libs" / "one").commit({"lib.py": "newer\n"})
    nested.commit()
    for clone in (lacking, filled):
        clone.git("fetch", "--quiet", "--no-recurse-submodules")
        repository = GitRepository(clone.root, state=state)
        base, before = repository.resolve("HEAD"), clone.state()

        with pytest.raises(SubmoduleUnavailable, match=r"'libs/one'.*git submodule update --init"):
            repository.materialise(CommitCandidate(revision="origin/main"), base, ATTEMPT)

        assert before == clone.state()


def test_a_change_from_a_missing_commit_of_a_submodule(nested: GitSandbox, state: Path, tmp_path: Path) -> None:
    """A change whose base names a commit of a submodule that is not there is refused; one that removes it is not."""
    clone = _clone(nested, tmp_path / "clone", without="libs/one")
    repository = GitRepository(clone.root, state=state)
    base = repository.resolve("HEAD")
    clone.git("rm", "--quiet", "libs/one")
    gone = repository.resolve(clone.commit())
    assert {
        Side.BASE: ("libs/one",),
        Side.HEAD: (),
        Side.CROSS: (),
        Side.REVERSE: ("libs/one",),
    } == repository.missing_submodules(base, gone)

    stray = GitSandbox(tmp_path / "stray")
    stray.commit({"lib.py": ""})
    clone.git("submodule", "--quiet", "add", "--force", "--name", "first", str(stray.root), "libs/one")
    with pytest.raises(SubmoduleUnavailable, match="'libs/one'"):
        repository.missing_submodules(base, repository.resolve(clone.commit()))


def test_a_submodule_that_comes_while_a_run_goes_on(nested: GitSandbox, repository: GitRepository) -> None:
    """A worktree is not filled with what was missing on the other side: the run ends, and says what to do."""
    with (
        pytest.raises(SubmoduleUnavailable, match="gate again"),
        repository.checkout(repository.resolve("HEAD"), nested.root / "never", without=("libs/one",)),
    ):
        pytest.fail("the worktree was made")


def _clone(origin: GitSandbox, place: Path, *, without: str) -> GitSandbox:
    clone = GitSandbox.clone(origin.root, place)
    if without != "libs/one":
        clone.git("submodule", "--quiet", "update", "--init", *([] if without else ["--recursive"]))
    return clone


def test_edits_inside_a_submodule(nested: GitSandbox, repository: GitRepository) -> None:
    """Uncommitted edits in a submodule, untracked files too, are refused; a new commit in it is a candidate."""
    submodule = GitSandbox.at(nested.root / "libs" / "one")
    for name in ("lib.py", "untracked"):
        submodule.write({name: "edited\n"})
        with pytest.raises(BadRequest, match=r"libs/one.*commit them in the submodule"):
            repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    commit = submodule.commit()
    made = repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert commit == nested.git("rev-parse", f"{made.revision}:libs/one")


@pytest.mark.parametrize("setting", ["ignore", "update"])
def test_settings_of_a_submodule(nested: GitSandbox, repository: GitRepository, tmp_path: Path, setting: str) -> None:
    """``ignore = all`` does not hide edits in a submodule; ``update = none`` leaves it empty, as git does."""
    nested.git(
        "config", "--file", ".gitmodules", f"submodule.first.{setting}", "all" if setting == "ignore" else "none"
    )
    nested.commit()
    if setting == "ignore":
        GitSandbox.at(nested.root / "libs" / "one").write({"lib.py": "edited\n"})
        with pytest.raises(BadRequest, match="libs/one"):
            repository.materialise(WorktreeCandidate(), None, ATTEMPT)
    else:
        with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
            assert [] == files_of(tmp_path / "tree" / "libs")


def test_entry_without_a_mapping(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A submodule entry that .gitmodules does not name is an empty directory, as in every clone."""
    sandbox.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},stray")
    sandbox.git("commit", "--quiet", "--message", "stray")

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        assert [] == list((tmp_path / "tree" / "stray").iterdir())


def test_name_that_leaves_the_store(nested: GitSandbox, repository: GitRepository) -> None:
    """A submodule name that climbs out of the module store is not followed."""
    text = (nested.root / ".gitmodules").read_text().replace('"first"', '"../../../outer/.git"')
    tree = _with_gitmodules(nested, text)

    assert ("libs/one",) == repository.missing_submodules(None, repository.resolve(tree))[Side.HEAD]


def _with_gitmodules(sandbox: GitSandbox, text: str) -> str:
    shutil.rmtree(sandbox.root / "libs")
    sandbox.write({".gitmodules": text})
    sandbox.git("add", ".gitmodules")
    sandbox.git("commit", "--quiet", "--message", "odd")
    return sandbox.git("rev-parse", "HEAD")


def test_a_submodule_is_a_repository(nested: GitSandbox, state: Path, tmp_path: Path) -> None:
    """A gate inside a submodule is about that submodule."""
    repository = GitRepository(nested.root / "libs" / "one", state=state)
    before = nested.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        files = files_of(tmp_path / "tree")
    changes = repository.changed_files(None, repository.resolve("HEAD"))

    assert [name.removeprefix("libs/one/") for name in WHOLE if name.startswith("libs/one/")] == files
    assert [".gitattributes", ".gitmodules", "hidden", "lib.py", "two"] == [file.path for file in changes.files]
    assert before == nested.state()
