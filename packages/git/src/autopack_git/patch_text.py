"""What git passes over in a patch without a word, and what would be lost with it.

Git reads what it takes for a diff and skips the rest: lines behind a hunk that is longer than it says, combined and
context diffs, diffs that are quoted. And it strips the first folder of every name, whether it is a prefix or not.
"""

import re

from autopack_git.errors import PatchUnreadable

PREFIXES = frozenset({b"a", b"b", b"c", b"i", b"o", b"w", b"old", b"new"})
"""First folders that stand for a side: git's own, its mnemonic ones, and those of a usual ``diff -r old new``."""

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_FOREIGN = (b"diff --cc ", b"diff --combined ", b"@@@ ", b"*** ", b"Submodule ")
_BEHIND = (b"--- ", b"+++ ", b"-- ", b"--")
"""What may stand right behind a hunk though it begins like a changed line: the next file, and a mail's signature."""


def check_whole(patch: bytes) -> None:
    """Raise PatchUnreadable for what git would pass over, or take for another name than it is."""
    old = new = 0
    behind_hunk = described = False
    previous = b""
    for number, line in enumerate(patch.split(b"\n"), start=1):
        if old > 0 or new > 0:
            old -= line[:1] in (b"", b" ", b"-")
            new -= line[:1] in (b"", b" ", b"+")
            behind_hunk, described = True, False
            continue
        if behind_hunk and line[:1] in (b"+", b"-") and not (line.startswith(_BEHIND[:3]) or line == _BEHIND[3]):
            raise PatchUnreadable(f"line {number} belongs to a hunk that says to end before it")
        behind_hunk = behind_hunk and line.startswith(b"\\")
        if line.startswith(_FOREIGN) or _quoted(line):
            raise PatchUnreadable(f"line {number} begins a diff that git does not read")
        if counts := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in counts.groups())
        elif line.startswith(b"diff --git "):
            described = True
            _check_prefix(line.removeprefix(b"diff --git "), number)
        elif line.startswith(b"+++ ") and previous.startswith(b"--- "):
            _check_names(previous[4:], line[4:], number, described=described)
        previous = line


def _quoted(line: bytes) -> bool:
    bare = line.lstrip(b"> \t")
    return bare != line and (bare.startswith(b"diff --git ") or _HUNK.match(bare) is not None)


def _check_names(before: bytes, after: bytes, number: int, *, described: bool) -> None:
    names = [name.partition(b"\t")[0] for name in (before, after)]
    for name in names:
        _check_prefix(name, number)
    known = [name.strip(b'"').partition(b"/")[2] for name in names if name != b"/dev/null"]
    if not described and len(known) == 2 and known[0] != known[1]:
        raise PatchUnreadable(f"line {number} names another file than the line before it, without a word of a move")


def _check_prefix(name: bytes, number: int) -> None:
    if name != b"/dev/null" and name.lstrip(b'"').partition(b"/")[0] not in PREFIXES:
        raise PatchUnreadable(f"the name in line {number} lacks a prefix such as a/ or b/")
