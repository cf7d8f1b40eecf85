"""The files in which one tree differs from another, whatever the user's configuration says about diffs."""

import re
from dataclasses import dataclass

from autopack_git.command import Git
from autopack_git.errors import GitFailed
from autopack_git.layout import Layout
from autopack_git.paths import distinct_texts, fields
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.errors import InvalidValue
from autopack_model.suite_run.value import Tree

RENAME_LIMIT = 2000
"""Above this many added and deleted files only exact renames are found: the search is quadratic."""

_RAW = re.compile(rb":\d{6} \d{6} [0-9a-f]+ [0-9a-f]+ ([A-Z])\d*")
_KINDS = {
    b"A": ChangeKind.ADDED,
    b"M": ChangeKind.MODIFIED,
    b"D": ChangeKind.DELETED,
    b"R": ChangeKind.RENAMED,
    b"T": ChangeKind.TYPE_CHANGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    path: bytes
    old_path: bytes | None
    kind: ChangeKind


def changed_files(layout: Layout, base: Tree | None, head: Tree) -> ChangedFiles:
    """The files in which ``head`` differs from ``base`` (from nothing, when None), renames found, copies not.

    UNKNOWN when git failed or its answer could not be read: never an exception, never EMPTY.
    """
    # With neither the user's checkout nor its index, so that no .gitattributes of theirs matters: it can declare text
    # binary. The git directory stands in for the one, a name that does not exist for the other.
    git = Git(directory=layout.common_dir, variables={"GIT_INDEX_FILE": str(layout.common_dir / "autopack-no-index")})
    try:
        before = git.run("hash-object", "-t", "tree", "--stdin").line if base is None else base.tree
        output = git.run(
            f"--git-dir={layout.common_dir}",
            f"--work-tree={layout.common_dir}",
            "-c",
            "core.attributesFile=/dev/null",
            "diff-tree",
            *("-r", "-z", "--raw", "--numstat", "--full-index", "--no-abbrev", "--no-color"),
            *("--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none"),
            *("--diff-algorithm=myers", "--find-renames=50%", f"-l{RENAME_LIMIT}"),
            "--end-of-options",
            before,
            head.tree,
        ).stdout
        return ChangedFiles.of(_parse(output))
    except (GitFailed, InvalidValue, _Unreadable) as error:
        return ChangedFiles.unknown(f"the changed files could not be listed: {error}")


class _Unreadable(Exception):
    """Git's answer is not what its manual promises."""


def _parse(output: bytes) -> tuple[ChangedFile, ...]:
    parts = fields(output)
    if output and not output.endswith(b"\0"):
        raise _Unreadable("git's answer is cut off")
    changes, position = _parse_raw(parts)
    counts = _parse_counts(parts, position)
    texts = distinct_texts(frozenset({change.path for change in changes}))
    # Old paths are a name space of their own: a path may be the new name of one file and the old one of another.
    old_texts = distinct_texts(frozenset({change.old_path for change in changes if change.old_path is not None}))
    if len(counts) != len(changes):
        raise _Unreadable(f"git listed {len(changes)} changed files and the line counts of {len(counts)}")
    files = []
    for change in changes:
        if (change.old_path, change.path) not in counts:
            raise _Unreadable(f"git gave no line counts for {texts[change.path]}")
        added, removed = counts[change.old_path, change.path]
        files.append(
            ChangedFile(
                path=texts[change.path],
                old_path=None if change.old_path is None else old_texts[change.old_path],
                kind=change.kind,
                lines_added=added,
                lines_removed=removed,
                binary=added is None,
            )
        )
    return tuple(files)


def _parse_raw(parts: list[bytes]) -> tuple[list[_Change], int]:
    """The raw section and the position behind it."""
    changes: list[_Change] = []
    position = 0
    while position < len(parts) and parts[position].startswith(b":"):
        header = _RAW.fullmatch(parts[position])
        kind = None if header is None else _KINDS.get(header[1])
        wanted = 2 if kind is ChangeKind.RENAMED else 1
        paths = parts[position + 1 : position + 1 + wanted]
        if kind is None or len(paths) != wanted:
            raise _Unreadable(f"git's answer holds {parts[position]!r}")
        changes.append(_Change(path=paths[-1], old_path=paths[0] if wanted == 2 else None, kind=kind))
        position += 1 + wanted
    return changes, position


def _parse_counts(parts: list[bytes], position: int) -> dict[tuple[bytes | None, bytes], tuple[int | None, int | None]]:
    """Lines added and removed by old path (of a rename) and path; None for binary files."""
    counts: dict[tuple[bytes | None, bytes], tuple[int | None, int | None]] = {}
    while position < len(parts):
        entry = parts[position].split(b"\t", 2)
        if len(entry) != 3:
            raise _Unreadable(f"git's answer holds {parts[position]!r}")
        added, removed, path = entry
        if path:
            key: tuple[bytes | None, bytes] = (None, path)
            position += 1
        else:
            if position + 2 >= len(parts):
                raise _Unreadable("git's answer is cut off")
            key = (parts[position + 1], parts[position + 2])
            position += 3
        if added == removed == b"-":
            counts[key] = (None, None)
        elif added.isdigit() and removed.isdigit():
            counts[key] = (int(added), int(removed))
        else:
            raise _Unreadable(f"git counted {added!r} and {removed!r} lines")
    return counts
