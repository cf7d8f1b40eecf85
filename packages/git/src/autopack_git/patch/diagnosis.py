"""Why a patch that can be read whole does not apply, and what helps."""

import re
from dataclasses import dataclass

from autopack_git.command import Git
from autopack_git.errors import PatchDoesNotApply
from autopack_git.patch.value import Hunk, Part, Section
from autopack_git.paths import fields, text_of

OFFSET = re.compile(r"^Hunk #\d+ succeeded at \d+ \(offset -?\d+ lines?\)\.$", re.MULTILINE)
_OTHER_REVISION = (
    "make it against that revision (`git diff --binary`), or name the revision it was made against with --base"
)
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A part of ``patch`` that does not apply to ``tree``, which people know as ``onto``; ``complaint`` is what git
    says. ``git`` has an index with that tree.
    """

    git: Git
    patch: bytes
    part: Part
    tree: str
    onto: str
    complaint: str

    def error(self) -> PatchDoesNotApply:
        """What to tell, with a cure that fits the cause."""
        return PatchDoesNotApply(f"the patch does not apply exactly to {self.onto}: {self._cause()}", subject="patch")

    def _cause(self) -> str:
        text = self.patch[self.part.sections[0].start : self.part.sections[-1].end]
        self.git.run("read-tree", self.tree)
        applied = self.git.attempt("apply", "--cached", "--check", "--verbose", "-R", "--unidiff-zero", stdin=text)
        if applied.code == 0 and not OFFSET.search(applied.complaint):
            return "it is applied there already; name the revision before it with --base, or gate what came of it"
        listing = {path: name for name, path in self._listing()}
        if cause := self._misplaced(listing):
            return cause
        for section in self.part.sections:
            if section.old_path in listing and not section.binary:
                content = self.git.run("cat-file", "blob", listing[section.old_path]).stdout
                for hunk in section.hunks:
                    if cause := self._mismatch(section, hunk, content):
                        return cause
        return f"{self._complaint()}; {_OTHER_REVISION}"

    def _listing(self) -> list[tuple[str, bytes]]:
        entries = fields(self.git.run("ls-tree", "-r", "-z", "--full-tree", self.tree).stdout)
        split = (entry.split(b"\t", 1) for entry in entries)
        return [(description.split(b" ")[2].decode(), path) for description, path in split]

    def _misplaced(self, listing: dict[bytes, str]) -> str | None:
        """A file that is not there, or already."""
        made: set[bytes] = set()
        for section in self.part.sections:
            old, new = section.old_path, section.new_path
            if old is not None and old not in listing and old not in made:
                if folder := _folder(old, self.part, listing):
                    return (
                        f"there is no file {text_of(old)}, and there is {text_of(folder + old)}: it was made in the "
                        f"folder {text_of(folder[:-1])}; make it for the whole repository: `git diff --no-relative "
                        "--binary`"
                    )
                return (
                    f"line {section.line} changes {text_of(old)}, and there is no such file; make it against that "
                    "revision, or name one with the file with --base"
                )
            gone = {other.old_path for other in self.part.sections if other.old_path != other.new_path}
            if new is not None and old != new and new in listing and new not in gone:
                return (
                    f"line {section.line} makes {text_of(new)}, which is there already; make it against that revision "
                    "(`git diff --binary`), or name one without the file with --base"
                )
            made.add(section.path)
        return None

    def _mismatch(self, section: Section, hunk: Hunk, content: bytes) -> str | None:
        """Why the old lines of a hunk are not those of the file."""
        lines = self.patch[hunk.start : hunk.end].split(b"\n")[:-1]
        old = [line[1:] for line in lines if line[:1] in (b"", b" ", b"-")]
        there = content.split(b"\n")
        if there and not there[-1]:
            there.pop()
        found = there[hunk.old - 1 : hunk.old - 1 + len(old)]
        if old == found:
            return None
        name = text_of(section.old_path or b"")
        line = next(index for index, wanted in enumerate(old) if [wanted] != found[index : index + 1])
        where = f"from line {hunk.old + line} on, {name} has other lines than the hunk in line {hunk.line} expects"
        if [line.rstrip(b"\r") for line in old] == [line.rstrip(b"\r") for line in found]:
            has, lacks = ("CR LF", "LF") if any(line.endswith(b"\r") for line in found) else ("LF", "CR LF")
            return (
                f"{where}: the file has line ends of {has} and the patch has {lacks}, so something converted the "
                "patch; write it with `git diff --binary --output=FILE`, and send it as a binary file"
            )
        if [_bare(line) for line in old] == [_bare(line) for line in found]:
            return (
                f"{where}: they differ in white space alone, so something turned tabs into spaces or stripped spaces; "
                "write it with `git diff --binary --output=FILE`, without an editor or a chat between"
            )
        if old and (place := _elsewhere(old, there)) is not None:
            return (
                f"the lines of the hunk in line {hunk.line} are those from line {place} of {name} on, not from "
                f"{hunk.old}; {_OTHER_REVISION}"
            )
        return f"{where}; {_OTHER_REVISION}"

    def _complaint(self) -> str:
        moved = OFFSET.findall(self.complaint)
        lines = moved or [
            line for line in self.complaint.splitlines() if line.startswith(("error: ", "fatal: ")) and line[-1] != ":"
        ]
        return "; ".join(lines[:_SHOWN]) or self.complaint


def _folder(path: bytes, part: Part, listing: dict[bytes, str]) -> bytes | None:
    """The folder, with ``/``, in which all files are that the part changes."""
    sources = [section.old_path for section in part.sections if section.old_path is not None]
    for other in sorted(listing):
        folder = other.removesuffix(path)
        if other != path and folder.endswith(b"/") and all(folder + source in listing for source in sources):
            return folder
    return None


def _bare(line: bytes) -> bytes:
    return b"".join(line.split())


def _elsewhere(old: list[bytes], there: list[bytes]) -> int | None:
    """The only place, beginning at 1, where the lines stand."""
    places = [
        start + 1 for start, line in enumerate(there) if line == old[0] and there[start : start + len(old)] == old
    ]
    return places[0] if len(places) == 1 else None
