"""The lines of a patch, one after the other, with their numbers and places."""

from autopack_git.errors import PatchUnreadable

CUT_OFF = "get the whole patch again, best as a file: `git diff --binary > FILE`"
AGAIN = "make it anew with `git diff --binary`"


class Lines:
    """A cursor over the lines of a patch. ``number`` is that of the current line, beginning at 1; ``offset`` is where
    the line begins, in bytes. Lines come without their newline, which the last one lacks when they are ``unfinished``.
    """

    def __init__(self, patch: bytes) -> None:
        """Raises PatchUnreadable when the text is no sequence of whole lines."""
        if patch[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise PatchUnreadable(
                "it is UTF-16, as the `>` of PowerShell writes it", cure="write it with `git diff --output=FILE`"
            )
        if patch.startswith(b"\xef\xbb\xbf"):
            raise PatchUnreadable("it begins with a byte order mark", cure="write it with `git diff --output=FILE`")
        self._lines = patch.split(b"\n")
        last = self._lines.pop()
        self.unfinished = bool(last)
        if last:
            self._lines.append(last)
        self._index = 0
        self.offset = 0

    @property
    def number(self) -> int:
        """The number of the current line."""
        return self._index + 1

    @property
    def at_end(self) -> bool:
        """Whether there is no line any more."""
        return self._index == len(self._lines)

    @property
    def last(self) -> bool:
        """Whether the current line is the last one, or there is none any more."""
        return self._index >= len(self._lines) - 1

    def peek(self, ahead: int = 0) -> bytes:
        """The current line, or one that comes ``ahead``; empty behind the end."""
        index = self._index + ahead
        return self._lines[index] if index < len(self._lines) else b""

    def known(self, ahead: int) -> bool:
        """Whether there is a line so far ``ahead``."""
        return self._index + ahead < len(self._lines)

    def take(self) -> bytes:
        """The current line, and go on to the next."""
        line = self._lines[self._index]
        self._index += 1
        self.offset += len(line) + 1
        return line

    def skip_blank(self) -> None:
        """Go on to the next line that holds anything."""
        while not self.at_end and not self.peek():
            self.take()
