"""Fold the recorder's event stream into a Recording. Whatever the stream holds, there is a Recording of it."""

import sys
from array import array
from collections.abc import Iterable, Iterator

from autopack_executor.suite.collector import empty_collector, silent_collector
from autopack_executor.suite.events import (
    MAX_MILLISECONDS,
    RECORDER_VERSION,
    Begin,
    Broken,
    CollectorReport,
    End,
    Event,
    Execution,
    Finish,
    Listed,
    MalformedEvent,
    SessionStart,
    Start,
    WithoutTests,
    decode,
)
from autopack_executor.suite.execution import PASSED, Judgement, judge, muted_subtests, telling
from autopack_executor.suite.value import Recording
from autopack_model.evidence.outcome import BAD, MAX_MESSAGE, Stage, TestDetail, TestState, fold
from autopack_model.evidence.test_ids import TestIds
from autopack_model.suite_run.value import (
    BindingState,
    CollectorOutcome,
    RecorderFacts,
    StreamState,
    TreeBinding,
)

MAX_FOREIGN = 20
MAX_DEVIATIONS = 1000
MAX_RUNNING = 8

_NEVER = Judgement(TestState.NOT_RUN, Stage.SETUP, "Collected, but no final report of it was recorded.", "")
_BINDINGS = {"bound": BindingState.BOUND, "foreign": BindingState.FOREIGN, "unknown": BindingState.UNKNOWN}


class RecordingFold:
    """Takes a stream line by line and knows at any time what it amounts to so far.

    The first line that is not an event of this recorder, or out of order, ends the fold: nothing after it counts.
    """

    def __init__(self) -> None:
        self._next = 0
        self._fault: StreamState | None = None
        self._started = False
        self._tree = ""
        self._seeds: tuple[str, ...] = ()
        self._begun: set[int] | None = None  # begun and not ended; None where no worker says so
        self._ids: list[str] = []
        self._known: set[str] = set()
        self._collected = 0
        self._states = bytearray()
        self._durations: array[int] = array("Q")
        self._judgements: dict[int, tuple[Judgement, int]] = {}
        self._bad: set[int] = set()
        self._muted: dict[int, set[str]] = {}
        self._reruns: dict[int, int] = {}
        self._selection: tuple[str, ...] = ()
        self._reported = 0
        self._collectors: dict[str, CollectorOutcome] = {}
        self._finish: Finish | None = None
        self._end: End | None = None

    @property
    def collected(self) -> int:
        """Selected tests so far."""
        return self._collected

    @property
    def reported(self) -> int:
        """Tests with a final report so far."""
        return self._reported

    @property
    def bad(self) -> int:
        """Tests whose executions so far all went wrong."""
        return len(self._bad)

    @property
    def whole(self) -> bool:
        """Whether the session has finished and nothing follows: there is nothing more to be said."""
        return self._fault is None and self._finish is not None and self._end is not None

    def feed(self, line: bytes) -> None:
        """Take one whole line, without its line feed."""
        if self._fault is not None:
            return
        try:
            number, event = decode(line)
            if number > self._next:
                self._fault = StreamState.TRUNCATED
            elif number < self._next or self._end is not None:
                self._fault = StreamState.MALFORMED
            else:
                self._next += 1
                self._take(event)
        except MalformedEvent:
            self._fault = StreamState.MALFORMED

    def refuse(self, state: StreamState) -> None:
        """Say what is wrong with the stream where that cannot be seen in its lines. The first fault stays."""
        if self._fault is None:
            self._fault = state

    def result(self) -> Recording:
        """What the lines so far amount to, taken as the whole stream."""
        order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        states = bytes([self._states[number] for number in order])
        durations = array("I", [min(self._durations[number], MAX_MILLISECONDS) for number in order])
        if sys.byteorder == "big":
            durations.byteswap()
        return Recording(
            facts=self._facts(),
            binding=self._binding(),
            test_ids=TestIds.of(self._ids[number] for number in order),
            states=states,
            durations=durations.tobytes(),
            reruns=bytes([self._reruns.get(number, 0) for number in order]) if self._reruns else b"",
            details=tuple(self._details(order)),
            test_code=() if self._end is None or self._fault is not None else self._end.test_code,
        )

    def _details(self, order: list[int]) -> Iterator[TestDetail]:
        for index, number in enumerate(order):
            if self._states[number] != TestState.PASSED:
                yield self._detail(index, number)

    def _take(self, event: Event) -> None:
        if isinstance(event, Start) != (self._next == 1):
            raise MalformedEvent("the first event, and only that, is the start")
        if self._finish is not None and not isinstance(event, End | Broken):
            raise MalformedEvent("something follows the finish")
        match event:
            case Execution():
                self._take_execution(event)
            case Listed():
                self._take_tests(event)
            case CollectorReport() | WithoutTests():
                self._take_collectors(event)
            case Start():
                if event.version != RECORDER_VERSION:
                    raise MalformedEvent("another version of the recorder")
            case SessionStart():
                self._started, self._tree = True, event.tree
                self._seeds, self._selection = event.seeds, event.selection
                self._begun = set() if event.distributed else None
            case Begin():
                self._take_begin(event)
            case Finish():
                self._finish = event
            case End():
                self._take_end(event)
            case Broken():
                self._fault = StreamState.TRUNCATED

    def _take_tests(self, event: Listed) -> None:
        for test_id in event.ids:
            if test_id in self._known:
                raise MalformedEvent("a test is listed twice")
            self._known.add(test_id)
        self._ids.extend(event.ids)
        self._states.extend(bytes([TestState.NOT_RUN]) * len(event.ids))
        self._durations.extend([0] * len(event.ids))
        self._collected += len(event.ids) if event.collected else 0

    def _take_begin(self, event: Begin) -> None:
        if self._begun is None or event.test >= len(self._ids):
            raise MalformedEvent("a test begins that is not listed, or without workers")
        self._begun.add(event.test)

    def _take_execution(self, event: Execution) -> None:
        number = event.test
        if number >= len(self._ids):
            raise MalformedEvent("a test reports that is not listed")
        if self._begun is not None:
            self._begun.discard(number)
        before = TestState(self._states[number])
        self._durations[number] = min(self._durations[number] + event.milliseconds, MAX_MILLISECONDS)
        if event.reruns:
            self._reruns[number] = max(event.reruns, self._reruns.get(number, 0))
        if event.reports is None and before is TestState.NOT_RUN and number not in self._judgements:
            self._states[number] = TestState.PASSED
            self._reported += 1
            return
        if event.muted:
            self._muted.setdefault(number, set()).update(muted_subtests(event, self._tree))
        latest = judge(event, self._tree, self._ids[number].partition("::")[0])
        after = fold((before, latest.state))
        earlier, executions = self._judgements.get(number, (PASSED, 0 if before is TestState.NOT_RUN else 1))
        self._judgements[number] = (telling(earlier if executions else latest, latest, after), executions + 1)
        self._states[number] = after
        self._reported += before is TestState.NOT_RUN and after is not TestState.NOT_RUN
        if after in BAD:
            self._bad.add(number)
        else:
            self._bad.discard(number)

    def _take_collectors(self, event: CollectorReport | WithoutTests) -> None:
        if isinstance(event, WithoutTests):
            for name in event.collectors:
                self._collectors.setdefault(name, empty_collector(name))
            return
        silent = silent_collector(event, self._tree)
        known = self._collectors.get(silent.collector)
        if known is None or known.state > silent.state:  # an error outweighs a skip; of two alike the first stays
            self._collectors[silent.collector] = silent

    def _take_end(self, event: End) -> None:
        if event.count != self._next:
            self._fault = StreamState.TRUNCATED
        elif (event.binding == "foreign") != bool(event.foreign) or len(event.foreign) > MAX_FOREIGN:
            raise MalformedEvent("the binding contradicts its list of modules")
        elif max(map(len, (event.plugins, event.deviations, event.test_code))) > MAX_DEVIATIONS:
            raise MalformedEvent("the binding names more than the recorder does")
        else:
            self._end = event

    def _stream(self) -> StreamState:
        if self._fault is not None:
            return self._fault
        if self._next == 0:
            return StreamState.MISSING
        if self._finish is not None and self._end is None:
            return StreamState.TRUNCATED
        return StreamState.COMPLETE

    def _facts(self) -> RecorderFacts:
        deselected = 0 if self._finish is None else self._finish.deselected
        return RecorderFacts(
            version=RECORDER_VERSION,
            stream=self._stream(),
            session_started=self._started,
            session_finished=self._finish is not None and self._end is not None,
            session_exit_status=None if self._finish is None else self._finish.exit_status,
            collected=self._collected + deselected,
            deselected=deselected,
            reported=self._reported,
            selection=self._selection,
            collectors=tuple([self._collectors[name] for name in sorted(self._collectors)]),
            seeds=self._seeds,
            running=self._running(),
        )

    def _running(self) -> tuple[str, ...]:
        """The tests that had begun and not ended. Without workers it is the first one that has not reported."""
        if self._finish is not None:
            return ()
        if self._begun is None:
            first = self._states.find(TestState.NOT_RUN)
            return () if first < 0 else (self._ids[first],)
        return tuple(sorted(self._ids[number] for number in self._begun)[:MAX_RUNNING])

    def _binding(self) -> TreeBinding:
        if self._end is None or self._fault is not None:
            return TreeBinding(state=BindingState.UNKNOWN, foreign=())
        return TreeBinding(
            state=_BINDINGS[self._end.binding],
            foreign=tuple(sorted(set(self._end.foreign))),
            plugins=self._end.plugins,
            deviations=self._end.deviations,
        )

    def _detail(self, index: int, number: int) -> TestDetail:
        judgement, executions = self._judgements.get(number, (_NEVER, 0))
        return TestDetail(
            index=index,
            stage=judgement.stage,
            message=judgement.message[:MAX_MESSAGE],
            signature=judgement.signature,
            executions=executions,
            muted_subtests=tuple(sorted(self._muted.get(number, ()))),
        )


def fold_events(lines: Iterable[bytes]) -> Recording:
    """The Recording of a whole stream, given as its lines without line feeds."""
    recording = RecordingFold()
    for line in lines:
        recording.feed(line)
    return recording.result()
