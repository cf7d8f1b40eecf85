"""Builders of what many tests need: real git repositories, made quickly."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_WHEN = "@1700000000 +0000"
_VARIABLES = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": _WHEN,
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": _WHEN,
}


class GitSandbox:
    """A git repository at ``root`` for a test to play with, on branch ``main``, with a fixed author and time."""

    def __init__(self, root: Path, *init_arguments: str) -> None:
        """Make the repository; ``init_arguments`` go to ``git init`` (``--bare``, ``--object-format=sha256``)."""
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *init_arguments)

    @classmethod
    def clone(cls, source: Path, root: Path, *arguments: str) -> "GitSandbox":
        """A clone of ``source`` through the file protocol, so that ``--depth`` works."""
        clone = cls.__new__(cls)
        clone.root = root
        root.parent.mkdir(parents=True, exist_ok=True)
        _git(root.parent, "clone", "--quiet", *arguments, f"file://{source}", str(root))
        return clone

    @classmethod
    def at(cls, root: Path) -> "GitSandbox":
        """The checkout that already exists at ``root``."""
        sandbox = cls.__new__(cls)
        sandbox.root = root
        return sandbox

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git in the repository; its output without surrounding white space. Raises when git fails."""
        return os.fsdecode(self.git_bytes(*arguments, stdin=stdin)).strip()

    def git_bytes(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git in the repository; its output as it is. Raises when git fails."""
        return _git(self.root, *arguments, stdin=stdin)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the checkout, directories included."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "change") -> str:
        """Write ``files``, stage every edit, commit (also nothing); the commit's name."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def state(self) -> dict[str, str]:
        """Everything below ``root``, ``.git`` included: path to mode and content digest (or link target)."""
        return directory_state(self.root)


def directory_state(root: Path) -> dict[str, str]:
    """Everything below ``root``: path to mode and content digest (or link target)."""
    state = {}
    for path in sorted(root.rglob("*")):
        mode = f"{path.lstat().st_mode:o}"
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = ""
        state[str(path.relative_to(root))] = f"{mode} {content}"
    return state


def _git(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=directory,
        env={**inherited, **_VARIABLES},
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments)}: {os.fsdecode(done.stderr)}")
    return done.stdout
