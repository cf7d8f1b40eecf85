"""Whether the candidate touches what decides how it is tested (docs/decisions/0035)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from autopack_gatekeeper.domain.case import Case
from autopack_model.changed_files.value import ChangedFile
from autopack_model.decision.messages import following_message, harmless_message
from autopack_model.decision.value import Condition, Effect, Reason
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.policy.harmless_parts import harmful_parts
from autopack_model.policy.path_pattern import compile_patterns

_SHOWN = 3


def protected_path(case: Case) -> Iterator[Reason]:
    """The candidate touches what decides how it is tested; moving such a file away counts as well. A file that is
    looked at by part counts only for parts that can reach the tests. Helpers of tests that say the same as before
    under names that the change moved are a warning at most.
    """
    files = {file.path: file for file in case.changed_files.files}
    touched = {*files, *case.changed_files.renames}
    expression = compile_patterns(case.policy.protected_paths)
    open_paths = compile_patterns(case.policy.unprotected_paths)
    named = {path for path in touched if expression.fullmatch(path.casefold()) and not is_harmless(files.get(path))}
    called = {path for path, file in files.items() if file.called_by is not None}
    guarded = named | called | _plugins(case, touched)
    found = sorted(path for path in guarded if not open_paths.fullmatch(path.casefold()))
    if found:
        reason = case.reason(Condition.PROTECTED_PATH, found, n=len(found))
        if case.changed_files.following.issuperset(found):
            effect = min(reason.effect, Effect.WARN)
            yield replace(reason, effect=effect, message=following_message(len(found)))
        else:
            yield replace(reason, message=f"{reason.message}: {_what_changed(found, files)}")


def is_harmless(file: ChangedFile | None) -> bool:
    """Whether only parts changed that cannot reach the tests."""
    return file is not None and file.parts is not None and not harmful_parts(file.path, file.parts)


def _what_changed(paths: list[str], files: Mapping[str, ChangedFile]) -> str:
    """What changed in the first files, in words."""
    said = [path + _change(files.get(path)) for path in paths[:_SHOWN]]
    more = [f"and {len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    return ", ".join([*said, *more])


def _change(file: ChangedFile | None) -> str:
    if file is None:
        return ""
    if file.parts is not None:
        harmful = harmful_parts(file.path, file.parts) or file.parts
        parts = [*harmful[:_SHOWN], *(["..."] if len(harmful) > _SHOWN else [])]
        return f" ({', '.join(parts)})" if parts else ""
    lines = "" if file.lines_added is None else f"+{file.lines_added} -{file.lines_removed}"
    caller = "" if file.called_by is None else f"called by {file.called_by}"
    told = "; ".join(filter(None, (file.kind.label, lines, caller)))
    return f" ({told})"


def _plugins(case: Case, touched: set[str]) -> set[str]:
    """The files from which pytest loaded plugins, as it does from conftest.py: those that the candidate touches, and
    those that are plugins on head only.
    """
    head = set(case.head.evidence.suite_run.binding.plugins)
    base = set() if case.base is None else set(case.base.evidence.suite_run.binding.plugins)
    moved = case.changed_files.renames
    fresh = head - {moved.get(path, path) for path in base} if case.comparable else set()
    return fresh | (touched & (head | base))


def restored_files(test_side: tuple[str, ...], case: Case) -> frozenset[str]:
    """The ``test_side`` files without which base's tests were run, and of which they can tell. A plugin outside of the
    folders of tests may be the product itself: that base's tests pass with base's plugin says nothing of the
    candidate's where the tests are edited, too.
    """
    restored = frozenset(test_side)
    sides = [side.evidence for _, side in case.sides]
    plugins = {path for evidence in sides for path in evidence.suite_run.binding.plugins if path in restored}
    products = {
        path
        for path in plugins
        if PurePosixPath(path).name != "conftest.py" and TEST_FOLDERS.isdisjoint(PurePosixPath(path).parts[:-1])
    }
    return restored - products if restored - products else restored


def proven_harmless(reason: Reason, restored: frozenset[str]) -> Reason:
    """A protected path is only a warning where base's tests agree with the edited ones without the change to it. What
    ``.gitattributes`` makes of files of product was not there either, so it stays as it is.
    """
    if reason.code is not Condition.PROTECTED_PATH or not restored.issuperset(reason.subjects):
        return reason
    if any(path.rpartition("/")[2].casefold() == ".gitattributes" for path in reason.subjects):
        return reason
    return replace(
        reason,
        effect=min(reason.effect, Effect.WARN),
        message=harmless_message(len(reason.subjects)),
    )
