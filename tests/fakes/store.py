"""Runs, decisions and keys for tests of the store: consistent unless told otherwise."""

from dataclasses import replace
from datetime import date

from autopack_model.baseline.value import BaselineKey
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind, TestFunction
from autopack_model.decision.delta import Category, Delta, union_ids
from autopack_model.decision.value import Condition, Decision, Effect, Reason, Severity, SideAssessment, Verdict
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.document import findings_digest
from autopack_model.finding.value import Finding, FindingRule, Findings
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.policy.terms import Terms, default_terms
from autopack_model.policy.waiver import Waiver
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, CandidateKind, RunSpec, SideEvidence
from autopack_model.suite_run.value import Tree

TERMS = default_terms(date(2030, 1, 1))
SATURATED_TERMS = Terms(
    policy=replace(
        DEFAULT_POLICY,
        unprotected_paths=("docs/conf.py", "docs/setup.cfg"),
        test_paths=("checks/**", "proofs/**"),
        product_paths=("tests/shop/**", "tests/stock/**"),
        ignored_paths=("old/**", "older/**"),
        min_tests=1,
        max_new_skips=1,
    ),
    waivers=(
        Waiver(
            code=FindingRule.INPUT_CHANGED,
            subjects="tests/*",
            reason="other data",
            approver="the owner",
            expires=date(2030, 1, 3),
        ),
        Waiver(
            code=Condition.PROTECTED_PATH,
            subjects="tox.ini",
            reason="a new environment",
            approver="the owner",
            expires=date(2030, 1, 2),
        ),
        Waiver(
            code=Category.REMOVED, subjects="tests/*", reason="moved", approver="the owner", expires=date(2030, 1, 1)
        ),
    ),
    day=date(2030, 1, 1),
    source="autopack.toml",
)
COMMAND = "sha256:" + "e" * 64
FUNCTIONS = tuple(
    TestFunction(
        side=side,
        path="tests/test_app.py",
        name=name,
        digest="sha256:" + "1" * 64,
        setting="sha256:" + "2" * 64,
        uses=("app.start", "fixture:tmp_path"),
        checks=3,
        shape="sha256:" + "3" * 64,
        contains=tuple("sha256:" + digit * 64 for digit in "45"),
    )
    for side, name in ((Side.BASE, "TestApp::test_starts"), (Side.HEAD, "test_starts"))
)
FINDINGS = Findings(
    found=tuple(
        Finding(rule=rule, path=path, line=3, test="tests/test_app.py::test_starts", before="a", after="b")
        for path, rule in (("src/app.py", FindingRule.TEST_DETECTED), ("tests/a.py", FindingRule.ASSERTION_LOOSER))
    ),
    problem="one.py is no Python",
)
HEAD_FILES = replace(
    ChangedFiles.of(
        (
            ChangedFile(
                path="src/app.py", old_path=None, kind=ChangeKind.MODIFIED, lines_added=3, lines_removed=1, binary=False
            ),
            ChangedFile(
                path="logo.png", old_path=None, kind=ChangeKind.ADDED, lines_added=None, lines_removed=None, binary=True
            ),
        )
    ),
    functions=FUNCTIONS,
    findings=FINDINGS,
)


def make_spec(run_id: str = "run-1", *, repository: str = "/srv/project", base: bool = True) -> RunSpec:
    """What a run of ``run_id`` is about."""
    return RunSpec(
        run_id=run_id,
        repository=repository,
        base=Tree(revision="a" * 40, tree="b" * 40) if base else None,
        head=Tree(revision="c" * 40, tree="d" * 40),
        candidate=CandidateKind.COMMIT,
        interpreter="python3",
        arguments=("-q", "tests"),
        setup=None,
        timeout_ms=600_000,
        folder="services/a",
        variables=("CACHE_URL", "DATABASE_URL"),
        setup_variables=("NETRC", "PIP_INDEX_URL"),
        copies=(".env", "data/local.db"),
        before_side="make start",
        after_side="make stop",
    )


def first_attempt(run_id: str = "run-1") -> AttemptRef:
    """The first attempt of a run's only phase."""
    return AttemptRef(run_id=run_id, phase="gate", attempt=1)


def make_attempt(
    ref: AttemptRef | None = None,
    *,
    state: AttemptState = AttemptState.QUEUED,
    evidence: tuple[SideEvidence, ...] = (),
    verdict: Verdict | None = None,
    decision_digest: str | None = None,
) -> Attempt:
    """An attempt about which nothing is known but what is given."""
    return Attempt(
        ref=ref or first_attempt(),
        state=state,
        evidence=evidence,
        verdict=verdict,
        decision_digest=decision_digest,
        builder_result_digest=None,
        auditor_result_digest=None,
    )


def make_key(evidence: Evidence) -> BaselineKey:
    """The key under which ``evidence`` may be a baseline."""
    run = evidence.suite_run
    return BaselineKey(
        tree=run.tree.tree,
        environment_fingerprint=run.environment.fingerprint,
        command_digest=COMMAND,
        recorder_version=run.recorder.version,
    )


def make_assessment(evidence: Evidence) -> SideAssessment:
    """What a gatekeeper computes from ``evidence``."""
    return SideAssessment(
        evidence_digest=evidence_digest(evidence),
        facts_digest=facts_digest(evidence),
        tree=evidence.suite_run.tree.tree,
        incomplete_reason=assess(evidence).reason,
        exit_code=evidence.suite_run.process.exit_code,
        counts={state: evidence.states.count(state) for state in TestState if state in evidence.states},
        collection_errors=(),
    )


def make_decision(
    base: Evidence | None,
    head: Evidence,
    changed_files: ChangedFiles = HEAD_FILES,
    *,
    verdict: Verdict = Verdict.BLOCK,
    message: str = "a protected file was touched",
    cross: Evidence | None = None,
    reverse: Evidence | None = None,
) -> Decision:
    """A decision that rests on what is given; its cells say nothing true."""
    base_ids = () if base is None else base.test_ids
    return Decision(
        verdict=verdict,
        severity=Severity.LOW,
        reasons=(
            Reason(
                code=Condition.PROTECTED_PATH,
                effect=Effect.REVIEW,
                subjects=("conftest.py", "tox.ini"),
                message=message,
            ),
        ),
        base=None if base is None else make_assessment(base),
        head=make_assessment(head),
        cross=None if cross is None else make_assessment(cross),
        reverse=None if reverse is None else make_assessment(reverse),
        changed_files_status=changed_files.status,
        changed_files_digest=changed_files_digest(changed_files),
        policy_digest=policy_digest(TERMS.policy),
        waivers_digest=waivers_digest(TERMS.waivers),
        findings_digest=findings_digest(changed_files.findings),
        delta=Delta(
            cells=bytes([Category.STILL_PASSING]) * len(union_ids(base_ids, head.test_ids)),
            collectors={Category.NEW_COLLECTION_ERROR: ("tests/test_broken.py", "tests/test_worse.py")},
        ),
    )
