"""The tests that are worse on head than on base on the wire: in batches, each under 1 MiB."""

from collections.abc import Iterable, Iterator

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.results.v1 import outcome_pb2
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES, MAX_NEWLY_BAD, NewlyBad, NewlyBadTests
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.fields import batches, given, read_enum
from autopack_model.text import check_count


def newly_bad_to_wire(newly_bad: NewlyBadTests) -> Iterator[pb.ListNewlyBadResponse]:
    """The messages of an answer, none where there are no tests."""
    messages = (_to_wire(test) for test in newly_bad.tests)
    for batch in batches((message, message.ByteSize() + 4) for message in messages):
        yield pb.ListNewlyBadResponse(tests=batch, base_retry_digests=())
    if newly_bad.base_retries:
        yield pb.ListNewlyBadResponse(tests=(), base_retry_digests=newly_bad.base_retries)


def newly_bad_from_wire(parts: Iterable[pb.ListNewlyBadResponse]) -> NewlyBadTests:
    """Put an answer together again. Raises InvalidValue."""
    tests: list[NewlyBad] = []
    retries: list[str] = []
    for part in parts:
        tests.extend(_from_wire(message) for message in part.tests)
        check_count(tests, "tests", most=MAX_NEWLY_BAD)
        retries.extend(check_digest(digest, "base_retry_digests") for digest in part.base_retry_digests)
        check_count(retries, "base_retry_digests", most=MAX_KNOWN_RETRIES)
    return NewlyBadTests(tests=tuple(tests), base_retries=tuple(retries))


def _to_wire(test: NewlyBad) -> pb.NewlyBadTest:
    state = test.base_state
    return pb.NewlyBadTest(
        head_id=test.head_id,
        head_state=outcome_pb2.TestState.ValueType(test.head_state.value),
        base_id=test.base_id,
        base_state=None if state is None else outcome_pb2.TestState.ValueType(state.value),
        base_retries=test.base_retries,
    )


def _from_wire(message: pb.NewlyBadTest) -> NewlyBad:
    if not message.head_id:
        raise InvalidValue("tests.head_id", "is not given")
    return NewlyBad(
        head_id=message.head_id,
        head_state=read_enum(TestState, message.head_state, "tests.head_state"),
        base_id=given(message.HasField("base_id"), message.base_id),
        base_state=given(
            message.HasField("base_state"),
            message.base_state,
            lambda number: read_enum(TestState, number, "tests.base_state"),
        ),
        base_retries=message.base_retries,
    )
