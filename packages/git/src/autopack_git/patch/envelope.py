"""What may stand around the diffs: the headers and messages of format-patch, git show, git log and Mercurial."""

import re
from dataclasses import dataclass
from typing import Final

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.binary import START
from autopack_git.patch.lines import CUT_OFF, Lines
from autopack_git.patch.sections import starts_section, tells_detail

MAIL = re.compile(rb"From ([0-9a-f]{64}|[0-9a-f]{40}) Mon Sep 17 00:00:00 2001")
_COMMIT = re.compile(rb"commit [0-9a-f]{40,64}(?: \(.*\))?")
_MERCURIAL = b"# HG changeset patch"
_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:(?: .*)?")
_COMMIT_FIELD = re.compile(rb"(?:Author|AuthorDate|Commit|CommitDate|Date|Merge|Reflog|Reflog message):.*")
_NOTES = re.compile(rb"Notes(?: \(.*\))?:")
_NUMBERED = re.compile(rb"\[[^\]]*?\b(\d+)/(\d+)\]")
_TOTAL = re.compile(rb" (\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?")
_STAT = (
    _TOTAL,
    re.compile(rb" .+ \| +(?:\d+(?: \+*-*)?|Bin(?: .*)?)"),
    re.compile(rb" (?:create|delete) mode \d{6} .+"),
    re.compile(rb" mode change \d{6} => \d{6} .+"),
    re.compile(rb" (?:rename|copy|rewrite) .+ \(\d+%\)"),
)
_VERSION = re.compile(rb"\d+\.\d+[0-9A-Za-z.+~_-]*(?: \(.*\))?")
_ENCODED: Final = (b"quoted-printable", b"base64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a diffstat says in its last line: files, added and removed lines; ``line`` is where it stands."""

    line: int
    files: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands before the diffs of a part, from line ``line`` on. ``place`` is the number of a mail and of how many
    mails it is one; ``name`` says what it is, empty for nothing at all.
    """

    line: int
    name: str = ""
    place: tuple[int, int] | None = None
    total: Total | None = None

    @property
    def mail(self) -> bool:
        """Whether it is a mail, which a signature may end."""
        return self.name == "mail"


def read_envelope(lines: Lines) -> Envelope:
    """Take what stands before the next diff and belongs to it. Stops at the first line that it does not know. Raises
    PatchUnreadable.
    """
    line = lines.number
    if MAIL.fullmatch(lines.peek()):
        return _mail(lines)
    if _COMMIT.fullmatch(lines.peek()):
        return _commit(lines)
    if lines.peek() == _MERCURIAL:
        lines.take()
        _message(lines)
        return Envelope(line=line, name="changeset")
    return Envelope(line=line, total=_stat(lines))


def take_signature(lines: Lines) -> None:
    """Take the version of git with which a mail ends, if it is there. Raises PatchUnreadable for another signature."""
    if lines.peek() != b"-- ":
        return
    lines.take()
    if lines.at_end or not _VERSION.fullmatch(lines.peek()):
        raise PatchUnreadable(
            f"the signature in line {lines.number - 1} is not the version of git",
            cure="make the patch with `git format-patch --no-signature`",
        )
    lines.take()


def _mail(lines: Lines) -> Envelope:
    line = lines.number
    lines.take()
    fields: list[bytes] = []
    while _FIELD.fullmatch(lines.peek()) or lines.peek()[:1] in (b" ", b"\t"):
        number, field = lines.number, lines.take()
        if field[:1] in (b" ", b"\t") and fields:
            fields[-1] += b" " + field.strip()
        else:
            fields.append(field)
        _check_encoding(fields[-1], number)
    subject = next((field for field in fields if field.lower().startswith(b"subject:")), b"")
    place = _NUMBERED.search(subject)
    total = _message(lines)
    return Envelope(
        line=line, name="mail", place=None if place is None else (int(place[1]), int(place[2])), total=total
    )


def _check_encoding(field: bytes, number: int) -> None:
    name, _, value = field.lower().partition(b":")
    if name == b"content-type" and b"multipart" in value:
        raise PatchUnreadable(
            f"line {number} says that the patch is attached to a mail",
            cure="make it without --attach and --inline: `git format-patch --no-attach`",
        )
    if name == b"content-transfer-encoding" and any(encoding in value for encoding in _ENCODED):
        raise PatchUnreadable(
            f"line {number} says that the text of the mail is encoded", cure="give what `git format-patch` wrote"
        )


def _message(lines: Lines) -> Total | None:
    """Take a message of free text; the total of the diffstat at its end, where it has one."""
    total = None
    while not lines.at_end and not starts_section(lines):
        if MAIL.fullmatch(lines.peek()) or lines.peek() == _MERCURIAL:
            break
        if lines.peek() == b"-- " and _VERSION.fullmatch(lines.peek(1)):
            break
        if lines.peek().startswith((b"@@ -", b"diff --cc ", b"diff --combined ", b"Index: ", b"diff -")):
            break
        if lines.peek() == b"---":
            total = None
        total = _total(lines.peek(), lines.number) or total
        if lines.peek() == START or (tells_detail(lines.peek()) and _stops_behind(lines)):
            raise PatchUnreadable(
                f"line {lines.number} is of the diff of a file, and no `diff --git` stands before it", cure=CUT_OFF
            )
        lines.take()
    return total


def _stops_behind(lines: Lines) -> bool:
    """Whether a diff, or the end, follows behind the current line and others of its kind."""
    ahead = 1
    while tells_detail(lines.peek(ahead)):
        ahead += 1
    following = lines.peek(ahead)
    return not lines.known(ahead) or following.startswith((b"diff --git ", b"--- ", b"-- "))


def _commit(lines: Lines) -> Envelope:
    line, commit = lines.number, lines.take()
    while _COMMIT_FIELD.fullmatch(lines.peek()):
        if lines.peek().startswith(b"Merge:"):
            raise PatchUnreadable(
                f"the commit in line {line} is a merge ({commit[7:19].decode()}), of which git shows no changes",
                cure="make one patch of all: `git diff --binary BASE HEAD`",
            )
        lines.take()
    while not lines.at_end and (not lines.peek() or lines.peek().startswith(b"    ") or _NOTES.fullmatch(lines.peek())):
        lines.take()
    if lines.peek() == b"---":
        lines.take()
    return Envelope(line=line, name="commit", total=_stat(lines))


def _stat(lines: Lines) -> Total | None:
    """Take a diffstat, if there is one, and the blank lines behind it."""
    total = None
    while any(pattern.fullmatch(lines.peek()) for pattern in _STAT):
        total = _total(lines.peek(), lines.number) or total
        lines.take()
    lines.skip_blank()
    return total


def _total(line: bytes, number: int) -> Total | None:
    found = _TOTAL.fullmatch(line)
    if found is None:
        return None
    files, added, removed = (int(count or 0) for count in found.groups())
    return Total(line=number, files=files, added=added, removed=removed)
