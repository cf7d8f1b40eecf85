"""Histories of tests through a running store, on every database."""

from collections.abc import Callable, Iterator, Mapping

import grpc
import pytest
from sqlalchemy import URL, Connection, Engine, delete, func, insert, select

from autopack.results.v1 import outcome_pb2, suite_run_pb2
from autopack.store.v1 import history_service_pb2 as pb
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import BAD, GOOD, TestState
from autopack_model.evidence.test_ids import BLOCK_IDS
from autopack_model.fields import given
from autopack_model.identity.value import Side
from autopack_model.identity.wire import side_to_wire
from autopack_model.suite_run.value import CollectorState
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_store.history.sql import MAX_SUITE_RUNS
from autopack_store.schema.tables.evidence import attempt_evidence, measurement, outcome, test_set_block
from autopack_store.schema.tables.runs import attempt, phase, run
from tests.fakes.evidence import make_evidence
from tests.fakes.incomplete import incomplete
from tests.storage.databases import drop_trigger
from tests.storage.recorder import REPOSITORY, Recorder, recording

TEST = "tests/unit/test_a.py::TestIt::test_b[1]"
PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
ERRORED_MODULE = {"tests/unit/test_a.py": CollectorState.ERRORED}


@pytest.fixture
def recorder(url: URL) -> Iterator[Recorder]:
    """A running store's caller."""
    with recording(url) as recorder:
        yield recorder


def said(answer: pb.ListTestHistoryResponse) -> list[tuple[str, str]]:
    """Run and outcome of each entry, in their order."""
    return [(entry.attempt.run_id, _outcome(entry)) for entry in answer.entries]


def _outcome(entry: pb.TestHistoryEntry) -> str:
    match entry.WhichOneof("outcome"):
        case "state":
            return outcome_pb2.TestState.Name(entry.state).removeprefix("TEST_STATE_")
        case "collector":
            return suite_run_pb2.CollectorState.Name(entry.collector).removeprefix("COLLECTOR_STATE_") + "_COLLECTOR"
        case None:
            return "nothing"


def run_ids(recorder: Recorder, states: Mapping[str, TestState] | None = None) -> list[str]:
    """Record a suite run for each of ``states``, by run id, in their order; the run ids."""
    return [recorder.measured({TEST: state}, run_id=run_id) for run_id, state in (states or {}).items()]


def bad_since(answer: pb.ListTestHistoryResponse) -> str | None:
    """The run since which the test is bad, if it is."""
    return given(answer.HasField("bad_since"), answer.bad_since, lambda entry: entry.attempt.run_id)


def first_bad(answer: pb.ListTestHistoryResponse) -> str | None:
    """The run in which the test was bad for the first time, if there is one."""
    return given(answer.HasField("first_bad"), answer.first_bad, lambda entry: entry.attempt.run_id)


def repeat(connection: Connection, run_id: str, times: int) -> None:
    """Record what a run has again for as many other runs, quicker than the store does it."""
    for table in (run, phase, attempt, attempt_evidence, measurement):
        row = dict(connection.execute(select(table).where(table.c.run_id == run_id)).mappings().one())
        row.pop("measurement_id", None)
        rows = [row | {"run_id": f"{run_id}-{number}"} for number in range(times)]
        connection.execute(insert(table), rows)


def test_every_state_is_told(recorder: Recorder) -> None:
    """Each test of a suite run is told with its state; conclusive are good, bad and flaky ones, flaky those alone."""
    tests = {f"t.py::test_{state.label}": state for state in TestState}
    recorder.measured(tests, run_id="it", side=Side.BASE)

    answers = {test_id: recorder.told(test_id) for test_id in tests}

    assert {test_id: [("it", state.name)] for test_id, state in tests.items()} == {
        test_id: said(answer) for test_id, answer in answers.items()
    }
    conclusive = {test_id: int(state in GOOD | BAD | {FLAKY}) for test_id, state in tests.items()}
    assert conclusive == {test_id: answer.conclusive for test_id, answer in answers.items()}
    assert {test_id: int(state is FLAKY) for test_id, state in tests.items()} == {
        test_id: answer.flaky for test_id, answer in answers.items()
    }
    assert {test_id for test_id, state in tests.items() if state in BAD} == {
        test_id for test_id, answer in answers.items() if answer.HasField("first_bad") and answer.HasField("bad_since")
    }


def test_what_passed_has_no_row(recorder: Recorder, engine: Engine) -> None:
    """A test that simply passed is told without a row of its own; one that did not has exactly one."""
    recorder.measured({"t.py::test_a": PASSED, "t.py::test_b": FAILED, "t.py::test_c": PASSED}, run_id="it")

    with engine.connect() as connection:
        assert 1 == connection.scalar(select(func.count()).select_from(outcome))
    assert [("it", "PASSED")] == said(recorder.told("t.py::test_a"))


def test_an_entry_says_where_it_is_from(recorder: Recorder) -> None:
    """An entry has its attempt, its side, its evidence, and the time at which its run was created."""
    evidence = make_evidence({TEST: FAILED})
    recorder.record(evidence, "it", Side.BASE)
    (created,) = [listed.created_at_ms for listed in recorder.listed().runs]

    (entry,) = recorder.told(TEST).entries

    assert ("it", "gate", 1) == (entry.attempt.run_id, entry.attempt.phase, entry.attempt.attempt)
    assert (side_to_wire(Side.BASE), evidence_digest(evidence), created) == (
        entry.side,
        entry.evidence_digest,
        entry.created_at_ms,
    )


def test_newest_first_with_what_they_come_to(recorder: Recorder) -> None:
    """Entries come newest first; muted ones are inconclusive and end a bad series; the first bad one is the oldest."""
    run_ids(recorder, {"a": PASSED, "b": FAILED, "c": SKIPPED, "d": TestState.ERRORED, "e": TestState.TIMED_OUT})

    answer = recorder.told(TEST)

    expected = [("e", "TIMED_OUT"), ("d", "ERRORED"), ("c", "SKIPPED"), ("b", "FAILED"), ("a", "PASSED")]
    assert expected == said(answer)
    assert (4, 0) == (answer.conclusive, answer.flaky)
    assert ("d", "b") == (bad_since(answer), first_bad(answer))


def test_a_test_that_is_good_again_is_not_bad_since(recorder: Recorder) -> None:
    """When the newest entry is not bad there is no bad series, while the first bad run stays the first."""
    run_ids(recorder, {"a": FAILED, "b": FAILED, "c": PASSED})

    answer = recorder.told(TEST)

    assert None is bad_since(answer)
    assert "a" == first_bad(answer)


def test_a_good_retry_does_not_end_a_bad_series(recorder: Recorder) -> None:
    """A retry in which the test was good, here of base, does not end the series that the suite run of head is in."""
    recorder.measured({TEST: PASSED}, run_id="a", side=Side.BASE, tree="1" * 40)
    recorder.measured({TEST: FAILED}, run_id="a", tree="2" * 40)
    recorder.measured({TEST: FAILED}, run_id="a", retry=1, tree="2" * 40)
    recorder.measured({TEST: PASSED}, run_id="a", side=Side.BASE, retry=1, tree="1" * 40)

    answer = recorder.told(TEST)

    assert [PASSED, FAILED, FAILED, PASSED] == [TestState(entry.state) for entry in answer.entries]
    retry = given(answer.HasField("bad_since"), answer.bad_since, lambda entry: entry.retry)
    assert ("a", 0) == (bad_since(answer), retry)


def test_flaky_on_one_tree(recorder: Recorder) -> None:
    """A good and a bad outcome on the same tree are both flaky; on different trees neither is."""
    recorder.measured({TEST: PASSED}, run_id="a", tree="a" * 40)
    recorder.measured({TEST: FAILED}, run_id="b", tree="b" * 40)
    before = recorder.told(TEST)
    recorder.measured({TEST: FAILED}, run_id="c", tree="a" * 40)
    recorder.measured({TEST: SKIPPED}, run_id="d", tree="a" * 40)

    after = recorder.told(TEST)

    assert (2, 0) == (before.conclusive, before.flaky)
    assert (3, 2) == (after.conclusive, after.flaky)


@pytest.mark.parametrize(
    ("collectors", "expected"),
    [
        ({"tests/unit/test_a.py": CollectorState.ERRORED}, "ERRORED_COLLECTOR"),
        ({"tests/unit/test_a.py::TestIt": CollectorState.SKIPPED}, "SKIPPED_COLLECTOR"),
        ({"tests": CollectorState.SKIPPED}, "SKIPPED_COLLECTOR"),
        ({"tests/unit": CollectorState.ERRORED, "tests": CollectorState.SKIPPED}, "ERRORED_COLLECTOR"),
        ({".": CollectorState.ERRORED}, "ERRORED_COLLECTOR"),
        ({"": CollectorState.ERRORED}, "ERRORED_COLLECTOR"),
        ({"tests/unit/test_a.py::TestOther": CollectorState.ERRORED}, None),
        ({"tests/unit/test_ab.py": CollectorState.ERRORED}, None),
        ({"tests/uni": CollectorState.ERRORED}, None),
        ({}, None),
    ],
)
def test_collectors_above_a_test(
    recorder: Recorder, collectors: Mapping[str, CollectorState], expected: str | None
) -> None:
    """A suite run that lacks the test is told when a collector above it gave no tests, an error before a skip; it is
    neither conclusive nor bad. Collectors beside the test say nothing of it.
    """
    recorder.measured({TEST: FAILED}, run_id="before")
    recorder.measured({"other.py::test": PASSED}, run_id="it", collectors=collectors)

    answer = recorder.told(TEST)

    assert [*([("it", expected)] if expected else []), ("before", "FAILED")] == said(answer)
    assert 1 == answer.conclusive
    assert ("before" if expected is None else None) == bad_since(answer)


@pytest.mark.parametrize(
    ("test_id", "collector"),
    [
        ("tests/[odd]/test_a.py::test_b[1]", "tests/[odd]/test_a.py"),
        ("tests/test_a.py::test_b[x/y.py::TestC::d]", "tests/test_a.py"),
        ("tests/test_a.py::TestC::test_b[::]", "tests/test_a.py::TestC"),
    ],
)
def test_collectors_of_odd_names(recorder: Recorder, test_id: str, collector: str) -> None:
    """Brackets in folders, and separators in parameters, do not hide a test's collector."""
    recorder.measured({}, run_id="it", collectors={collector: CollectorState.ERRORED})
    recorder.measured({}, run_id="no", collectors={"tests/test_a.py::test_b[x/y.py": CollectorState.ERRORED})

    assert [("it", "ERRORED_COLLECTOR")] == said(recorder.told(test_id))


def test_a_contained_test_outdoes_its_collectors(recorder: Recorder) -> None:
    """A test that was collected is told by its state, whatever became of a collector above it."""
    recorder.measured({TEST: PASSED}, run_id="it", collectors=ERRORED_MODULE)

    assert [("it", "PASSED")] == said(recorder.told(TEST))


def test_reused_baselines_are_left_out(recorder: Recorder) -> None:
    """A baseline that a run took over is not a suite run of its own: it is told once, for the run that measured it."""
    evidence = make_evidence({TEST: FAILED})
    recorder.record(evidence, "measured", Side.BASE)
    recorder.record(evidence, "took-over", Side.BASE, reused=True)

    answer = recorder.told(TEST)

    assert [("measured", "FAILED")] == said(answer)
    assert "measured" == bad_since(answer)


def test_suite_runs_without_the_test_are_left_out(recorder: Recorder) -> None:
    """A test that comes and goes is told for the suite runs that had it, and they are one series."""
    other = {"tests/unit/test_a.py::TestIt::test_c": FAILED}
    recorder.measured(other, run_id="before")
    recorder.measured({TEST: FAILED}, run_id="added")
    recorder.measured(other, run_id="gone")
    recorder.measured({TEST: FAILED, **other}, run_id="back")
    recorder.measured({}, run_id="empty")

    answer = recorder.told(TEST)

    assert [("back", "FAILED"), ("added", "FAILED")] == said(answer)
    assert "added" == bad_since(answer)
    assert [] == said(recorder.told("tests/unit/test_a.py::TestIt::test_d"))


def test_sides(recorder: Recorder) -> None:
    """With a side given, only its suite runs count, for the first bad one too."""
    recorder.measured({TEST: FAILED}, run_id="a", side=Side.BASE)
    recorder.measured({TEST: PASSED}, run_id="a", side=Side.HEAD)
    recorder.measured({TEST: FAILED}, run_id="b", side=Side.HEAD)

    base, head, both = (recorder.told(TEST, side=side) for side in (Side.BASE, Side.HEAD, None))

    assert [("a", "FAILED")] == said(base)
    assert [("b", "FAILED"), ("a", "PASSED")] == said(head)
    assert [("b", "FAILED"), ("a", "PASSED"), ("a", "FAILED")] == said(both)
    assert ["a", "b", "a"] == [first_bad(answer) for answer in (base, head, both)]
    assert [1, 2, 3] == [answer.conclusive for answer in (base, head, both)]


def test_repositories_are_kept_apart(recorder: Recorder) -> None:
    """The same test of another repository has a history of its own, its collectors too."""
    recorder.measured({TEST: FAILED}, run_id="a")
    recorder.measured({TEST: PASSED}, run_id="b", repository="/srv/other")
    recorder.measured({}, run_id="c", repository="/srv/other", collectors=ERRORED_MODULE)

    own, other = recorder.told(TEST), recorder.told(TEST, repository="/srv/other")

    assert [("a", "FAILED")] == said(own)
    assert [("c", "ERRORED_COLLECTOR"), ("b", "PASSED")] == said(other)
    assert None is first_bad(other)
    assert [] == said(recorder.told(TEST, repository="/srv/third"))


def test_pages_stay_right_while_runs_are_added(recorder: Recorder) -> None:
    """The pages of a history join without gap or repetition, though runs are added in between."""
    before = run_ids(recorder, dict.fromkeys("abcde", PASSED))
    found: list[str] = []
    token = ""
    for number in range(3):
        page = recorder.told(TEST, size=2, token=token)
        found += [run_id for run_id, _ in said(page)]
        token = page.next_page_token
        recorder.measured({TEST: FAILED}, run_id=f"late-{number}")

    assert ("", before[::-1]) == (token, found)


def test_a_series_ends_with_its_page(recorder: Recorder) -> None:
    """The bad series goes as far as the page; the first bad run goes all the way back."""
    run_ids(recorder, dict.fromkeys("abcd", FAILED))

    first = recorder.told(TEST, size=2)
    second = recorder.told(TEST, size=2, token=first.next_page_token)

    assert ["c", "a"] == [bad_since(page) for page in (first, second)]
    assert ["a", "a"] == [first_bad(page) for page in (first, second)]


def test_a_token_belongs_to_one_listing(recorder: Recorder) -> None:
    """A token is refused for another test, side or repository, and when it is none."""
    run_ids(recorder, dict.fromkeys("abc", PASSED))
    token = recorder.told(TEST, size=1, side=Side.HEAD).next_page_token
    assert [("b", "PASSED")] == said(recorder.told(TEST, size=1, side=Side.HEAD, token=token))

    cases: list[Callable[[], object]] = [
        lambda: recorder.told(TEST, token=token),
        lambda: recorder.told(TEST, token=token, side=Side.BASE),
        lambda: recorder.told(f"{TEST}x", token=token, side=Side.HEAD),
        lambda: recorder.told(TEST, token=token, side=Side.HEAD, repository="/srv/other"),
        lambda: recorder.told(TEST, token="no token", side=Side.HEAD),
    ]
    for call in cases:
        with pytest.raises(RemoteError) as caught:
            call()
        assert (grpc.StatusCode.INVALID_ARGUMENT, {"page_token"}) == (caught.value.code, set(caught.value.violations))


def test_bad_input_is_refused_by_field(recorder: Recorder) -> None:
    """What a request must not say is refused with the field's name."""
    nowhere = incomplete(pb.ListTestHistoryRequest, repository=REPOSITORY, test_id=TEST, side=0)

    def on_no_side() -> None:
        with remote_errors():
            recorder.history.ListTestHistory(nowhere)

    cases: list[tuple[str, Callable[[], object]]] = [
        ("page_size", lambda: recorder.told(TEST, size=501)),
        ("repository", lambda: recorder.told(TEST, repository="")),
        ("repository", lambda: recorder.told(TEST, repository="a" * 4097)),
        ("test_id", lambda: recorder.told("")),
        ("side", on_no_side),
    ]
    for name, call in cases:
        with pytest.raises(RemoteError) as caught:
            call()
        assert (grpc.StatusCode.INVALID_ARGUMENT, {name}) == (caught.value.code, set(caught.value.violations))


def test_a_test_set_without_its_blocks_is_data_loss(recorder: Recorder, engine: Engine) -> None:
    """Of a test set whose blocks are gone nobody says that a test is not in it."""
    recorder.measured({TEST: FAILED, "a.py::test_a": PASSED}, run_id="it")
    with engine.begin() as connection:
        drop_trigger(connection, "test_set_block", "delete")
        assert 1 == connection.execute(delete(test_set_block)).rowcount
    evidence = make_evidence({TEST: TestState.ERRORED, "a.py::test_a": PASSED}, tree="f" * 40)
    for look in (lambda: recorder.told(TEST), lambda: recorder.record(evidence, "later", Side.HEAD)):
        with pytest.raises(RemoteError, match="a block is missing") as caught:
            look()
        assert grpc.StatusCode.DATA_LOSS is caught.value.code


def test_ids_that_databases_stumble_over(recorder: Recorder) -> None:
    """Ids with NUL, backslashes, any order of characters, or a million characters are found in whichever block."""
    odd = [
        f"t.py::test[{character}]"
        for character in ("\0", "\0A", "\1", "\1\2", "\\", "\\0", "[", "::", "é", "\U0001f600")
    ]
    many = [f"t.py::test[{start}{number:05}]" for start in ("\0", "A", "\\") for number in range(BLOCK_IDS)]
    long = f"t.py::test[{'x' * 1_000_000}]"
    states = dict.fromkeys([*odd, *many[::BLOCK_IDS], *many[BLOCK_IDS - 1 :: BLOCK_IDS], long], FAILED)
    recorder.measured({**dict.fromkeys(many, PASSED), **states}, run_id="it")

    for test_id in [*states, many[1], many[BLOCK_IDS + 1], many[2 * BLOCK_IDS + 1]]:
        assert [("it", states.get(test_id, PASSED).name)] == said(recorder.told(test_id)), ascii(test_id[:40])
    assert [] == said(recorder.told("t.py::test[\0B]"))


def test_an_id_with_very_many_folders(recorder: Recorder) -> None:
    """An id that could lie in a hundred thousand collectors is answered; the outermost of them are looked at."""
    recorder.measured({}, run_id="it", collectors={"a/a": CollectorState.ERRORED})

    test_id = f"{'a/' * 100_000}{'::b' * 100_000}"

    assert [("it", "ERRORED_COLLECTOR")] == said(recorder.told(test_id))


def test_a_test_that_is_gone_is_found(recorder: Recorder, engine: Engine) -> None:
    """What many newer suite runs say nothing of is told from the older ones that do, on either side."""
    recorder.measured({TEST: FAILED}, run_id="head")
    recorder.measured({TEST: PASSED}, run_id="base", side=Side.BASE)
    recorder.measured({}, run_id="collector", collectors={TEST.partition("::")[0]: CollectorState.ERRORED})
    for name in ("other.py::test", TEST + "_too"):
        recorder.measured({"a.py::test": PASSED, name: PASSED}, run_id=name[0])
        with engine.begin() as connection:
            repeat(connection, name[0], 70)

    answer = recorder.told(TEST)

    expected = [("collector", "ERRORED_COLLECTOR"), ("base", "PASSED"), ("head", "FAILED")]
    assert (expected, "") == (said(answer), answer.next_page_token)
    assert expected[1:2] == said(recorder.told(TEST, side=Side.BASE))
    assert expected[::2] == said(recorder.told(TEST, side=Side.HEAD))


def test_a_search_ends(recorder: Recorder, engine: Engine) -> None:
    """One answer looks at no more suite runs than the limit; an empty page then says where to go on, and the next one
    finds what is older.
    """
    recorder.measured({TEST: FAILED}, run_id="old")
    recorder.measured({"other.py::test": PASSED}, run_id="other")
    with engine.begin() as connection:
        repeat(connection, "other", MAX_SUITE_RUNS)

    first = recorder.told(TEST)
    second = recorder.told(TEST, token=first.next_page_token)

    assert ([], "old") == (said(first), first_bad(first))
    assert first.next_page_token
    assert ([("old", "FAILED")], "") == (said(second), second.next_page_token)
