"""What a line is that belongs to no part of a patch, and what helps."""

import re

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.hunks import HEADER
from autopack_git.patch.lines import AGAIN, CUT_OFF, Lines
from autopack_git.patch.sections import GIT, without_content
from autopack_git.paths import text_of

_MAIL = re.compile(
    rb"(?:From |From:|Subject:|Message-ID:|Date:|To:|Received:|Return-Path:|MIME-Version:)", re.IGNORECASE
)
_ONLY_PATCH = "delete everything that is not of the patch; " + AGAIN
_SHOWN = 80


def strange_line(lines: Lines, *, behind_hunk: bool) -> PatchUnreadable:
    """Why the current line is refused. ``behind_hunk`` says that the diff of a file stands before it."""
    line, number = lines.peek(), lines.number
    bare = line.lstrip(b"> \t|*")
    if line.startswith(b"\x1b["):
        return PatchUnreadable(f"line {number} is coloured", cure="make it with `git diff --no-color --binary`")
    if line.startswith((b"```", b"~~~")):
        return PatchUnreadable(
            f"line {number} is a fence of Markdown, and no part of a patch", cure="delete both fences and all around"
        )
    if line.startswith((b"diff --cc ", b"diff --combined ", b"@@@ ")):
        return PatchUnreadable(
            f"line {number} begins the diff of a merge, which cannot be applied",
            cure="make it against one commit: `git diff --binary BASE HEAD`",
        )
    if line.startswith((b"*** ", b"***************")):
        return PatchUnreadable(f"line {number} begins a context diff", cure=AGAIN)
    if line.startswith(b"Only in "):
        return PatchUnreadable(f"line {number} leaves a new or deleted file out", cure="make it with `diff -ruN`")
    if line.startswith((b"Binary file ", b"Binary files ", b"Cannot display: ")):
        return without_content(lines)
    if line.startswith(b"Submodule "):
        return PatchUnreadable(
            f"line {number} describes a submodule in words", cure="make it with `git diff --submodule=short --binary`"
        )
    if line.endswith(b"\r") and line.rstrip(b"\r") == b"":
        return PatchUnreadable(
            f"line {number} holds a carriage return: something turned the line ends of the patch into CR LF",
            cure="write it with `git diff --binary --output=FILE`, and send it as a binary file",
        )
    if HEADER.match(line):
        return PatchUnreadable(
            f"the hunk in line {number} belongs to no file: the lines before it, with the file's names, are not there",
            cure=CUT_OFF,
        )
    if bare != line and (bare.startswith(GIT) or HEADER.match(bare)):
        return PatchUnreadable(
            f"line {number} is part of a diff that is quoted or indented", cure="give the diff as it was made"
        )
    if behind_hunk and line.startswith((b"+", b"-", b" ")):
        return PatchUnreadable(
            f"line {number} belongs to a hunk whose header says to end before it",
            cure=f"{AGAIN}; if its lines are right, correct the header",
        )
    if _MAIL.match(line):
        return PatchUnreadable(
            f"line {number} is of a mail that git format-patch did not write",
            cure="give what it wrote, or the diff alone",
        )
    shown = text_of(line[:_SHOWN])
    where = "behind the diff of a file" if behind_hunk else "before the first diff"
    return PatchUnreadable(f"line {number} is text {where}, and no part of a patch ({shown!r})", cure=_ONLY_PATCH)
