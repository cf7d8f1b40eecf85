"""Every enumeration of the domain is the contract's, name by name and number by number, and total both ways."""

import enum

import pytest
from google.protobuf.descriptor import EnumDescriptor

from autopack.contract.v1 import contract_service_pb2
from autopack.executor.v1 import artifact_pb2, progress_pb2
from autopack.results.v1 import (
    approval_pb2,
    auditor_result_pb2,
    builder_result_pb2,
    changed_files_pb2,
    decision_pb2,
    finding_pb2,
    identity_pb2,
    issue_pb2,
    outcome_pb2,
    run_pb2,
    suite_run_pb2,
)
from autopack_model.approval.value import Answer
from autopack_model.artifact.value import Artifact
from autopack_model.auditor_result.value import Confidence, Recommendation
from autopack_model.builder_result.value import BuilderStatus, ProbeType, StopReason
from autopack_model.changed_files.value import ChangedFilesStatus, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Severity, Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import Stage, TestState
from autopack_model.fields import read_enum
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side
from autopack_model.issue.value import IssueCategory, IssueSource
from autopack_model.progress.value import Activity
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import CandidateKind, PatchFix, RunState, RunType
from autopack_model.suite_run.value import BindingState, CollectorState, DeviationKind, Isolation, StreamState
from autopack_rpc.skew.contract import ElementKind
from tests.contract.contract_copy import contract_files

PAIRS: list[tuple[type[enum.IntEnum], EnumDescriptor]] = [
    (Artifact, artifact_pb2.Artifact.DESCRIPTOR),
    (Answer, approval_pb2.Answer.DESCRIPTOR),
    (Activity, progress_pb2.Activity.DESCRIPTOR),
    (AttemptState, run_pb2.AttemptState.DESCRIPTOR),
    (BindingState, suite_run_pb2.BindingState.DESCRIPTOR),
    (BuilderStatus, builder_result_pb2.BuilderStatus.DESCRIPTOR),
    (CandidateKind, run_pb2.CandidateKind.DESCRIPTOR),
    (Category, decision_pb2.Category.DESCRIPTOR),
    (ChangeKind, changed_files_pb2.ChangeKind.DESCRIPTOR),
    (ChangedFilesStatus, changed_files_pb2.ChangedFilesStatus.DESCRIPTOR),
    (CollectorState, suite_run_pb2.CollectorState.DESCRIPTOR),
    (Condition, decision_pb2.Condition.DESCRIPTOR),
    (Confidence, auditor_result_pb2.Confidence.DESCRIPTOR),
    (Effect, decision_pb2.Effect.DESCRIPTOR),
    (ElementKind, contract_service_pb2.ElementKind.DESCRIPTOR),
    (FindingRule, finding_pb2.FindingRule.DESCRIPTOR),
    (IncompleteReason, suite_run_pb2.IncompleteReason.DESCRIPTOR),
    (Isolation, suite_run_pb2.Isolation.DESCRIPTOR),
    (IssueCategory, issue_pb2.IssueCategory.DESCRIPTOR),
    (IssueSource, issue_pb2.IssueSource.DESCRIPTOR),
    (ProbeType, builder_result_pb2.ProbeType.DESCRIPTOR),
    (Recommendation, auditor_result_pb2.Recommendation.DESCRIPTOR),
    (RunState, run_pb2.RunState.DESCRIPTOR),
    (PatchFix, run_pb2.PatchFix.DESCRIPTOR),
    (RunType, run_pb2.RunType.DESCRIPTOR),
    (Severity, decision_pb2.Severity.DESCRIPTOR),
    (Side, identity_pb2.Side.DESCRIPTOR),
    (Stage, outcome_pb2.Stage.DESCRIPTOR),
    (StopReason, builder_result_pb2.StopReason.DESCRIPTOR),
    (StreamState, suite_run_pb2.StreamState.DESCRIPTOR),
    (DeviationKind, suite_run_pb2.DeviationKind.DESCRIPTOR),
    (TestState, outcome_pb2.TestState.DESCRIPTOR),
    (Verdict, decision_pb2.Verdict.DESCRIPTOR),
]
NAMES = [domain.__name__ for domain, _ in PAIRS]


@pytest.mark.parametrize(("domain", "contract"), PAIRS, ids=NAMES)
def test_enumeration_is_the_contracts(domain: type[enum.IntEnum], contract: EnumDescriptor) -> None:
    """A domain enumeration has each value of the contract's but UNSPECIFIED, under the same name and number."""
    values = {value.name: value.number for value in contract.values}
    prefix = next(name for name, number in values.items() if number == 0).removesuffix("UNSPECIFIED")

    assert values == {f"{prefix}UNSPECIFIED": 0} | {f"{prefix}{member.name}": member.value for member in domain}


@pytest.mark.parametrize(("domain", "contract"), PAIRS, ids=NAMES)
def test_every_number_but_zero_is_read(domain: type[enum.IntEnum], contract: EnumDescriptor) -> None:
    """Each number of the contract but that of UNSPECIFIED is read as the member of its name."""
    prefix = contract.values_by_number[0].name.removesuffix("UNSPECIFIED")

    assert {value.name.removeprefix(prefix): value.number for value in contract.values if value.number} == {
        read_enum(domain, value.number, "field").name: value.number for value in contract.values if value.number
    }


@pytest.mark.parametrize("number", [0, -1, 99, 2**31 - 1])
@pytest.mark.parametrize(("domain", "contract"), PAIRS, ids=NAMES)
def test_other_numbers_are_refused(domain: type[enum.IntEnum], contract: EnumDescriptor, number: int) -> None:
    """Zero and numbers that the contract does not have are refused by the field's name, never read as a default."""
    assert number == 0 or number not in contract.values_by_number
    with pytest.raises(InvalidValue, match=r"^the\.field"):
        read_enum(domain, number, "the.field")


def test_every_enumeration_is_compared() -> None:
    """No enumeration of any package is left out of the comparison, wherever it is declared."""
    declared = {enumeration.full_name for file in contract_files() for enumeration in file.enum_types_by_name.values()}
    nested = {
        enumeration.full_name
        for file in contract_files()
        for message in file.message_types_by_name.values()
        for enumeration in message.enum_types
    }

    assert declared | nested == {contract.full_name for _, contract in PAIRS}
