"""The limits of the child processes that read sources."""

import base64

import pytest

from autopack_executor.isolation import limited
from autopack_executor.isolation.limited import TooLong, answer_of
from autopack_executor.syntax.exchanged import LookSources


def request(source: str) -> LookSources:
    """What is asked of the look about one new file."""
    return LookSources(
        base={},
        head={"shop.py": base64.b64encode(source.encode()).decode()},
        tests=[],
        support=[],
        suite={},
        own=[],
        roots=[],
        left=[],
        renamed={},
    )


def test_a_child_that_needs_too_much_processor_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit counts the processor time of the child, which is said when it is used up."""
    monkeypatch.setattr(limited, "CPU_S", 1)
    with pytest.raises(TooLong, match="it took more than 1 seconds of processor time"):
        answer_of("autopack_executor.syntax.look", dict(request("x = [" + "f(1)," * 300_000 + "]")))


def test_a_child_that_keeps_within_its_limits_answers() -> None:
    """What the child wrote is the answer."""
    assert b'{"found": [], "problem": ""}' == answer_of("autopack_executor.syntax.look", dict(request("x = 1")))
