"""A patch as a commit: applied exactly and whole, or refused."""

import re
from pathlib import Path

from autopack_git.candidate import commit_tree
from autopack_git.command import Git
from autopack_git.errors import PatchDoesNotApply
from autopack_git.layout import Layout
from autopack_git.patch.value import AppliedPatch
from autopack_git.scratch import scratch_directory
from autopack_model.errors import BadRequest
from autopack_model.suite_run.value import Tree

_OFFSET = re.compile(r"^Hunk #\d+ succeeded at \d+ \(offset -?\d+ lines?\)\.$", re.MULTILINE)
_SHOWN = 5


def commit_patch(layout: Layout, state: Path, patch: bytes, base: Tree | None, *, fix: bool) -> AppliedPatch:
    """``patch`` applied exactly to ``base`` (to nothing, when None), as a commit on it.

    Exactly: every line of context where the patch says it is, no fuzz, no offset. Raises PatchDoesNotApply with git's
    own message, BadRequest for an empty patch.
    """
    if not patch.strip():
        raise BadRequest("the patch is empty; there is nothing to gate", subject="patch")
    with scratch_directory(state) as scratch:
        git = Git(directory=layout.root, variables={"GIT_INDEX_FILE": str(scratch / "index")})
        git.run("read-tree", "--empty" if base is None else base.tree)
        applying = ("apply", "--cached", "--verbose", "--whitespace=nowarn", "--no-ignore-whitespace")
        applied = git.attempt(*applying, "--check", stdin=patch)
        moved = _OFFSET.findall(applied.complaint)
        if applied.code != 0 or moved:
            onto = "an empty tree" if base is None else base.revision
            problem = "; ".join(moved[:_SHOWN]) if applied.code == 0 else _errors(applied.complaint)
            raise PatchDoesNotApply(
                f"the patch does not apply exactly to {onto}: {problem}; make it against that revision (`git diff "
                "--binary`), or name the revision it was made against with --base",
                subject="patch",
            )
        git.run(*applying, stdin=patch)
        tree = git.run("write-tree").line
    made = commit_tree(layout, tree, base, "Candidate given as a patch\n")
    return AppliedPatch(tree=made, patch=patch, fixes=())


def _errors(complaint: str) -> str:
    lines = [line for line in complaint.splitlines() if line.startswith(("error: ", "fatal: ")) and line[-1] != ":"]
    return "; ".join(lines[:_SHOWN]) or complaint
