"""The content of a binary file in a patch of ``git diff --binary``: its new content, and the old one to go back."""

import re

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.lines import AGAIN, CUT_OFF, Lines

START = b"GIT binary patch"
_METHOD = re.compile(rb"(?:literal|delta) \d+")
_DIGITS = re.compile(rb"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]+")


def read_binary(lines: Lines) -> None:
    """Take the content. What it unpacks to is git's to check, which knows its name. Raises PatchUnreadable."""
    number = lines.number
    lines.take()
    _block(lines, number)
    if _METHOD.fullmatch(lines.peek()):
        _block(lines, number)


def _block(lines: Lines, number: int) -> None:
    if not lines.at_end and not _METHOD.fullmatch(lines.peek()):
        raise PatchUnreadable(f"line {lines.number} does not begin the binary content of line {number}", cure=AGAIN)
    if not lines.at_end:
        lines.take()
    while lines.peek():
        line = lines.peek()
        if _size(line[:1]) != len(line) - 1 or not _DIGITS.fullmatch(line, 1):
            raise PatchUnreadable(f"line {lines.number} is no binary content, as line {number} begins it", cure=AGAIN)
        lines.take()
    if lines.at_end:
        raise PatchUnreadable(f"it is cut off: the binary content of line {number} does not end", cure=CUT_OFF)
    lines.take()


def _size(length: bytes) -> int:
    """How many digits stand behind a letter that says how many bytes they are."""
    code = length[0]
    size = code - 64 if 65 <= code <= 90 else code - 96 + 26 if 97 <= code <= 122 else -1
    return -1 if size < 0 else (size + 3) // 4 * 5
