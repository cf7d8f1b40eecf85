"""Runs and attempts on the wire."""

from typing import TYPE_CHECKING

from autopack.results.v1 import decision_pb2, run_pb2
from autopack_model.approval.wire import (
    approval_from_wire,
    approval_to_wire,
    further_decision_from_wire,
    further_decision_to_wire,
)
from autopack_model.decision.value import Verdict
from autopack_model.fields import given, read_enum, require
from autopack_model.identity.wire import attempt_ref_from_wire, attempt_ref_to_wire, side_from_wire, side_to_wire
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
from autopack_model.suite_run.wire import tree_from_wire, tree_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _run_state: run_pb2.RunState.Members = RunState
    _run_type: run_pb2.RunType.Members = RunType
    _attempt_state: run_pb2.AttemptState.Members = AttemptState
    _candidate_kind: run_pb2.CandidateKind.Members = CandidateKind
    _patch_fix: run_pb2.PatchFix.Members = PatchFix


def run_spec_to_wire(spec: RunSpec) -> run_pb2.RunSpec:
    """The message of what a run is about."""
    return run_pb2.RunSpec(
        run_id=spec.run_id,
        repository=spec.repository,
        base=None if spec.base is None else tree_to_wire(spec.base),
        head=tree_to_wire(spec.head),
        candidate=run_pb2.CandidateKind.ValueType(spec.candidate.value),
        interpreter=spec.interpreter,
        arguments=spec.arguments,
        setup=spec.setup,
        timeout_ms=spec.timeout_ms,
        run_type=run_pb2.RunType.ValueType(spec.run_type.value),
        allowed_paths=spec.allowed_paths,
        patch_fixes=[run_pb2.PatchFix.ValueType(fix.value) for fix in spec.patch_fixes],
        folder=spec.folder,
        variables=spec.variables,
        setup_variables=spec.setup_variables,
        copies=spec.copies,
        before_side=spec.before_side,
        after_side=spec.after_side,
    )


def run_spec_from_wire(message: run_pb2.RunSpec) -> RunSpec:
    """What a run is about. Raises InvalidValue."""
    require(message, "head", "spec.head")
    return RunSpec(
        run_id=message.run_id,
        repository=message.repository,
        base=given(message.HasField("base"), message.base, lambda tree: tree_from_wire(tree, "spec.base")),
        head=tree_from_wire(message.head, "spec.head"),
        candidate=read_enum(CandidateKind, message.candidate, "spec.candidate"),
        interpreter=message.interpreter,
        arguments=tuple(message.arguments),
        setup=given(message.HasField("setup"), message.setup),
        timeout_ms=message.timeout_ms,
        run_type=given(
            message.HasField("run_type"),
            message.run_type,
            lambda number: read_enum(RunType, number, "spec.run_type"),
        )
        or RunType.PROJECT_BUILD,
        allowed_paths=tuple(message.allowed_paths),
        patch_fixes=tuple(read_enum(PatchFix, number, "spec.patch_fixes") for number in message.patch_fixes),
        folder=message.folder,
        variables=tuple(message.variables),
        setup_variables=tuple(message.setup_variables),
        copies=tuple(message.copies),
        before_side=given(message.HasField("before_side"), message.before_side),
        after_side=given(message.HasField("after_side"), message.after_side),
    )


def run_state_to_wire(state: RunState) -> run_pb2.RunState.ValueType:
    """The number of ``state``."""
    return run_pb2.RunState.ValueType(state.value)


def attempt_state_to_wire(state: AttemptState) -> run_pb2.AttemptState.ValueType:
    """The number of ``state``."""
    return run_pb2.AttemptState.ValueType(state.value)


def attempt_state_from_wire(number: int, path: str) -> AttemptState:
    """The state with ``number``. Raises InvalidValue."""
    return read_enum(AttemptState, number, path)


def run_failure_to_wire(failure: RunFailure) -> run_pb2.RunFailure:
    """The message of a run's failure."""
    return run_pb2.RunFailure(code=failure.code, message=failure.message)


def run_failure_from_wire(message: run_pb2.RunFailure) -> RunFailure:
    """Why a run failed."""
    return RunFailure(code=message.code, message=message.message)


def side_evidence_to_wire(entry: SideEvidence) -> run_pb2.SideEvidence:
    """The message of the evidence of one side."""
    return run_pb2.SideEvidence(
        side=side_to_wire(entry.side),
        evidence_digest=entry.evidence_digest,
        reused=entry.reused,
        retry=entry.retry,
    )


def side_evidence_from_wire(message: run_pb2.SideEvidence) -> SideEvidence:
    """The evidence of one side. Raises InvalidValue."""
    return SideEvidence(
        side=side_from_wire(message.side, "evidence.side"),
        evidence_digest=message.evidence_digest,
        reused=message.reused,
        retry=message.retry,
    )


def run_to_wire(run: Run) -> run_pb2.Run:
    """The message of a run."""
    return run_pb2.Run(
        spec=run_spec_to_wire(run.spec),
        state=run_state_to_wire(run.state),
        created_at_ms=run.created_at_ms,
        finished_at_ms=run.finished_at_ms,
        failure=None if run.failure is None else run_failure_to_wire(run.failure),
        attempts=[_attempt_to_wire(attempt) for attempt in run.attempts],
    )


def run_from_wire(message: run_pb2.Run) -> Run:
    """The run. Raises InvalidValue."""
    require(message, "spec", "run.spec")
    return Run(
        spec=run_spec_from_wire(message.spec),
        state=read_enum(RunState, message.state, "run.state"),
        created_at_ms=message.created_at_ms,
        finished_at_ms=given(message.HasField("finished_at_ms"), message.finished_at_ms),
        failure=given(message.HasField("failure"), message.failure, run_failure_from_wire),
        attempts=tuple(_attempt_from_wire(attempt) for attempt in message.attempts),
    )


def _attempt_to_wire(attempt: Attempt) -> run_pb2.Attempt:
    return run_pb2.Attempt(
        attempt=attempt_ref_to_wire(attempt.ref),
        evidence=[side_evidence_to_wire(entry) for entry in attempt.evidence],
        verdict=None if attempt.verdict is None else decision_pb2.Verdict.ValueType(attempt.verdict.value),
        decision_digest=attempt.decision_digest,
        state=attempt_state_to_wire(attempt.state),
        builder_result_digest=attempt.builder_result_digest,
        auditor_result_digest=attempt.auditor_result_digest,
        further_decisions=[further_decision_to_wire(each) for each in attempt.further_decisions],
        approvals=[approval_to_wire(each) for each in attempt.approvals],
    )


def _attempt_from_wire(message: run_pb2.Attempt) -> Attempt:
    return Attempt(
        ref=attempt_ref_from_wire(message.attempt),
        state=attempt_state_from_wire(message.state, "run.attempts.state"),
        evidence=tuple(side_evidence_from_wire(entry) for entry in message.evidence),
        verdict=given(
            message.HasField("verdict"),
            message.verdict,
            lambda number: read_enum(Verdict, number, "run.attempts.verdict"),
        ),
        decision_digest=given(message.HasField("decision_digest"), message.decision_digest),
        builder_result_digest=given(message.HasField("builder_result_digest"), message.builder_result_digest),
        auditor_result_digest=given(message.HasField("auditor_result_digest"), message.auditor_result_digest),
        further_decisions=tuple(further_decision_from_wire(each) for each in message.further_decisions),
        approvals=tuple(approval_from_wire(each) for each in message.approvals),
    )
