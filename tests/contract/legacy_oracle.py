"""Where each value of the old shape belongs in a typed result, told by its name and by nothing that the bridge does."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from autopack_bridge import vocabulary
from autopack_model.auditor_result.value import AuditorResult, SuggestedPatch
from autopack_model.builder_result.value import BuilderResult, Probe
from autopack_model.issue.value import Issue
from autopack_model.run.value import RunSpec

Tree: TypeAlias = "str | int | float | Decimal | bool | list[Tree] | dict[str, Tree] | None"
Path: TypeAlias = tuple[str | int, ...]
Result: TypeAlias = BuilderResult | AuditorResult


def pointer_of(path: Path) -> str:
    """The JSON pointer of a path."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """The scalars and empty containers of a tree, with where they stand."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from leaves(value, (*path, name))
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, (*path, index))
    else:
        yield path, tree


def found(path: Path, value: Tree, result: Result, spec: RunSpec) -> bool:
    """Whether the leaf ``value`` at ``path`` of an old payload can be found in what it became."""
    if path[:1] == ("metadata",):
        path = path[1:]
        if not path:
            return value == {}
    match path:
        case ("run_type",):
            return _same(spec.run_type.label, value)
        case ("allowed_paths", int()):
            return value in spec.allowed_paths
        case ("allowed_paths",):
            return value == [] and not spec.allowed_paths
        case (str() as name,) if name in _OF_BOTH:
            return _same(_OF_BOTH[name](result), value)
    return _in_builder(path, value, result) if isinstance(result, BuilderResult) else _in_auditor(path, value, result)


def _is_files_status(result: BuilderResult, value: Tree) -> bool:
    return result.changed_files.status.name == ("EMPTY" if value == [] else "UNKNOWN" if value is None else "")


_OF_BOTH: Mapping[str, Callable[[Result], Tree]] = {
    "run_id": lambda result: result.attempt.run_id,
    "phase": lambda result: result.attempt.phase,
    "phase_id": lambda result: result.attempt.phase,
    "attempt": lambda result: result.attempt.attempt,
    "tokens_used": lambda result: None if result.tokens is None else result.tokens.total,
    "prompt_tokens": lambda result: None if result.tokens is None else result.tokens.prompt,
    "completion_tokens": lambda result: None if result.tokens is None else result.tokens.completion,
}


_IN_BUILDER: Mapping[str, Callable[[BuilderResult, Tree], bool]] = {
    "status": lambda result, value: _same(result.status.name, value),
    "success": lambda result, value: value is (result.status.name == "SUCCESS"),
    "output": lambda result, value: _same(result.patch.decode(), value),
    "patch_content": lambda result, value: _same(result.patch.decode(), value),
    "files_modified": _is_files_status,
    "files_changed": _is_files_status,
    "lines_added": lambda result, value: _same(result.lines_added, value),
    "lines_removed": lambda result, value: _same(result.lines_removed, value),
    "builder_attempts": lambda result, value: _same(result.builder_attempts, value),
    "duration_minutes": lambda result, value: _is_duration(value, 60_000, result.duration_ms),
    "duration_seconds": lambda result, value: _is_duration(value, 1000, result.duration_ms),
    "model": lambda result, value: _same(result.model, value),
    "model_used": lambda result, value: _same(result.model, value),
    "stop_reason": lambda result, value: _is_word(vocabulary.STOP_REASONS, value, result.stop_reason),
    "was_truncated": lambda result, value: result.truncated is value,
    "truncated": lambda result, value: result.truncated is value,
    "notes": lambda result, value: _same(result.notes, value),
    "probe_results": lambda result, value: value == [] and not result.probes,
    "suggested_issues": lambda result, value: value == [] and not result.suggested_issues,
}

_IN_PROBE: Mapping[str, Callable[[Probe, Tree], bool]] = {
    "probe_type": lambda probe, value: _is_word(vocabulary.PROBE_TYPES, value, probe.type),
    "exit_code": lambda probe, value: _same(probe.exit_code, value),
    "stdout": lambda probe, value: _same(probe.stdout, value),
    "stderr": lambda probe, value: _same(probe.stderr, value),
    "duration_seconds": lambda probe, value: _is_duration(value, 1000, probe.duration_ms),
}

_IN_AUDITOR: Mapping[str, Callable[[AuditorResult, Tree], bool]] = {
    "recommendation": lambda result, value: _is_word(vocabulary.RECOMMENDATIONS, value, result.recommendation),
    "approved": lambda result, value: value is (result.recommendation.name == "APPROVE"),
    "confidence": lambda result, value: _is_word(vocabulary.CONFIDENCES, value, result.confidence),
    "review_notes": lambda result, value: _same(result.review_notes, value),
    "auditor_attempts": lambda result, value: _same(result.auditor_attempts, value),
    "issues_found": lambda result, value: value == [] and not result.issues_found,
    "suggested_patches": lambda result, value: value == [] and not result.suggested_patches,
}

_IN_PATCH: Mapping[str, Callable[[SuggestedPatch, Tree], bool]] = {
    "description": lambda patch, value: _same(patch.description, value),
    "patch": lambda patch, value: _same(patch.patch.decode(), value),
    "patch_content": lambda patch, value: _same(patch.patch.decode(), value),
    "files_affected": lambda patch, value: value == [] and not patch.files_affected,
    "affected_files": lambda patch, value: value == [] and not patch.files_affected,
}

_IN_ISSUE: Mapping[str, Callable[[Issue, Tree], bool]] = {
    "issue_key": lambda issue, value: _same(issue.key, value),
    "severity": lambda issue, value: _is_word(vocabulary.SEVERITIES, value, issue.severity),
    "category": lambda issue, value: _is_word(vocabulary.CATEGORIES, value, issue.category),
    "source": lambda issue, value: _is_word(vocabulary.SOURCES, value, issue.source),
    "evidence_refs": lambda issue, value: value == [] and not issue.evidence_refs,
    "description": lambda issue, value: _same(issue.description, value),
}


def _in_builder(path: Path, value: Tree, result: BuilderResult) -> bool:
    match path:
        case (str() as name,):
            return name in _IN_BUILDER and _IN_BUILDER[name](result, value)
        case ("files_modified" | "files_changed", int()):
            files = result.changed_files.files
            return value is not None and value in {name for file in files for name in (file.path, file.old_path)}
        case ("probe_results", int() as index, str() as name):
            return name in _IN_PROBE and _IN_PROBE[name](result.probes[index], value)
        case ("suggested_issues", int() as index, *rest):
            return _in_issue(tuple(rest), value, result.suggested_issues[index])
        case _:
            return False


def _in_auditor(path: Path, value: Tree, result: AuditorResult) -> bool:
    match path:
        case (str() as name,):
            return name in _IN_AUDITOR and _IN_AUDITOR[name](result, value)
        case ("suggested_patches", int() as index, str() as name):
            return name in _IN_PATCH and _IN_PATCH[name](result.suggested_patches[index], value)
        case ("suggested_patches", int() as index, "files_affected" | "affected_files", int()):
            return value in result.suggested_patches[index].files_affected
        case ("issues_found", int() as index, *rest):
            return _in_issue(tuple(rest), value, result.issues_found[index])
        case _:
            return False


def _in_issue(path: Path, value: Tree, issue: Issue) -> bool:
    match path:
        case (str() as name,):
            return name in _IN_ISSUE and _IN_ISSUE[name](issue, value)
        case ("evidence_refs", int() as index):
            return _same(issue.evidence_refs[index], value)
        case _:
            return False


def _is_word(table: Mapping[str, object], value: Tree, member: object) -> bool:
    if value is None:
        return member is None
    return isinstance(value, str) and value in table and table[value] is member


def _is_duration(value: Tree, unit: int, milliseconds: int | None) -> bool:
    if value is None or milliseconds is None:
        return value is None and milliseconds is None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return 2 * abs(Decimal(value) * unit - milliseconds) <= 1


def _same(expected: Tree, value: Tree) -> bool:
    return type(expected) is type(value) and expected == value
