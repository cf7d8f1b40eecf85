"""Every enumeration of the domain is the contract's, name by name and number by number."""

import enum

import pytest
from google.protobuf.descriptor import EnumDescriptor

from autopack.executor.v1 import progress_pb2
from autopack.results.v1 import changed_files_pb2, decision_pb2, identity_pb2, outcome_pb2, run_pb2, suite_run_pb2
from autopack_executor.domain.suite import Activity
from autopack_results.changed_files import ChangedFilesStatus, ChangeKind
from autopack_results.completeness import IncompleteReason
from autopack_results.decision import Condition, Effect, Severity, Verdict
from autopack_results.delta import Category
from autopack_results.identity import Side
from autopack_results.outcome import Stage, TestState
from autopack_results.run import CandidateKind, RunState
from autopack_results.suite_run import BindingState, CollectorState, Isolation, StreamState

PAIRS: list[tuple[type[enum.IntEnum], EnumDescriptor]] = [
    (Activity, progress_pb2.Activity.DESCRIPTOR),
    (BindingState, suite_run_pb2.BindingState.DESCRIPTOR),
    (CandidateKind, run_pb2.CandidateKind.DESCRIPTOR),
    (Category, decision_pb2.Category.DESCRIPTOR),
    (ChangeKind, changed_files_pb2.ChangeKind.DESCRIPTOR),
    (ChangedFilesStatus, changed_files_pb2.ChangedFilesStatus.DESCRIPTOR),
    (CollectorState, suite_run_pb2.CollectorState.DESCRIPTOR),
    (Condition, decision_pb2.Condition.DESCRIPTOR),
    (Effect, decision_pb2.Effect.DESCRIPTOR),
    (IncompleteReason, suite_run_pb2.IncompleteReason.DESCRIPTOR),
    (Isolation, suite_run_pb2.Isolation.DESCRIPTOR),
    (RunState, run_pb2.RunState.DESCRIPTOR),
    (Severity, decision_pb2.Severity.DESCRIPTOR),
    (Side, identity_pb2.Side.DESCRIPTOR),
    (Stage, outcome_pb2.Stage.DESCRIPTOR),
    (StreamState, suite_run_pb2.StreamState.DESCRIPTOR),
    (TestState, outcome_pb2.TestState.DESCRIPTOR),
    (Verdict, decision_pb2.Verdict.DESCRIPTOR),
]


@pytest.mark.parametrize(("domain", "contract"), PAIRS, ids=[domain.__name__ for domain, _ in PAIRS])
def test_enumeration_is_the_contracts(domain: type[enum.IntEnum], contract: EnumDescriptor) -> None:
    """A domain enumeration has each value of the contract's but UNSPECIFIED, under the same name and number."""
    values = {value.name: value.number for value in contract.values}
    prefix = next(name for name, number in values.items() if number == 0).removesuffix("UNSPECIFIED")

    assert values == {f"{prefix}UNSPECIFIED": 0} | {f"{prefix}{member.name}": member.value for member in domain}


def test_every_enumeration_is_compared() -> None:
    """No enumeration of the contracts is left out of the comparison."""
    modules = (changed_files_pb2, decision_pb2, identity_pb2, outcome_pb2, progress_pb2, run_pb2, suite_run_pb2)
    declared = {name for module in modules for name in module.DESCRIPTOR.enum_types_by_name}

    assert declared == {contract.name for _, contract in PAIRS}
