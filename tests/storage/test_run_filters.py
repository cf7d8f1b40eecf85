"""Lists of runs by verdict and time, through a running store, on every database."""

from collections.abc import Callable, Iterator

import grpc
import pytest
from sqlalchemy import URL, Engine, insert, update

from autopack.store.v1 import run_service_pb2
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.decision.wire import verdict_to_wire
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import RunFailure, RunState
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_store.runs.ending import Ending
from autopack_store.schema.tables.runs import attempt, phase, run
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.incomplete import incomplete
from tests.fakes.store import TERMS, first_attempt, make_decision, make_spec
from tests.storage.databases import drop_trigger
from tests.storage.recorder import Recorder, recording

HEAD = make_evidence({"t::a": TestState.PASSED})


@pytest.fixture
def recorder(url: URL) -> Iterator[Recorder]:
    """A running store's caller."""
    with recording(url) as recorder:
        yield recorder


def add_runs(
    database: SqlDatabase, *verdicts: Verdict | None, repository: str = "/srv/project", at_ms: int = 0
) -> None:
    """Add a run for each of ``verdicts`` (None: undecided), named by number, a second apart from ``at_ms`` on."""
    digest = evidence_digest(HEAD)
    with database.write() as store:
        store.evidence.add(digest, facts_digest(HEAD), HEAD, 0)
        for number, verdict in enumerate(verdicts):
            run_id = f"run-{at_ms // 1000 + number}"
            store.runs.add(make_spec(run_id, repository=repository), first_attempt(run_id), at_ms + number * 1000)
            if verdict is not None:
                decision = make_decision(None, HEAD, verdict=verdict)
                store.decisions.add(first_attempt(run_id), decision, decision_digest(decision), TERMS, 0)


def decide(database: SqlDatabase, engine: Engine, ref: AttemptRef, position: int, verdict: Verdict | None) -> None:
    """Add another attempt to a run, in the phase at ``position``, decided unless the verdict is None."""
    with engine.begin() as connection:
        if ref.attempt == 1:
            row = {"run_id": ref.run_id, "phase": ref.phase, "position": position}
            connection.execute(insert(phase).values(row))
        row = {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt, "state": 1}
        connection.execute(insert(attempt).values(row))
    if verdict is not None:
        decision = make_decision(None, HEAD, verdict=verdict)
        with database.write() as store:
            store.decisions.add(ref, decision, decision_digest(decision), TERMS, 0)


def names(answer: run_service_pb2.ListRunsResponse) -> list[str]:
    """The runs' ids, in their order."""
    return [listed.spec.run_id for listed in answer.runs]


def test_by_verdict(recorder: Recorder, database: SqlDatabase) -> None:
    """Each verdict lets its runs through, newest first; without one, undecided runs are listed too."""
    add_runs(database, *Verdict, None, *Verdict)

    found = {verdict.name: names(recorder.listed(verdict=verdict_to_wire(verdict))) for verdict in Verdict}

    expected = {verdict.name: [f"run-{number + 5}", f"run-{number}"] for number, verdict in enumerate(Verdict)}
    assert expected == found
    assert [f"run-{number}" for number in reversed(range(9))] == names(recorder.listed())


def test_a_run_that_failed_after_its_decision_has_no_verdict(recorder: Recorder, database: SqlDatabase) -> None:
    """A run that failed or was cancelled after a decision was recorded is listed under none."""
    add_runs(database, Verdict.ALLOW, Verdict.ALLOW, Verdict.ALLOW)
    with database.write() as store:
        store.runs.finish(
            "run-0", Ending(state=RunState.FAILED, failure=RunFailure(code="INTERNAL", message="no")), 9000
        )
        store.runs.finish("run-1", Ending(state=RunState.CANCELLED, failure=None), 9000)

    assert ["run-2"] == names(recorder.listed(verdict=verdict_to_wire(Verdict.ALLOW)))
    assert ["run-2", "run-1", "run-0"] == names(recorder.listed())


def test_the_newest_decision_counts(recorder: Recorder, database: SqlDatabase, engine: Engine) -> None:
    """Of a run with several decisions the one of the last phase's last decided attempt counts, whatever the names of
    phases and the order in which they were recorded say.
    """
    add_runs(database, Verdict.BLOCK, Verdict.BLOCK, Verdict.ALLOW)
    decide(database, engine, AttemptRef(run_id="run-0", phase="gate", attempt=10), 1, Verdict.INCONCLUSIVE)
    decide(database, engine, AttemptRef(run_id="run-0", phase="gate", attempt=2), 1, Verdict.ALLOW)
    decide(database, engine, AttemptRef(run_id="run-1", phase="aaa", attempt=1), 2, Verdict.NEEDS_HUMAN)
    decide(database, engine, AttemptRef(run_id="run-2", phase="zzz", attempt=1), 2, None)

    found = {verdict.name: names(recorder.listed(verdict=verdict_to_wire(verdict))) for verdict in Verdict}

    expected = {"ALLOW": ["run-2"], "BLOCK": [], "INCONCLUSIVE": ["run-0"], "NEEDS_HUMAN": ["run-1"]}
    assert expected == found


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2000, None, ["run-4", "run-3", "run-2"]),
        (2001, None, ["run-4", "run-3"]),
        (None, 2000, ["run-1", "run-0"]),
        (None, 2001, ["run-2", "run-1", "run-0"]),
        (1000, 3000, ["run-2", "run-1"]),
        (2000, 2000, []),
        (3000, 1000, []),
        (0, (1 << 53) - 1, ["run-4", "run-3", "run-2", "run-1", "run-0"]),
        (None, 0, []),
    ],
)
def test_by_time(
    recorder: Recorder, database: SqlDatabase, start: int | None, end: int | None, expected: list[str]
) -> None:
    """The first bound is the first moment that is let through, the second the first that is not any more."""
    add_runs(database, *[None] * 5)

    assert expected == names(recorder.listed(created_from_ms=start, created_before_ms=end))


def test_filters_together(recorder: Recorder, database: SqlDatabase) -> None:
    """A run is listed when all filters let it through."""
    add_runs(database, Verdict.BLOCK, Verdict.ALLOW, Verdict.BLOCK, Verdict.BLOCK)
    add_runs(database, Verdict.BLOCK, repository="/srv/other", at_ms=4000)

    answer = recorder.listed(
        repository="/srv/project",
        verdict=verdict_to_wire(Verdict.BLOCK),
        created_from_ms=1000,
        created_before_ms=9000,
    )

    assert ["run-3", "run-2"] == names(answer)


def test_pages_while_runs_are_added(recorder: Recorder, database: SqlDatabase) -> None:
    """Filtered pages join without gap or repetition, though runs are added in between."""
    add_runs(database, *[Verdict.BLOCK, Verdict.ALLOW] * 5)
    blocked = verdict_to_wire(Verdict.BLOCK)
    found: list[str] = []
    token = ""
    for number in range(3):
        page = recorder.listed(size=2, token=token, verdict=blocked, created_from_ms=0)
        found += names(page)
        token = page.next_page_token
        add_runs(database, Verdict.BLOCK, at_ms=100_000 * (number + 1))

    assert ("", [f"run-{number}" for number in (8, 6, 4, 2, 0)]) == (token, found)


def test_runs_of_one_moment_are_paged_by_name(recorder: Recorder, database: SqlDatabase, engine: Engine) -> None:
    """Runs that were created at the same time are ordered by their names, across pages too."""
    add_runs(database, *[Verdict.ALLOW] * 5)
    with engine.begin() as connection:
        drop_trigger(connection, "run")
        connection.execute(update(run).values(created_at_ms=7))
    first = recorder.listed(size=3, created_from_ms=7, created_before_ms=8)
    second = recorder.listed(size=3, created_from_ms=7, created_before_ms=8, token=first.next_page_token)

    assert [["run-0", "run-1", "run-2"], ["run-3", "run-4"]] == [names(first), names(second)]


def test_a_token_belongs_to_its_filters(recorder: Recorder, database: SqlDatabase) -> None:
    """A token is refused with any other filter than its own."""
    add_runs(database, *[Verdict.BLOCK] * 3)
    blocked = verdict_to_wire(Verdict.BLOCK)
    token = recorder.listed(size=1, verdict=blocked, created_from_ms=0, created_before_ms=9000).next_page_token
    again = recorder.listed(size=1, verdict=blocked, created_from_ms=0, created_before_ms=9000, token=token)
    assert ["run-1"] == names(again)

    cases: list[Callable[[], object]] = [
        lambda: recorder.listed(token=token),
        lambda: recorder.listed(token=token, created_from_ms=0, created_before_ms=9000),
        lambda: recorder.listed(token=token, verdict=blocked, created_from_ms=1, created_before_ms=9000),
        lambda: recorder.listed(token=token, verdict=blocked, created_from_ms=0, created_before_ms=9001),
        lambda: recorder.listed(token=token, verdict=blocked, created_before_ms=9000),
    ]
    for call in cases:
        with pytest.raises(RemoteError) as caught:
            call()
        assert (grpc.StatusCode.INVALID_ARGUMENT, {"page_token"}) == (caught.value.code, set(caught.value.violations))


def test_bad_filters_are_refused_by_field(recorder: Recorder) -> None:
    """A verdict that is none, and a time that is none, are refused with the field's name."""

    def on_no_verdict() -> None:
        with remote_errors():
            recorder.runs.ListRuns(incomplete(run_service_pb2.ListRunsRequest, verdict=0))

    cases: list[tuple[str, Callable[[], object]]] = [
        ("verdict", on_no_verdict),
        ("created_from_ms", lambda: recorder.listed(created_from_ms=-1)),
        ("created_before_ms", lambda: recorder.listed(created_before_ms=1 << 53)),
    ]
    for name, call in cases:
        with pytest.raises(RemoteError) as caught:
            call()
        assert (grpc.StatusCode.INVALID_ARGUMENT, {name}) == (caught.value.code, set(caught.value.violations))
