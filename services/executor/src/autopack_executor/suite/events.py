"""The events of the recorder's stream, read as hostile input: the tests of the candidate can write to it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from autopack_model.evidence.outcome import MAX_MESSAGE, MAX_RERUNS
from autopack_model.suite_run.value import Deviation, DeviationKind

# What the stream must announce. It stands in the plugin as well, which cannot import it; a test compares the two.
RECORDER_VERSION = "7"

MAX_MILLISECONDS = 2**32 - 1
_MAX_NUMBER = 2**31 - 1
# A longer name could not be sent to the store; real ones stay far below.
MAX_NAME = 2**18


class MalformedEvent(ValueError):
    """A line of the stream is not an event of this recorder version."""


@dataclass(frozen=True, slots=True)
class Start:
    """The recorder was loaded."""

    version: str


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The session began. ``tree`` is the worktree's path as the tests see it, empty when unknown. ``selection`` is what
    narrows the suite down, as given. ``distributed`` says whether the tests run in workers of pytest-xdist. ``seeds``
    is ascending, ``plugin=seed``.
    """

    tree: str
    selection: tuple[str, ...]
    distributed: bool
    seeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Tests that are numbered on from those before. ``collected`` is false for tests that only reported."""

    ids: tuple[str, ...]
    collected: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What a report said: exception type, where, and a message of at most MAX_MESSAGE characters."""

    type: str
    path: str
    function: str
    message: str


@dataclass(frozen=True, slots=True)
class CollectorReport:
    """A collector that errored or was skipped."""

    collector: str
    errored: bool
    failure: Failure


@dataclass(frozen=True, slots=True)
class WithoutTests:
    """Collectors that passed, and in which no selected test lies."""

    collectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageReport:
    """A stage of an execution that did not plainly pass. ``xfail`` is the expected failure's reason, or None."""

    when: str
    outcome: str
    subtest: bool
    xfail: str | None
    failure: Failure


@dataclass(frozen=True, slots=True)
class Begin:
    """A worker begins to execute a test."""

    test: int


@dataclass(frozen=True, slots=True)
class Execution:
    """One whole execution of a test. ``reports`` is None when every stage plainly passed.

    ``muted`` names the subtests that were skipped or failed as expected. ``reruns`` says how often a plugin may run the
    test again when it fails, at most MAX_RERUNS.
    """

    test: int
    milliseconds: int
    reports: tuple[StageReport, ...] | None
    muted: tuple[str, ...] = ()
    reruns: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The session is over, with pytest's own exit status."""

    exit_status: int
    deselected: int


@dataclass(frozen=True, slots=True)
class End:
    """Nothing follows. ``binding`` is ``bound``, ``foreign`` or ``unknown``; the lists ascend."""

    count: int
    binding: str
    foreign: tuple[str, ...]
    plugins: tuple[str, ...]
    deviations: tuple[Deviation, ...]
    test_code: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The recorder gave up."""

    reason: str


Event: TypeAlias = (
    Start | SessionStart | Listed | CollectorReport | WithoutTests | Begin | Execution | Finish | End | Broken
)
_DEVIATIONS = {kind.label: kind for kind in DeviationKind}
_Fields: TypeAlias = Mapping[str, object]
_Item = TypeVar("_Item")


def decode(line: bytes) -> tuple[int, Event]:
    """The sequence number and the event of one line. Raises MalformedEvent."""
    plain = _PLAIN_PASS.fullmatch(line)
    if plain is not None:
        return int(plain[1]), Execution(int(plain[2]), int(plain[3]), None, reruns=int(plain[4] or 0))
    try:
        record: object = _decode(line.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("not JSON") from error
    if not isinstance(record, dict):
        raise MalformedEvent("not an object")
    kind = record.get("event")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise MalformedEvent("not a known event")
    return _number(record, "seq"), reader(record)


def _refuse_constant(name: str) -> object:
    raise MalformedEvent(f"{name} is not a number")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
# Nearly every line of a real stream looks like this; reading it as JSON gives the same, three times slower.
_PLAIN_PASS = re.compile(
    rb'{"seq":(0|[1-9][0-9]{0,8}),"event":"test","test":(0|[1-9][0-9]{0,8}),"ms":(0|[1-9][0-9]{0,8})(?:,"reruns":([1-9][0-9]?))?}'
)


def _number(record: _Fields, name: str, *, low: int = 0, high: int = _MAX_NUMBER) -> int:
    value = record.get(name)
    if type(value) is not int or not low <= value <= high:
        raise MalformedEvent(f"{name} is not a number in range")
    return value


def _string(record: _Fields, name: str) -> str:
    return _clean(record.get(name), name)


def _clean(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise MalformedEvent(f"{name} is not a string")
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _name(value: object, name: str) -> str:
    text = _clean(value, name)
    if not 0 < len(text) <= MAX_NAME:
        raise MalformedEvent(f"{name} is empty or too long")
    return text


def _flag(record: _Fields, name: str) -> bool:
    value = record.get(name)
    if not isinstance(value, bool):
        raise MalformedEvent(f"{name} is not a truth value")
    return value


def _choice(record: _Fields, name: str, choices: tuple[str, ...]) -> str:
    value = _string(record, name)
    if value not in choices:
        raise MalformedEvent(f"{name} is none of {', '.join(choices)}")
    return value


def _items(record: _Fields, name: str, read: Callable[[object, str], _Item]) -> tuple[_Item, ...]:
    value = record.get(name)
    if not isinstance(value, list):
        raise MalformedEvent(f"{name} is not a list")
    return tuple([read(each, name) for each in value])


def _failure(record: _Fields) -> Failure:
    return Failure(
        type=_string(record, "type"),
        path=_string(record, "path"),
        function=_string(record, "function"),
        message=_string(record, "message")[:MAX_MESSAGE],
    )


def _stage_report(value: object, name: str) -> StageReport:
    if not isinstance(value, dict):
        raise MalformedEvent(f"{name} holds something else than objects")
    return StageReport(
        when=_string(value, "when"),
        outcome=_string(value, "outcome"),
        subtest=_flag(value, "subtest"),
        xfail=None if value.get("xfail") is None else _string(value, "xfail")[:MAX_MESSAGE],
        failure=_failure(value),
    )


def _read_test(record: _Fields) -> Execution:
    return Execution(
        _number(record, "test"),
        min(_number(record, "ms", high=2**63), MAX_MILLISECONDS),
        _items(record, "reports", _stage_report) if "reports" in record else None,
        _items(record, "muted", _clean) if "muted" in record else (),
        _number(record, "reruns", high=MAX_RERUNS) if "reruns" in record else 0,
    )


def _read_collector(record: _Fields) -> CollectorReport:
    return CollectorReport(
        collector=_name(record.get("collector"), "collector"),
        errored=_choice(record, "state", ("errored", "skipped")) == "errored",
        failure=_failure(record),
    )


def _read_end(record: _Fields) -> End:
    return End(
        count=_number(record, "count"),
        binding=_choice(record, "binding", ("bound", "foreign", "unknown")),
        foreign=_items(record, "foreign", _name),
        plugins=tuple(sorted(set(_items(record, "plugins", _name)))),
        deviations=tuple(sorted(set(_items(record, "deviations", _deviation)))),
        test_code=tuple(sorted(set(_items(record, "test_code", _name)))),
    )


def _deviation(value: object, name: str) -> Deviation:
    if not isinstance(value, list) or len(value) != 3:
        raise MalformedEvent(f"{name} holds something else than kind, subject and path")
    kind, subject, path = (_clean(part, name) for part in value)
    if kind not in _DEVIATIONS or max(len(subject), len(path)) > MAX_NAME:
        raise MalformedEvent(f"{name} holds a kind that is not known, or a name that is too long")
    return Deviation(kind=_DEVIATIONS[kind], subject=subject, path=path)


_READERS: dict[str, Callable[[_Fields], Event]] = {
    "start": lambda record: Start(version=_string(record, "version")),
    "session": lambda record: SessionStart(
        tree=_string(record, "tree"),
        selection=_items(record, "selection", _clean),
        distributed=_flag(record, "distributed"),
        seeds=tuple(sorted(set(_items(record, "seeds", _name)))),
    ),
    "collected": lambda record: Listed(ids=_items(record, "ids", _name), collected=True),
    "unlisted": lambda record: Listed(ids=_items(record, "ids", _name), collected=False),
    "collector": _read_collector,
    "without_tests": lambda record: WithoutTests(collectors=_items(record, "collectors", _name)),
    "begin": lambda record: Begin(test=_number(record, "test")),
    "test": _read_test,
    "finish": lambda record: Finish(
        exit_status=_number(record, "exit", low=-(2**31)), deselected=_number(record, "deselected")
    ),
    "end": _read_end,
    "broken": lambda record: Broken(reason=_string(record, "reason")),
}
