"""Baselines that stay in memory."""

import sys

from autopack_gatekeeper.domain.assessment import AssessedSide, assess_side
from autopack_gatekeeper.usecases.recent_sides import SIDE_BYTES, RecentSides
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from tests.fakes.evidence import make_evidence


def _side(number: int) -> AssessedSide:
    return assess_side(make_evidence({f"tests/test_{number}.py::test_{name}": TestState.PASSED for name in "abc"}))


def _kept(baselines: RecentSides, side: AssessedSide) -> bool:
    return baselines.side(evidence_digest(side.evidence)) is side


def test_a_kept_side_is_found_by_the_digest_of_its_evidence() -> None:
    """A side that was kept is found, any other is not."""
    first, second = _side(1), _side(2)
    baselines = RecentSides()
    baselines.keep(first)
    assert first is baselines.side(evidence_digest(first.evidence))
    assert baselines.side(evidence_digest(second.evidence)) is None


def test_what_was_not_used_for_the_longest_goes_first() -> None:
    """Where the memory is used up, the side that was asked for least recently goes, and no more is kept than may be."""
    sides = [_side(number) for number in range(4)]
    size = SIDE_BYTES + sum(sys.getsizeof(block.text) for block in sides[0].evidence.test_ids.blocks) + 30
    baselines = RecentSides(capacity=3 * size)
    for side in sides[:3]:
        baselines.keep(side)
    assert _kept(baselines, sides[0])
    baselines.keep(sides[3])
    assert [True, False, True, True] == [_kept(baselines, side) for side in sides]


def test_a_side_larger_than_all_memory_is_not_kept() -> None:
    """What does not fit leaves everything as it is."""
    small = _side(1)
    large = assess_side(make_evidence({f"test_{n:04}.py::t": TestState.PASSED for n in range(1000)}))
    baselines = RecentSides(capacity=SIDE_BYTES + 2000)
    baselines.keep(small)
    baselines.keep(large)
    assert (True, False) == (_kept(baselines, small), _kept(baselines, large))


def test_sides_without_tests_take_memory_too() -> None:
    """Baselines of suites that ended before their first test are not kept without end."""
    sides = [assess_side(make_evidence(exit_code=4, ended_at_ms=1_700_000_001_000 + number)) for number in range(4)]
    baselines = RecentSides(capacity=3 * SIDE_BYTES)
    for side in sides:
        baselines.keep(side)
    assert [False, True, True, True] == [_kept(baselines, side) for side in sides]
