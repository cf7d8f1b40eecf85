"""The files under a path that git tracks or would add."""

import os
from pathlib import Path

from autopack_git.command import Git
from autopack_git.layout import discover
from autopack_git.paths import fields, text_of


def source_files(path: Path) -> tuple[str, ...]:
    """Tracked files and untracked ones that are not ignored, as paths below ``path``, ascending.

    Files that are deleted but still tracked are not listed. Raises NotARepository (also when ``path`` does not
    exist), BareRepository, BadRequest, GitFailed.
    """
    discover(path)
    directory = path if path.is_dir() else path.parent
    git = Git(directory=directory)
    wanted = ["--", "."] if path.is_dir() else ["--", f":(literal){path.name}"]
    listed = set(fields(git.run("ls-files", "-z", "-c", "-o", "--exclude-standard", *wanted).stdout))
    deleted = set(fields(git.run("ls-files", "-z", "-d", *wanted).stdout))
    return tuple(sorted(text_of(os.fsencode(directory / os.fsdecode(name))) for name in listed - deleted))
