"""A value of each shared noun in which every field is given."""

from dataclasses import replace
from pathlib import Path

from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.auditor_result.value import RecordedAuditorResult
from autopack_model.baseline.value import BaselineKey
from autopack_model.builder_result.value import BuilderStatus, RecordedBuilderResult
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category, Delta
from autopack_model.decision.value import (
    Condition,
    Decision,
    Effect,
    Incomplete,
    Reason,
    RetryAssessment,
    Severity,
    SideAssessment,
    Verdict,
)
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import FindingRule
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import ConfigurationFile, GateRequest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import (
    Attempt,
    CandidateKind,
    PatchFix,
    Run,
    RunFailure,
    RunSpec,
    RunState,
    RunType,
    SideEvidence,
)
from autopack_model.suite_run.value import (
    BindingState,
    CollectorState,
    CommandFacts,
    Deviation,
    DeviationKind,
    KeyedDigest,
    SetupChange,
    SetupFacts,
    Tree,
)
from autopack_rpc.skew.contract_service import own_served_contract
from tests.fakes.evidence import make_evidence
from tests.fakes.options import SATURATED_OPTIONS
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import FINDINGS, FUNCTIONS

DIGEST = "sha256:" + "ab" * 32
TREE = Tree(revision="1" * 40, tree="2" * 40)
ATTEMPT = AttemptRef(run_id="run", phase="gate", attempt=1)


def _side(reason: IncompleteReason | None) -> SideAssessment:
    return SideAssessment(
        evidence_digest=DIGEST,
        facts_digest=DIGEST,
        tree="2" * 40,
        incomplete_reason=reason,
        exit_code=1,
        counts={TestState.PASSED: 1},
        collection_errors=("tests",),
        retries=(
            RetryAssessment(evidence_digest=DIGEST, facts_digest=DIGEST, incomplete_reason=IncompleteReason.TIMED_OUT),
        ),
    )


DECISION = Decision(
    verdict=Verdict.BLOCK,
    severity=Severity.LOW,
    reasons=(
        Reason(code=Category.NEWLY_FAILING, effect=Effect.BLOCK, subjects=("a",), message="one"),
        Reason(
            code=Incomplete(side=Side.BASE, reason=IncompleteReason.KILLED),
            effect=Effect.INCONCLUSIVE,
            subjects=(),
            message="two",
        ),
        Reason(code=Condition.PROTECTED_PATH, effect=Effect.REVIEW, subjects=("conftest.py",), message="three"),
        Reason(code=FindingRule.TEST_DETECTED, effect=Effect.REVIEW, subjects=("src/app.py",), message="four"),
    ),
    base=_side(IncompleteReason.KILLED),
    head=_side(None),
    cross=_side(IncompleteReason.TIMED_OUT),
    reverse=_side(IncompleteReason.TIMED_OUT),
    changed_files_status=ChangedFiles.unknown("why").status,
    changed_files_digest=DIGEST,
    findings_digest=DIGEST,
    policy_digest=DIGEST,
    waivers_digest=DIGEST,
    delta=Delta(cells=bytes([Category.NEWLY_FAILING]), collectors={Category.NEW_COLLECTION_ERROR: ("tests",)}),
)
CHANGED_FILES = replace(
    ChangedFiles.of(
        (
            ChangedFile(path="b", old_path="a", kind=ChangeKind.RENAMED, lines_added=1, lines_removed=2, binary=False),
            ChangedFile(
                path="c",
                old_path=None,
                kind=ChangeKind.ADDED,
                lines_added=None,
                lines_removed=None,
                binary=True,
                parts=("tool.ruff (longer)",),
                called_by=".ci/run",
            ),
        )
    ),
    functions=FUNCTIONS,
    findings=FINDINGS,
)
RUN = Run(
    spec=RunSpec(
        run_id="run",
        repository="/repository",
        base=TREE,
        head=TREE,
        candidate=CandidateKind.PATCH,
        interpreter="/python",
        arguments=("-q",),
        setup="make",
        timeout_ms=1000,
        run_type=RunType.REPAIR,
        allowed_paths=("src",),
        patch_fixes=(PatchFix.LAST_NEWLINE, PatchFix.HUNK_COUNTS),
        folder="service",
        variables=("A", "B"),
        setup_variables=("TOKEN",),
        copies=(".env",),
        before_side="start",
        after_side="stop",
    ),
    state=RunState.FAILED,
    created_at_ms=1,
    finished_at_ms=2,
    failure=RunFailure(code="CODE", message="message"),
    attempts=(
        Attempt(
            ref=ATTEMPT,
            evidence=(SideEvidence(side=Side.BASE, evidence_digest=DIGEST, reused=True, retry=1),),
            verdict=Verdict.ALLOW,
            decision_digest=DIGEST,
            state=AttemptState.ALLOWED,
            builder_result_digest=DIGEST,
            auditor_result_digest=DIGEST,
            further_decisions=(
                FurtherDecision(
                    number=1, decision_digest=DIGEST, verdict=Verdict.NEEDS_HUMAN, name="operator", at_ms=3
                ),
            ),
            approvals=(
                Approval(answer=Answer.REJECTED, decision_digest=DIGEST, name="owner", reason="not yet", at_ms=4),
            ),
        ),
    ),
)
KEY = BaselineKey(tree="2" * 40, environment_fingerprint=DIGEST, command_digest=DIGEST, recorder_version="1")
BUILT = RecordedBuilderResult(
    result=make_builder_result(status=BuilderStatus.NEEDS_REVIEW),
    result_digest=DIGEST,
    run_type=RunType.REPAIR,
    allowed_paths=("src",),
    recorded_at_ms=1,
)
BUILT = replace(BUILT, result=replace(BUILT.result, truncated=True))
AUDITED = RecordedAuditorResult(result=make_auditor_result(), result_digest=DIGEST, recorded_at_ms=1)
SERVED = own_served_contract("autopack-proto")
PROGRESS = Progress(activity=Activity.TESTING, side=Side.HEAD, collected=3, done=2, failures=1, message="message")


def gate_requests() -> list[GateRequest]:
    """One request for each form of a candidate and of a repository."""
    options = SATURATED_OPTIONS
    whole = GateRequest(
        run_id="run",
        repository=Path("/repository"),
        base="main",
        candidate=CommitCandidate(revision="head"),
        options=options,
        no_baseline=True,
        configuration=ConfigurationFile(name="autopack.toml", text="[gate]"),
        policy=ConfigurationFile(name="policy.toml", text="[policy]"),
        named_folder="service",
    )
    return [
        replace(whole, repository=None, clone_url="https://host/repository"),
        replace(whole, bundle_digest=DIGEST),
        replace(whole, no_baseline=False, fresh_base=True),
        replace(whole, options=replace(options, interpreter=None)),
        *(
            replace(whole, candidate=candidate)
            for candidate in (PatchCandidate(digest=DIGEST, fix=True), WorktreeCandidate())
        ),
    ]


def saturated_evidence() -> Evidence:
    """Evidence, possible or not, in which nothing is empty, zero or false."""
    evidence = make_evidence(
        {"a": TestState.FAILED, "b": TestState.SKIPPED},
        collectors={"tests": CollectorState.ERRORED},
        durations_ms={"a": 5},
        reruns={"a": 5},
        exit_code=1,
        signal=9,
        timed_out=True,
        cancelled=True,
        session_finished=True,
        session_exit_status=1,
        deselected=1,
        selection=("-k a",),
        muted_subtests={"b": ("(ways=1)",)},
        binding=BindingState.FOREIGN,
        plugins=("tests/support.py",),
        deviations=(Deviation(kind=DeviationKind.SHADOWING, subject="statistics", path="statistics.py"),),
        test_files=("expected/", "testkit.py"),
        setup=SetupFacts(
            command="make",
            reused=True,
            exit_code=1,
            timed_out=True,
            duration_ms=5,
            output_tail="output",
            not_run=True,
            pinned=True,
            moved=("acme",),
            changed_files=(SetupChange(path="tests/test_a.py", content="file ab"),),
        ),
        arguments=("-q",),
        lingered=True,
        seeds=("randomly=1",),
        missing_submodules=("vendor/one",),
        running=("a",),
        output_tail="output",
    )
    run = evidence.suite_run
    keyed = (KeyedDigest(name="A", digest="hmac-sha256:" + "a" * 64),)
    environment = replace(run.environment, superuser=True, umask=0o22, distributions=("pytest==9",), variables=keyed)
    command = CommandFacts(command="start", exit_code=1, timed_out=True, duration_ms=5, output_tail="output")
    changed = replace(run, environment=environment, folder="service", folder_missing=True, copies=keyed)
    return replace(evidence, suite_run=replace(changed, before_side=command, after_side=command))
