"""Source releases of real projects, fetched through pip by version and hash, and made into a git repository."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BASE, HEAD = "base", "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One source release. ``sha256`` is that of its archive, in hex."""

    project: str
    version: str
    sha256: str

    @property
    def requirement(self) -> str:
        """What pip is asked for; it refuses an archive with another hash."""
        return f"{self.project}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A release that lies in ``folder`` of the repository, empty for its top, with the files of text that are
    ``added``: what the repository of the project has and its source release has not.
    """

    release: Release
    folder: str = ""
    added: tuple[tuple[str, str], ...] = ()


def fetch_parts(parts: Sequence[Part], folder: Path, *, python: Path) -> Path:
    """Fetch every release as ``fetch`` does, and lay them into ``folder``/tree, which is returned."""
    tree = folder / "tree"
    for number, part in enumerate(parts):
        sources = fetch(part.release, folder / str(number), python=python)
        place = tree / part.folder
        place.parent.mkdir(parents=True, exist_ok=True)
        sources.rename(place)
        for name, text in part.added:
            (place / name).write_text(text, encoding="utf-8")
    return tree


def fetch(release: Release, folder: Path, *, python: Path) -> Path:
    """Download and unpack ``release`` into ``folder``, new; returns the folder of its sources, without the metadata
    that was built into the archive and is in no repository.

    ``python`` runs pip, from the index that the machine is configured for, and has the release's build backend: pip
    asks it for metadata, and would have to fetch it otherwise. Raises CalledProcessError when pip fails.
    """
    archives, sources, wanted = folder / "archives", folder / "sources", folder / "requirements.txt"
    sources.mkdir(parents=True)
    wanted.write_text(release.requirement + "\n", encoding="utf-8")
    only_this = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes")
    pip(python, "download", *only_this, "--dest", str(archives), "--requirement", str(wanted))
    (archive,) = archives.iterdir()
    with tarfile.open(archive) as opened:
        # Interpreters that know filters warn about none.
        opened.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        opened.extractall(sources)
    (unpacked,) = sources.iterdir()
    for built in list(unpacked.rglob("*.egg-info")):
        shutil.rmtree(built)
    return unpacked


def pip(python: Path, *arguments: str) -> None:
    """Run pip of ``python``. Raises CalledProcessError, with all that pip said in its output."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def make_repository(repository: Path, base: Path, head: Path) -> None:
    """A new git repository in which the branches BASE and HEAD, one commit apart, hold the folders ``base`` and
    ``head`` as they are, files that they would ignore included.
    """
    git(repository.parent, "init", "--quiet", "--initial-branch", BASE, str(repository))
    replace_tree(repository, base)
    commit(repository, "base")
    git(repository, "switch", "--quiet", "--create", HEAD)
    replace_tree(repository, head)
    commit(repository, "head")


def replace_tree(repository: Path, content: Path) -> None:
    """Make ``content`` all that lies in the checkout of ``repository``.

    The files get new times: in many archives all have the same, by which git would take two of one size for one.
    """
    for entry in repository.iterdir():
        if entry.name == ".git":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.copytree(content, repository, symlinks=True, copy_function=shutil.copy, dirs_exist_ok=True)


def commit(repository: Path, message: str) -> None:
    """Commit everything in the checkout."""
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", message)


def git(folder: Path, *arguments: str) -> None:
    """Run git in ``folder``, without the user's own configuration. Raises CalledProcessError."""
    somebody = {"NAME": "Somebody", "EMAIL": "somebody@example.invalid"}
    people = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in somebody.items()}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        env=inherited | people | nowhere,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
