"""Answers and further decisions on the wire."""

from typing import TYPE_CHECKING

from autopack.results.v1 import approval_pb2, decision_pb2
from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.decision.value import Verdict
from autopack_model.fields import read_enum

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _answer: approval_pb2.Answer.Members = Answer


def answer_to_wire(answer: Answer) -> approval_pb2.Answer.ValueType:
    """The number of ``answer``."""
    return approval_pb2.Answer.ValueType(answer.value)


def approval_to_wire(approval: Approval) -> approval_pb2.Approval:
    """The message of an answer."""
    return approval_pb2.Approval(
        answer=answer_to_wire(approval.answer),
        decision_digest=approval.decision_digest,
        name=approval.name,
        reason=approval.reason,
        at_ms=approval.at_ms,
    )


def approval_from_wire(message: approval_pb2.Approval) -> Approval:
    """The answer. Raises InvalidValue."""
    return Approval(
        answer=read_enum(Answer, message.answer, "answer"),
        decision_digest=message.decision_digest,
        name=message.name,
        reason=message.reason,
        at_ms=message.at_ms,
    )


def further_decision_to_wire(further: FurtherDecision) -> approval_pb2.FurtherDecision:
    """The message of a further decision."""
    return approval_pb2.FurtherDecision(
        number=further.number,
        decision_digest=further.decision_digest,
        verdict=decision_pb2.Verdict.ValueType(further.verdict.value),
        name=further.name,
        at_ms=further.at_ms,
    )


def further_decision_from_wire(message: approval_pb2.FurtherDecision) -> FurtherDecision:
    """What is known of a further decision. Raises InvalidValue."""
    return FurtherDecision(
        number=message.number,
        decision_digest=message.decision_digest,
        verdict=read_enum(Verdict, message.verdict, "verdict"),
        name=message.name,
        at_ms=message.at_ms,
    )
