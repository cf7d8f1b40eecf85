"""What the files of a tree hold, without checking it out."""

from collections.abc import Iterable

from autopack_git.command import Git
from autopack_git.errors import GitFailed
from autopack_git.paths import fields, text_of
from autopack_model.suite_run.value import Tree


def contents(git: Git, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
    """What the files ``paths`` hold, by path; None when that is more than ``most`` bytes in all.

    What is no file of the tree is left out, and so are links, whose target is not looked at, and paths that git cannot
    be asked for by their text. Raises GitFailed.
    """
    wanted = sorted(path for path in set(paths) if "\n" not in path)
    if not wanted:
        return {}
    listed = git.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree.tree, "--", *_literal(wanted)).stdout
    names: dict[str, bytes] = {}
    total = 0
    for entry in fields(listed):
        about, _, path = entry.partition(b"\t")
        mode, _, name, size = about.split()
        if mode.startswith(b"100") and text_of(path) in wanted:
            names[text_of(path)] = name
            total += int(size)
    if total > most:
        return None
    return dict(zip(names, blobs(git, list(names.values())), strict=True))


def files_holding(git: Git, tree: Tree, word: str) -> tuple[str, ...]:
    """The Python files of the tree that hold ``word``, ascending. Raises GitFailed."""
    found = git.attempt("grep", "-l", "-z", "-F", "--full-name", "-e", word, tree.tree, "--", "*.py")
    if found.code not in (0, 1):
        raise GitFailed(f"git grep failed in {git.directory}: {found.complaint}", subject=str(git.directory))
    return tuple(sorted(text_of(name.partition(b":")[2]) for name in fields(found.stdout)))


def files_matching(git: Git, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The text files of the tree that match one of ``names`` and in which a line matches the extended regular
    expression ``pattern``, ascending. Raises GitFailed.
    """
    found = git.attempt("grep", "-l", "-z", "-I", "-E", "--full-name", "-e", pattern, tree.tree, "--", *names)
    if found.code not in (0, 1):
        raise GitFailed(f"git grep failed in {git.directory}: {found.complaint}", subject=str(git.directory))
    return tuple(sorted(text_of(name.partition(b":")[2]) for name in fields(found.stdout)))


def _literal(paths: list[str]) -> list[str]:
    return [f":(top,literal){path}" for path in paths]


def blobs(git: Git, names: list[bytes]) -> list[bytes]:
    """What the objects ``names`` hold, in their order. Raises GitFailed for one that is no blob."""
    output = git.run("cat-file", "--batch", stdin=b"".join(name + b"\n" for name in names)).stdout
    blobs = []
    position = 0
    for name in names:
        end = output.index(b"\n", position)
        _, kind, size = output[position:end].split()
        if kind != b"blob":
            raise GitFailed(
                f"git answered {kind!r} for the file {name!r} in {git.directory}", subject=str(git.directory)
            )
        blobs.append(output[end + 1 : end + 1 + int(size)])
        position = end + 2 + int(size)
    return blobs
