"""What a patch says of one file: the names, what git tells of it besides, and its hunks or binary content."""

import re
from dataclasses import dataclass

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.binary import START, read_binary
from autopack_git.patch.hunks import HunkReader, Recounting
from autopack_git.patch.lines import AGAIN, CUT_OFF, Lines
from autopack_git.patch.names import (
    NOWHERE,
    common_name,
    described_name,
    describes,
    side_name,
    single_name,
    unquoted,
)
from autopack_git.patch.value import BlobNames, Hunk, Section

GIT = b"diff --git "
_MODE = rb"(100644|100755|120000|160000)"
_DETAILS = {
    name: re.compile(rb"%b %b" % (name, value), re.DOTALL)
    for name, value in {
        b"old mode": _MODE,
        b"new mode": _MODE,
        b"deleted file mode": _MODE,
        b"new file mode": _MODE,
        b"similarity index": rb"(\d{1,3})%",
        b"dissimilarity index": rb"(\d{1,3})%",
        b"rename from": rb"(.+)",
        b"rename to": rb"(.+)",
        b"copy from": rb"(.+)",
        b"copy to": rb"(.+)",
        b"index": rb"([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: \d{6})?",
    }.items()
}
EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""What git calls an empty file, by SHA-1 and by SHA-256."""

_BINARY = (b"Binary files ", b"Files ")


def starts_section(lines: Lines) -> bool:
    """Whether the current line begins what git takes for the diff of a file."""
    return lines.peek().startswith(GIT) or (lines.peek().startswith(b"--- ") and lines.peek(1).startswith(b"+++ "))


def read_section(lines: Lines, *, mail: bool, recounting: Recounting | None) -> Section:
    """The section that begins at the current line. Raises PatchUnreadable."""
    number, start = lines.number, lines.offset
    hunks = HunkReader(lines=lines, mail=mail, recounting=recounting)
    if lines.peek().startswith(GIT):
        header = _Header.read(lines)
        binary = lines.peek() == START
        found: tuple[Hunk, ...] = ()
        if lines.peek().startswith(_BINARY) and lines.peek().endswith(b" differ"):
            raise without_content(lines)
        if binary:
            read_binary(lines)
        elif lines.peek().startswith(b"--- "):
            header.compare(*_sides(lines), lines.number - 2)
            found = hunks.read()
        elif lines.peek().startswith(b"@@ "):
            raise PatchUnreadable(
                f"no names (`---` and `+++`) stand before the hunk in line {lines.number}", cure=AGAIN
            )
        else:
            header.check_without_content(lines)
        old, new, copied, blobs = header.old, header.new, header.copied, header.blobs
    else:
        (before, after), binary, copied, blobs = _sides(lines), False, False, None
        old, new = _plain_names(before, after, number + 1)
        found = hunks.read()
    return Section(
        line=number,
        old_path=old,
        new_path=new,
        copied=copied,
        binary=binary,
        added=hunks.added,
        removed=hunks.removed,
        hunks=found,
        blobs=blobs,
        start=start,
        end=lines.offset,
    )


def without_content(lines: Lines) -> PatchUnreadable:
    """The refusal of a binary file of which the patch only says that it differs."""
    return PatchUnreadable(
        f"line {lines.number} says that a binary file differs, and not how", cure="make it with `git diff --binary`"
    )


def _sides(lines: Lines) -> tuple[bytes, bytes]:
    number, before = lines.number, lines.take()
    if not lines.peek().startswith(b"+++ "):
        problem = "it is cut off: no" if lines.at_end else "no"
        raise PatchUnreadable(
            f"{problem} line with `+++` follows line {number}", cure=CUT_OFF if lines.at_end else AGAIN
        )
    after = lines.take()
    _refuse_carriage_return(before, number)
    return side_name(before[4:], number), side_name(after[4:], number + 1)


def _refuse_carriage_return(line: bytes, number: int) -> None:
    if line.endswith(b"\r"):
        raise PatchUnreadable(
            f"line {number} ends with a carriage return: something turned the line ends of the patch into CR LF",
            cure="write it with `git diff --binary --output=FILE`, and send it as a binary file",
        )


def _plain_names(before: bytes, after: bytes, number: int) -> tuple[bytes | None, bytes | None]:
    if NOWHERE in (before, after):
        if before == after:
            raise PatchUnreadable(f"line {number} names no file", cure=AGAIN)
        old = None if before == NOWHERE else single_name(before, number)
        return old, None if after == NOWHERE else single_name(after, number)
    name = common_name(before, after, number)
    return name, name


@dataclass(slots=True, kw_only=True)
class _Header:
    """What stands between ``diff --git`` in line ``number`` and the content."""

    number: int
    old: bytes | None
    new: bytes | None
    copied: bool
    blobs: BlobNames | None
    details: dict[bytes, re.Match[bytes]]

    @staticmethod
    def read(lines: Lines) -> "_Header":
        """Take the header. Raises PatchUnreadable."""
        number, rest = lines.number, lines.take().removeprefix(GIT)
        _refuse_carriage_return(rest, number)
        details: dict[bytes, re.Match[bytes]] = {}
        places = {}
        while (keyword := _keyword(lines.peek())) is not None:
            found = _DETAILS[keyword].fullmatch(lines.peek())
            _refuse_carriage_return(lines.peek(), lines.number)
            if found is None or keyword in details:
                raise PatchUnreadable(f"line {lines.number} is damaged", cure=AGAIN)
            details[keyword], places[keyword] = found, lines.number
            lines.take()
        index = details.get(b"index")
        blobs = None
        if index is not None:
            blobs = BlobNames(line=places[b"index"], old=index[1].decode(), new=index[2].decode())
        header = _Header(number=number, old=None, new=None, copied=False, blobs=blobs, details=details)
        if (b"old mode" in details) != (b"new mode" in details):
            raise PatchUnreadable(f"one of the two modes of the file in line {number} is lost", cure=CUT_OFF)
        header._name(rest)
        return header

    def _name(self, rest: bytes) -> None:
        for verb in (b"rename", b"copy"):
            source, target = self.details.get(b"%b from" % verb), self.details.get(b"%b to" % verb)
            if source is None and target is None:
                continue
            if source is None or target is None:
                raise PatchUnreadable(f"line {self.number} begins a {verb.decode()} that lacks a name", cure=CUT_OFF)
            self.old, self.new = unquoted(source[1], self.number), unquoted(target[1], self.number)
            self.copied = verb == b"copy"
            if not describes(rest, self.old, self.new, self.number):
                raise PatchUnreadable(
                    f"line {self.number} does not name the files of its {verb.decode()} with prefixes such as a/ and "
                    "b/",
                    cure=AGAIN,
                )
            return
        name = described_name(rest, self.number)
        self.old = None if b"new file mode" in self.details else name
        self.new = None if b"deleted file mode" in self.details else name
        if self.old is self.new is None:
            raise PatchUnreadable(f"line {self.number} makes a file and deletes it", cure=AGAIN)

    def compare(self, before: bytes, after: bytes, number: int) -> None:
        """Refuse names behind ``---`` and ``+++`` that are not those of the header."""
        for here, said in ((before, self.old), (after, self.new)):
            if (here == NOWHERE) != (said is None) or (said is not None and here.partition(b"/")[2] != said):
                raise PatchUnreadable(
                    f"the names in line {number} are not those of line {self.number}, the header of the file",
                    cure=AGAIN,
                )

    def check_without_content(self, lines: Lines) -> None:
        """Refuse a header that promises content which does not follow."""
        has = self.details.keys()
        made = has & {b"new file mode", b"deleted file mode"}
        moved = has & {b"rename from", b"copy from"}
        modes = has & {b"old mode", b"new mode"}
        if made:
            blob = None if self.blobs is None else self.blobs.new if self.old is None else self.blobs.old
            whole = blob is not None and any(name.startswith(blob) for name in EMPTY_BLOBS)
        else:
            likeness = self.details.get(b"similarity index")
            whole = self.blobs is None and bool(moved or modes) and (likeness is None or likeness[1] == b"100")
        if not whole:
            cut = "it is cut off: " if lines.at_end else ""
            raise PatchUnreadable(f"{cut}no content follows the header of a file in line {self.number}", cure=CUT_OFF)


def tells_detail(line: bytes) -> bool:
    """Whether the line is one that belongs below ``diff --git``."""
    return line == START or any(detail.fullmatch(line) for detail in _DETAILS.values())


def _keyword(line: bytes) -> bytes | None:
    return next((keyword for keyword in _DETAILS if line.startswith(keyword + b" ")), None)
