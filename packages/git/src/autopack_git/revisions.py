"""What revision expressions name, and which base a candidate has when none was given."""

import re
from dataclasses import dataclass

from autopack_git.command import Git
from autopack_git.errors import GitFailed, ShallowHistory, UnbornBranch, UnknownRevision
from autopack_model.suite_run.value import Tree

_OBJECT_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABOUT_HEAD = re.compile(r"(HEAD|@)(?![\w/.-])")
_MAY_LIE_BEYOND = re.compile(r"[0-9a-fA-F]{4,64}|.*[~^].*")
_COMMITTER = re.compile(rb"committer .*> (\d{1,18}) [+-]\d{4}")

DEEPEN = "run `git fetch --unshallow` (or `git fetch --deepen=<commits>`) and try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitHeader:
    """What a commit object itself says: its parents, present or not, and its time in seconds since the epoch."""

    parents: tuple[str, ...]
    committed_at_s: int


class Revisions:
    """The commits of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def resolve(self, revision: str) -> Tree:
        """The commit and tree that ``revision`` names. Raises UnknownRevision, UnbornBranch, ShallowHistory."""
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise UnknownRevision(f"{revision!r} is not a revision", subject=revision)
        named = self._git.attempt("rev-parse", "--verify", "--end-of-options", revision)
        if named.code != 0 or _OBJECT_NAME.fullmatch(named.line) is None:
            raise self._absent(revision, named.complaint if named.code != 0 else "it names more than one commit")
        peeled = self._git.attempt("rev-parse", f"{named.line}^{{commit}}", f"{named.line}^{{tree}}")
        if peeled.code != 0:
            raise self._absent(revision, peeled.complaint)
        commit, tree = peeled.line.split("\n")
        return Tree(revision=commit, tree=tree)

    def default_base(self, head: str, *, uncommitted: bool) -> Tree:
        """The base of ``head`` when the user names none.

        The default branch is what ``origin/HEAD`` points to; without it the first that exists of the names
        ``init.defaultBranch``, ``main``, ``master``, each first as a branch of ``origin``, then as a local one. The
        base is the merge-base of ``head`` with it. When ``head`` is part of the default branch itself, that is
        ``head``: the base of uncommitted edits, while the base of a commit is then its first parent.

        Raises the same errors as ``resolve``, and UnknownRevision when there is no such branch, common history or
        parent.
        """
        tip = self.resolve(head)
        branch = self._default_branch()
        if branch is None:
            raise UnknownRevision(
                "no default branch was found (origin/HEAD, main or master); name the base with --base", subject=head
            )
        found = self._git.attempt("merge-base", branch, tip.revision)
        if found.code != 0:
            if found.code != 1:
                raise GitFailed(f"git cannot compare {head} with {branch}: {found.complaint}", subject=head)
            if self._shallow():
                raise ShallowHistory(
                    f"this clone is shallow and does not reach the common history of {head} and {branch}; {DEEPEN}, "
                    "or name the base with --base",
                    subject=head,
                )
            raise UnknownRevision(
                f"{head} and the default branch {branch} have no common history; name the base with --base",
                subject=head,
            )
        if found.line != tip.revision or uncommitted:
            return self.resolve(found.line)
        return self._first_parent(head, tip.revision)

    def head(self) -> Tree | None:
        """The commit that is checked out, or None on an unborn branch."""
        return None if self._unborn() else self.resolve("HEAD")

    def header(self, commit: str) -> CommitHeader:
        """The header of the commit object ``commit`` (a full name)."""
        header = self._git.run("cat-file", "commit", commit).stdout.partition(b"\n\n")[0].split(b"\n")
        times = [int(found[1]) for line in header if (found := _COMMITTER.fullmatch(line))]
        return CommitHeader(
            parents=tuple(line[7:].decode() for line in header if line.startswith(b"parent ")),
            committed_at_s=times[0] if times else 0,
        )

    def _first_parent(self, head: str, commit: str) -> Tree:
        parents = self.header(commit).parents
        if not parents:
            raise UnknownRevision(
                f"{head} is the first commit of the default branch and has no parent; name the base with --base",
                subject=head,
            )
        return self.resolve(parents[0])

    def _default_branch(self) -> str | None:
        target = self._git.attempt("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
        configured = self._git.attempt("config", "--get", "init.defaultBranch")
        names = [configured.line] if configured.code == 0 and configured.line else []
        candidates = [target.line] if target.code == 0 else []
        for name in [*names, "main", "master"]:
            candidates += [f"refs/remotes/origin/{name}", f"refs/heads/{name}"]
        for candidate in candidates:
            if self._git.attempt("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}").code == 0:
                return candidate
        return None

    def _absent(self, revision: str, complaint: str) -> UnbornBranch | ShallowHistory | UnknownRevision:
        if _ABOUT_HEAD.match(revision) and self._unborn():
            return UnbornBranch(
                f"{revision} does not exist yet: the repository's current branch has no commit; commit first, or gate "
                "the uncommitted edits without a base",
                subject=revision,
            )
        shallow = self._shallow()
        if shallow and _MAY_LIE_BEYOND.fullmatch(revision):
            return ShallowHistory(f"{revision} is not in the history of this shallow clone; {DEEPEN}", subject=revision)
        advice = f"; this clone is shallow, so it may be absent: {DEEPEN}" if shallow else "; see `git log --all`"
        return UnknownRevision(
            f"{revision!r} does not name a commit of the repository ({complaint}){advice}", subject=revision
        )

    def _unborn(self) -> bool:
        branch = self._git.attempt("symbolic-ref", "--quiet", "HEAD")
        return branch.code == 0 and self._git.attempt("show-ref", "--verify", "--quiet", branch.line).code == 1

    def _shallow(self) -> bool:
        return self._git.run("rev-parse", "--is-shallow-repository").line == "true"
