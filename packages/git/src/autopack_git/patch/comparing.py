"""Whether what git applied is what was read: nothing less, nothing else, and no other content than the patch names.

The ``index`` line of git names the content of a file before and after the change. Where the first half is the content
on the base, the line is genuine, and the second half has to hold as well: that shows that no hunk is lost and no line
was changed on the way. Where it is not, the patch was made against another version of the file, or somebody made the
line up, and it shows nothing.
"""

import re
from dataclasses import dataclass

from autopack_git.command import Git
from autopack_git.contents import blobs
from autopack_git.errors import GitFailed, PatchDamaged
from autopack_git.patch.exact import check_exact, read_names
from autopack_git.patch.lines import CUT_OFF
from autopack_git.patch.sections import EMPTY_BLOBS
from autopack_git.patch.value import Part, Section
from autopack_git.paths import fields, text_of

_RAW = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]")
_MADE_UP = (*EMPTY_BLOBS, "0123456789abcdef0123456789abcdef", "123456789abcdef0123456789abcdef0", "abcdef0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Two trees, between which a part of a patch was applied with ``git``; ``grown`` are the lines of hunks that were
    edited after the patch was made, so that its ``index`` lines say nothing of them.
    """

    git: Git
    before: str
    after: str
    grown: frozenset[int]


def check_numbers(part: Part, numbers: bytes) -> None:
    """Refuse when git read other files or other numbers of lines than we, in the order of the patch. ``numbers`` is
    what ``--numstat -z`` of git says. Raises PatchDamaged.
    """
    expected = [
        b"-\t-\t%b" % section.path if section.binary else b"%d\t%d\t%b" % (section.added, section.removed, section.path)
        for section in part.sections
    ]
    for section, said in zip(part.sections, expected, strict=True):
        if said not in fields(numbers):
            raise PatchDamaged(
                f"git reads the diff of {text_of(section.path)} in line {section.line} otherwise than it stands there; "
                "make the patch anew with `git diff --binary`",
                subject="patch",
            )
    if sorted(expected) != sorted(fields(numbers)):
        raise PatchDamaged(
            "git reads other files in the patch than stand there; make it anew with `git diff --binary`",
            subject="patch",
        )


def check_result(applied: Applied, part: Part, patch: bytes) -> frozenset[int]:
    """Refuse a result that is not the one of the part; the lines of the sections whose content is proven to be what the
    patch names. Raises PatchDamaged.
    """
    changes = _changes(applied)
    touched = {path for section in part.sections for path in (section.old_path, section.new_path)}
    moved = {section.path for section in part.sections if section.old_path != section.new_path}
    if not changes.keys() <= touched or not moved <= changes.keys():
        raise PatchDamaged(
            "git changed other files than the patch names; make it anew with `git diff --binary`", subject="patch"
        )
    proven = frozenset(section.line for section in part.sections if _proven(applied, section, changes))
    before, after = _entries(applied, applied.before), _entries(applied, applied.after)
    names = read_names(part, before)
    held = blobs(applied.git, names) if names else []
    check_exact(part, patch, before, after, {name.decode(): content for name, content in zip(names, held, strict=True)})
    return proven


def _proven(applied: Applied, section: Section, changes: dict[bytes, tuple[str, str]]) -> bool:
    blobs = section.blobs
    if blobs is None or section.new_path is None or any(hunk.line in applied.grown for hunk in section.hunks):
        return False
    new = changes[section.new_path][1] if section.new_path in changes else ""
    if section.old_path is None:
        if new.startswith(blobs.new):
            return True
        if not any(name.startswith(blobs.new) for name in _MADE_UP) and len(set(blobs.new)) > 1:
            raise _other_content(section)
        return False
    if section.old_path in changes and not section.copied:
        old = changes[section.old_path][0]
    else:
        old = _blob(applied, section.old_path)
    if old.startswith(blobs.old):
        if not (new or old).startswith(blobs.new):
            raise _other_content(section)
        return True
    if folder := _folder_of(applied, section.old_path, blobs.old):
        raise PatchDamaged(
            f"the patch was made in the folder {folder}, because line {blobs.line} names the content of "
            f"{folder}/{text_of(section.old_path)}; make it for the whole repository: `git diff --no-relative "
            "--binary`",
            subject="patch",
        )
    return False


def _other_content(section: Section) -> PatchDamaged:
    line = section.blobs.line if section.blobs is not None else section.line
    return PatchDamaged(
        f"the patch is not whole: it makes another content of {text_of(section.path)} than line {line} (`index`) "
        f"names, so lines or hunks of it are lost or changed; {CUT_OFF}; if somebody edited the patch, delete line "
        f"{line}",
        subject="patch",
    )


def _changes(applied: Applied) -> dict[bytes, tuple[str, str]]:
    """The names of the old and the new content of each path that differs between the trees."""
    listed = applied.git.run(
        "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", applied.before, applied.after
    )
    parts = fields(listed.stdout)
    changes = {}
    for description, path in zip(parts[::2], parts[1::2], strict=True):
        found = _RAW.fullmatch(description)
        if found is None:
            raise GitFailed(f"git's answer holds {description[:80]!r}", subject="patch")
        changes[path] = (found[3].decode(), found[4].decode())
    return changes


def _blob(applied: Applied, path: bytes) -> str:
    """The name of the content of ``path`` before, empty for none."""
    return next((name for name, other in _listing(applied) if other == path), "")


def _folder_of(applied: Applied, path: bytes, start: str) -> str | None:
    """The folder in which ``path`` is a file with the content whose name begins with ``start``."""
    for name, other in _listing(applied):
        if other.endswith(b"/" + path) and name.startswith(start):
            return text_of(other.removesuffix(b"/" + path))
    return None


def _entries(applied: Applied, tree: str) -> dict[bytes, tuple[str, str]]:
    listed = fields(applied.git.run("ls-tree", "-r", "-z", "--full-tree", tree).stdout)
    split = (entry.split(b"\t", 1) for entry in listed)
    return {path: (about.split()[0].decode(), about.split()[2].decode()) for about, path in split}


def _listing(applied: Applied) -> list[tuple[str, bytes]]:
    listed = fields(applied.git.run("ls-tree", "-r", "-z", "--full-tree", applied.before).stdout)
    entries = (entry.split(b"\t", 1) for entry in listed)
    return [(description.split(b" ")[2].decode(), path) for description, path in entries]
