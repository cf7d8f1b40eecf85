"""In what the suite run on head departs from running its tree's tests as they stand there, and that on base does not
(docs/decisions/0035). What base has too is the project's own business.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from autopack_gatekeeper.domain.case import Case
from autopack_model.changed_files.value import ChangedFiles, ChangeKind
from autopack_model.decision.value import Condition, Reason
from autopack_model.evidence.test_ids import TestIds
from autopack_model.suite_run.value import Deviation, DeviationKind

CONDITIONS: Mapping[DeviationKind, Condition] = MappingProxyType(
    {
        DeviationKind.SHADOWING: Condition.CODE_DISPLACED,
        DeviationKind.REPLACED_CODE: Condition.CODE_DISPLACED,
        DeviationKind.FOREIGN_TEST: Condition.CODE_DISPLACED,
        DeviationKind.REPLACED_FRAMEWORK: Condition.SUITE_ALTERED,
        DeviationKind.IMPORT_HOOK: Condition.SUITE_ALTERED,
        DeviationKind.SWAPPED_TEST: Condition.SUITE_ALTERED,
        DeviationKind.REWRITTEN_FILE: Condition.SUITE_ALTERED,
        DeviationKind.INSTALLED_PLUGIN: Condition.PLUGINS_DIFFER,
        DeviationKind.START_HOOK: Condition.PLUGINS_DIFFER,
        DeviationKind.SEVERAL_SOURCES: Condition.CODE_DISPLACED,
    }
)
"""The condition that a deviation of head alone gives."""

_WORDS: Mapping[DeviationKind, str] = MappingProxyType(
    {
        DeviationKind.SHADOWING: "module {subject}: comes from {path}",
        DeviationKind.REPLACED_CODE: "{subject}: replaced by a test, in {path}",
        DeviationKind.FOREIGN_TEST: "{subject}: its code comes from {path}",
        DeviationKind.REPLACED_FRAMEWORK: "{subject}: replaced by {path}",
        DeviationKind.IMPORT_HOOK: "import hook {subject}: from {path}",
        DeviationKind.SWAPPED_TEST: "{subject}: replaced after its collection, by {path}",
        DeviationKind.REWRITTEN_FILE: "{subject}: written while the suite ran",
        DeviationKind.INSTALLED_PLUGIN: "pytest plugin {subject}: of the distribution {path}",
        DeviationKind.START_HOOK: "{subject}: runs when Python starts",
        DeviationKind.SEVERAL_SOURCES: "module {subject}: comes from {path}",
    }
)
_NOWHERE: Mapping[DeviationKind, str] = MappingProxyType(
    {
        DeviationKind.REPLACED_CODE: "a mock that was left",
        DeviationKind.FOREIGN_TEST: "outside of the tree",
    }
)


def deviation_reasons(case: Case) -> Iterator[Reason]:
    """A reason for each condition that deviations of head alone give, where both sides can be compared."""
    if case.base is None or not case.comparable:
        return
    renames = case.changed_files.renames
    known = {_followed(each, renames) for each in case.base.evidence.suite_run.binding.deviations}
    found: dict[Condition, list[str]] = {}
    for deviation in case.head.evidence.suite_run.binding.deviations:
        if deviation in known or not _counts(deviation, case.base.evidence.test_ids, case.changed_files):
            continue
        path = deviation.path or _NOWHERE.get(deviation.kind, "code of unknown origin")
        words = _WORDS[deviation.kind].format(subject=_subject(deviation), path=path)
        found.setdefault(CONDITIONS[deviation.kind], []).append(words)
    for condition, subjects in found.items():
        yield case.reason(condition, subjects, n=len(subjects))


def _followed(deviation: Deviation, renames: Mapping[str, str]) -> Deviation:
    """The deviation of base as it is called on head."""
    path, separator, rest = deviation.subject.partition("::")
    return Deviation(
        kind=deviation.kind,
        subject=renames.get(path, path) + separator + rest,
        path=renames.get(deviation.path, deviation.path),
    )


def _counts(deviation: Deviation, base: TestIds, changed_files: ChangedFiles) -> bool:
    """Whether the deviation may hide something: a test or a file that base does not have hides nothing of base."""
    path, separator, rest = deviation.subject.partition("::")
    if deviation.kind is DeviationKind.SEVERAL_SOURCES:
        return _is_of_base(path, base, changed_files)
    if deviation.kind is not DeviationKind.FOREIGN_TEST or not separator:
        return True
    old = {new: name for name, new in changed_files.renames.items()}
    name = f"{old.get(path, path)}::{rest}"
    place = base.place(name)
    return any(each == name or each.startswith(f"{name}[") for each in base.run(place, min(place + 1, len(base))))


def _is_of_base(path: str, base: TestIds, changed_files: ChangedFiles) -> bool:
    """Whether base has the file, or the folder of code, of that path."""
    added = [file.path for file in changed_files.files if file.kind is not ChangeKind.MODIFIED]
    if path.endswith(".py"):
        return path not in added
    return base.place(f"{path}/") < base.place(f"{path}0") or not any(each.startswith(f"{path}/") for each in added)


def _subject(deviation: Deviation) -> str:
    """What the deviation is about: of a module that could come from another file as well, the module and that file."""
    if deviation.kind is not DeviationKind.SEVERAL_SOURCES:
        return deviation.subject
    path, _, module = deviation.subject.partition("::")
    return f"{module} (there is {path})"
