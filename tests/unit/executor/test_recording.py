"""Folding events into columns, whatever they are."""

import json
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopack_executor.suite.events import MAX_NAME, RECORDER_VERSION
from autopack_executor.suite.recording import fold_events
from autopack_executor.suite.value import Recording
from autopack_model.evidence.outcome import MAX_MESSAGE, Stage, TestState
from autopack_model.suite_run.value import BindingState, CollectorState, Deviation, DeviationKind, StreamState

START: dict[str, object] = {
    "event": "start",
    "version": RECORDER_VERSION,
    "pid": 1,
    "python": "3.11.0",
    "pytest": "9.0",
}
SESSION: dict[str, object] = {"event": "session", "rootdir": "/tree", "tree": "/tree", "selection": []}
SESSION |= {"distributed": False, "seeds": ["hypothesis=1"]}
FINISH: dict[str, object] = {"event": "finish", "exit": 1, "deselected": 2}


def lines(*events: dict[str, object]) -> list[bytes]:
    """The lines of ``events`` with their sequence numbers."""
    return [json.dumps({"seq": number} | event).encode() for number, event in enumerate(events)]


def report(when: str, outcome: str, message: str = "", **more: object) -> dict[str, object]:
    """One stage report."""
    failure: dict[str, object] = {"type": "ValueError", "path": "t.py", "function": "test", "message": message}
    return {"when": when, "outcome": outcome, "subtest": False, "xfail": None} | failure | more


def ran(number: int, *reports: dict[str, object], ms: int = 1) -> dict[str, object]:
    """One execution."""
    return {"event": "test", "test": number, "ms": ms} | ({"reports": list(reports)} if reports else {})


def collected(*ids: str) -> dict[str, object]:
    """Selected tests."""
    return {"event": "collected", "ids": list(ids)}


def end(
    count: int,
    binding: str = "bound",
    *foreign: str,
    plugins: Sequence[str] = (),
    deviations: Sequence[Sequence[str]] = (),
    test_code: Sequence[str] = (),
) -> dict[str, object]:
    """The last event."""
    lists = {"foreign": list(foreign), "plugins": list(plugins), "deviations": [list(each) for each in deviations]}
    return {"event": "end", "count": count, "binding": binding, **lists, "test_code": list(test_code)}


def whole(*events: dict[str, object]) -> Recording:
    """A complete session around ``events``."""
    return fold_events(lines(START, SESSION, *events, FINISH, end(len(events) + 4)))


STAGES: list[tuple[list[dict[str, object]], TestState, Stage]] = [
    ([report("setup", "failed")], TestState.ERRORED, Stage.SETUP),
    ([report("call", "failed")], TestState.FAILED, Stage.CALL),
    ([report("teardown", "failed")], TestState.ERRORED, Stage.TEARDOWN),
    ([report("call", "failed"), report("teardown", "failed")], TestState.FAILED, Stage.CALL),
    ([report("setup", "skipped")], TestState.SKIPPED, Stage.SETUP),
    ([report("call", "skipped")], TestState.SKIPPED, Stage.CALL),
    ([report("call", "skipped"), report("teardown", "failed")], TestState.ERRORED, Stage.TEARDOWN),
    ([report("call", "skipped", xfail="why")], TestState.XFAILED, Stage.CALL),
    ([report("call", "passed", xfail="why")], TestState.XPASSED, Stage.CALL),
    ([report("call", "failed", subtest=True)], TestState.FAILED, Stage.CALL),
    ([report("call", "skipped", subtest=True)], TestState.PARTLY_MUTED, Stage.CALL),
    ([report("call", "skipped", subtest=True), report("call", "skipped")], TestState.SKIPPED, Stage.CALL),
    (
        [report("call", "skipped", subtest=True, xfail="a"), report("call", "passed", xfail="b")],
        TestState.XFAILED,
        Stage.CALL,
    ),
    ([report("???", "failed", "worker 'gw0' crashed")], TestState.CRASHED, Stage.CALL),
    ([report("???", "rerun", "worker 'gw0' crashed")], TestState.CRASHED, Stage.CALL),
    ([report("call", "rerun")], TestState.FAILED, Stage.CALL),
    ([report("call", "retried")], TestState.FAILED, Stage.CALL),
    ([report("call", "failed", "Failed: Timeout (>1.0s) from pytest-timeout.")], TestState.TIMED_OUT, Stage.CALL),
    ([report("setup", "failed", "Failed: Timeout >0.3s")], TestState.TIMED_OUT, Stage.SETUP),
]


@pytest.mark.parametrize(("reports", "state", "stage"), STAGES)
def test_stages_decide_the_state(reports: list[dict[str, object]], state: TestState, stage: Stage) -> None:
    """What each stage reported makes the state, and the deciding stage is named."""
    recording = whole(collected("a"), ran(0, *reports))
    assert recording.states == bytes([state])
    assert (recording.details[0].stage, recording.details[0].executions) == (stage, 1)
    assert recording.facts.stream is StreamState.COMPLETE
    bad = state in (TestState.FAILED, TestState.ERRORED, TestState.CRASHED, TestState.TIMED_OUT)
    assert bool(recording.details[0].signature) == bad


EXECUTIONS: list[tuple[list[str], TestState, int]] = [
    (["passed", "passed"], TestState.PASSED, 0),
    (["failed", "passed"], TestState.FLAKY, 2),
    (["passed", "failed", "passed"], TestState.FLAKY, 3),
    (["failed", "failed"], TestState.FAILED, 2),
    (["skipped", "failed"], TestState.FAILED, 2),
    (["skipped", "passed"], TestState.PASSED, 0),
]


@pytest.mark.parametrize(("outcomes", "state", "executions"), EXECUTIONS)
def test_executions_are_folded(outcomes: list[str], state: TestState, executions: int) -> None:
    """Several executions of a test make one state and one detail, which counts them and tells the failure."""
    runs = [ran(0) if outcome == "passed" else ran(0, report("call", outcome, outcome)) for outcome in outcomes]
    recording = whole(collected("a"), *runs)
    assert recording.states == bytes([state])
    assert recording.durations == len(outcomes).to_bytes(4, "little")
    assert [(detail.message, detail.executions) for detail in recording.details] == [("failed", executions)] * bool(
        executions
    )
    assert recording.facts.reported == 1


RUNNING: list[tuple[bool, list[dict[str, object]], tuple[str, ...]]] = [
    (False, [], ()),
    (False, [collected("b", "a")], ("b",)),
    (False, [collected("b", "a"), ran(0)], ("a",)),
    (False, [collected("b", "a"), ran(0), ran(1)], ()),
    (True, [collected("b", "a")], ()),
    (True, [collected("b", "a"), {"event": "begin", "test": 1}], ("a",)),
    (True, [collected("b", "a"), {"event": "begin", "test": 1}, {"event": "begin", "test": 0}], ("a", "b")),
    (True, [collected("b", "a"), {"event": "begin", "test": 1}, ran(1)], ()),
]


@pytest.mark.parametrize(("distributed", "events", "running"), RUNNING)
def test_the_tests_that_ran_when_the_stream_broke_off(
    distributed: bool, events: list[dict[str, object]], running: tuple[str, ...]
) -> None:
    """Without workers the first test that did not report was running; with workers, what began and did not report."""
    recording = fold_events(lines(START, SESSION | {"distributed": distributed}, *events))
    assert running == recording.facts.running
    assert StreamState.COMPLETE is recording.facts.stream


def test_nothing_runs_behind_the_finish() -> None:
    """A session that finished has no running test, though one of its tests did not report."""
    assert () == whole(collected("a")).facts.running


@pytest.mark.parametrize("distributed", [False, True])
def test_a_beginning_needs_a_worker_and_a_listed_test(distributed: bool) -> None:
    """A test that begins without being listed, or without workers, makes the stream malformed."""
    begin: dict[str, object] = {"event": "begin", "test": 1 if distributed else 0}
    recording = fold_events(lines(START, SESSION | {"distributed": distributed}, collected("a"), begin))
    assert StreamState.MALFORMED is recording.facts.stream


def test_columns_are_in_the_order_of_ids() -> None:
    """Ids are sorted by code point and every column follows them; a test that never reported is not run."""
    recording = whole(
        collected("b", "a\U0001f600"),
        collected("a\uffff", "A"),
        ran(0, ms=3),
        ran(3, report("call", "failed", "no"), ms=2**40),
        ran(1, ms=5),
    )
    assert tuple(recording.test_ids) == ("A", "a\uffff", "a\U0001f600", "b")
    assert recording.states == bytes([TestState.FAILED, TestState.NOT_RUN, TestState.PASSED, TestState.PASSED])
    assert array("I", recording.durations).tolist() == [2**32 - 1, 0, 5, 3]
    assert [(detail.index, detail.executions) for detail in recording.details] == [(0, 1), (1, 0)]
    facts = recording.facts
    assert (facts.collected, facts.deselected, facts.reported, facts.session_exit_status) == (6, 2, 3, 1)


def test_the_most_reruns_of_a_test_are_kept() -> None:
    """The column of reruns has for each test the most that an execution tells; it is empty where none has any."""
    told = whole(
        collected("b", "a", "c"),
        ran(0) | {"reruns": 2},
        ran(1) | {"reruns": 200},
        ran(0, report("call", "failed")) | {"reruns": 3},
        ran(2),
    )
    assert bytes([200, 3, 0]) == told.reruns
    assert b"" == whole(collected("a"), ran(0)).reruns


@pytest.mark.parametrize("reruns", [-1, 256, True, "3", None])
def test_reruns_out_of_range_are_malformed(reruns: object) -> None:
    """What is no number of reruns ends the stream."""
    recording = whole(collected("a"), ran(0) | {"reruns": reruns})
    assert StreamState.MALFORMED is recording.facts.stream


def test_collectors_are_sorted_and_errors_outweigh_skips() -> None:
    """A collector that is reported twice appears once, as errored if it ever was."""
    failure: dict[str, object] = {"type": "E", "path": "", "function": "", "message": "m"}
    recording = whole(
        {"event": "collector", "collector": "b", "state": "skipped"} | failure,
        {"event": "collector", "collector": "a", "state": "errored"} | failure,
        {"event": "collector", "collector": "b", "state": "errored"} | failure,
        {"event": "collector", "collector": "a", "state": "skipped"} | failure,
    )
    assert [(each.collector, each.state) for each in recording.facts.collectors] == [
        ("a", CollectorState.ERRORED),
        ("b", CollectorState.ERRORED),
    ]


def test_an_execution_that_never_called_is_not_run() -> None:
    """A test of which only set-up and teardown passed has not run, and is not counted as reported."""
    recording = whole(collected("a"), {"event": "test", "test": 0, "ms": 1, "reports": []})
    assert recording.states == bytes([TestState.NOT_RUN])
    assert recording.facts.reported == 0
    assert recording.details[0].executions == 1


def test_binding_is_taken_from_the_end() -> None:
    """Foreign modules are listed sorted; without an end the binding is unknown."""
    events = [START, SESSION, FINISH]
    foreign = fold_events(lines(*events, end(4, "foreign", "b=/b", "a=/a")))
    assert (foreign.binding.state, foreign.binding.foreign) == (BindingState.FOREIGN, ("a=/a", "b=/b"))
    assert fold_events(lines(*events)).binding.state is BindingState.UNKNOWN


BROKEN: list[tuple[list[bytes], StreamState]] = [
    ([], StreamState.MISSING),
    (lines(START, SESSION), StreamState.COMPLETE),
    (lines(START, SESSION, FINISH), StreamState.TRUNCATED),
    (lines(START, SESSION, FINISH, end(5)), StreamState.TRUNCATED),
    (lines(START, SESSION, FINISH, end(4), end(5)), StreamState.MALFORMED),
    (lines(START, SESSION, FINISH, collected("a"), end(5)), StreamState.MALFORMED),
    (lines(START, {"event": "broken", "reason": "disk"}, FINISH), StreamState.TRUNCATED),
    (lines(START, SESSION)[::-1], StreamState.TRUNCATED),
    (lines(START, SESSION, FINISH)[:1] + lines(START, SESSION, FINISH, end(4))[2:], StreamState.TRUNCATED),
    (lines(START, SESSION) + lines(START), StreamState.MALFORMED),
    (lines(SESSION), StreamState.MALFORMED),
    (lines(START, START), StreamState.MALFORMED),
    (lines(START | {"version": "0"}), StreamState.MALFORMED),
    (lines(START, {"event": "surprise"}), StreamState.MALFORMED),
    (lines(START, {"event": ["start"]}), StreamState.MALFORMED),
    (lines(START, collected("a", "a")), StreamState.MALFORMED),
    (lines(START, collected("a"), ran(1)), StreamState.MALFORMED),
    (lines(START, collected("a"), ran(-1)), StreamState.MALFORMED),
    (lines(START, {"event": "finish", "exit": True, "deselected": 0}), StreamState.MALFORMED),
    (lines(START, {"event": "finish", "exit": 2**40, "deselected": 0}), StreamState.MALFORMED),
    (lines(START, SESSION, FINISH, end(4, "foreign")), StreamState.MALFORMED),
    (lines(START, SESSION, FINISH, end(4, "bound", "a=/b")), StreamState.MALFORMED),
    (lines(START, collected("")), StreamState.MALFORMED),
    (lines(START, collected("x" * (MAX_NAME + 1))), StreamState.MALFORMED),
    ([b"{}"], StreamState.MALFORMED),
    ([b"[]"], StreamState.MALFORMED),
    ([b""], StreamState.MALFORMED),
    ([b"\xff\xfe"], StreamState.MALFORMED),
    ([b"[" * 200_000], StreamState.MALFORMED),
    ([b'{"seq":0,"event":"start","version":' + b"[" * 200_000], StreamState.MALFORMED),
    ([b'{"seq":' + b"9" * 10_000 + b"}"], StreamState.MALFORMED),
    ([b'{"seq":NaN,"event":"start"}'], StreamState.MALFORMED),
]


@pytest.mark.parametrize(("stream", "state"), BROKEN)
def test_what_is_wrong_with_a_stream_is_named(stream: list[bytes], state: StreamState) -> None:
    """Streams that are cut, out of order or of another shape have their state, and none looks finished."""
    facts = fold_events(stream).facts
    assert facts.stream is state
    assert not (facts.session_finished and facts.stream is StreamState.COMPLETE)


def test_muted_subtests_are_kept_by_name_over_all_executions() -> None:
    """Names lose what varies, are kept apart by occurrence, and come together from all executions of the test."""
    muted = report("call", "skipped", subtest=True)
    first = ran(0, muted) | {"muted": ["(a=<A at 0x1f>)", "(a=<A at 0x2f>)"]}
    second = ran(0, report("call", "failed", subtest=True)) | {"muted": ["(b=1)"]}
    (detail,) = whole(collected("a"), first, second).details
    assert ("(a=<A at <address>>)", "(a=<A at <address>>) (occurrence 2)", "(b=1)") == detail.muted_subtests


def test_what_follows_a_fault_does_not_count() -> None:
    """After a malformed line nothing is believed, not even a sound end."""
    good = lines(START, SESSION, collected("a"), ran(0), FINISH, end(6))
    recording = fold_events([*good[:3], b"garbage", *good[3:]])
    assert recording.states == bytes([TestState.NOT_RUN])
    assert (recording.facts.stream, recording.facts.session_finished) == (StreamState.MALFORMED, False)


def test_texts_are_bounded_and_encodable() -> None:
    """Messages keep at most MAX_MESSAGE characters, and lone surrogates in any text become escapes."""
    recording = whole(collected("lone \udc80"), ran(0, report("call", "failed", "\ud800" + "x" * 9000)))
    assert tuple(recording.test_ids) == ("lone \\udc80",)
    assert len(recording.details[0].message) == MAX_MESSAGE
    recording.details[0].message.encode()


def test_the_writing_of_an_event_does_not_matter() -> None:
    """A passing test reads the same in the plugin's own compact form and with spaces."""
    compact = [line.replace(b" ", b"") for line in lines(START, SESSION, collected("b", "a"), ran(0, ms=12), ran(1))]
    spaced = lines(START, SESSION, collected("b", "a"), ran(0, ms=12), ran(1))
    assert compact != spaced
    assert fold_events(compact) == fold_events(spaced)
    assert fold_events(compact).durations == (1).to_bytes(4, "little") + (12).to_bytes(4, "little")


def test_deviations_are_taken_from_the_end() -> None:
    """Plugins and deviations are listed in their order, each once."""
    hook = ["import_hook", "finder.Finder", "finder.py"]
    shadow = ["shadowing", "statistics", "statistics.py"]
    last = end(4, plugins=["b.py", "a.py", "a.py"], deviations=[hook, shadow, hook])
    binding = fold_events(lines(START, SESSION, FINISH, last)).binding
    assert ("a.py", "b.py") == binding.plugins
    assert (
        Deviation(kind=DeviationKind.SHADOWING, subject="statistics", path="statistics.py"),
        Deviation(kind=DeviationKind.IMPORT_HOOK, subject="finder.Finder", path="finder.py"),
    ) == binding.deviations


def test_files_with_the_code_of_tests_are_taken_from_the_end() -> None:
    """They are listed in their order, each once; more than there can be are refused."""
    several = end(4, test_code=["b.py", "a.py", "b.py"])
    too_many = end(4, test_code=[f"{number}.py" for number in range(1001)])
    assert ("a.py", "b.py") == fold_events(lines(START, SESSION, FINISH, several)).test_code
    assert StreamState.MALFORMED is fold_events(lines(START, SESSION, FINISH, too_many)).facts.stream


@pytest.mark.parametrize(
    "deviations",
    [
        ["shadowing"],
        [["shadowing", "a"]],
        [["of another kind", "a", "a.py"]],
        [["shadowing", 1, "a.py"]],
        [["shadowing", f"module_{number}", ""] for number in range(1001)],
    ],
)
def test_deviations_that_the_recorder_does_not_write_are_malformed(deviations: list[object]) -> None:
    """Something else than kind, subject and path, a kind that is not known, or more than there can be is refused."""
    last = {**end(4), "deviations": deviations}
    assert StreamState.MALFORMED is fold_events(lines(START, SESSION, FINISH, last)).facts.stream


SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
KEYS = [
    "deviations",
    "test_code",
    "plugins",
    "ids",
    "test",
    "ms",
    "reports",
    "exit",
    "deselected",
    "count",
    "binding",
    "foreign",
    "version",
    "tree",
    "state",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "start",
                    "session",
                    "collected",
                    "unlisted",
                    "collector",
                    "without_tests",
                    "begin",
                    "test",
                    "finish",
                    "end",
                    "broken",
                ]
            ),
            st.dictionaries(st.sampled_from([*KEYS, "seq", "event"]), SOME_JSON, max_size=4),
        ),
        max_size=6,
    ),
    st.binary(max_size=20),
)
def test_no_stream_breaks_the_fold(events: list[tuple[str, dict[str, object]]], noise: bytes) -> None:
    """Whatever the lines hold, the fold gives columns that fit each other and never an evidence of a whole session."""
    stream = [json.dumps({"seq": number, "event": kind} | more).encode() for number, (kind, more) in enumerate(events)]
    recording = fold_events([*lines(START)[: len(noise) % 2], *stream, noise])
    assert len(recording.states) == len(recording.test_ids) == len(recording.durations) // 4
    assert tuple(recording.test_ids) == tuple(sorted(set(recording.test_ids)))
    assert recording.facts.stream is not StreamState.COMPLETE
