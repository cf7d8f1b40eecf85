"""Hypothesis strategies for everything that the store keeps, at the edges of what the contract allows."""

from dataclasses import replace

from hypothesis import strategies as st

from autopack_model.auditor_result.value import AuditorResult, Confidence, Recommendation, SuggestedPatch
from autopack_model.builder_result.value import (
    UNFINISHED,
    BuilderResult,
    BuilderStatus,
    Probe,
    ProbeType,
    StopReason,
    line_totals,
)
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangedFilesStatus, ChangeKind, TestFunction
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category, Delta
from autopack_model.decision.value import (
    Condition,
    Decision,
    Effect,
    Incomplete,
    Reason,
    Severity,
    SideAssessment,
    Verdict,
)
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import Stage, TestDetail, TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import NO_FINDINGS, Finding, FindingRule, Findings
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.issue.value import Issue, IssueCategory, IssueSource
from autopack_model.run.value import MAX_TIMEOUT_MS, CandidateKind, PatchFix, RunSpec, RunType
from autopack_model.suite_run.value import (
    BindingState,
    CollectorOutcome,
    CollectorState,
    CommandFacts,
    Deviation,
    DeviationKind,
    Environment,
    Isolation,
    KeyedDigest,
    ProcessFacts,
    RecorderFacts,
    SetupChange,
    SetupFacts,
    StreamState,
    SuiteRun,
    Tree,
    TreeBinding,
)
from autopack_model.token_usage.value import TokenUsage

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
hexes = st.text("0123456789abcdef", min_size=40, max_size=40)
digests = st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}")
trees = st.builds(Tree, revision=hexes, tree=hexes)
counts = st.integers(0, 2**32 - 1)
codes = st.none() | st.integers(-(2**31), 2**31 - 1)
times = st.integers(0, 2**53 - 1)


def ascending(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Strictly ascending tuples."""
    return st.sets(items, max_size=4).map(lambda found: tuple(sorted(found)))


keyed = ascending(names).map(
    lambda found: tuple(KeyedDigest(name=name, digest=f"hmac-sha256:{'a' * 64}") for name in found)
)
environments = st.builds(
    Environment,
    fingerprint=digests,
    implementation=texts,
    python_version=texts,
    pytest_version=texts,
    platform=texts,
    distributions=ascending(texts),
    isolation=st.sampled_from(Isolation),
    tree_path=texts,
    locale=texts,
    timezone=texts,
    umask=counts,
    superuser=st.booleans(),
    variables=keyed,
)
setups = st.builds(
    SetupFacts,
    command=texts,
    reused=st.booleans(),
    exit_code=codes,
    timed_out=st.booleans(),
    duration_ms=times,
    output_tail=texts,
    not_run=st.booleans(),
    pinned=st.booleans(),
    moved=ascending(texts),
    changed_files=st.dictionaries(names, texts, max_size=3).map(
        lambda found: tuple(SetupChange(path=path, content=content) for path, content in sorted(found.items()))
    ),
)
commands = st.builds(
    CommandFacts, command=texts, exit_code=codes, timed_out=st.booleans(), duration_ms=times, output_tail=texts
)
processes = st.builds(
    ProcessFacts,
    argv=st.lists(texts, max_size=3).map(tuple),
    exit_code=codes,
    signal=codes,
    timed_out=st.booleans(),
    cancelled=st.booleans(),
    started_at_ms=times,
    ended_at_ms=times,
    lingered=st.booleans(),
)
collector_outcomes = st.dictionaries(names, st.tuples(st.sampled_from(CollectorState), texts, texts), max_size=3).map(
    lambda found: tuple(
        CollectorOutcome(collector=name, state=state, message=message, signature=signature, cause=message[:9])
        for name, (state, message, signature) in sorted(found.items())
    )
)
recorders = st.builds(
    RecorderFacts,
    version=texts,
    stream=st.sampled_from(StreamState),
    session_started=st.booleans(),
    session_finished=st.booleans(),
    session_exit_status=codes,
    collected=counts,
    deselected=counts,
    reported=counts,
    selection=st.lists(texts, max_size=3).map(tuple),
    collectors=collector_outcomes,
    seeds=ascending(texts),
)
deviations = st.builds(Deviation, kind=st.sampled_from(DeviationKind), subject=texts, path=texts)
bindings = st.builds(
    TreeBinding,
    state=st.sampled_from(BindingState),
    foreign=ascending(texts),
    plugins=ascending(texts),
    deviations=st.sets(deviations, max_size=3).map(lambda found: tuple(sorted(found))),
    test_files=ascending(texts),
)
suite_runs = st.builds(
    SuiteRun,
    tree=trees,
    environment=environments,
    setup=st.none() | setups,
    arguments=st.lists(texts, max_size=3).map(tuple),
    process=processes,
    recorder=recorders,
    binding=bindings,
    missing_submodules=ascending(texts),
    folder=texts,
    folder_missing=st.booleans(),
    copies=keyed,
    before_side=st.none() | commands,
    after_side=st.none() | commands,
)


def _reruns(count: int) -> st.SearchStrategy[bytes]:
    """A column of reruns, empty where no test has any."""
    return st.just(b"") | st.binary(min_size=count, max_size=count).map(lambda column: column if any(column) else b"")


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence of any suite run, possible or not, that the contract allows."""
    outcomes = draw(st.dictionaries(texts, st.sampled_from(TestState), max_size=6))
    test_ids = tuple(sorted(outcomes))
    durations = draw(st.booleans())
    return Evidence(
        suite_run=draw(suite_runs),
        test_ids=TestIds.of(test_ids),
        states=bytes(outcomes[test_id] for test_id in test_ids),
        durations=draw(st.binary(min_size=4 * len(test_ids), max_size=4 * len(test_ids))) if durations else b"",
        reruns=draw(_reruns(len(test_ids))),
        details=tuple(
            TestDetail(
                index=index,
                stage=draw(st.sampled_from(Stage)),
                message=draw(texts),
                signature=draw(st.sampled_from(["", "0123456789abcdef"])),
                executions=draw(counts),
                muted_subtests=draw(ascending(texts)),
            )
            for index, test_id in enumerate(test_ids)
            if outcomes[test_id] is not TestState.PASSED
        ),
    )


parts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..")
)
file_paths = st.lists(parts, min_size=1, max_size=3).map("/".join)
lines = st.none() | st.integers(0, 2**53 - 1)


functions = st.builds(
    TestFunction,
    side=st.sampled_from(Side),
    path=file_paths,
    name=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8),
    digest=digests,
    setting=digests,
    uses=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), max_size=3).map(
        lambda uses: tuple(sorted(uses))
    ),
    checks=st.integers(0, 2**53 - 1),
    shape=digests,
    contains=st.sets(digests, max_size=3).map(lambda contained: tuple(sorted(contained))),
)


finding_lists = st.builds(
    Finding,
    rule=st.sampled_from(FindingRule),
    path=file_paths,
    line=st.integers(1, 2**53 - 1),
    test=names,
    before=names,
    after=texts,
)


@st.composite
def changed_files(draw: st.DrawFn) -> ChangedFiles:
    """Changed files of every status."""
    if draw(st.integers(0, 4)) == 0:
        return ChangedFiles(status=ChangedFilesStatus.UNKNOWN, files=(), problem=draw(names))
    known = ChangedFiles.of(tuple(_changed_file(draw, path) for path in draw(st.sets(file_paths, max_size=4))))
    if known.status is not ChangedFilesStatus.AVAILABLE:
        return known
    found = draw(st.lists(functions, max_size=4, unique_by=lambda function: function.key))
    listed = draw(st.lists(finding_lists, max_size=4, unique_by=lambda finding: finding.key))
    shown = tuple(sorted(listed, key=lambda finding: finding.key))
    problem = draw(st.sampled_from(["", "too deep"]))
    return replace(
        known,
        functions=tuple(sorted(found, key=lambda function: function.key)),
        findings=Findings(found=shown, problem=problem),
    )


def _changed_file(draw: st.DrawFn, path: str) -> ChangedFile:
    kind, binary = draw(st.sampled_from(ChangeKind)), draw(st.booleans())
    return ChangedFile(
        path=path,
        old_path=draw(file_paths) if kind in (ChangeKind.RENAMED, ChangeKind.COPIED) else None,
        kind=kind,
        lines_added=None if binary else draw(lines),
        lines_removed=None if binary else draw(lines),
        binary=binary,
        parts=draw(st.none() | st.sampled_from([(), ("project.version", "tool.ruff (longer)")])),
        called_by=draw(st.none() | file_paths),
    )


codes_of_reasons = (
    st.sampled_from(Category)
    | st.sampled_from(Condition)
    | st.builds(Incomplete, side=st.sampled_from(Side), reason=st.sampled_from(IncompleteReason))
)
reasons = st.lists(
    st.builds(Reason, code=codes_of_reasons, effect=st.sampled_from(Effect), subjects=ascending(texts), message=texts),
    max_size=4,
).map(lambda found: tuple(sorted(found, key=lambda reason: reason.sort_key)))
assessments = st.builds(
    SideAssessment,
    evidence_digest=digests,
    facts_digest=digests,
    tree=hexes,
    incomplete_reason=st.none() | st.sampled_from(IncompleteReason),
    exit_code=codes,
    counts=st.dictionaries(st.sampled_from(TestState), st.integers(1, 2**32 - 1)),
    collection_errors=ascending(texts),
)
deltas = st.builds(
    Delta,
    cells=st.lists(st.sampled_from(Category), max_size=8).map(bytes),
    collectors=st.dictionaries(
        st.sampled_from(sorted(COLLECTOR_CATEGORIES)), ascending(texts).filter(bool), max_size=3
    ),
)
decisions = st.builds(
    Decision,
    verdict=st.sampled_from(Verdict),
    severity=st.sampled_from(Severity),
    reasons=reasons,
    base=st.none() | assessments,
    head=assessments,
    cross=st.none() | assessments,
    reverse=st.none() | assessments,
    changed_files_status=st.sampled_from(ChangedFilesStatus),
    changed_files_digest=digests,
    findings_digest=digests,
    policy_digest=digests,
    waivers_digest=digests,
    delta=deltas,
)

run_specs = st.builds(
    RunSpec,
    run_id=st.just("run-1"),
    repository=texts.map("/{}".format),
    base=st.none() | trees,
    head=trees,
    candidate=st.sampled_from(CandidateKind),
    interpreter=texts,
    arguments=st.lists(texts, max_size=3).map(tuple),
    setup=st.none() | texts,
    timeout_ms=st.integers(1, MAX_TIMEOUT_MS),
    run_type=st.sampled_from(RunType),
    allowed_paths=ascending(file_paths),
    patch_fixes=st.sets(st.sampled_from(PatchFix)).map(lambda found: tuple(sorted(found))),
)
printables = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
issues = st.builds(
    Issue,
    key=printables,
    severity=st.sampled_from([severity for severity in Severity if severity is not Severity.NONE]),
    category=st.sampled_from(IssueCategory),
    source=st.sampled_from(IssueSource),
    evidence_refs=st.lists(names, max_size=3).map(tuple),
    description=texts,
)
issue_lists = st.lists(issues, max_size=3, unique_by=lambda issue: issue.key).map(tuple)
probes = st.builds(
    Probe,
    type=st.sampled_from(ProbeType),
    exit_code=st.integers(-(2**31), 2**31 - 1),
    stdout=st.none() | texts,
    stderr=st.none() | texts,
    duration_ms=st.none() | times,
)
attempts = st.builds(AttemptRef, run_id=st.just("run-1"), phase=st.just("gate"), attempt=st.integers(1, 1_000_000))
amounts = st.integers(0, 2**52 - 1)


@st.composite
def token_usages(draw: st.DrawFn) -> TokenUsage:
    """Tokens with both parts, one of them, or none."""
    prompt, completion = draw(amounts), draw(amounts)
    known = draw(st.sampled_from([(True, True), (True, False), (False, True), (False, False)]))
    return TokenUsage(
        total=prompt + completion if known[0] or known[1] else draw(amounts),
        prompt=prompt if known[0] else None,
        completion=completion if known[1] else None,
    )


patches = st.binary(max_size=20).filter(lambda patch: not patch.isspace())


@st.composite
def builder_results(draw: st.DrawFn) -> BuilderResult:
    """Builder results of every status, with contents that do not contradict it."""
    listed = changed_files().map(lambda changed: replace(changed, functions=(), findings=NO_FINDINGS))
    files = draw(listed.filter(lambda changed: max(line_totals(changed.files)) < 2**53))
    known = files.status is not ChangedFilesStatus.UNKNOWN
    added, removed = line_totals(files.files)
    patch = b"" if files.status is ChangedFilesStatus.EMPTY else draw(patches)
    whole = bool(patch) or files.status is ChangedFilesStatus.EMPTY
    status = draw(st.sampled_from([each for each in BuilderStatus if whole or each is not BuilderStatus.SUCCESS]))
    success = status is BuilderStatus.SUCCESS
    return BuilderResult(
        attempt=draw(attempts),
        status=status,
        patch=patch,
        changed_files=files,
        lines_added=added if known else None,
        lines_removed=removed if known else None,
        builder_attempts=draw(st.none() | st.integers(1, 1_000_000)),
        tokens=draw(st.none() | token_usages()),
        duration_ms=draw(st.none() | times),
        model=draw(st.none() | printables),
        stop_reason=draw(
            st.none() | st.sampled_from([reason for reason in StopReason if not success or reason not in UNFINISHED])
        ),
        truncated=draw(st.none() | (st.just(value=False) if success else st.booleans())),
        notes=draw(texts),
        probes=draw(st.lists(probes, max_size=3).map(tuple)),
        suggested_issues=draw(issue_lists),
    )


suggested_patches = st.builds(
    SuggestedPatch,
    description=texts,
    patch=st.binary(min_size=1, max_size=20),
    files_affected=ascending(file_paths),
)


@st.composite
def auditor_results(draw: st.DrawFn) -> AuditorResult:
    """Auditor results of every recommendation, with issues that do not contradict it."""
    found = draw(issue_lists)
    critical = any(issue.severity is Severity.CRITICAL for issue in found)
    allowed = [each for each in Recommendation if not critical or each is not Recommendation.APPROVE]
    return AuditorResult(
        attempt=draw(attempts),
        recommendation=draw(st.sampled_from(allowed)),
        confidence=draw(st.none() | st.sampled_from(Confidence)),
        review_notes=draw(texts),
        issues_found=found,
        suggested_patches=draw(st.lists(suggested_patches, max_size=3).map(tuple)),
        auditor_attempts=draw(st.none() | st.integers(1, 1_000_000)),
        tokens=draw(st.none() | token_usages()),
    )
