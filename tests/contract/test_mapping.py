"""Every field of every shared message is mapped, both ways."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import TypeVar

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given

from autopack.contract.v1 import contract_service_pb2
from autopack.executor.v1 import executor_service_pb2, progress_pb2
from autopack.results.v1 import run_pb2
from autopack_model.auditor_result.wire import (
    auditor_record_to_wire,
    auditor_result_chunks,
    auditor_result_from_chunks,
    recorded_auditor_result_from_wire,
)
from autopack_model.baseline.wire import baseline_key_from_wire, baseline_key_to_wire
from autopack_model.builder_result.wire import (
    builder_record_to_wire,
    builder_result_chunks,
    builder_result_from_chunks,
    recorded_builder_result_from_wire,
)
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_model.gate_request.wire import gate_request_from_wire, gate_request_to_wire
from autopack_model.policy.wire import terms_from_wire, terms_to_wire
from autopack_model.progress.wire import progress_from_wire, progress_to_wire
from autopack_model.run.wire import run_from_wire, run_to_wire
from autopack_rpc.skew.contract_service import served_contract_from_wire, served_contract_to_wire
from tests.contract.contract_copy import contract_files
from tests.contract.saturated import (
    AUDITED,
    BUILT,
    CHANGED_FILES,
    DECISION,
    KEY,
    PROGRESS,
    RUN,
    SERVED,
    gate_requests,
    saturated_evidence,
)
from tests.fakes.store import SATURATED_TERMS
from tests.storage import strategies

MessageT = TypeVar("MessageT", bound=Message)


def _set_fields(messages: Iterable[Message]) -> set[str]:
    """The full names of the fields that are set anywhere in ``messages``."""
    found: set[str] = set()
    for message in messages:
        for field, value in message.ListFields():
            found.add(field.full_name)
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                found |= _set_fields(value if field.is_repeated else [value])
    return found


def _all_fields(descriptors: Iterable[Descriptor]) -> set[str]:
    return {field.full_name for descriptor in descriptors for field in descriptor.fields}


def test_every_field_of_the_shared_messages_is_written() -> None:
    """Saturated values set each field of each shared message: a field that is added to a contract must be mapped."""
    messages: list[Message] = [
        *evidence_chunks(saturated_evidence()),
        *decision_chunks(DECISION),
        *changed_files_chunks(CHANGED_FILES),
        *changed_files_chunks(ChangedFiles.unknown("why")),
        run_to_wire(RUN),
        baseline_key_to_wire(KEY),
        progress_to_wire(PROGRESS, 5),
        *(gate_request_to_wire(request, "id") for request in gate_requests()),
        *builder_result_chunks(BUILT.result),
        builder_record_to_wire(BUILT),
        *auditor_result_chunks(AUDITED.result),
        auditor_record_to_wire(AUDITED),
        served_contract_to_wire(SERVED),
        terms_to_wire(SATURATED_TERMS),
    ]
    declared = _all_fields(
        descriptor
        for file in contract_files()
        if file.package == "autopack.results.v1" or file in (progress_pb2.DESCRIPTOR, contract_service_pb2.DESCRIPTOR)
        for descriptor in file.message_types_by_name.values()
    ) | _all_fields([executor_service_pb2.StartRunRequest.DESCRIPTOR])

    assert set() == declared - _set_fields(messages)


def test_what_is_written_is_read_back() -> None:
    """Saturated values survive the way to a message and back."""
    evidence = saturated_evidence()

    assert evidence == evidence_from_chunks(evidence_chunks(evidence))
    assert DECISION == decision_from_chunks(decision_chunks(DECISION))
    assert CHANGED_FILES == changed_files_from_chunks(changed_files_chunks(CHANGED_FILES))
    assert RUN == run_from_wire(run_to_wire(RUN))
    assert KEY == baseline_key_from_wire(baseline_key_to_wire(KEY))
    assert (PROGRESS, 5) == progress_from_wire(progress_to_wire(PROGRESS, 5))
    assert BUILT == recorded_builder_result_from_wire(
        builder_record_to_wire(BUILT), builder_result_chunks(BUILT.result)
    )
    assert AUDITED == recorded_auditor_result_from_wire(
        auditor_record_to_wire(AUDITED), auditor_result_chunks(AUDITED.result)
    )
    assert SERVED == served_contract_from_wire(served_contract_to_wire(SERVED))
    assert SATURATED_TERMS == terms_from_wire(terms_to_wire(SATURATED_TERMS))
    assert gate_requests() == [
        gate_request_from_wire(gate_request_to_wire(request, "id")) for request in gate_requests()
    ]


def _fewer(message: MessageT, path: str) -> Iterator[tuple[str, MessageT]]:
    """``message`` without one of its fields, or with less in one of its messages, at every depth; and which."""
    for field, value in message.ListFields():
        less = copy(message)
        less.ClearField(field.name)
        yield f"{path}.{field.name}", less
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for index, inner in enumerate(value if field.is_repeated else [value]):
                for name, smaller in _fewer(inner, f"{path}.{field.name}"):
                    less = copy(message)
                    target = getattr(less, field.name)
                    (target[index] if field.is_repeated else target).CopyFrom(smaller)
                    yield name, less


def _unread(messages: Sequence[MessageT], read: Callable[[Sequence[MessageT]], object]) -> list[str]:
    """The fields that can go from ``messages`` without ``read`` reading something else or refusing."""
    whole = read(messages)
    unread = []
    for index, message in enumerate(messages):
        for path, less in _fewer(message, message.DESCRIPTOR.name):
            try:
                if whole == read([*messages[:index], less, *messages[index + 1 :]]):
                    unread.append(path)
            except InvalidValue:
                continue
    return unread


def _one(read: Callable[[MessageT], object]) -> Callable[[Sequence[MessageT]], object]:
    return lambda messages: read(messages[0])


def test_no_field_goes_missing_unnoticed() -> None:
    """Whichever field is taken from a saturated message, at any depth: another value is read, or it is refused."""
    built, audited = list(builder_result_chunks(BUILT.result)), list(auditor_result_chunks(AUDITED.result))
    builder_record, auditor_record = builder_record_to_wire(BUILT), auditor_record_to_wire(AUDITED)

    assert [] == _unread(list(evidence_chunks(saturated_evidence())), evidence_from_chunks)
    assert [] == _unread(list(decision_chunks(DECISION)), decision_from_chunks)
    assert [] == _unread(list(changed_files_chunks(CHANGED_FILES)), changed_files_from_chunks)
    assert [] == _unread(list(changed_files_chunks(ChangedFiles.unknown("why"))), changed_files_from_chunks)
    assert [] == _unread([run_to_wire(RUN)], _one(run_from_wire))
    assert [] == _unread([baseline_key_to_wire(KEY)], _one(baseline_key_from_wire))
    assert [] == _unread([progress_to_wire(PROGRESS, 5)], _one(progress_from_wire))
    assert [] == _unread([served_contract_to_wire(SERVED)], _one(served_contract_from_wire))
    assert [] == _unread([terms_to_wire(SATURATED_TERMS)], _one(terms_from_wire))
    assert [] == _unread(built, builder_result_from_chunks)
    assert [] == _unread(audited, auditor_result_from_chunks)
    assert [] == _unread([builder_record], _one(lambda record: recorded_builder_result_from_wire(record, built)))
    assert [] == _unread([auditor_record], _one(lambda record: recorded_auditor_result_from_wire(record, audited)))
    for request in gate_requests():
        # The servicer takes the request's id, with which it finds the first answer again.
        assert ["StartRunRequest.request_id"] == _unread(
            [gate_request_to_wire(request, "id")], _one(gate_request_from_wire)
        )


@given(strategies.evidences())
def test_evidence_survives_the_wire(evidence: Evidence) -> None:
    """Any evidence that the contract allows is read back equal, and under the same digests."""
    received = evidence_from_chunks(evidence_chunks(evidence))

    assert evidence == received
    assert (evidence_digest(evidence), facts_digest(evidence)) == (evidence_digest(received), facts_digest(received))


@pytest.mark.parametrize("cut", [0, 1])
def test_evidence_without_its_header_is_refused(cut: int) -> None:
    """Chunks that do not begin with the header, or none at all, are no evidence."""
    chunks = list(evidence_chunks(saturated_evidence()))[1:] if cut else []

    with pytest.raises(InvalidValue, match="header"):
        evidence_from_chunks(chunks)


@pytest.mark.parametrize("lost", ["test_ids", "states", "details"])
def test_evidence_that_lost_a_column_is_refused(lost: str) -> None:
    """Evidence of which a part was lost on the way is refused, never read as less."""
    chunks = [chunk for chunk in evidence_chunks(saturated_evidence()) if chunk.WhichOneof("part") != lost]

    with pytest.raises(InvalidValue):
        evidence_from_chunks(chunks)


def test_unknown_numbers_are_refused() -> None:
    """An enumeration's number that is not known, or not given, raises and names the field."""
    unknown = run_to_wire(RUN)
    unknown.state = 99  # type: ignore[assignment]  # a newer contract's number
    missing = run_to_wire(RUN)
    missing.state = run_pb2.RUN_STATE_UNSPECIFIED

    for message in (unknown, missing):
        with pytest.raises(InvalidValue, match=r"run\.state"):
            run_from_wire(message)
