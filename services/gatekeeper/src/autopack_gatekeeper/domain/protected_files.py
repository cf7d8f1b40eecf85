"""Whether the candidate touches what decides how it is tested (docs/decisions/0035)."""

from collections.abc import Iterator

from autopack_gatekeeper.domain.conditions import Case
from autopack_model.decision.value import Condition, Reason
from autopack_model.policy.path_pattern import compile_patterns


def protected_path(case: Case) -> Iterator[Reason]:
    """The candidate touches what decides how it is tested; moving such a file away counts as well."""
    touched = {file.path for file in case.changed_files.files} | set(case.changed_files.renames)
    expression = compile_patterns(case.policy.protected_paths)
    open_paths = compile_patterns(case.policy.unprotected_paths)
    named = {path for path in touched if expression.fullmatch(path.casefold())}
    found = {path for path in named | _plugins(case, touched) if not open_paths.fullmatch(path.casefold())}
    if found:
        yield case.reason(Condition.PROTECTED_PATH, found, n=len(found))


def _plugins(case: Case, touched: set[str]) -> set[str]:
    """The files from which pytest loaded plugins, as it does from conftest.py: those that the candidate touches, and
    those that are plugins on head only.
    """
    head = set(case.head.evidence.suite_run.binding.plugins)
    base = set() if case.base is None else set(case.base.evidence.suite_run.binding.plugins)
    moved = case.changed_files.renames
    fresh = head - {moved.get(path, path) for path in base} if case.comparable else set()
    return fresh | (touched & (head | base))
