"""Whether a gate saw what independent runs saw: each test, each category, each changed file, the verdict."""

from collections import defaultdict

from autopack_clients.report import FullReport
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.decision.value import Condition, Effect
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import FindingRule
from autopack_model.report.value import RunReport
from autopack_model.suite_run.value import CollectorState
from tests.e2e.gating import verdict
from tests.real.expected import Categories, expected_categories, expected_verdict, protected, two_sided
from tests.real.independent import IndependentRun, Key, Outcomes, junit_key

_OUTCOMES = {
    TestState.PASSED: "passed",
    TestState.XPASSED: "passed",
    TestState.FAILED: "failed",
    TestState.ERRORED: "errored",
    TestState.SKIPPED: "skipped",
    TestState.XFAILED: "xfailed",
}


def assert_agreement(
    gated: FullReport, base: IndependentRun, head: IndependentRun, changed: list[str], *, folder: str = ""
) -> Categories:
    """Assert that the gate agrees with both runs, and with what follows from them and the ``changed`` paths. The runs
    were in ``folder``, and name their tests from there.

    Returns the categories that it had to find.
    """
    assert gated.base is not None
    assert gated.head is not None
    _assert_same_run(base, gated.base, folder)
    _assert_same_run(head, gated.head, folder)
    categories = expected_categories(base.outcomes, head.outcomes)
    found = _found_categories(gated.report, folder)
    assert categories == two_sided(categories, found)
    report = gated.report
    assert report.changed_files is not None
    assert ChangedFilesStatus.AVAILABLE is report.changed_files.status
    paths = {path for file in report.changed_files.files for path in (file.path, file.old_path) if path}
    assert changed == sorted(paths)
    assert expected_verdict(found, asked_otherwise=_asked_otherwise(report, changed)) == verdict(gated)
    return categories


def _asked_otherwise(report: RunReport, changed: list[str]) -> bool:
    """Whether a protected file or a finding asks a person. Nothing else that is no test may, and each changed file with
    a protected name has to be told, unless it was looked at by part.
    """
    assert report.decision is not None
    assert report.changed_files is not None
    others = [each for each in report.decision.reasons if not isinstance(each.code, Category)]
    told = {path for each in others if each.code is Condition.PROTECTED_PATH for path in each.subjects}
    by_part = {file.path for file in report.changed_files.files if file.parts is not None}
    assert set() == {path for path in changed if protected(path)} - told - by_part
    asking = [each.code for each in others if each.effect is Effect.REVIEW]
    assert [] == [code for code in asking if code is not Condition.PROTECTED_PATH and not isinstance(code, FindingRule)]
    return bool(asking)


def _assert_same_run(run: IndependentRun, evidence: Evidence, folder: str) -> None:
    assert assess(evidence).complete, assess(evidence).reason
    assert run.exit_code == evidence.suite_run.process.exit_code
    recorded = _outcomes(evidence, folder)
    assert sorted(run.outcomes) == sorted(recorded)
    assert [] == [
        (key, outcomes, recorded[key]) for key, outcomes in sorted(run.outcomes.items()) if outcomes != recorded[key]
    ]
    collectors = evidence.suite_run.recorder.collectors
    skipped = [".".join(_key(each.collector, folder)) for each in collectors if each.state is CollectorState.SKIPPED]
    assert list(run.skipped_modules) == sorted(name.strip(".") for name in skipped)
    assert [] == [each for each in collectors if each.state is CollectorState.ERRORED]


def _outcomes(evidence: Evidence, folder: str) -> Outcomes:
    found: defaultdict[Key, list[str]] = defaultdict(list)
    for index, test_id in enumerate(evidence.test_ids):
        found[_key(test_id.partition(" (occurrence ")[0], folder)].append(_OUTCOMES[evidence.state_of(index)])
    return {key: tuple(sorted(outcomes)) for key, outcomes in found.items()}


def _found_categories(report: RunReport, folder: str) -> Categories:
    """The gate's delta under JUnit's names, with the kinds of failure that JUnit cannot tell apart put together."""
    together = {Category.CHANGED_FAILURE: Category.STILL_FAILING}
    found: defaultdict[str, list[Key]] = defaultdict(list)
    assert report.delta is not None
    for category, subjects in report.delta.items():
        if category in COLLECTOR_CATEGORIES:
            assert () == subjects
        elif subjects:
            found[together.get(category, category).label] += (_key(subject, folder) for subject in subjects)
    return {label: sorted(keys) for label, keys in found.items()}


def _key(test_id: str, folder: str) -> Key:
    return junit_key(test_id.removeprefix(f"{folder}/") if folder else test_id)
