"""Clones of other people's repositories: one per URL, brought up to date before it is used, with nothing checked out.

Names resolve as in a fresh clone whose every branch was checked out once: ``main``, ``origin/main``, tags, HEAD.
Branches below ``autopack/`` are the runs' own and stay; the remote's of that name are known as ``origin/autopack/...``.
"""

import re
import threading
from contextlib import suppress
from pathlib import Path

from autopack_executor.adapters.git.bundle import HARMLESS, init_repository
from autopack_executor.adapters.git.command import Git
from autopack_executor.domain.errors import CloneFailed

OWN = re.compile(rb"autopack(?:/|$)")
_REMOTE = b"refs/remotes/origin/"
_HEAD = re.compile(r"ref: refs/heads/(\S+)\tHEAD")
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


def update_mirror(root: Path, url: str, cancel: threading.Event) -> None:
    """Make or update the clone of ``url`` (which was checked and allowed) at ``root``. One at a time for a ``root``.

    Raises CloneFailed, GitFailed, Cancelled.
    """
    git = Git(directory=root, cancel=cancel).having(
        GIT_ALLOW_PROTOCOL=url.partition("://")[0],
        GIT_SSH_COMMAND="ssh -oBatchMode=yes",
        GIT_ASKPASS="false",
        SSH_ASKPASS="false",
    )
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    root.mkdir(parents=True, exist_ok=True)
    listed = git.attempt(*settings, "ls-remote", "--symref", "--end-of-options", url, "HEAD")
    if listed.code != 0:
        raise _failed(url, listed.complaint)
    names = listed.line.splitlines()
    object_format = "sha256" if any(re.match(r"[0-9a-f]{64}\t", name) for name in names) else "sha1"
    init_repository(root, object_format=object_format)
    _remove_stale_locks(root / ".git")
    fetched = git.attempt(
        *settings,
        *("fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
        *("--no-recurse-submodules", "--end-of-options", url),
        *("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"),
    )
    if fetched.code != 0:
        raise _failed(url, fetched.complaint)
    default = next((found[1] for name in names if (found := _HEAD.fullmatch(name))), None)
    _name_as_checked_out(Git(directory=root), default)


def _name_as_checked_out(git: Git, default: str | None) -> None:
    """Give each remote branch a local one at the same commit, and HEAD the remote's; local ones without one go."""
    remote, local = _branches(git, _REMOTE), _branches(git, b"refs/heads/")
    remote.pop(b"HEAD", None)
    wanted = {name: commit for name, commit in remote.items() if not OWN.match(name)}
    gone = [name for name in local if name not in wanted and not OWN.match(name)]
    # Those that go make room first: a branch cannot be called as the folder of another one.
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
        f"{url} cannot be cloned: {complaint}; check the URL, and that the executor's machine may read it",
        subject=url,
    )
