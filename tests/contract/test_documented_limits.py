"""What is beyond a limit or against a rule of ``docs/contracts.md``, a server refuses; what is within, it takes.

The requests of the store go to a real one, those of executor and gatekeeper through their readers. For each field in
them, the request is sent again with a value at the limit, with one beyond it, and with one against the rule.
"""

import contextlib
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from autopack.executor.v1 import executor_service_pb2
from autopack.gatekeeper.v1 import gatekeeper_service_pb2
from autopack.results.v1 import identity_pb2
from autopack_gatekeeper.wire import decide_request_from_wire
from autopack_model.bundle.wire import bundle_upload_from_wire
from autopack_model.changed_files.value import MAX_FILES
from autopack_model.errors import InvalidValue
from autopack_model.gate_request.wire import gate_request_from_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import check_request_id
from autopack_rpc.roles import Role, Tokens
from autopack_store.config import Settings
from autopack_store.database.engine import file_url
from autopack_store.server import store_server
from dev.contracts.document import PAGE
from tests.fakes.requests import Sent, gatekeeper_request, start_run_requests, store_requests, upload_bundle_request

Value = str | bytes | int | Message | Sequence[str] | Sequence[Message]
Send = Callable[[Sent], str | None]
"""Sends a request, and returns the path of the field for which it is refused, if it is."""

TOKENS = Tokens.generate()
UNIT_BYTES = {"byte": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2}
CHUNK = 1024**2

OTHER = identity_pb2.AttemptRef(run_id="other", phase="gate", attempt=1)
PATHS = "relative to the repository root, parts separated by '/', none of them empty, '.' or '..', no NUL"
BROKEN: dict[str, Sequence[Value]] = {
    "'sha256:' and 64 lower-case hex digits": ["sha256:" + "A" * 64, "sha512:" + "a" * 64],
    "lower-case hex digits": ["A" * 40, "g" * 40],
    "a-z, 0-9, '.', '_' and '-', starting with a letter or digit, without '..'": ["a..b", "_a", "A"],
    "A-Z, a-z, 0-9, '.', '_', ':' and '-'": ["a b", "ä"],
    "A-Z, 0-9 and '_', starting with a letter": ["a", "1A", "A-B"],
    "printable": ["a\x07"],
    "a token of this store, given for the same filters": ["no token"],
    "a token of this store, given for the same repository, test and side": ["no token"],
    "not empty": [""],
    "an absolute path": ["repository"],
    "an absolute path or a URL": ["repository", "https://host", "https://user:word@host/a", "://host/a"],
    "an absolute path, no NUL": ["repository", "/a\0"],
    "an absolute path, no NUL; empty exactly with clone_url": ["repository", "/a\0", ""],
    "'sha256:' and 64 lower-case hex digits; not together with worktree": ["sha256:" + "A" * 64, "sha512:" + "a" * 64],
    "an https, ssh, git or file URL without a password, and, but for ssh, without a user, that the executor's operator "
    "allows (file URLs where the list names them); not together with bundle_digest or worktree": [
        "/a",
        "http://host/a",
        "ext::sh",
        "https://user:word@host/a",
        "https://user@host/a",
        "ssh://user:word@host/a",
        "https://host/../a",
        "--upload-pack=a",
    ],
    "no NUL": ["a\0"],
    "not empty, no NUL": ["", "a\0"],
    PATHS: ["/a", "a//b", "./a", "a/..", "a\0"],
    f"strictly ascending; each {PATHS}": [["/a"], ["a//b"], ["a/.."], ["a\0"], ["b", "a"], ["a", "a"]],
    "each byte the number of a TestState": [b"\x01\x01\x00", b"\x01\x01\x0b"],
    "each byte the number of a Category": [b"\x00\x01\x01", b"\x01\x01\x1f"],
    "one of those that are about collectors": [1],
    "not RUNNING": [1],
    "at most 10,000, with 65,536 characters in all": [["a" * 40_000, "b" * 40_000], ["a"] * 10_001],
    "given exactly when the status is UNKNOWN": [""],
    "not NONE": [1],
    "BUILDING, TESTING, DECIDING or AUDITING": [1, *range(6, 12)],
    "ALLOWED, BLOCKED, INCONCLUSIVE or NEEDS_HUMAN": [*range(1, 6), 10, 11],
    "the one that the result names": [OTHER],
    "of the run that the specification names": [OTHER],
    "absent exactly when the changed files are UNKNOWN, else the sum over the changed files": [99],
}
"""Values that break a rule."""
RELATED = {
    "autopack.results.v1.AuditorResult.recommendation",
    "autopack.results.v1.BuilderResult.status",
    "autopack.results.v1.BuilderResultChunk.changed_files",
    "autopack.results.v1.Issues.issues",
    "autopack.results.v1.SideAssessment.tree",
    "autopack.results.v1.TokenUsage.completion",
    "autopack.results.v1.TokenUsage.prompt",
    "autopack.executor.v1.UploadBundleStart.size_bytes",
    "autopack.store.v1.FinishRunRequest.failure",
    "autopack.store.v1.UploadEvidenceStart.kept_chunks",
}
"""Rules about more than one field, which no single value breaks: tested where the results and the runs are."""
ONCE_MORE = re.compile(r"; (?:the same id|no key twice) .*")
"""The part of a rule that is about more than one value, and tested elsewhere."""
TEXT_RULES = {"", "printable", "given exactly when the status is UNKNOWN", PATHS}
"""Rules that a row of the letter a keeps, however long it is."""
UNSENT = {"autopack.results.v1.ChangedFileList.files"}
"""Too many to send in a test: the constant is compared instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field somewhere in a request: the message of it, the way from there, and the field's row of the page."""

    sent: Sent
    index: int
    way: tuple[tuple[str, int | None], ...]
    field: FieldDescriptor
    limit: str
    rule: str

    def __str__(self) -> str:
        return str(self.field.full_name).removeprefix("autopack.")

    @property
    def names(self) -> set[str]:
        """The names of the field and of those that it lies in; what comes in many parts is called by the plural."""
        one = {name for name, _ in self.way} | {self.field.name}
        return one | {f"{name}s" for name in one} | {f"{name}es" for name in one}

    def value(self) -> Any:  # noqa: ANN401 - a field of any type
        """What the request holds there."""
        return getattr(self._parent(self.sent.messages[self.index]), self.field.name)

    def changed(self, value: Value) -> Sent:
        """The request with ``value`` there instead."""
        message = copy.deepcopy(self.sent.messages[self.index])
        parent = self._parent(message)
        if self.field.is_repeated:
            parent.ClearField(self.field.name)
            getattr(parent, self.field.name).extend([value] if isinstance(value, str) else value)
        elif isinstance(value, Message):
            getattr(parent, self.field.name).CopyFrom(value)
        else:
            setattr(parent, self.field.name, value)
        return self.replaced([message])

    def replaced(self, messages: Sequence[Message]) -> Sent:
        """The request with ``messages`` in the place of the one that holds the field."""
        before, behind = self.sent.messages[: self.index], self.sent.messages[self.index + 1 :]
        return Sent(method=self.sent.method, messages=[*before, *messages, *behind])

    def _parent(self, message: Message) -> Message:
        for name, position in self.way:
            child = getattr(message, name)
            message = child if position is None else child[position]
        return message


@cache
def rows() -> dict[str, tuple[str, str]]:
    """Limit and rule of each field by its full name, as the page has them."""
    found = {}
    for section in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        for line in body.splitlines():
            cells = [cell.strip().replace("\\", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) == 8 and cells[0].isdigit():
                found[f"{name}.{cells[1].strip('`')}"] = (cells[6].replace("none of its own", ""), cells[7])
    return found


def places(sent: Sent) -> Iterator[Place]:
    """Every field of ``sent`` that has a limit or a rule."""
    for index, message in enumerate(sent.messages):
        yield from _places(sent, index, message, ())


def _places(sent: Sent, index: int, message: Message, way: tuple[tuple[str, int | None], ...]) -> Iterator[Place]:
    for field, value in message.ListFields():
        limit, rule = rows()[field.full_name]
        if limit or rule:
            yield Place(sent=sent, index=index, way=way, field=field, limit=limit, rule=rule)
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            children = enumerate(value) if field.is_repeated else [(None, value)]
            for position, child in children:
                yield from _places(sent, index, child, (*way, (field.name, position)))


def requests() -> list[Sent]:
    """All requests. Executor's and gatekeeper's have their method as well."""
    return [
        *store_requests(),
        Sent(method="/autopack.gatekeeper.v1.GatekeeperService/Decide", messages=[gatekeeper_request()]),
        *(
            Sent(method="/autopack.executor.v1.ExecutorService/StartRun", messages=[request])
            for request in start_run_requests()
        ),
        upload_bundle_request(),
    ]


def once() -> dict[str, Place]:
    """The first place of each field that has a limit or a rule."""
    found: dict[str, Place] = {}
    for sent in requests():
        for place in places(sent):
            found.setdefault(place.field.full_name, place)
    return found


PLACES = once()


@pytest.fixture(scope="module")
def send(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Send]:
    """Sends a request to whom its method belongs to: a store of our own, or a reader."""
    url = str(file_url(tmp_path_factory.mktemp("store") / "store.db"))
    settings = Settings(database_url=url, address="127.0.0.1:0", tokens=TOKENS, bootstrap=True)
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(store_server(settings))
        channels = {role: stack.enter_context(channel(address, token=TOKENS.of(role))) for role in Role}

        def refused(sent: Sent) -> str | None:
            if not sent.method.startswith("/autopack.store."):
                return _refused_by_reader(sent.messages)
            gatekeepers = ("/RecordDecision", "/ConcludeAttempt")
            role = Role.GATEKEEPER if sent.method.endswith(gatekeepers) else Role.EXECUTOR
            return _refused_by_store(channels[role], sent)

        yield refused


def _refused_by_reader(messages: Sequence[Message]) -> str | None:
    try:
        match messages[0]:
            case gatekeeper_service_pb2.DecideRequest() as message:
                decide_request_from_wire(message)
            case executor_service_pb2.StartRunRequest() as message:
                check_request_id(message.request_id)
                gate_request_from_wire(message)
            case executor_service_pb2.UploadBundleRequest():
                parts = [part for part in messages if isinstance(part, executor_service_pb2.UploadBundleRequest)]
                request_id, _, chunks = bundle_upload_from_wire(iter(parts))
                check_request_id(request_id)
                list(chunks)
            case message:
                raise AssertionError(f"nobody reads {message.DESCRIPTOR.full_name}")
    except InvalidValue as error:
        return error.path
    return None


def _refused_by_store(to_store: grpc.Channel, sent: Sent) -> str | None:
    messages = [message.SerializeToString() for message in sent.messages]
    try:
        with remote_errors():
            if len(messages) > 1:
                uploading: grpc.StreamUnaryMultiCallable[bytes, bytes] = to_store.stream_unary(sent.method)
                uploading(iter(messages))
            elif re.search(r"/(?:Download|Get(?!Run|Upload))", sent.method):
                downloading: grpc.UnaryStreamMultiCallable[bytes, bytes] = to_store.unary_stream(sent.method)
                list(downloading(messages[0]))
            else:
                calling: grpc.UnaryUnaryMultiCallable[bytes, bytes] = to_store.unary_unary(sent.method)
                calling(messages[0])
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
        names = [f"{number:07}" for number in range(most + 1)]
        each = re.search(r"1 to ([\d,]+) characters each", limit)
        assert each is not None
        longest = int(each[1].replace(",", ""))
        within, outside = [names[:-1], ["a" * longest]], [names, ["a" * (longest + 1)], [""]]
        return [place.changed(items) for items in within], [place.changed(items) for items in outside]
    many = [copy.deepcopy(place.value()[0]) for _ in range(most + 1)]
    for number, item in enumerate(many):
        item.key = f"{number:07}"
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
    assert [f"at most {MAX_FILES:,} entries, all chunks together"] == [PLACES[name].limit for name in sorted(UNSENT)]


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
