"""The files of a patch, as git reads it, without a repository.

Names and line counts come from ``--numstat -z``, kinds and old names from ``--summary``, which writes names as they
are; the old names are compared with those of the reversed patch, so that no name can pose as another.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from autopack_git.command import Git
from autopack_git.errors import GitTimedOut, PatchUnreadable
from autopack_git.patch_text import check_whole
from autopack_git.paths import distinct_texts, fields, text_of
from autopack_model.changed_files.value import ChangedFile, ChangeKind
from autopack_model.errors import InvalidValue

TIMEOUT_S = 60.0
NOWHERE = "/nonexistent"
"""In place of a repository and its files: what surrounds the process must not matter."""

_HERMETIC = {
    "GIT_DIR": NOWHERE,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
}
_COMMAND = ("-c", "core.attributesFile=/dev/null", "apply", "--whitespace=nowarn")
_LINES = (
    re.compile(rb" (create|delete) (?:mode \d{6} )?(.*)", re.DOTALL),
    re.compile(rb" (rename|copy|rewrite) (.*) \(\d{1,3}%\)", re.DOTALL),
    re.compile(rb" (mode change) \d{6} => \d{6} ?(.*)", re.DOTALL),
)
_KINDS = {
    b"create": ChangeKind.ADDED,
    b"delete": ChangeKind.DELETED,
    b"rename": ChangeKind.RENAMED,
    b"copy": ChangeKind.COPIED,
}


@dataclass(slots=True, kw_only=True)
class _Entry:
    """One change of a patch; a change of a file's type is two of them."""

    path: bytes
    added: int | None
    removed: int | None
    kind: ChangeKind = ChangeKind.MODIFIED
    old_path: bytes | None = None


_GIT = Git(directory=Path("/"), variables=_HERMETIC, timeout_s=TIMEOUT_S)


def patch_files(patch: bytes) -> tuple[ChangedFile, ...]:
    """The files of ``patch``, ascending by path. Raises PatchUnreadable, and GitFailed when git cannot be run."""
    check_whole(patch)
    entries = [_entry(field) for field in fields(_apply("--numstat", "-z", patch=patch))]
    if not entries:
        raise PatchUnreadable("it changes nothing")
    _add_kinds(entries, _apply("--summary", patch=patch))
    before = Counter(_entry(field).path for field in fields(_apply("-R", "--numstat", "-z", patch=patch)))
    if before != Counter(entry.old_path or entry.path for entry in entries):
        raise PatchUnreadable("the names of its files cannot be told apart")
    return _files(entries)


def _apply(*options: str, patch: bytes) -> bytes:
    try:
        output = _GIT.attempt(*_COMMAND, *options, stdin=patch)
    except GitTimedOut as error:
        raise PatchUnreadable(f"git did not read it within {TIMEOUT_S:g} s") from error
    if output.code != 0:
        raise PatchUnreadable(output.complaint.partition("\n")[0].removeprefix("error: "))
    return output.stdout


def _entry(field: bytes) -> _Entry:
    parts = field.split(b"\t", 2)
    if len(parts) != 3 or not parts[2]:
        raise PatchUnreadable(f"git answered {field[:80]!r}")
    added, removed, path = parts
    if b"\n" in path:
        raise PatchUnreadable(f"the file {text_of(path)!r} has a line break in its name")
    if added == removed == b"-":
        return _Entry(path=path, added=None, removed=None)
    return _Entry(path=path, added=int(added), removed=int(removed))


def _add_kinds(entries: list[_Entry], summary: bytes) -> None:
    """Give each entry its kind. The summary has lines for some of the entries, in the same order."""
    position = 0
    for line in summary.split(b"\n")[:-1]:
        verb, names = _parted(line)
        if verb == b"mode change" and not names:
            continue  # it belongs to the rename, copy or rewrite before it
        while position < len(entries) and not _describes(verb, names, entries[position]):
            position += 1
        if position == len(entries):
            raise PatchUnreadable(f"git says {text_of(line[:200])!r} of none of its files")
        position += 1


def _parted(line: bytes) -> tuple[bytes, bytes]:
    """What a line of the summary says, and of which names."""
    for pattern in _LINES:
        if found := pattern.fullmatch(line):
            return found[1], found[2]
    raise PatchUnreadable(f"git says {text_of(line[:200])!r}")


def _describes(verb: bytes, names: bytes, entry: _Entry) -> bool:
    """Whether a line of the summary is about ``entry``, which then gets its kind."""
    if verb in (b"rename", b"copy"):
        old_path = _old_path(names, entry.path)
        if old_path is None:
            return False
        entry.old_path = old_path
    elif names != entry.path:
        return False
    entry.kind = _KINDS.get(verb, entry.kind)
    return True


def _old_path(shown: bytes, path: bytes) -> bytes | None:
    """The old name in ``old => path`` or, for names in the same folders, ``folders/{old => rest of path}``."""
    found = set()
    if shown.endswith(b" => " + path):
        found.add(shown.removesuffix(b" => " + path))
    folders = b""
    for part in path.split(b"/")[:-1]:
        folders += part + b"/"
        end = b" => " + path.removeprefix(folders) + b"}"
        if shown.startswith(folders + b"{") and shown.endswith(end):
            found.add(folders + shown[len(folders) + 1 : -len(end)])
    if len(found) > 1:
        raise PatchUnreadable(f"the old name of {text_of(path)!r} cannot be told for sure")
    return next(iter(found), None)


def _files(entries: list[_Entry]) -> tuple[ChangedFile, ...]:
    texts = distinct_texts(frozenset(entry.path for entry in entries))
    # Old names are a name space of their own: a path may be the new name of one file and the old one of another.
    old_texts = distinct_texts(frozenset(entry.old_path for entry in entries if entry.old_path is not None))
    merged: dict[bytes, _Entry] = {}
    for entry in entries:
        before = merged.get(entry.path)
        merged[entry.path] = entry if before is None else _type_changed(before, entry)
    try:
        return tuple(
            ChangedFile(
                path=texts[entry.path],
                old_path=None if entry.old_path is None else old_texts[entry.old_path],
                kind=entry.kind,
                lines_added=entry.added,
                lines_removed=entry.removed,
                binary=entry.added is None,
            )
            for entry in sorted(merged.values(), key=lambda entry: texts[entry.path])
        )
    except InvalidValue as error:
        raise PatchUnreadable(f"the name of a file: {error.problem}") from error


def _type_changed(gone: _Entry, new: _Entry) -> _Entry:
    """A file that is removed and made anew, which is how a patch turns a file into a link, say."""
    if (gone.kind, new.kind) != (ChangeKind.DELETED, ChangeKind.ADDED):
        raise PatchUnreadable(f"it changes {text_of(new.path)!r} more than once")
    binary = gone.removed is None or new.added is None
    return _Entry(
        path=new.path,
        added=None if binary else new.added,
        removed=None if binary else gone.removed,
        kind=ChangeKind.TYPE_CHANGED,
    )
