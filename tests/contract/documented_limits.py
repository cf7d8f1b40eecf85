"""The limits and rules of ``docs/contracts.md``, and where the requests of our fakes hold the fields that have them."""

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from autopack.results.v1 import identity_pb2
from dev.contracts.document import PAGE
from tests.fakes.requests import (
    DIGEST,
    Sent,
    decide_anew_request,
    gatekeeper_request,
    newly_bad_request,
    plan_cross_side_request,
    start_run_requests,
    store_requests,
    upload_bundle_request,
    upload_patch_request,
)

Value = str | bytes | int | Message | Sequence[str] | Sequence[int] | Sequence[Message]

OTHER = identity_pb2.AttemptRef(run_id="other", phase="gate", attempt=1)
PATHS = "relative to the repository root, parts separated by '/', none of them empty, '.' or '..', no NUL"
BROKEN: dict[str, Sequence[Value]] = {
    "'sha256:' and 64 lower-case hex digits": ["sha256:" + "A" * 64, "sha512:" + "a" * 64],
    "each 'sha256:' and 64 lower-case hex digits": [["sha256:" + "A" * 64], [DIGEST, "sha512:" + "a" * 64]],
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
    "'hmac-sha256:' and 64 lower-case hex digits": ["sha256:" + "a" * 64, "hmac-sha256:" + "A" * 64],
    "A-Z, a-z, 0-9 and '_', not starting with a digit; none that Autopack sets itself": ["1A", "A-B", "", "HOME"],
    f"empty or {PATHS}": ["/a", "a//b", "./a", "a/..", "a\0"],
    PATHS: ["/a", "a//b", "./a", "a/..", "a\0"],
    f"strictly ascending; each {PATHS}": [["/a"], ["a//b"], ["a/.."], ["a\0"], ["b", "a"], ["a", "a"]],
    "each byte the number of a TestState": [b"\x01\x01\x00", b"\x01\x01\x0c"],
    "each byte the number of a Category": [b"\x00\x01\x01", b"\x01\x01\xff"],
    "one of those that are about collectors": [1],
    "not RUNNING": [1],
    "strictly ascending": [[2, 1], [1, 1]],
    "strictly ascending as text": [["b", "a"], ["a", "a"]],
    "strictly ascending as text; none matches autopack.toml": [["b", "a"], ["a", "a"], ["*.toml"]],
    "a date, YYYY-MM-DD": ["2030-1-1", "20300101", "2030-02-30"],
    "not blank": [" "],
    "printable, not blank": ["a\x07", " "],
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
    "autopack.results.v1.CategoryEffect.effect",
    "autopack.results.v1.ConditionEffect.effect",
    "autopack.results.v1.IncompleteEffect.effect",
    "autopack.results.v1.Policy.categories",
    "autopack.results.v1.Policy.conditions",
    "autopack.results.v1.Policy.findings",
    "autopack.results.v1.Policy.incomplete",
    "autopack.results.v1.SideAssessment.tree",
    "autopack.results.v1.TokenUsage.completion",
    "autopack.results.v1.TokenUsage.prompt",
    "autopack.executor.v1.UploadBundleStart.size_bytes",
    "autopack.store.v1.AttemptSide.retry",
    "autopack.results.v1.Waiver.condition",
    "autopack.store.v1.FinishRunRequest.failure",
    "autopack.store.v1.UploadEvidenceStart.kept_chunks",
}
"""Rules about more than one field, which no single value breaks: tested where the results and the runs are."""
ONCE_MORE = re.compile(r"; (?:the same id|no key twice) .*")
"""The part of a rule that is about more than one value, and tested elsewhere."""
TEXT_RULES = {"", "printable", "given exactly when the status is UNKNOWN", PATHS, f"empty or {PATHS}"}
"""Rules that a row of the letter a keeps, however long it is."""
UNSENT = {
    "autopack.results.v1.ChangedFileList.files",
    "autopack.results.v1.FindingList.findings",
    "autopack.results.v1.TestFunctionList.functions",
}
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
        Sent(method="/autopack.gatekeeper.v1.GatekeeperService/ListNewlyBad", messages=[newly_bad_request()]),
        Sent(method="/autopack.gatekeeper.v1.GatekeeperService/PlanCrossSide", messages=[plan_cross_side_request()]),
        Sent(method="/autopack.gatekeeper.v1.GatekeeperService/DecideAnew", messages=[decide_anew_request()]),
        *(
            Sent(method="/autopack.executor.v1.ExecutorService/StartRun", messages=[request])
            for request in start_run_requests()
        ),
        upload_bundle_request(),
        upload_patch_request(),
    ]


def once() -> dict[str, Place]:
    """The first place of each field that has a limit or a rule."""
    found: dict[str, Place] = {}
    for sent in requests():
        for place in places(sent):
            found.setdefault(place.field.full_name, place)
    return found


PLACES = once()
