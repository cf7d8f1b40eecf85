"""The hunks of one file: as many lines as each header says, in their order, at the places that they add up to."""

import re
from dataclasses import dataclass, field

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.lines import AGAIN, CUT_OFF, Lines
from autopack_git.patch.value import Hunk

HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)", re.DOTALL)
SIGNATURE = b"-- "
_CHANGED = (b" ", b"+", b"-")
_MARKER = b"\\ "
_COUNT = "if its lines are right, correct the header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """A header that does not agree with the lines of its hunk: where it stands in the patch, and what it has to be."""

    start: int
    end: int
    header: bytes


@dataclass(slots=True, kw_only=True)
class Recounting:
    """Headers that are to be counted anew. ``grown`` are the lines of those that say fewer lines than there are: their
    hunks were edited. ``cut`` says that the last hunk of the patch has fewer lines than its header says, so that the
    patch may as well be cut off.
    """

    found: list[Recount] = field(default_factory=list)
    grown: set[int] = field(default_factory=set)
    cut: bool = False


@dataclass(slots=True, kw_only=True)
class HunkReader:
    """Reads the hunks of one file. With ``recounting``, headers may be wrong, and it is noted what they have to be."""

    lines: Lines
    mail: bool
    recounting: Recounting | None
    added: int = 0
    removed: int = 0
    _shift: int = 0
    _recounted: bool = False
    _end: int = 1

    def read(self) -> tuple[Hunk, ...]:
        """All hunks that follow. Raises PatchUnreadable, for none too."""
        hunks = []
        while self.lines.peek().startswith(b"@@ "):
            hunks.append(self._hunk())
        if not hunks:
            if self.lines.at_end:
                raise PatchUnreadable(f"it is cut off: no hunk follows line {self.lines.number - 1}", cure=CUT_OFF)
            raise PatchUnreadable(
                f"line {self.lines.number} is no header of a hunk (`@@ -1,2 +1,3 @@`), which has to stand behind the "
                "names of a file",
                cure=AGAIN,
            )
        return tuple(hunks)

    def _hunk(self) -> Hunk:
        number, start = self.lines.number, self.lines.offset
        header = HEADER.fullmatch(self.lines.peek())
        if header is None:
            raise PatchUnreadable(
                f"line {number} is no header of a hunk that git reads (`@@ -1,2 +1,3 @@`)", cure=AGAIN
            )
        old_start, old_lines, new_start, new_lines = (
            1 if count is None else int(count) for count in header.groups()[:4]
        )
        if self.recounting is not None:
            counted = self._counted(old_lines, new_lines)
            self._recounted = self._recounted or counted is not None
            if counted is not None and (counted[0] > old_lines or counted[1] > new_lines):
                self.recounting.grown.add(number)
            if self._recounted:
                first = old_start + (old_lines == 0)
                old_lines, new_lines = counted or (old_lines, new_lines)
                old_start, new_start = first - (old_lines == 0), first + self._shift - (new_lines == 0)
                said = b"@@ -%d,%d +%d,%d @@%b" % (old_start, old_lines, new_start, new_lines, header[5])
                if said != header[0]:
                    end = start + len(header[0])
                    self.recounting.found.append(Recount(start=start, end=end, header=said))
        self.lines.take()
        old, new = old_start + (old_lines == 0), new_start + (new_lines == 0)
        if old < self._end or new != old + self._shift:
            raise PatchUnreadable(
                f"the hunk in line {number} is not where its header says: with the lines of those before it, it "
                f"belongs to +{old + self._shift - (new_lines == 0)}; a hunk is lost, twice there, or counts wrong",
                cure=AGAIN,
            )
        body = self.lines.offset
        context = self._body(number, old_lines, new_lines)
        self._shift += new_lines - old_lines
        self._end = old + old_lines
        return Hunk(
            line=number,
            old=old,
            old_lines=old_lines,
            new_lines=new_lines,
            context=context,
            start=body,
            end=self.lines.offset,
        )

    def _body(self, number: int, old: int, new: int) -> bool:
        """Take the lines of a hunk; whether any of them is context."""
        context = False
        said = f"-{old} and +{new} lines"
        while old > 0 or new > 0:
            if self.lines.at_end:
                raise PatchUnreadable(
                    f"it is cut off: the hunk in line {number} says {said}, and the patch ends before them",
                    cure=f"{CUT_OFF}; {_COUNT} to what is there",
                )
            first = self.lines.peek()[:1]
            if first in (b" ", b""):
                old, new, context = old - 1, new - 1, True
            elif first == b"-":
                old, self.removed = old - 1, self.removed + 1
            elif first == b"+":
                new, self.added = new - 1, self.added + 1
            elif not self.lines.peek().startswith(_MARKER):
                raise self._strange(number, said)
            if old < 0 or new < 0:
                raise PatchUnreadable(
                    f"the header of the hunk in line {number} counts wrong: line {self.lines.number} is more than it "
                    f"says ({said})",
                    cure=f"{AGAIN}; {_COUNT}",
                )
            self.lines.take()
        if self.lines.peek().startswith(_MARKER):
            self.lines.take()
        if self._goes_on():
            raise PatchUnreadable(
                f"line {self.lines.number} belongs to the hunk in line {number}, whose header says to end before it",
                cure=f"{AGAIN}; {_COUNT}",
            )
        return context

    def _strange(self, number: int, said: str) -> PatchUnreadable:
        line, here = self.lines.peek(), self.lines.number
        if line.startswith((b"@@ ", b"diff --git ", b"Index: ", b"From ", b"commit ")):
            return PatchUnreadable(
                f"the hunk in line {number} has fewer lines than its header says ({said}): line {here} is not of it",
                cure=f"{AGAIN}; {_COUNT}",
            )
        if line.startswith(b"\x1b["):
            return PatchUnreadable(f"line {here} is coloured", cure="make it with `git diff --no-color --binary`")
        return PatchUnreadable(
            f"line {here} is damaged: it belongs to the hunk in line {number}, and begins with none of space, + and -",
            cure="something wrapped its lines or stripped their first spaces, such as a mail program or a chat; "
            + AGAIN,
        )

    def _goes_on(self, ahead: int = 0) -> bool:
        """Whether the line is of a hunk, and neither names the next file nor begins a mail's signature."""
        line = self.lines.peek(ahead)
        if line.startswith(b"--- ") and self.lines.peek(ahead + 1).startswith(b"+++ "):
            return False
        return line.startswith(_CHANGED) and not (self.mail and line == SIGNATURE)

    def _counted(self, old: int, new: int) -> tuple[int, int] | None:
        """The lines of the hunk as they are; None when its header says so already."""
        ahead, last, counts = 1, 0, [0, 0]
        seen = (0, 0)
        while self.lines.known(ahead):
            line = self.lines.peek(ahead)
            if line.startswith(_MARKER):
                last = ahead
            elif self._goes_on(ahead) or not line:
                counts[0] += line[:1] in (b"", b" ", b"-")
                counts[1] += line[:1] in (b"", b" ", b"+")
                if line:
                    last, seen = ahead, (counts[0], counts[1])
            else:
                break
            if counts == [old, new] and not self._goes_on(ahead + 1) and not self._goes_on_behind(ahead + 1):
                return None
            ahead += 1
        if self.recounting is not None and not self.lines.known(ahead) and (seen[0] < old or seen[1] < new):
            self.recounting.cut = True
        return seen if last else None

    def _goes_on_behind(self, ahead: int) -> bool:
        """Whether lines of the hunk follow behind blank ones."""
        while self.lines.known(ahead) and not self.lines.peek(ahead):
            ahead += 1
        return self._goes_on(ahead)
