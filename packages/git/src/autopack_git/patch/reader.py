"""A patch as it is, every line accounted for.

Git reads what it takes for a diff and passes over the rest without a word: lines behind a hunk that is longer than it
says, a file whose header is damaged, text, diffs of a kind that it does not know. Here each line belongs to a header, a
hunk, binary content, or a known form around them; for any other the patch is refused.
"""

import re

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.envelope import Envelope, read_envelope, take_signature
from autopack_git.patch.hunks import Recounting
from autopack_git.patch.lines import AGAIN, CUT_OFF, Lines
from autopack_git.patch.sections import read_section, starts_section
from autopack_git.patch.strange import strange_line
from autopack_git.patch.value import Part, Section

_LEADERS = (re.compile(rb"Index: .+"), re.compile(rb"={3,}"), re.compile(rb"diff -(?!-git |-cc |-combined ).+"))
"""What Subversion, quilt, Mercurial and ``diff -r`` write before the names of a file."""


def read_patch(patch: bytes, recounting: Recounting | None = None) -> tuple[Part, ...]:
    """The parts of ``patch``, in the order in which they are applied; at least one.

    With ``recounting`` the headers of hunks may count wrong, and what they have to be is noted there. Raises
    PatchUnreadable, which names the line, the cause and the cure.
    """
    lines = Lines(patch)
    unfinished = PatchUnreadable("it is cut off: its last line has no newline at its end", cure=CUT_OFF)
    try:
        parts = _parts(lines, recounting)
    except PatchUnreadable as error:
        if lines.unfinished and lines.last:
            raise unfinished from error
        raise
    if lines.unfinished:
        raise unfinished
    return tuple(parts)


def _parts(lines: Lines, recounting: Recounting | None) -> list[Part]:
    parts: list[Part] = []
    envelopes: list[Envelope] = []
    lines.skip_blank()
    while not lines.at_end:
        envelope = read_envelope(lines)
        sections = _sections(lines, envelope, recounting)
        if envelope.mail:
            take_signature(lines)
        lines.skip_blank()
        if not sections:
            _check_empty(lines, envelope, behind_hunk=bool(parts))
        _check_total(envelope, sections)
        envelopes.append(envelope)
        parts.extend(_parted(sections))
    if not parts:
        raise PatchUnreadable("it holds no diff of a file", cure=AGAIN)
    _check_series([envelope.place for envelope in envelopes if envelope.place is not None])
    return parts


def _sections(lines: Lines, envelope: Envelope, recounting: Recounting | None) -> list[Section]:
    sections: list[Section] = []
    while True:
        leader = lines.number
        while not starts_section(lines) and any(pattern.fullmatch(lines.peek()) for pattern in _LEADERS):
            lines.take()
        if starts_section(lines):
            sections.append(read_section(lines, mail=envelope.mail, recounting=recounting))
        elif leader != lines.number:
            cut = "it is cut off: " if lines.at_end else ""
            raise PatchUnreadable(f"{cut}no diff of the file that line {leader} names follows it", cure=AGAIN)
        else:
            return sections
        if not lines.peek():
            lines.skip_blank()


def _check_empty(lines: Lines, envelope: Envelope, *, behind_hunk: bool) -> None:
    """Refuse a part without a diff, but for the cover letter of a series and commits that change nothing."""
    if lines.at_end:
        what = f"the {envelope.name} that begins" if envelope.name else "what is"
        raise PatchUnreadable(f"it is cut off: no diff follows {what} in line {envelope.line}", cure=CUT_OFF)
    cover = envelope.place is not None and envelope.place[0] == 0
    if not envelope.name or (envelope.mail and not cover):
        raise strange_line(lines, behind_hunk=behind_hunk)


def _check_total(envelope: Envelope, sections: list[Section]) -> None:
    """Refuse diffs that are not those of the diffstat before them. A cover letter's is about the whole series."""
    total = envelope.total
    if total is None or not sections:
        return
    files = len({section.path for section in sections})
    added, removed = (sum(counts) for counts in zip(*((each.added, each.removed) for each in sections), strict=True))
    if (files, added, removed) != (total.files, total.added, total.removed):
        raise PatchUnreadable(
            f"line {total.line} counts {total.files} files with +{total.added} and -{total.removed} lines, and the "
            f"diffs behind it are of {files} files with +{added} and -{removed}: parts are lost, or it was edited",
            cure=f"{CUT_OFF}; if it was edited, delete the diffstat",
        )


def _check_series(places: list[tuple[int, int]]) -> None:
    """Refuse a numbered series that begins with its first mail and lacks another one."""
    numbers = [number for number, _ in places if number]
    if not numbers or numbers[0] != 1:
        return
    most = places[0][1]
    if numbers != list(range(1, most + 1)) or {of for _, of in places} != {most}:
        listed = ", ".join(str(number) for number in numbers)
        raise PatchUnreadable(
            f"it is a series of {most} patches of which it holds {listed}",
            cure="give the whole series in its order (`git format-patch --stdout BASE`), or one patch without a number "
            "(`git format-patch -1 --no-numbered`)",
        )


def _parted(sections: list[Section]) -> list[Part]:
    """The sections in as many parts as it takes for no part to make or change a file twice."""
    parts: list[list[Section]] = []
    touched: set[bytes] = set()
    for section in sections:
        last = parts[-1][-1] if parts else None
        retyped = last is not None and (last.new_path, last.old_path) == (section.old_path, section.new_path)
        if last is None or (section.path in touched and not (retyped and section.old_path is None)):
            parts.append([])
            touched = set()
        parts[-1].append(section)
        touched.add(section.path)
    return [Part(sections=tuple(part)) for part in parts]
