"""A server refuses what is over a limit or against a rule of ``docs/contracts.md``, and takes what is within.

The requests of the store go to a real one, those of executor and gatekeeper through their readers. For each field in
them, the request is sent again with a value at the limit, with one beyond it, and with one against the rule.
"""

import contextlib
import copy
import re
import uuid
from collections.abc import Callable, Iterator, Sequence

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from autopack.executor.v1 import executor_service_pb2
from autopack.gatekeeper.v1 import gatekeeper_service_pb2
from autopack_gatekeeper.wire import (
    decide_anew_from_wire,
    decide_request_from_wire,
    list_newly_bad_from_wire,
    plan_cross_side_from_wire,
)
from autopack_model.bundle.wire import bundle_upload_from_wire
from autopack_model.changed_files.value import MAX_FILES, MAX_FUNCTIONS
from autopack_model.errors import InvalidValue
from autopack_model.finding.value import MAX_FINDINGS
from autopack_model.gate_request.wire import gate_request_from_wire
from autopack_model.patch.wire import patch_upload_from_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import check_request_id
from autopack_rpc.roles import Role
from tests.contract.documented_limits import (
    BROKEN,
    ONCE_MORE,
    PLACES,
    RELATED,
    TEXT_RULES,
    UNSENT,
    Place,
    requests,
    rows,
)
from tests.contract.store_server import TOKENS, StoreServer
from tests.fakes.requests import Sent

Send = Callable[[Sent], str | None]
"""Sends a request, and returns the path of the field for which it is refused, if it is."""

UNIT_BYTES = {"byte": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2}
CHUNK = 1024**2
REQUEST_ID = "request_id"
_GENERATED_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def send(store: StoreServer) -> Iterator[Send]:
    """Sends a request to whom its method belongs to: a store of our own, or a reader."""
    with contextlib.ExitStack() as stack:
        channels = {role: stack.enter_context(channel(store.address, token=TOKENS.of(role))) for role in Role}

        def refused(sent: Sent) -> str | None:
            if not sent.method.startswith("/autopack.store."):
                return _refused_by_reader(sent.messages)
            gatekeepers = ("/RecordDecision", "/RecordFurtherDecision", "/ConcludeAttempt")
            role = Role.GATEKEEPER if sent.method.endswith(gatekeepers) else Role.EXECUTOR
            role = Role.CLIENT if sent.method.endswith("/RecordApproval") else role
            return _refused_by_store(channels[role], sent)

        yield refused


def _refused_by_reader(messages: Sequence[Message]) -> str | None:
    try:
        match messages[0]:
            case gatekeeper_service_pb2.DecideRequest() as message:
                decide_request_from_wire(message)
            case gatekeeper_service_pb2.ListNewlyBadRequest() as message:
                list_newly_bad_from_wire(message)
            case gatekeeper_service_pb2.PlanCrossSideRequest() as message:
                plan_cross_side_from_wire(message)
            case gatekeeper_service_pb2.DecideAnewRequest() as message:
                decide_anew_from_wire(message)
            case executor_service_pb2.StartRunRequest() as message:
                check_request_id(message.request_id)
                gate_request_from_wire(message)
            case executor_service_pb2.UploadBundleRequest():
                parts = [part for part in messages if isinstance(part, executor_service_pb2.UploadBundleRequest)]
                request_id, _, chunks = bundle_upload_from_wire(iter(parts))
                check_request_id(request_id)
                list(chunks)
            case executor_service_pb2.UploadPatchRequest():
                patch = [part for part in messages if isinstance(part, executor_service_pb2.UploadPatchRequest)]
                request_id, _, chunks = patch_upload_from_wire(iter(patch))
                check_request_id(request_id)
                list(chunks)
            case message:
                raise AssertionError(f"nobody reads {message.DESCRIPTOR.full_name}")
    except InvalidValue as error:
        return error.path
    return None


def _with_an_id_of_its_own(message: Message) -> Message:
    """The message with a request id that was never used, unless its id is what a test changed."""
    copied = copy.deepcopy(message)
    holder = getattr(copied, "start", copied)
    if _GENERATED_ID.fullmatch(getattr(holder, REQUEST_ID, "")):
        setattr(holder, REQUEST_ID, uuid.uuid4().hex)
    return copied


def _refused_by_store(to_store: grpc.Channel, sent: Sent) -> str | None:
    messages = [_with_an_id_of_its_own(sent.messages[0]), *sent.messages[1:]]
    first = messages[0].SerializeToString()
    try:
        with remote_errors():
            if len(sent.messages) > 1:
                uploading: grpc.StreamUnaryMultiCallable[Message, bytes] = to_store.stream_unary(
                    sent.method, request_serializer=lambda message: message.SerializeToString()
                )
                uploading(iter(messages))
            elif re.search(r"/(?:Download|Get(?!Run|Upload))", sent.method):
                downloading: grpc.UnaryStreamMultiCallable[bytes, bytes] = to_store.unary_stream(sent.method)
                list(downloading(first))
            else:
                calling: grpc.UnaryUnaryMultiCallable[bytes, bytes] = to_store.unary_unary(sent.method)
                calling(first)
    except RemoteError as error:
        return next(iter(error.violations), None)
    return None


def edges(place: Place) -> tuple[list[Sent], list[Sent]]:
    """Requests with a value just within the limit of ``place``, and with values just beyond it."""
    limit, numbers = place.limit, [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", place.limit)]
    least, most = (min(numbers), max(numbers)) if numbers else (0, 0)
    if re.match(r"at most [\d,]+", limit):
        least, most = 0, numbers[0]
    if re.search(r" per |^one for each", limit):
        value = place.value()
        return [], [place.changed([*value][:-1] if place.field.is_repeated else value + b"\x01")]
    if limit.startswith(("below ", "at most the ")):
        return [], [place.changed(2**31)]
    if " entries" in limit:
        return _entry_edges(place, most, limit)
    if place.field.type == FieldDescriptor.TYPE_STRING:
        longest = ["a" * most] if place.rule.partition(";")[0] in TEXT_RULES else []
        wrong = ["a" * (most + 1), *(["a" * (least - 1)] if least else [])]
        return [place.changed(text) for text in longest], [place.changed(text) for text in wrong]
    if place.field.type == FieldDescriptor.TYPE_BYTES:
        most *= UNIT_BYTES[re.findall(r"bytes|[KM]iB", limit)[-1]]
        outside = [_split(place, most + 1), *([place.changed(b"")] if least else [])]
        return [_split(place, most)], outside
    lower = [place.changed(least - 1)] if least and "; 0 means" not in limit else []
    return [place.changed(most)], [place.changed(most + 1), *lower]


def _entry_edges(place: Place, most: int, limit: str) -> tuple[list[Sent], list[Sent]]:
    if not place.field.is_repeated:
        message = place.sent.messages[place.index]
        return [place.replaced([message] * most)], [place.replaced([message] * (most + 1))]
    if place.field.type == FieldDescriptor.TYPE_STRING:
        if "'sha256:' and 64" in place.rule:
            digests = [f"sha256:{number:064x}" for number in range(most + 1)]
            return [place.changed(digests[:-1])], [place.changed(digests)]
        if "hex digits" in place.rule:
            return [place.changed([*place.value()] * most)], [place.changed([*place.value()] * (most + 1))]
        names = [f"{number:07}" for number in range(most + 1)]
        each = re.search(r"1 to ([\d,]+) characters each", limit)
        assert each is not None
        longest = int(each[1].replace(",", ""))
        within, outside = [names[:-1], ["a" * longest]], [names, ["a" * (longest + 1)], [""]]
        return [place.changed(items) for items in within], [place.changed(items) for items in outside]
    many = [copy.deepcopy(place.value()[0]) for _ in range(most + 1)]
    key = next((f.name for f in many[0].DESCRIPTOR.fields if f.name in ("key", "name", "path", "subjects")), None)
    for number, item in enumerate(many):
        if key is not None:
            setattr(item, key, f"_{number:07}")
    return [place.changed(many[:-1])], [place.changed(many)]


def _split(place: Place, size: int) -> Sent:
    """``size`` bytes in the field, in messages that repeat it when they are too many for one."""
    if "all chunks" not in place.limit:
        return place.changed(b"a" * size)
    sizes = [CHUNK] * (size // CHUNK) + [size % CHUNK] * (size % CHUNK > 0)
    pieces = [place.changed(b"a" * piece).messages[place.index] for piece in sizes]
    return place.replaced(pieces)


def names(place: Place, path: str | None) -> bool:
    """Whether ``path``, for which a request was refused, is the one of ``place`` or of what holds it."""
    if path is None:
        return False
    parts = re.sub(r"\[\d+\]", "", path).split(".")
    return bool(place.names.intersection(parts if place.field.type == FieldDescriptor.TYPE_MESSAGE else parts[-1:]))


LIMITED = sorted(name for name, place in PLACES.items() if place.limit and name not in UNSENT)
RULED = sorted(name for name, place in PLACES.items() if ONCE_MORE.sub("", place.rule) in BROKEN)
ORDERED = sorted(
    name for name, place in PLACES.items() if re.search(r"strictly ascending|strongest effect first", place.rule)
)


@pytest.mark.parametrize("name", LIMITED)
def test_a_documented_limit_is_the_one_that_is_enforced(name: str, send: Send) -> None:
    """A value at the limit is not refused for its field; the next one is, and the field or what holds it is named."""
    place = PLACES[name]
    within, outside = edges(place)
    assert [] == [path for path in map(send, within) if names(place, path)]
    assert [] == [path for path in map(send, outside) if not names(place, path)]


@pytest.mark.parametrize("name", RULED)
def test_a_documented_rule_is_enforced(name: str, send: Send) -> None:
    """A value that breaks the rule is refused, and the field or what holds it is named."""
    place = PLACES[name]
    paths = [send(place.changed(value)) for value in BROKEN[ONCE_MORE.sub("", place.rule)]]
    assert [] == [path for path in paths if not names(place, path)]


@pytest.mark.parametrize("name", ORDERED)
def test_a_documented_order_is_enforced(name: str, send: Send) -> None:
    """A list in the opposite order is refused, and the field or what holds it is named."""
    place = PLACES[name]
    items = list(place.value())
    assert len(items) > 1
    assert names(place, send(place.changed(items[::-1])))


def test_limits_too_large_to_try_are_those_of_the_code() -> None:
    """The number on the page is the constant that the code compares with."""
    assert [f"at most {most:,} entries, all chunks together" for most in (MAX_FILES, MAX_FINDINGS, MAX_FUNCTIONS)] == [
        PLACES[name].limit for name in sorted(UNSENT)
    ]


@pytest.mark.parametrize("number", range(len(requests())))
def test_the_requests_are_refused_for_no_field(number: int, send: Send) -> None:
    """What is sent unchanged breaks no limit and no rule, so that a refusal is the change's."""
    assert None is send(requests()[number])


def test_every_field_of_a_request_that_has_a_limit_is_tried() -> None:
    """No limit of a field that a server reads goes untried."""
    waiting = [message.DESCRIPTOR for sent in requests() for message in sent.messages]
    seen, limited = set(), set()
    while waiting:
        descriptor = waiting.pop()
        if descriptor.full_name not in seen:
            seen.add(descriptor.full_name)
            waiting += [field.message_type for field in descriptor.fields if field.message_type is not None]
            limited |= {field.full_name for field in descriptor.fields if rows()[field.full_name][0]}
    assert set() == limited - set(PLACES)


def test_every_rule_of_a_field_of_a_request_is_tried() -> None:
    """A rule that is new on the page is tried here, or named as one that is tried elsewhere."""
    assert RELATED == {name for name, place in PLACES.items() if place.rule} - {*RULED, *ORDERED}
