"""Mutations of the executor are done once, however often they are asked for."""

import pytest

from autopack_executor.usecases.request_memory import RequestMemory
from autopack_results.errors import InvalidValue


def test_a_new_request_has_no_answer() -> None:
    """A request that did not come before is to be done."""
    assert RequestMemory().first("a", "StartRun", "body") is None


def test_the_same_request_gets_the_first_answer() -> None:
    """The same id with the same body gets the answer that was kept."""
    memory = RequestMemory()
    memory.keep("a", "StartRun", ("body", b"\xff", "\udcff"), "run-1")
    assert "run-1" == memory.first("a", "StartRun", ("body", b"\xff", "\udcff"))


@pytest.mark.parametrize(("method", "body"), [("StartRun", "other"), ("CancelRun", "body")])
def test_the_id_of_another_request_is_refused(method: str, body: str) -> None:
    """An id that came with another body, or for another method, is refused."""
    memory = RequestMemory()
    memory.keep("a", "StartRun", "body", "run-1")
    with pytest.raises(InvalidValue, match="came before with another request"):
        memory.first("a", method, body)


def test_only_the_last_requests_are_remembered() -> None:
    """The memory is bounded: the oldest request goes when there are too many."""
    memory = RequestMemory(most=2)
    for request_id in ("a", "b", "c"):
        memory.keep(request_id, "StartRun", "body", request_id)
    assert [None, "b", "c"] == [memory.first(request_id, "StartRun", "body") for request_id in ("a", "b", "c")]
