"""Candidates as commits, made with a temporary index: the user's index, stash and branches stay as they are."""

import shutil
from pathlib import Path

from autopack_git.command import Git
from autopack_git.layout import Layout
from autopack_git.paths import fields, text_of
from autopack_git.revisions import Revisions
from autopack_git.scratch import scratch_directory
from autopack_model.errors import BadRequest
from autopack_model.identity.value import AttemptRef
from autopack_model.suite_run.value import Tree

_SHOWN = 5


def branch_of(attempt: AttemptRef) -> str:
    """The full name of the branch that keeps what ``attempt`` gates.

    Git refuses a name component that ends in ``.lock``; such a one gets a ``+``, which run ids cannot contain.
    """
    parts = [attempt.run_id, attempt.phase, str(attempt.attempt)]
    return "/".join(["refs/heads/autopack", *(f"{part}+" if part.endswith(".lock") else part for part in parts)])


def commit_edits(layout: Layout, state: Path, revisions: Revisions) -> Tree:
    """The uncommitted edits of the user's checkout on top of its HEAD (on nothing, on an unborn branch).

    Untracked files are included, ignored ones not. Raises BadRequest for what no tree can hold: unmerged files, edits
    inside a submodule, a repository of its own that is not a submodule, an unreadable file.
    """
    head = revisions.head()
    with scratch_directory(state) as scratch:
        index = scratch / "index"
        source = layout.git_dir / "index"
        if source.exists():
            # With its times: git compares them with those of the files to tell which it must read again.
            shutil.copy2(source, index)
        git = Git(directory=layout.root, variables={"GIT_INDEX_FILE": str(index)})
        unmerged = sorted({entry.split(b"\t", 1)[1] for entry in fields(git.run("ls-files", "-u", "-z").stdout)})
        if unmerged:
            raise BadRequest(
                f"the checkout has unmerged files ({_listed(unmerged)}); finish or abort the merge and try again",
                subject=text_of(unmerged[0]),
            )
        known = _index_gitlinks(git)
        added = git.attempt("add", "--all")
        if added.code != 0:
            raise BadRequest(
                f"git cannot record the uncommitted edits of {layout.root}: {added.complaint}",
                subject=str(layout.root),
            )
        embedded = sorted(_index_gitlinks(git) - known)
        if embedded:
            raise BadRequest(
                f"the checkout holds a git repository that is not a submodule ({_listed(embedded)}); ignore it, or "
                "make it a submodule, and try again",
                subject=text_of(embedded[0]),
            )
        dirty = _dirty_submodules(git)
        if dirty:
            raise BadRequest(
                f"a submodule has uncommitted edits ({_listed(dirty)}), which a commit of the repository cannot hold; "
                "commit them in the submodule and try again",
                subject=text_of(dirty[0]),
            )
        tree = git.run("write-tree").line
    return commit_tree(layout, tree, head, "Candidate made of uncommitted edits\n")


def keep(layout: Layout, attempt: AttemptRef, candidate: Tree) -> None:
    """Keep ``candidate`` with the branch of ``attempt``. The branch may only exist when it already does that.

    Raises BadRequest when it holds something else, or a branch called ``autopack`` is in the way.
    """
    git = Git(directory=layout.root)
    branch = branch_of(attempt)
    nothing = "0" * len(candidate.revision)
    created = git.attempt("update-ref", "--no-deref", branch, candidate.revision, nothing)
    if created.code == 0:
        return
    present = git.attempt("rev-parse", "--verify", "--quiet", branch)
    if present.code == 0 and present.line == candidate.revision:
        return
    if present.code == 0:
        raise BadRequest(
            f"the branch {branch.removeprefix('refs/heads/')} already keeps another candidate ({present.line}); use "
            "another run id",
            subject=str(attempt),
        )
    raise BadRequest(
        f"the branch {branch.removeprefix('refs/heads/')} cannot be made: {created.complaint}", subject=str(attempt)
    )


def commit_tree(layout: Layout, tree: str, parent: Tree | None, message: str) -> Tree:
    """A commit whose name depends on ``tree`` and ``parent`` alone: fixed identity, the parent's time, no signature."""
    git = Git(directory=layout.root)
    seconds = 0 if parent is None else Revisions(git).header(parent.revision).committed_at_s
    git = git.having(
        GIT_AUTHOR_NAME="Autopack",
        GIT_AUTHOR_EMAIL="autopack@localhost",
        GIT_AUTHOR_DATE=f"@{seconds} +0000",
        GIT_COMMITTER_NAME="Autopack",
        GIT_COMMITTER_EMAIL="autopack@localhost",
        GIT_COMMITTER_DATE=f"@{seconds} +0000",
    )
    on = () if parent is None else ("-p", parent.revision)
    commit = git.run("commit-tree", "--no-gpg-sign", *on, tree, stdin=message.encode()).line
    return Tree(revision=commit, tree=tree)


def _index_gitlinks(git: Git) -> set[bytes]:
    entries = (entry.split(b"\t", 1) for entry in fields(git.run("ls-files", "-s", "-z").stdout))
    return {path for description, path in entries if description.startswith(b"160000 ")}


def _dirty_submodules(git: Git) -> list[bytes]:
    """The submodules that still differ from the index when all edits were added to it."""
    parts = fields(git.run("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=none").stdout)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return sorted(path for description, path in pairs if description.startswith(b":160000 160000 "))


def _listed(paths: list[bytes]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(text_of(path) for path in paths[:_SHOWN]) + more
