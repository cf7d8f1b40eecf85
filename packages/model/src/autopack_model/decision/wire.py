"""Decisions on the wire: a header, then lists in chunks."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autopack.results.v1 import changed_files_pb2, decision_pb2, outcome_pb2, suite_run_pb2
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.decision.delta import Category, Delta
from autopack_model.decision.value import (
    Condition,
    Decision,
    Effect,
    Incomplete,
    Reason,
    ReasonCode,
    RetryAssessment,
    Severity,
    SideAssessment,
    Verdict,
)
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.fields import byte_batches, given, read_enum, require, string_batches
from autopack_model.finding.value import FindingRule
from autopack_model.finding.wire import finding_rule_from_wire, finding_rule_to_wire
from autopack_model.identity.value import Side
from autopack_model.identity.wire import side_from_wire, side_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _verdict: decision_pb2.Verdict.Members = Verdict
    _effect: decision_pb2.Effect.Members = Effect
    _severity: decision_pb2.Severity.Members = Severity
    _category: decision_pb2.Category.Members = Category
    _condition: decision_pb2.Condition.Members = Condition
    _incomplete_reason: suite_run_pb2.IncompleteReason.Members = IncompleteReason

_Chunk = decision_pb2.DecisionChunk


def decision_chunks(decision: Decision) -> Iterator[decision_pb2.DecisionChunk]:
    """The decision in chunks under 1 MiB: header first, then its lists, then the cells."""
    yield _Chunk(header=_header_to_wire(decision))
    for index, reason in enumerate(decision.reasons):
        for subjects in string_batches(reason.subjects):
            yield _Chunk(subjects=decision_pb2.ReasonSubjects(reason=index, subjects=subjects))
    for category in sorted(decision.delta.collectors):
        for collectors in string_batches(decision.delta.collectors[category]):
            yield _Chunk(
                collectors=decision_pb2.CategoryCollectors(
                    category=decision_pb2.Category.ValueType(category.value), collectors=collectors
                )
            )
    for side, assessment in decision.sides():
        for errors in string_batches(() if assessment is None else assessment.collection_errors):
            yield _Chunk(collection_errors=decision_pb2.CollectionErrors(side=side_to_wire(side), collectors=errors))
    for cells in byte_batches(decision.delta.cells):
        yield _Chunk(cells=cells)


def decision_from_chunks(chunks: Iterable[decision_pb2.DecisionChunk]) -> Decision:
    """Put a decision together again. Raises InvalidValue for missing, doubled or contradicting parts."""
    header: decision_pb2.DecisionHeader | None = None
    subjects: dict[int, list[str]] = {}
    collectors: dict[Category, list[str]] = {}
    errors: dict[Side, list[str]] = {}
    cells = bytearray()
    for chunk in chunks:
        part = chunk.WhichOneof("part")
        if (header is None) != (part == "header"):
            raise InvalidValue("chunk", "the decision's header must come first and once")
        match part:
            case "header":
                header = chunk.header
            case "subjects":
                subjects.setdefault(chunk.subjects.reason, []).extend(chunk.subjects.subjects)
            case "collectors":
                category = read_enum(Category, chunk.collectors.category, "collectors.category")
                collectors.setdefault(category, []).extend(chunk.collectors.collectors)
            case "collection_errors":
                side = side_from_wire(chunk.collection_errors.side, "collection_errors.side")
                errors.setdefault(side, []).extend(chunk.collection_errors.collectors)
            case "cells":
                cells += chunk.cells
            case None:
                raise InvalidValue("chunk.part", "is not given")
    if header is None:
        raise InvalidValue("chunk", "there is none; expected at least the decision's header")
    if any(index >= len(header.reasons) for index in subjects):
        raise InvalidValue("subjects.reason", f"points past the {len(header.reasons)} reasons")
    for side, has in (
        (Side.BASE, header.HasField("base")),
        (Side.CROSS, header.HasField("cross")),
        (Side.REVERSE, header.HasField("reverse")),
    ):
        if side in errors and not has:
            raise InvalidValue("collection_errors.side", f"names {side.name}, which the header does not have")
    require(header, "head", "decision.head")
    return Decision(
        verdict=read_enum(Verdict, header.verdict, "decision.verdict"),
        severity=read_enum(Severity, header.severity, "decision.severity"),
        reasons=tuple(
            _reason_from_wire(message, tuple(subjects.get(index, ()))) for index, message in enumerate(header.reasons)
        ),
        base=given(
            header.HasField("base"),
            header.base,
            lambda base: _side_from_wire(base, "base", errors.get(Side.BASE, [])),
        ),
        head=_side_from_wire(header.head, "head", errors.get(Side.HEAD, [])),
        cross=given(
            header.HasField("cross"),
            header.cross,
            lambda cross: _side_from_wire(cross, "cross", errors.get(Side.CROSS, [])),
        ),
        reverse=given(
            header.HasField("reverse"),
            header.reverse,
            lambda reverse: _side_from_wire(reverse, "reverse", errors.get(Side.REVERSE, [])),
        ),
        changed_files_status=read_enum(
            ChangedFilesStatus, header.changed_files_status, "decision.changed_files_status"
        ),
        changed_files_digest=check_digest(header.changed_files_digest, "decision.changed_files_digest"),
        findings_digest=check_digest(header.findings_digest, "decision.findings_digest"),
        policy_digest=check_digest(header.policy_digest, "decision.policy_digest"),
        waivers_digest=check_digest(header.waivers_digest, "decision.waivers_digest"),
        delta=Delta(
            cells=bytes(cells), collectors={category: tuple(names) for category, names in sorted(collectors.items())}
        ),
    )


def verdict_to_wire(verdict: Verdict) -> decision_pb2.Verdict.ValueType:
    """The number of ``verdict``."""
    return decision_pb2.Verdict.ValueType(verdict.value)


def severity_to_wire(severity: Severity) -> decision_pb2.Severity.ValueType:
    """The number of ``severity``."""
    return decision_pb2.Severity.ValueType(severity.value)


def _header_to_wire(decision: Decision) -> decision_pb2.DecisionHeader:
    return decision_pb2.DecisionHeader(
        verdict=verdict_to_wire(decision.verdict),
        severity=severity_to_wire(decision.severity),
        reasons=[_reason_to_wire(reason) for reason in decision.reasons],
        base=None if decision.base is None else _side_to_wire(decision.base),
        head=_side_to_wire(decision.head),
        cross=None if decision.cross is None else _side_to_wire(decision.cross),
        reverse=None if decision.reverse is None else _side_to_wire(decision.reverse),
        changed_files_status=changed_files_pb2.ChangedFilesStatus.ValueType(decision.changed_files_status.value),
        changed_files_digest=decision.changed_files_digest,
        findings_digest=decision.findings_digest,
        policy_digest=decision.policy_digest,
        waivers_digest=decision.waivers_digest,
    )


def _reason_to_wire(reason: Reason) -> decision_pb2.Reason:
    message = decision_pb2.Reason(effect=decision_pb2.Effect.ValueType(reason.effect.value), message=reason.message)
    match reason.code:
        case Category():
            message.category = decision_pb2.Category.ValueType(reason.code.value)
        case Condition():
            message.condition = decision_pb2.Condition.ValueType(reason.code.value)
        case FindingRule():
            message.finding = finding_rule_to_wire(reason.code)
        case Incomplete(side=side, reason=cause):
            number = suite_run_pb2.IncompleteReason.ValueType(cause.value)
            message.incomplete.CopyFrom(decision_pb2.Incomplete(side=side_to_wire(side), reason=number))
    return message


def _reason_from_wire(message: decision_pb2.Reason, subjects: tuple[str, ...]) -> Reason:
    return Reason(
        code=_code_from_wire(message),
        effect=read_enum(Effect, message.effect, "decision.reasons.effect"),
        subjects=subjects,
        message=message.message,
    )


def _code_from_wire(message: decision_pb2.Reason) -> ReasonCode:
    match message.WhichOneof("code"):
        case "category":
            return read_enum(Category, message.category, "decision.reasons.category")
        case "condition":
            return read_enum(Condition, message.condition, "decision.reasons.condition")
        case "incomplete":
            return Incomplete(
                side=side_from_wire(message.incomplete.side, "decision.reasons.incomplete.side"),
                reason=read_enum(IncompleteReason, message.incomplete.reason, "decision.reasons.incomplete.reason"),
            )
        case "finding":
            return finding_rule_from_wire(message.finding, "decision.reasons.finding")
        case None:
            raise InvalidValue("decision.reasons.code", "is not given")


def _side_to_wire(side: SideAssessment) -> decision_pb2.SideAssessment:
    reason = side.incomplete_reason
    return decision_pb2.SideAssessment(
        evidence_digest=side.evidence_digest,
        facts_digest=side.facts_digest,
        tree=side.tree,
        incomplete_reason=None if reason is None else suite_run_pb2.IncompleteReason.ValueType(reason.value),
        exit_code=side.exit_code,
        counts=[
            decision_pb2.StateCount(state=outcome_pb2.TestState.ValueType(state.value), count=side.counts[state])
            for state in sorted(side.counts)
            if side.counts[state]
        ],
        retries=[_retry_to_wire(retry) for retry in side.retries],
    )


def _side_from_wire(message: decision_pb2.SideAssessment, name: str, errors: list[str]) -> SideAssessment:
    incomplete = f"decision.{name}.incomplete_reason"
    return SideAssessment(
        evidence_digest=message.evidence_digest,
        facts_digest=message.facts_digest,
        tree=message.tree,
        incomplete_reason=given(
            message.HasField("incomplete_reason"),
            message.incomplete_reason,
            lambda number: read_enum(IncompleteReason, number, incomplete),
        ),
        exit_code=given(message.HasField("exit_code"), message.exit_code),
        counts={
            read_enum(TestState, entry.state, f"decision.{name}.counts.state"): entry.count for entry in message.counts
        },
        collection_errors=tuple(errors),
        retries=tuple(_retry_from_wire(entry, f"decision.{name}.retries") for entry in message.retries),
    )


def _retry_to_wire(retry: RetryAssessment) -> decision_pb2.RetryAssessment:
    reason = retry.incomplete_reason
    return decision_pb2.RetryAssessment(
        evidence_digest=retry.evidence_digest,
        facts_digest=retry.facts_digest,
        incomplete_reason=None if reason is None else suite_run_pb2.IncompleteReason.ValueType(reason.value),
    )


def _retry_from_wire(message: decision_pb2.RetryAssessment, path: str) -> RetryAssessment:
    return RetryAssessment(
        evidence_digest=message.evidence_digest,
        facts_digest=message.facts_digest,
        incomplete_reason=given(
            message.HasField("incomplete_reason"),
            message.incomplete_reason,
            lambda number: read_enum(IncompleteReason, number, f"{path}.incomplete_reason"),
        ),
    )
