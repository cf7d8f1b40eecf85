"""A patch as a commit: read whole, applied exactly and whole, or refused."""

from dataclasses import dataclass
from pathlib import Path

from autopack_git.candidate import commit_tree
from autopack_git.command import Git
from autopack_git.errors import PatchDamaged, PatchUnreadable
from autopack_git.layout import Layout
from autopack_git.patch.comparing import Applied, check_numbers, check_result
from autopack_git.patch.diagnosis import OFFSET, Refused
from autopack_git.patch.lines import CUT_OFF
from autopack_git.patch.mending import Mended, mendable, mended
from autopack_git.patch.reader import read_patch
from autopack_git.patch.value import AppliedPatch, Part
from autopack_git.scratch import scratch_directory
from autopack_model.errors import BadRequest
from autopack_model.suite_run.value import Tree

_APPLY = (
    "apply",
    "--cached",
    "--verbose",
    "--whitespace=nowarn",
    "--no-ignore-whitespace",
    "--numstat",
    "-z",
    "--apply",
)


def commit_patch(layout: Layout, state: Path, patch: bytes, base: Tree | None, *, fix: bool) -> AppliedPatch:
    """``patch`` applied to ``base`` (to nothing, when None), as a commit on it. ``fix`` allows to mend it before.

    Whole: each line of the patch is accounted for, and git applies what was read. Exactly: every line of context where
    the patch says it is, no fuzz, no offset. Raises PatchDamaged for a patch that cannot be read whole,
    PatchDoesNotApply, BadRequest for an empty patch.
    """
    if not patch.strip():
        raise BadRequest("the patch is empty; there is nothing to gate", subject="patch")
    read = _read(patch, fix=fix)
    onto = "an empty tree" if base is None else base.revision
    with scratch_directory(state) as scratch:
        git = Git(directory=layout.root, variables={"GIT_INDEX_FILE": str(scratch / "index")})
        git.run("read-tree", "--empty" if base is None else base.tree)
        applying = _Applying(git=git, read=read, onto=onto)
        tree = git.run("write-tree").line
        for part in read.parts:
            tree = applying.apply(part, tree)
    made = commit_tree(layout, tree, base, "Candidate given as a patch\n")
    return AppliedPatch(tree=made, patch=read.patch, fixes=read.fixes)


def _read(patch: bytes, *, fix: bool) -> Mended:
    try:
        if fix:
            return mended(patch)
        return Mended(patch=patch, fixes=(), parts=read_patch(patch), grown=frozenset(), cut=False)
    except PatchUnreadable as error:
        helps = "; or let --patch-fix mend it, which records what it did" if not fix and mendable(patch) else ""
        cure = f"; {error.cure}" if error.cure else ""
        raise PatchDamaged(
            f"the patch cannot be applied whole: {error.problem}{cure}{helps}", subject="patch"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applying:
    """Applies the parts of a patch one after the other to the index of ``git``."""

    git: Git
    read: Mended
    onto: str

    def apply(self, part: Part, before: str) -> str:
        """The tree that ``part`` makes of the tree ``before``. Raises PatchDamaged, PatchDoesNotApply."""
        text = self.read.patch[part.sections[0].start : part.sections[-1].end]
        bare = _without_context(part)
        output = self.git.attempt(*_APPLY, stdin=text)
        exact = output.code == 0 and not OFFSET.search(output.complaint)
        unproven = frozenset[int]()
        if not exact and bare:
            # Git looks for lines that are deleted without context in the line before. What is proven is in its place.
            self.git.run("read-tree", before)
            output = self.git.attempt(*_APPLY, "--unidiff-zero", stdin=text)
            unproven = bare if not OFFSET.search(output.complaint) else _modifying(part)
            exact = output.code == 0
        if not exact:
            complaint = output.complaint
            raise Refused(
                git=self.git, patch=self.read.patch, part=part, tree=before, onto=self.onto, complaint=complaint
            ).error()
        check_numbers(part, output.stdout)
        after = self.git.run("write-tree").line
        applied = Applied(git=self.git, before=before, after=after, grown=self.read.grown)
        proven = check_result(applied, part, self.read.patch)
        if unproven := unproven - proven:
            raise PatchDamaged(
                "the patch cannot be applied for sure: its hunks have no lines of context (line "
                f"{min(unproven)}), and nothing else shows that it belongs here; make it with context: `git diff -U3 "
                "--binary`",
                subject="patch",
            )
        if self.read.cut and part is self.read.parts[-1] and part.sections[-1].line not in proven:
            raise PatchDamaged(
                f"the patch cannot be applied whole: it is cut off, or the header of its last hunk (line "
                f"{part.sections[-1].hunks[-1].line}) counts more lines than there are, and nothing shows which; "
                f"{CUT_OFF}; if nothing is lost, correct the header",
                subject="patch",
            )
        return after


def _modifying(part: Part) -> frozenset[int]:
    """The lines of the sections that change lines of a file that is there."""
    return frozenset(
        section.line
        for section in part.sections
        if section.hunks and section.old_path is not None and section.new_path is not None
    )


def _without_context(part: Part) -> frozenset[int]:
    """The lines of those of them that have a hunk without context."""
    bare = {section.line for section in part.sections if not all(hunk.context for hunk in section.hunks)}
    return _modifying(part) & bare
