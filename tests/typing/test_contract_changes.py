"""A change of the contracts that our code does not follow is an error of mypy, which reads the real code.

Changes of different lines are made in one copy, since each error that is expected names what its change touched.
"""

from dataclasses import dataclass

import pytest

from dev.contracts.generate import ROOT
from tests.contract.contract_copy import Edit
from tests.typing.type_check import FORMS, TypeCheck, TypeProblem

RESULTS = "autopack/results/v1"
STORE = "autopack/store/v1"
MODEL = "packages/model/src/autopack_model"
CLIENTS = "packages/clients/src/autopack_clients"
STORE_SERVICE = "services/store/src/autopack_store"
OUTPUT_LINE = 1 + next(
    index for index, line in enumerate((ROOT / FORMS).read_text().splitlines()) if "message.output = " in line
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a contract, and the errors that mypy must report: file, code, part of the report."""

    name: str
    edits: tuple[Edit, ...]
    errors: tuple[tuple[str, str, str], ...]


def _change(name: str, file: str, old: str, new: str, *errors: tuple[str, str, str]) -> Change:
    return Change(name=name, edits=(Edit(file=file, old=old, new=new),), errors=errors)


def _renamed(kind: str, file: str, old: str, new: str, uses: str, *errors: tuple[str, str, str]) -> Change:
    edits = (
        Edit(file=file, old=f"{kind} {old} {{", new=f"{kind} {new} {{"),
        Edit(file=file, old=f"  {uses}", new=f"  {uses.replace(old, new)}"),
    )
    return Change(name=f"{kind} renamed", edits=edits, errors=errors)


CHANGES = [
    _change(
        "field removed",
        f"{RESULTS}/builder_result.proto",
        "  optional bool truncated = 10;",
        "  reserved 10;",
        (f"{MODEL}/builder_result/wire.py", "call-arg", 'Unexpected keyword argument "truncated" for "BuilderResult"'),
        (f"{MODEL}/builder_result/wire.py", "attr-defined", '"BuilderResult" has no attribute "truncated"'),
    ),
    _change(
        "field of a request removed",
        f"{STORE}/run_service.proto",
        "  optional autopack.results.v1.RunFailure failure = 4;",
        "  reserved 4;",
        (f"{STORE_SERVICE}/runs/wire.py", "attr-defined", '"FinishRunRequest" has no attribute "failure"'),
        (f"{CLIENTS}/store/runs.py", "call-arg", 'Unexpected keyword argument "failure"'),
    ),
    _change(
        "field renamed as it once drifted",
        f"{RESULTS}/auditor_result.proto",
        "  repeated string files_affected = 3;",
        "  repeated string affected_files = 3;",
        (f"{MODEL}/auditor_result/wire.py", "call-arg", '"files_affected" for "SuggestedPatch"'),
        (f"{MODEL}/auditor_result/wire.py", "attr-defined", '"SuggestedPatch" has no attribute "files_affected"'),
    ),
    _change(
        "field retyped, number to text",
        f"{RESULTS}/builder_result.proto",
        "  optional uint64 duration_ms = 7;",
        "  optional string duration_ms = 7;",
        (f"{MODEL}/builder_result/wire.py", "arg-type", 'Argument "duration_ms" to "BuilderResult"'),
    ),
    _change(
        "field retyped, text to bytes",
        f"{RESULTS}/auditor_result.proto",
        "  string review_notes = 4;",
        "  bytes review_notes = 4;",
        (
            f"{MODEL}/auditor_result/wire.py",
            "arg-type",
            '"review_notes" to "AuditorResult" has incompatible type "bytes"',
        ),
    ),
    _change(
        "field retyped, one enumeration for another",
        f"{RESULTS}/issue.proto",
        "  Severity severity = 2;",
        "  Effect severity = 2;",
        (f"{MODEL}/issue/wire.py", "arg-type", 'Argument "severity" to "Issue" has incompatible type "SeverityNumber"'),
    ),
    _change(
        "field retyped, one message for another",
        f"{STORE}/baseline_service.proto",
        "  autopack.results.v1.BaselineKey key = 1;",
        "  autopack.results.v1.Tree key = 1;",
        (f"{STORE_SERVICE}/baselines/rpc.py", "arg-type", 'has incompatible type "Tree"'),
        (f"{CLIENTS}/store/baselines.py", "arg-type", 'Argument "key" to "FindBaselineRequest"'),
    ),
    _change(
        "field made optional",
        f"{RESULTS}/builder_result.proto",
        "  string notes = 11;",
        "  optional string notes = 11;",
        (
            f"{MODEL}/builder_result/wire.py",
            "arg-type",
            '"notes" to "BuilderResult" has incompatible type "str | Absent"',
        ),
    ),
    _change(
        "message made optional",
        f"{RESULTS}/run.proto",
        "  Tree head = 4;",
        "  optional Tree head = 4;",
        (f"{MODEL}/run/wire.py", "arg-type", 'has incompatible type "Tree | Absent"; expected "Tree"'),
    ),
    _change(
        "optional field made plain",
        f"{RESULTS}/builder_result.proto",
        "  optional string model = 8;",
        "  string model = 8;",
        (
            f"{MODEL}/builder_result/wire.py",
            "arg-type",
            '"HasField" of "BuilderResult" has incompatible type "Literal[\'model\']"',
        ),
        (
            f"{MODEL}/builder_result/wire.py",
            "arg-type",
            '"model" to "BuilderResult" has incompatible type "str | None"',
        ),
    ),
    _change(
        "optional message made required",
        f"{RESULTS}/auditor_result.proto",
        "  optional TokenUsage tokens = 6;",
        "  TokenUsage tokens = 6;",
        (f"{MODEL}/auditor_result/wire.py", "arg-type", 'incompatible type "TokenUsage | None"; expected "TokenUsage"'),
    ),
    _change(
        "repeated field made singular",
        f"{RESULTS}/auditor_result.proto",
        "  repeated string files_affected = 3;",
        "  string files_affected = 3;",
        (
            f"{MODEL}/auditor_result/wire.py",
            "arg-type",
            '"files_affected" to "SuggestedPatch" has incompatible type "tuple[',
        ),
    ),
    _change(
        "singular field made repeated",
        f"{RESULTS}/issue.proto",
        "  string description = 6;",
        "  repeated string description = 6;",
        (f"{MODEL}/issue/wire.py", "arg-type", 'Argument "description" to "Issue"'),
    ),
    _change(
        "field added but not mapped",
        f"{RESULTS}/builder_result.proto",
        "  string notes = 11;",
        "  string notes = 11;\n  // The prompt.\n  string prompt = 12;",
        (f"{MODEL}/builder_result/wire.py", "call-arg", 'Missing named argument "prompt" for "BuilderResult"'),
    ),
    _change(
        "field added to a request, not sent",
        "autopack/gatekeeper/v1/gatekeeper_service.proto",
        "  bool conclude = 5;",
        "  bool conclude = 5;\n  // A policy.\n  optional string policy_digest = 20;",
        (f"{CLIENTS}/gatekeeper.py", "call-arg", '"policy_digest" for "DecideRequest"'),
    ),
    _change(
        "field added to a response, not answered",
        f"{STORE}/run_service.proto",
        "  string next_page_token = 2;",
        "  string next_page_token = 2;\n  // How many there are.\n  uint64 total = 3;",
        (f"{STORE_SERVICE}/runs/rpc.py", "call-arg", 'Missing named argument "total" for "ListRunsResponse"'),
    ),
    _change(
        "oneof case added",
        f"{RESULTS}/builder_result.proto",
        "    Issues suggested_issues = 5;",
        "    Issues suggested_issues = 5;\n    // The log.\n    bytes log = 6;",
        (f"{MODEL}/builder_result/wire.py", "exhaustive-match", "Literal['log']"),
    ),
    _change(
        "oneof case removed",
        "autopack/executor/v1/executor_service.proto",
        "    WorktreeEdits worktree = 7;",
        "",
        (f"{MODEL}/gate_request/wire.py", "attr-defined", '"StartRunRequest" has no attribute "worktree"'),
    ),
    _change(
        "oneof case added to an upload",
        f"{STORE}/evidence_service.proto",
        "    autopack.results.v1.StreamEnd end = 3;\n  }",
        "    autopack.results.v1.StreamEnd end = 3;\n    // A pause.\n    string pause = 4;\n  }",
        (f"{STORE_SERVICE}/evidence/rpc.py", "arg-type", 'Argument 1 to "opened"'),
    ),
    _change(
        "enumeration value added",
        f"{RESULTS}/builder_result.proto",
        "  BUILDER_STATUS_NEEDS_REVIEW = 3;",
        "  BUILDER_STATUS_NEEDS_REVIEW = 3;\n  // It gave up.\n  BUILDER_STATUS_ABANDONED = 4;",
        (
            f"{MODEL}/builder_result/wire.py",
            "assignment",
            '"BuilderStatus" is missing following "Members" protocol member',
        ),
    ),
    _change(
        "enumeration value removed",
        f"{RESULTS}/auditor_result.proto",
        "  RECOMMENDATION_ESCALATE = 3;",
        "  reserved 3;",
        (f"{MODEL}/auditor_result/wire.py", "arg-type", 'Argument 1 to "RecommendationNumber"'),
    ),
    _change(
        "enumeration value renamed",
        f"{RESULTS}/auditor_result.proto",
        "  RECOMMENDATION_REVISE = 2;",
        "  RECOMMENDATION_REJECT = 2;",
        (
            f"{MODEL}/auditor_result/wire.py",
            "assignment",
            '"Recommendation" is missing following "Members" protocol member',
        ),
    ),
    _change(
        "enumeration value renumbered",
        f"{RESULTS}/decision.proto",
        "  VERDICT_NEEDS_HUMAN = 4;",
        "  VERDICT_NEEDS_HUMAN = 14;",
        (f"{MODEL}/decision/wire.py", "arg-type", 'Argument 1 to "VerdictNumber"'),
    ),
    _renamed(
        "enum",
        f"{RESULTS}/builder_result.proto",
        "ProbeType",
        "ProbeKind",
        "ProbeType type = 1;",
        (f"{MODEL}/builder_result/wire.py", "name-defined", "builder_result_pb2.ProbeType"),
    ),
    _renamed(
        "message",
        f"{RESULTS}/suite_run.proto",
        "SetupFacts",
        "SetupRecord",
        "optional SetupFacts setup = 3;",
        (f"{MODEL}/suite_run/wire.py", "attr-defined", "SetupFacts"),
        (f"{MODEL}/suite_run/wire.py", "name-defined", "suite_run_pb2.SetupFacts"),
    ),
    _change(
        "field of the old shape taken up",
        f"{RESULTS}/builder_result.proto",
        "  BuilderStatus status = 2;",
        "  BuilderStatus status = 2;\n  string output = 13;",
        (FORMS, "unused-ignore", f"{FORMS}:{OUTPUT_LINE}: "),
    ),
    _change(
        "RPC added",
        f"{STORE}/run_service.proto",
        "  rpc GetRun(GetRunRequest) returns (GetRunResponse);",
        "  rpc GetRun(GetRunRequest) returns (GetRunResponse);\n  rpc DropRun(GetRunRequest) returns (GetRunResponse);",
        (f"{STORE_SERVICE}/server.py", "abstract", '"RunServicer" with abstract attribute "DropRun"'),
    ),
    _change(
        "RPC removed",
        f"{STORE}/run_service.proto",
        "  rpc AttachEvidence(AttachEvidenceRequest) returns (AttachEvidenceResponse);",
        "",
        (f"{CLIENTS}/store/runs.py", "attr-defined", '"RunServiceStub" has no attribute "AttachEvidence"'),
    ),
    _change(
        "RPC retyped, one answer to a stream",
        f"{STORE}/run_service.proto",
        "  rpc GetRun(GetRunRequest) returns (GetRunResponse);",
        "  rpc GetRun(GetRunRequest) returns (stream GetRunResponse);",
        (f"{STORE_SERVICE}/runs/rpc.py", "override", 'Return type "GetRunResponse" of "GetRun"'),
        (f"{CLIENTS}/store/runs.py", "attr-defined", 'has no attribute "run"'),
    ),
    _change(
        "RPC retyped, a stream to one request",
        f"{STORE}/run_service.proto",
        "  rpc RecordChangedFiles(stream RecordChangedFilesRequest) returns",
        "  rpc RecordChangedFiles(RecordChangedFilesRequest) returns",
        (f"{STORE_SERVICE}/runs/rpc.py", "override", 'of "RecordChangedFiles"'),
        (f"{CLIENTS}/store/changed_files.py", "arg-type", 'expected "RecordChangedFilesRequest"'),
    ),
    _change(
        "RPC retyped, another request",
        f"{STORE}/decision_service.proto",
        "  rpc GetDecision(GetDecisionRequest) returns",
        "  rpc GetDecision(RecordDecisionStart) returns",
        (f"{STORE_SERVICE}/decisions/rpc.py", "override", 'of "GetDecision"'),
        (f"{CLIENTS}/store/decisions.py", "arg-type", 'expected "RecordDecisionStart"'),
    ),
]


def _lines(change: Change) -> set[tuple[str, str]]:
    return {(edit.file, line) for edit in change.edits for line in edit.old.splitlines()}


def _copies() -> list[list[Change]]:
    """The changes in as few copies as they need when no two of a copy edit the same line."""
    copies: list[list[Change]] = []
    for change in CHANGES:
        fitting = (copy for copy in copies if all(_lines(change).isdisjoint(_lines(other)) for other in copy))
        copy = next(fitting, None)
        if copy is None:
            copies.append([change])
        else:
            copy.append(change)
    return copies


@pytest.fixture(scope="module")
def found(types: TypeCheck, unedited: list[TypeProblem]) -> dict[str, list[TypeProblem]]:
    """What mypy reports in the copy that has a change, and not in the unedited one, by the name of the change."""
    reported: dict[str, list[TypeProblem]] = {}
    for changes in _copies():
        problems = types.problems(edit for change in changes for edit in change.edits)
        new = [problem for problem in problems if problem not in unedited]
        reported |= {change.name: new for change in changes}
    return reported


def test_unedited_contracts_leave_nothing_to_report(unedited: list[TypeProblem]) -> None:
    """With the contracts as they are, our code has no type error: those below come from the edits."""
    assert [] == unedited


@pytest.mark.parametrize("change", CHANGES, ids=[change.name for change in CHANGES])
def test_change_is_a_type_error(found: dict[str, list[TypeProblem]], change: Change) -> None:
    """A contract that changes without our code is reported at the place that no longer fits it."""
    problems = found[change.name]

    for file, code, message in change.errors:
        assert any((file, code) == (problem.file, problem.code) and message in str(problem) for problem in problems), (
            f"expected {file}: {message} [{code}], found:\n" + "\n".join(map(str, problems))
        )
