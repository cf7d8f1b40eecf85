"""A patch as it was read, and what it became."""

from dataclasses import dataclass

from autopack_model.run.value import PatchFix
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One hunk. ``line`` is the number of its header's line, ``old`` that of the first line of the file which it shows
    or before which it adds lines; both begin at 1. ``start`` and ``end`` are the bytes of the patch that hold its
    lines, without the header.
    """

    line: int
    old: int
    old_lines: int
    new_lines: int
    context: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobNames:
    """What the ``index`` line of git says: the beginnings of the names of the old and the new content, in hex."""

    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a patch says of one file. ``old_path`` is None for a new file, ``new_path`` for a deleted one. ``added`` and
    ``removed`` count lines; a ``binary`` section has none. ``start`` and ``end`` are its bytes of the patch.
    """

    line: int
    old_path: bytes | None
    new_path: bytes | None
    copied: bool
    binary: bool
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    blobs: BlobNames | None
    start: int
    end: int

    @property
    def path(self) -> bytes:
        """The new path or, of a deleted file, the old one."""
        return self.new_path or self.old_path or b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Sections that are applied at once: a mail or commit of a series, or a whole patch. At least one, none of which is
    about a file of another one, but for a file that is deleted and made anew.
    """

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPatch:
    """The commit that a patch became, the patch as it was applied, and what was mended in it, strictly ascending."""

    tree: Tree
    patch: bytes
    fixes: tuple[PatchFix, ...]
