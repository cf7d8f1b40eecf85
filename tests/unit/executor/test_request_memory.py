"""Mutations of the executor are done once, however often they are asked for."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from autopack_executor.gate.request_memory import RequestMemory
from autopack_model.errors import InvalidValue

PATIENCE_S = 30
"""How long a test waits for what happens at once, unless it never happens."""


class Failed(Exception):
    """Work that did not succeed."""


def _unwanted() -> str:
    raise AssertionError("the work was done again")


def _failing() -> str:
    raise Failed


class Announced(threading.Condition):
    """A condition that says when somebody begins to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Say so, then wait."""
        self.waiting.release()
        return super().wait(timeout)


class Underway:
    """A request ``a`` whose work goes on until it is told to end."""

    def __init__(self, memory: RequestMemory, pool: ThreadPoolExecutor, end: Callable[[], str]) -> None:
        self._begun, self._released = threading.Event(), threading.Event()
        self._end = end
        self.answer: Future[tuple[str, bool]] = pool.submit(memory.once, "a", "StartRun", "body", self._work)
        assert self._begun.wait(PATIENCE_S)

    def _work(self) -> str:
        self._begun.set()
        assert self._released.wait(PATIENCE_S)
        return self._end()

    def release(self) -> None:
        """Let the work end."""
        self._released.set()


def test_a_new_request_is_done() -> None:
    """A request that did not come before is done, and answered with what came of it."""
    assert ("run-1", False) == RequestMemory().once("a", "StartRun", "body", lambda: "run-1")


def test_the_same_request_gets_the_first_answer() -> None:
    """The same id with the same body gets the first answer, and nothing is done."""
    memory = RequestMemory()
    body = ("body", b"\xff", "\udcff")
    memory.once("a", "StartRun", body, lambda: "run-1")
    assert ("run-1", True) == memory.once("a", "StartRun", body, _unwanted)


@pytest.mark.parametrize(("method", "body"), [("StartRun", "other"), ("CancelRun", "body")])
def test_the_id_of_another_request_is_refused(method: str, body: str) -> None:
    """An id that came with another body, or for another method, is refused."""
    memory = RequestMemory()
    memory.once("a", "StartRun", "body", lambda: "run-1")
    with pytest.raises(InvalidValue, match="came before with another request"):
        memory.once("a", method, body, _unwanted)


def test_a_request_that_failed_is_forgotten() -> None:
    """The id of a request whose work failed is free, for the same request and for another one."""
    memory = RequestMemory()
    for body in ("body", "other"):
        with pytest.raises(Failed):
            memory.once("a", "StartRun", body, _failing)
    assert ("run-1", False) == memory.once("a", "CancelRun", "third", lambda: "run-1")


def test_twins_wait_for_the_answer() -> None:
    """The same requests, while the first one is in progress, wait for its end and get its answer."""
    condition = Announced()
    memory = RequestMemory(condition=condition)
    with ThreadPoolExecutor() as pool:
        first = Underway(memory, pool, lambda: "run-1")
        twins = [pool.submit(memory.once, "a", "StartRun", "body", _unwanted) for _ in range(3)]
        waiting = [condition.waiting.acquire(timeout=PATIENCE_S) for _ in twins]
        first.release()
        answers = [twin.result(PATIENCE_S) for twin in twins]

    assert ([True] * 3, ("run-1", False), [("run-1", True)] * 3) == (waiting, first.answer.result(), answers)


def test_a_twin_takes_over_what_failed() -> None:
    """The same request, waiting while the first one fails, is done as if it were the first."""
    condition = Announced()
    memory = RequestMemory(condition=condition)
    with ThreadPoolExecutor() as pool:
        first = Underway(memory, pool, _failing)
        twin = pool.submit(memory.once, "a", "StartRun", "body", lambda: "run-2")
        waiting = condition.waiting.acquire(timeout=PATIENCE_S)
        first.release()

    assert (True, ("run-2", False)) == (waiting, twin.result())
    assert isinstance(first.answer.exception(), Failed)


@pytest.mark.parametrize(("method", "body"), [("StartRun", "other"), ("CancelRun", "body")])
def test_the_id_of_a_request_in_progress_is_refused_at_once(method: str, body: str) -> None:
    """Another request with the id of one in progress is refused before that one ends."""
    memory = RequestMemory()
    with ThreadPoolExecutor() as pool:
        first = Underway(memory, pool, lambda: "run-1")
        other = pool.submit(memory.once, "a", method, body, _unwanted)
        refused = other.exception(PATIENCE_S)
        first.release()

    assert isinstance(refused, InvalidValue)
    assert ("run-1", False) == first.answer.result()


def test_a_request_does_not_wait_for_others() -> None:
    """A request with an id of its own is answered while another one is in progress."""
    memory = RequestMemory()
    with ThreadPoolExecutor() as pool:
        first = Underway(memory, pool, lambda: "run-1")
        other = pool.submit(memory.once, "b", "StartRun", "body", lambda: "run-2")
        answer = other.result(PATIENCE_S)
        first.release()

    assert ("run-2", False) == answer


def test_only_the_last_requests_are_remembered() -> None:
    """The memory is bounded: the oldest answer goes when there are too many."""
    memory = RequestMemory(most=2)
    for request_id in ("a", "b", "c"):
        memory.once(request_id, "StartRun", "body", lambda: "first")
    assert [("first", True), ("first", True), ("again", False)] == [
        memory.once(request_id, "StartRun", "body", lambda: "again") for request_id in ("b", "c", "a")
    ]


def test_a_request_in_progress_is_not_forgotten() -> None:
    """However many requests come meanwhile, one in progress stays known, and its answer is the newest then."""
    memory = RequestMemory(most=2)
    with ThreadPoolExecutor() as pool:
        first = Underway(memory, pool, lambda: "run-1")
        for request_id in ("b", "c", "d"):
            memory.once(request_id, "StartRun", "body", lambda: "other")
        with pytest.raises(InvalidValue, match="came before"):
            memory.once("a", "StartRun", "other", _unwanted)
        first.release()

    assert ("run-1", False) == first.answer.result()
    memory.once("e", "StartRun", "body", lambda: "other")
    assert ("run-1", True) == memory.once("a", "StartRun", "body", _unwanted)


def test_many_at_once_do_it_once() -> None:
    """Of many requests at the same time, each id is done once, and every asker of it gets the same answer."""
    memory = RequestMemory(most=4)
    askers = 8
    together = threading.Barrier(askers)
    done: list[str] = []

    def ask(request_id: str) -> tuple[str, bool]:
        def work() -> str:
            done.append(request_id)
            return f"run-{request_id}"

        together.wait(PATIENCE_S)
        return memory.once(request_id, "StartRun", "body", work)

    with ThreadPoolExecutor(askers) as pool:
        for turn in range(200):
            ids = [f"{turn}-{asker % 2}" for asker in range(askers)]
            answers = list(pool.map(ask, ids))
            assert [f"run-{request_id}" for request_id in ids] == [answer for answer, _ in answers]
            assert 2 == [replayed for _, replayed in answers].count(False)
    assert 400 == len(done) == len(set(done))
