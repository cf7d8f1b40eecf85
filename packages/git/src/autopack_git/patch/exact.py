"""Whether git made exactly what the lines of a patch say, computed a second time from these lines.

Git joins lines where a marker of a missing newline stands inside of a file, and applies each diff of a git patch to the
files as they were before, so that an edit before a rename is lost.
"""

import hashlib

from autopack_git.errors import PatchDamaged
from autopack_git.patch.lines import AGAIN
from autopack_git.patch.value import Part, Section
from autopack_git.paths import text_of

Entries = dict[bytes, tuple[str, str]]
"""The mode and the name of the content of each path."""

_SUBMODULE = "160000"


def read_names(part: Part, before: Entries) -> list[bytes]:
    """The names of the contents that the text of ``part`` changes, ascending."""
    return sorted({before[path][1].encode() for section in part.sections if (path := _source(section, before))})


def check_exact(part: Part, patch: bytes, before: Entries, after: Entries, contents: dict[str, bytes]) -> None:
    """Refuse a result that is not what each line says. ``contents`` holds those of ``read_names``, by their names.

    Raises PatchDamaged.
    """
    makers = {section.new_path: section for section in part.sections if section.new_path is not None}
    renamed: set[bytes] = set()
    for section in part.sections:
        old, new = section.old_path, section.new_path
        if old is not None and new is not None and old != new and not section.copied:
            maker = makers.get(old)
            if old in renamed or (maker is not None and maker.old_path == old) or (maker is None and old in after):
                raise _inexact(section, f"another diff changes or renames {text_of(old)} too")
            renamed.add(old)
        if new is None and old is not None and old in after and old not in makers:
            raise _inexact(section, "the file is still there")
        modes = {entries[path][0] for entries, path in ((before, old), (after, new)) if path in entries and path}
        if section.binary or _SUBMODULE in modes:
            continue
        source = _source(section, before)
        content = _content(section, patch, contents[before[source][1]] if source else b"")
        if content is None:
            raise _inexact(section, "its lines are not those of the file, or a missing newline is not at the end")
        if new is None:
            if content:
                raise _inexact(section, "it deletes the file, and not all of its lines")
        elif new not in after or not _named(content, after[new][1]):
            raise _inexact(section, "git makes another content of it")


def _source(section: Section, before: Entries) -> bytes | None:
    path = section.old_path
    if path is None or section.binary or path not in before or before[path][0] == _SUBMODULE:
        return None
    return path


def _content(section: Section, patch: bytes, old: bytes) -> bytes | None:
    """What the hunks make of ``old``; None when they do not fit it."""
    lines = _lines(old)
    made: list[bytes] = []
    at = 0
    for hunk in section.hunks:
        made += lines[at : hunk.old - 1]
        at = hunk.old - 1
        body = patch[hunk.start : hunk.end].split(b"\n")[:-1]
        for index, line in enumerate(body):
            if line[:1] == b"\\":
                if index == 0 or body[index - 1][:1] == b"\\":
                    return None
                continue
            ended = body[index + 1 : index + 2] and body[index + 1][:1] == b"\\"
            text = line[1:] if ended else line[1:] + b"\n"
            if line[:1] != b"+":
                if lines[at : at + 1] != [text]:
                    return None
                at += 1
            if line[:1] != b"-":
                made.append(text)
    made += lines[at:]
    if any(not line.endswith(b"\n") for line in made[:-1]):
        return None
    return b"".join(made)


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + parts[-1:] * bool(parts[-1])


def _named(content: bytes, name: str) -> bool:
    digest = hashlib.sha256() if len(name) == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content) + content)
    return digest.hexdigest() == name


def _inexact(section: Section, why: str) -> PatchDamaged:
    return PatchDamaged(
        f"the patch cannot be applied as it stands: of the diff of {text_of(section.path)} in line {section.line}, "
        f"{why}; {AGAIN}, one diff for each file",
        subject="patch",
    )
