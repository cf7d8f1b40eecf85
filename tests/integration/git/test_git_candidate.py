"""Candidates as commits: exact, deterministic, and without a trace in the user's checkout."""

import os
from pathlib import Path

import pytest

from autopack_git.candidate import branch_of
from autopack_git.errors import PatchDamaged, PatchDoesNotApply, UnknownRevision
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.identity.value import AttemptRef
from tests.builders import GitSandbox, directory_state

ATTEMPT = AttemptRef(run_id="r1", phase="gate", attempt=1)


def own_files(sandbox: GitSandbox) -> dict[str, str]:
    """The state of checkout and repository without what a candidate may add: objects and its own branch."""
    added = (".git/objects", ".git/refs/heads/autopack")
    return {path: entry for path, entry in sandbox.state().items() if not path.startswith(added)}


def test_commit_is_itself(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A commit candidate is the commit, and nothing is written."""
    before = sandbox.state()
    head = repository.resolve("HEAD")

    made = repository.materialise(CommitCandidate(revision="main"), None, ATTEMPT)

    assert head == made
    assert before == sandbox.state()


def test_unknown_commit(repository: GitRepository) -> None:
    """A commit candidate that does not exist is an unknown revision."""
    with pytest.raises(UnknownRevision):
        repository.materialise(CommitCandidate(revision="nosuch"), None, ATTEMPT)


def test_edits(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Edits become a commit on HEAD: staged, unstaged, untracked, deleted, renamed, mode; ignored files stay out."""
    sandbox.commit({".gitignore": "*.log\n", "gone": "1", "old": "a\nb\nc\n", "run": "#!/bin/sh\n"})
    sandbox.write({"src/app.py": "staged\n", "README": "staged\n"})
    sandbox.git("add", "src/app.py", "README")
    sandbox.write({"src/app.py": "unstaged\n", "new/file": "1", "noise.log": "1"})
    (sandbox.root / "gone").unlink()
    (sandbox.root / "old").rename(sandbox.root / "renamed")
    (sandbox.root / "run").chmod(0o755)
    (sandbox.root / "link").symlink_to("README")
    before = own_files(sandbox)
    head = repository.resolve("HEAD")

    made = repository.materialise(WorktreeCandidate(), head, ATTEMPT)

    listed = sandbox.git("ls-tree", "-r", "--format=%(objectmode) %(path)", made.tree).splitlines()
    expected = ["100644 .gitignore", "100644 README", "120000 link", "100644 new/file", "100644 renamed"]
    assert [*expected, "100755 run", "100644 src/app.py"] == listed
    assert "unstaged" == sandbox.git("show", f"{made.revision}:src/app.py")
    assert head.revision == sandbox.git("rev-parse", f"{made.revision}^")
    assert made.revision == sandbox.git("rev-parse", "autopack/r1/gate/1")
    assert before == own_files(sandbox)


def test_edits_from_a_subdirectory(sandbox: GitSandbox, state: Path) -> None:
    """Called in a subdirectory, the edits of the whole checkout count."""
    sandbox.write({"README": "changed\n"})
    repository = GitRepository(sandbox.root / "src", state=state)

    made = repository.materialise(WorktreeCandidate(), repository.resolve("HEAD"), ATTEMPT)

    assert "changed" == sandbox.git("show", f"{made.revision}:README")


def test_edit_in_the_same_instant_as_the_index(sandbox: GitSandbox, repository: GitRepository) -> None:
    """An edit that keeps a file's size, in the clock tick in which the index was written, is not overlooked."""
    sandbox.git("config", "core.trustctime", "false")
    path, moment = sandbox.root / "README", 1_500_000_000
    os.utime(path, (moment, moment))
    sandbox.git("update-index", "--refresh")
    path.write_text("A PROJECT\n")
    for file in (path, sandbox.root / ".git" / "index"):
        os.utime(file, (moment, moment))

    made = repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert "A PROJECT" == sandbox.git("show", f"{made.revision}:README")


def test_no_edits(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A clean checkout is a candidate with HEAD's tree."""
    head = repository.resolve("HEAD")

    assert head.tree == repository.materialise(WorktreeCandidate(), head, ATTEMPT).tree


def test_candidates_are_deterministic(sandbox: GitSandbox, repository: GitRepository) -> None:
    """The same edits give the same commit in another run, whoever the user is and however they sign."""
    sandbox.write({"b": "1"})
    head = repository.resolve("HEAD")
    first = repository.materialise(WorktreeCandidate(), head, ATTEMPT)
    for setting, value in {
        "user.name": "Someone",
        "commit.gpgSign": "true",
        "gpg.program": "/bin/false",
        "i18n.commitEncoding": "ISO-8859-1",
    }.items():
        sandbox.git("config", setting, value)

    second = repository.materialise(WorktreeCandidate(), head, AttemptRef(run_id="r2", phase="gate", attempt=3))

    assert first == second
    assert "Autopack <autopack@localhost> 1700000000 +0000" in sandbox.git("cat-file", "commit", first.revision)


def test_edits_on_an_unborn_branch(tmp_path: Path, state: Path) -> None:
    """Before the first commit the edits become a commit without a parent."""
    sandbox = GitSandbox(tmp_path / "new")
    sandbox.write({"a": "1"})
    repository = GitRepository(sandbox.root, state=state)

    made = repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert "parent" not in sandbox.git("cat-file", "commit", made.revision)
    assert ("a",) == repository.tracked_files(made)
    assert not (sandbox.root / ".git" / "index").exists()


def test_unmerged_files(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A conflict in the checkout is refused with the file's name; a commit candidate does not mind it."""
    sandbox.git("checkout", "--quiet", "-b", "feature")
    sandbox.commit({"README": "theirs\n"})
    sandbox.git("checkout", "--quiet", "main")
    sandbox.commit({"README": "ours\n"})
    with pytest.raises(RuntimeError):
        sandbox.git("merge", "feature")
    before = sandbox.state()

    with pytest.raises(BadRequest, match=r"unmerged files \(README\)"):
        repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert repository.resolve("feature") == repository.materialise(CommitCandidate(revision="feature"), None, ATTEMPT)
    assert before == sandbox.state()


@pytest.mark.parametrize("with_commit", [True, False])
def test_embedded_repository(sandbox: GitSandbox, repository: GitRepository, with_commit: bool) -> None:
    """An untracked repository inside the checkout is refused: a commit would hold nothing of it."""
    embedded = GitSandbox(sandbox.root / "vendor" / "thing")
    if with_commit:
        embedded.commit({"a": "1"})

    with pytest.raises(BadRequest, match="vendor/thing"):
        repository.materialise(WorktreeCandidate(), None, ATTEMPT)


def test_split_index(sandbox: GitSandbox, repository: GitRepository) -> None:
    """The edits are read from a split index too, and it stays as it is."""
    sandbox.git("update-index", "--split-index")
    sandbox.write({"b": "1"})
    before = own_files(sandbox)

    made = repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert ("README", "b", "src/app.py") == repository.tracked_files(made)
    assert before == own_files(sandbox)


def patch_of(sandbox: GitSandbox, files: dict[str, str | bytes], *arguments: str) -> bytes:
    """The patch that turns HEAD into HEAD with ``files``; the checkout is as before."""
    sandbox.write(files)
    sandbox.git("add", "--all")
    patch = sandbox.git_bytes("diff", "--cached", "--binary", "-M", *arguments)
    sandbox.git("reset", "--quiet", "--hard")
    return patch


APP = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"


def test_patch(sandbox: GitSandbox, repository: GitRepository, state: Path) -> None:
    """A patch with text, binary, rename, mode, deletion and a new file gives exactly the tree it was made from."""
    sandbox.commit({"data": bytes(range(256)) * 8, "old": "a\nb\nc\nd\n", "run": "x\n", "gone": "1\n"})
    base = repository.resolve("HEAD")
    (sandbox.root / "old").rename(sandbox.root / "new")
    (sandbox.root / "run").chmod(0o755)
    (sandbox.root / "gone").unlink()
    sandbox.write({"data": bytes(reversed(range(256))) * 8, "src/app.py": APP.replace("four", "4  "), "ü/ö": "1"})
    sandbox.git("add", "--all")
    expected = sandbox.git("write-tree")
    patch = sandbox.git_bytes("diff", "--cached", "--binary", "-M")
    sandbox.git("reset", "--quiet", "--hard")
    before = own_files(sandbox)

    made = GitRepository(sandbox.root / "src", state=state).apply_patch(patch, base, ATTEMPT, fix=False).tree

    assert expected == made.tree
    assert base.revision == sandbox.git("rev-parse", f"{made.revision}^")
    assert before == own_files(sandbox)


def test_patch_onto_another_base(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A patch applies to the base that was named, not to the checkout, however dirty that is."""
    base = repository.resolve("HEAD")
    patch = patch_of(sandbox, {"src/app.py": APP.replace("four", "4")})
    sandbox.commit({"src/app.py": "rewritten\n"})
    sandbox.write({"src/app.py": "and edited\n"})

    made = repository.apply_patch(patch, base, ATTEMPT, fix=False).tree

    assert APP.replace("four", "4").strip() == sandbox.git("show", f"{made.revision}:src/app.py")


def test_patch_on_nothing(tmp_path: Path, state: Path, sandbox: GitSandbox, repository: GitRepository) -> None:
    """On an unborn branch a patch of new files applies to an empty tree."""
    patch = patch_of(sandbox, {"n": "1\n"})
    empty = GitSandbox(tmp_path / "new")
    fresh = GitRepository(empty.root, state=state)

    made = fresh.apply_patch(patch, None, ATTEMPT, fix=False).tree

    assert ("n",) == fresh.tracked_files(made)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(APP.replace("two", "2"), "patch does not apply", id="context differs"),
        pytest.param("zero\n" + APP, r"those from line 3 ", id="moved by a line"),
        pytest.param("\n".join(f"{line}  " for line in APP.split("\n")), "patch does not apply", id="white space"),
        pytest.param(APP.replace("five", "5"), "patch does not apply", id="applied already"),
    ],
)
def test_patch_that_does_not_apply_exactly(
    sandbox: GitSandbox, repository: GitRepository, content: str, problem: str
) -> None:
    """A patch that would need fuzz, an offset or white-space leniency is refused, whatever is configured."""
    patch = patch_of(sandbox, {"src/app.py": APP.replace("five", "5")})
    sandbox.commit({"src/app.py": content})
    sandbox.git("config", "apply.whitespace", "fix")
    before = own_files(sandbox)

    with pytest.raises(PatchDoesNotApply, match=problem):
        repository.apply_patch(patch, repository.resolve("HEAD"), ATTEMPT, fix=False)

    assert before == own_files(sandbox)


def test_patch_with_other_white_space(sandbox: GitSandbox, repository: GitRepository) -> None:
    """White space inside a line counts, though the user configured git to overlook it."""
    sandbox.commit({"table": "a b\nc d\ne f\n"})
    patch = patch_of(sandbox, {"table": "a b\nc\ne f\n"})
    sandbox.commit({"table": "a  b\nc  d\ne  f\n"})
    sandbox.git("config", "apply.ignoreWhitespace", "change")

    with pytest.raises(PatchDoesNotApply, match="patch does not apply"):
        repository.apply_patch(patch, repository.resolve("HEAD"), ATTEMPT, fix=False)


HUNK = b"@@ -0,0 +1 @@\n+x\n"


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(b"--- /dev/null\n+++ b/../outside\n" + HUNK, id="parent directory"),
        pytest.param(b"--- /dev/null\n+++ b//etc/outside\n" + HUNK, id="absolute path"),
        pytest.param(b"--- /dev/null\n+++ b/.git/hooks/post-checkout\n" + HUNK, id="git directory"),
        pytest.param(b"--- /dev/null\n+++ b/link/inside\n" + HUNK, id="beyond a symbolic link"),
        pytest.param(b"this is not a patch\n", id="no patch"),
        pytest.param(b"--- a/README\n+++ b/README\n@@ -1,3 +1,3 @@\n a project\n", id="cut off"),
        pytest.param(b"diff --git a/d b/d\nindex 11..22 100644\nGIT binary patch\nliteral 5\nrubbish\n\n", id="binary"),
        pytest.param(b"--- a/nosuch\n+++ b/nosuch\n@@ -1 +1 @@\n-a\n+b\n", id="file absent"),
        pytest.param(b"--- a/README\n+++ b/README\n@@ -1 +1 @@\n-other\n+b\n", id="other content"),
    ],
)
def test_patch_refused(sandbox: GitSandbox, repository: GitRepository, patch: bytes) -> None:
    """Malformed patches, and those that reach outside the tree, are refused."""
    (sandbox.root / "link").symlink_to("/tmp")
    sandbox.commit()
    before = sandbox.state()

    with pytest.raises((PatchDamaged, PatchDoesNotApply)):
        repository.apply_patch(patch, repository.resolve("HEAD"), ATTEMPT, fix=False)

    assert before == sandbox.state()


@pytest.mark.parametrize("patch", [b"", b" \n\n"])
def test_empty_patch(repository: GitRepository, patch: bytes) -> None:
    """An empty patch is nothing to gate."""
    with pytest.raises(BadRequest, match="empty"):
        repository.apply_patch(patch, repository.resolve("HEAD"), ATTEMPT, fix=False)


def test_taken_up_again(sandbox: GitSandbox, repository: GitRepository) -> None:
    """The same attempt with the same candidate is the same commit; with another candidate it is refused."""
    sandbox.write({"b": "1"})
    first = repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    assert first == repository.materialise(WorktreeCandidate(), None, ATTEMPT)

    sandbox.write({"b": "2"})
    with pytest.raises(BadRequest, match="already keeps another candidate"):
        repository.materialise(WorktreeCandidate(), None, ATTEMPT)
    assert first.revision == sandbox.git("rev-parse", "autopack/r1/gate/1")


def test_branch_called_autopack(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A branch of the user that is in the way is named, and left alone."""
    sandbox.git("branch", "autopack")
    sandbox.write({"b": "1"})

    with pytest.raises(BadRequest, match="autopack"):
        repository.materialise(WorktreeCandidate(), None, ATTEMPT)


@pytest.mark.parametrize("run_id", ["a", "a.", "a.lock", "a.b-c_d", "0" * 63, "a.lock.lock"])
def test_every_run_id_makes_a_branch(sandbox: GitSandbox, repository: GitRepository, run_id: str) -> None:
    """Every valid run id gives a branch that git accepts."""
    attempt = AttemptRef(run_id=run_id, phase="gate.lock", attempt=1)
    sandbox.write({"b": "1"})

    made = repository.materialise(WorktreeCandidate(), None, attempt)

    assert made.revision == sandbox.git("rev-parse", branch_of(attempt))


def test_hooks_do_not_run(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """No hook of the repository runs, neither for candidates nor for worktrees."""
    log = tmp_path / "log"
    for name in ("post-checkout", "reference-transaction", "pre-commit", "post-index-change", "post-commit"):
        hook = sandbox.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >> {log}\n")
        hook.chmod(0o755)
    sandbox.write({"b": "1"})

    with repository.checkout(repository.materialise(WorktreeCandidate(), None, ATTEMPT), tmp_path / "tree"):
        assert not log.exists()

    assert not log.exists()


def test_scratch_is_cleared(sandbox: GitSandbox, repository: GitRepository, state: Path) -> None:
    """Temporary files are gone afterwards, also after a refusal."""
    sandbox.write({"b": "1"})
    repository.materialise(WorktreeCandidate(), None, ATTEMPT)
    with pytest.raises(PatchDamaged):
        repository.apply_patch(b"rubbish", None, ATTEMPT, fix=False)

    assert ["scratch"] == sorted(directory_state(state))
