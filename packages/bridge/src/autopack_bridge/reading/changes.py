"""What a builder changed, in the old shape: a patch, names of files, and totals.

Kinds and line counts of the files are not in the old shape; they are read from the patch by git. No list of files is
unknown, which is not the same as an empty one.
"""

from dataclasses import dataclass

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Fact, Facts
from autopack_bridge.reading.patches import FileNames, ReadPatch, check_names, file_names, files_of
from autopack_bridge.reading.refusal import Refusals, child
from autopack_model.builder_result.value import MAX_PATCH_BYTES, line_totals
from autopack_model.changed_files.value import MAX_FILES, ChangedFile, ChangedFiles, ChangedFilesStatus
from autopack_model.file_path import outside
from autopack_model.run.value import RunSpec

NOT_SAID = "the old result does not list them"
SAID_NULL = "the old result says null instead of a list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was changed, as the contract wants it, and where the old result says so."""

    patch: bytes
    files: ChangedFiles
    lines_added: int | None
    lines_removed: int | None
    names_at: Fact[FileNames | None]
    patch_at: Fact[bytes]


def read_changes(facts: Facts, read_patch: ReadPatch, refusals: Refusals) -> Changes:
    """What was changed. Raises Unplaceable."""
    patch = facts.take(values.raw_text(least=0, most=MAX_PATCH_BYTES), "patch_content", "output")
    names = facts.take(values.or_unknown(file_names(most=MAX_FILES)), "files_changed", "files_modified")
    amount = values.or_unknown(values.whole())
    added, removed = facts.take(amount, "lines_added"), facts.take(amount, "lines_removed")
    files = files_of(patch, read_patch, refusals)
    listed = names.otherwise(None)
    if listed is None:
        _refuse_totals((added, removed), refusals)
        return Changes(
            patch=patch.otherwise(b""),
            files=ChangedFiles.unknown(SAID_NULL if names.given else NOT_SAID),
            lines_added=None,
            lines_removed=None,
            names_at=names,
            patch_at=patch,
        )
    known = Fact(
        values=tuple(value for value in names.values if value is not None), pointers=names.pointers, place=names.place
    )
    check_names(known, files, patch, refusals)
    totals = line_totals(files)
    return Changes(
        patch=patch.otherwise(b""),
        files=_changed_files(files, patch, refusals),
        lines_added=_total(added, totals[0], refusals),
        lines_removed=_total(removed, totals[1], refusals),
        names_at=names,
        patch_at=patch,
    )


def check_allowed(changes: Changes, spec: RunSpec, status_at: tuple[str, ...], refusals: Refusals) -> None:
    """Refuse a success that touches what the run does not allow, or of which nobody knows what it touches."""
    if changes.files.status is ChangedFilesStatus.UNKNOWN:
        if spec.allowed_paths:
            for pointer in status_at:
                refusals.add(pointer, "is a success, but the run allows certain paths only and no files are listed")
        return
    files = changes.files.files
    touched = {file.path for file in files} | {file.old_path for file in files if file.old_path is not None}
    strays = outside(touched, spec.allowed_paths)
    places = _places(changes.names_at) if strays else {}
    for path in strays:
        for pointer in places.get(path, changes.patch_at.pointers):
            refusals.add(pointer, f"a success may not touch {path!r}: it is outside of what the run allows")


def _places(names: Fact[FileNames | None]) -> dict[str, tuple[str, ...]]:
    """The pointers at which each file is listed."""
    found: dict[str, tuple[str, ...]] = {}
    for pointer, listed in zip(names.pointers, names.values, strict=True):
        for index, name in enumerate(() if listed is None else listed.names):
            found[name] = (*found.get(name, ()), child(pointer, index))
    return found


def _changed_files(files: tuple[ChangedFile, ...], patch: Fact[bytes], refusals: Refusals) -> ChangedFiles:
    if not files:
        return ChangedFiles.of(())
    with refusals.at(*patch.pointers):
        return ChangedFiles.of(files)


def _refuse_totals(totals: tuple[Fact[int | None], ...], refusals: Refusals) -> None:
    for total in totals:
        for pointer in total.pointers if total.value is not None else ():
            refusals.add(pointer, "cannot be kept while the changed files are unknown; list them")


def _total(total: Fact[int | None], expected: int, refusals: Refusals) -> int:
    for pointer, value in zip(total.pointers, total.values, strict=False):
        if value != expected:
            said = "null" if value is None else value
            refusals.add(pointer, f"is {said}, but the files of the patch come to {expected}")
    return expected
