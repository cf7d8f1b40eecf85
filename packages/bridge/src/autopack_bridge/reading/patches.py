"""Patches of the old shape, and the lists of the files that they touch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Fact, Facts
from autopack_bridge.reading.payload import Node, kind_of
from autopack_bridge.reading.refusal import Refusals, child
from autopack_bridge.reading.values import Read
from autopack_git.errors import PatchUnreadable
from autopack_model.auditor_result.value import MAX_FILES, MAX_PATCH_BYTES, SuggestedPatch
from autopack_model.changed_files.value import ChangedFile, ChangeKind
from autopack_model.issue.value import MAX_DESCRIPTION

ReadPatch: TypeAlias = Callable[[bytes], tuple[ChangedFile, ...]]
"""What git says of a patch: its files, ascending by path. Raises PatchUnreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """Names of files in the order of the old result; two lists are equal when they name the same files."""

    names: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileNames) and sorted(self.names) == sorted(other.names)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.names)))


def file_names(*, most: int) -> Read[FileNames]:
    """A list of files, none of them twice."""
    read_names = values.listed(values.file_name(), most=most)

    def read(node: Node, at: str, refusals: Refusals) -> FileNames:
        names = read_names(node, at, refusals)
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                refusals.add(child(at, index), f"{name!r} is listed before")
            seen.add(name)
        return FileNames(names=names)

    return read


def files_of(patch: Fact[bytes], read_patch: ReadPatch, refusals: Refusals) -> tuple[ChangedFile, ...]:
    """What git says of the patch, nothing of an empty or missing one. Raises Unplaceable when it cannot be read."""
    if not patch.otherwise(b""):
        return ()
    try:
        return read_patch(patch.values[0])
    except PatchUnreadable as error:
        raise refusals.unplaceable(*patch.pointers, problem=f"is not a patch that git can read: {error}") from error


def check_names(names: Fact[FileNames], files: tuple[ChangedFile, ...], patch: Fact[bytes], refusals: Refusals) -> None:
    """Refuse each name that the patch does not touch, and the patch for each file that is not named. The old name of a
    renamed or copied file may be listed and need not be.
    """
    touched = {file.path for file in files}
    before = {file.old_path for file in files if file.old_path is not None}
    for pointer, listed in zip(names.pointers, names.values, strict=False):
        for index, name in enumerate(listed.names):
            if name not in touched and name not in before:
                refusals.add(child(pointer, index), f"{name!r} is not among the files of the patch")
        for path in sorted(touched.difference(listed.names)):
            for at in patch.pointers:
                refusals.add(at, f"changes {path!r}, which {pointer} does not list")


def read_suggested_patch(read_patch: ReadPatch) -> Read[SuggestedPatch]:
    """A suggested patch; the files that it affects are the patch's own, which a list must agree with."""

    def read(node: Node, at: str, refusals: Refusals) -> SuggestedPatch:
        if not isinstance(node, dict):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected an object")
        facts = Facts(node, at, refusals)
        description = facts.take(values.text(most=MAX_DESCRIPTION), "description")
        patch = facts.take(values.raw_text(least=1, most=MAX_PATCH_BYTES), "patch", "patch_content")
        names = facts.take(file_names(most=MAX_FILES), "files_affected", "affected_files")
        facts.close()
        content = patch.needed(refusals)
        files = files_of(patch, read_patch, refusals)
        check_names(names, files, patch, refusals)
        touched = {file.path for file in files} | {
            file.old_path for file in files if file.old_path is not None and file.kind is ChangeKind.RENAMED
        }
        affected = names.otherwise(FileNames(names=tuple(touched)))
        with refusals.at(*patch.pointers):
            return SuggestedPatch(
                description=description.otherwise(""), patch=content, files_affected=tuple(sorted(affected.names))
            )

    return read
