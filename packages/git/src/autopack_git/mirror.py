"""Clones of other people's repositories: one per URL, brought up to date before it is used, with nothing checked out.

Names resolve as in a fresh clone whose every branch was checked out once: ``main``, ``origin/main``, tags, HEAD.
Branches below ``autopack/`` are the runs' own and stay; the remote's of that name are known as ``origin/autopack/...``.
"""

import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from autopack_git.bundle import HARMLESS, init_repository
from autopack_git.command import TIMEOUT_S, Git
from autopack_git.errors import CloneFailed, GitFailed, GitTimedOut
from autopack_git.paths import text_of

OWN = re.compile(rb"autopack(?:/|$)")
_REMOTE = b"refs/remotes/origin/"
_HEAD = re.compile(rb"ref: refs/heads/([^\t\n]+)\tHEAD")
_SHA256 = re.compile(rb"[0-9a-f]{64}\t")
_SETTINGS = (
    "transfer.fsckObjects=true",
    *(f"fetch.fsck.{name}=ignore" for name in HARMLESS),
    # Where a redirect leads nobody allowed.
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "core.askPass=",
)


def update_mirror(root: Path, url: str, cancel: threading.Event, *, timeout_s: float = TIMEOUT_S) -> None:
    """Make or update the clone of ``url`` (which was checked and allowed) at ``root``. One at a time for a ``root``.
    Each of git's commands that ask there has ``timeout_s``.

    Raises CloneFailed, GitFailed, Cancelled.
    """
    git = Git(directory=root, cancel=cancel, timeout_s=timeout_s).having(
        GIT_ALLOW_PROTOCOL=url.partition("://")[0],
        GIT_SSH_COMMAND="ssh -oBatchMode=yes",
        GIT_ASKPASS="false",
        SSH_ASKPASS="false",
    )
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    root.mkdir(parents=True, exist_ok=True)
    listed = _asked(git, url, *settings, "ls-remote", "--symref", "--end-of-options", url, "HEAD").split(b"\n")
    default = _default_branch(url, listed)
    init_repository(root, object_format="sha256" if any(map(_SHA256.match, listed)) else "sha1")
    _remove_stale_locks(root / ".git")
    _asked(
        git,
        url,
        *settings,
        *("fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
        *("--no-recurse-submodules", "--end-of-options", url),
        *("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"),
    )
    _name_as_checked_out(Git(directory=root), default)


def _asked(git: Git, url: str, *arguments: str) -> bytes:
    """What a command that asks at ``url`` writes to standard output."""
    try:
        output = git.attempt(*arguments)
    except GitTimedOut as error:
        raise _failed(url, f"it did not answer within {git.timeout_s:g} s") from error
    if output.broke_down:
        raise GitFailed(f"{url} could not be cloned: {output.complaint}; check the executor's machine", subject=url)
    if output.code != 0:
        raise _failed(url, output.complaint)
    return output.stdout


def _default_branch(url: str, listed: Iterable[bytes]) -> str | None:
    """The branch that the remote's HEAD names, of the lines of ``ls-remote``; None when it names none."""
    name = next((found[1] for line in listed if (found := _HEAD.fullmatch(line))), None)
    if name is None:
        return None
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise CloneFailed(
            f"{url} cannot be cloned: the name of its default branch, {text_of(name)}, is not UTF-8; give it another "
            "name there, or gate a clone of yours (--repo PATH)",
            subject=url,
        ) from error


def _name_as_checked_out(git: Git, default: str | None) -> None:
    """Give each remote branch a local one at the same commit, and HEAD the remote's; local ones without one go."""
    remote, local = _branches(git, _REMOTE), _branches(git, b"refs/heads/")
    remote.pop(b"HEAD", None)
    wanted = {name: commit for name, commit in remote.items() if not OWN.match(name)}
    gone = [name for name in local if name not in wanted and not OWN.match(name)]
    # Those that go leave first: a branch cannot be called as the folder of another one.
    for commands in (
        b"".join(b"delete refs/heads/%b\0\0" % name for name in sorted(gone)),
        b"".join(b"update refs/heads/%b\0%b\0\0" % pair for pair in sorted(wanted.items())),
    ):
        git.run("update-ref", "--no-deref", "-z", "--stdin", stdin=commands)
    if default is not None and default.encode() in wanted:
        git.run("symbolic-ref", "HEAD", f"refs/heads/{default}")
        git.run("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{default}")


def _branches(git: Git, prefix: bytes) -> dict[bytes, bytes]:
    listed = git.run("for-each-ref", "--format=%(objectname) %(refname)", prefix.decode()).stdout
    pairs = (line.split(b" ", 1) for line in listed.splitlines())
    return {name.removeprefix(prefix): commit for commit, name in pairs}


def _remove_stale_locks(git_dir: Path) -> None:
    """Remove what a killed git left, which would keep every later one away. Runs lock nothing but their own branch."""
    locks = [*git_dir.glob("*.lock"), *(git_dir / "refs").rglob("*.lock")]
    for path in locks:
        if not path.is_relative_to(git_dir / "refs" / "heads" / "autopack"):
            with suppress(FileNotFoundError):
                path.unlink()


def _failed(url: str, complaint: str) -> CloneFailed:
    return CloneFailed(
        f"{url} cannot be cloned: {complaint}; check the URL, and that the executor's machine reaches its host and may "
        "read it",
        subject=url,
    )
