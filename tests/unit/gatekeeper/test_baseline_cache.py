"""Baselines that stay in memory."""

import sys

from autopack_gatekeeper.adapters.baseline_cache import CachedEvidence
from autopack_results.digest import evidence_digest
from autopack_results.outcome import TestState
from autopack_results.suite_run import Evidence
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore


def _evidence(number: int) -> Evidence:
    return make_evidence({f"tests/test_{number}.py::test_{name}": TestState.PASSED for name in "abc"})


def _kept(cache: CachedEvidence, evidence: Evidence) -> bool:
    """Whether the cache has the evidence: the store behind it answers with an equal one, but never the same."""
    return cache.evidence(evidence_digest(evidence)) is evidence


def test_kept_evidence_is_not_asked_for_again() -> None:
    """Evidence that was kept is answered without its source, any other is asked for each time."""
    first, second = _evidence(1), _evidence(2)
    store = InMemoryStore()
    store.add(second)
    cache = CachedEvidence(store)
    cache.keep(evidence_digest(first), first)
    assert first is cache.evidence(evidence_digest(first))
    assert second is cache.evidence(evidence_digest(second))


def test_what_was_not_used_for_the_longest_goes_first() -> None:
    """A full cache drops what was asked for least recently, and never holds more than it may."""
    evidences = [_evidence(number) for number in range(4)]
    store = InMemoryStore()
    for evidence in evidences:
        store.add(_evidence_again(evidence))
    size = sum(sys.getsizeof(block.text) for block in evidences[0].test_ids.blocks) + 30
    cache = CachedEvidence(store, capacity=3 * size)
    for evidence in evidences[:3]:
        cache.keep(evidence_digest(evidence), evidence)
    assert _kept(cache, evidences[0])
    cache.keep(evidence_digest(evidences[3]), evidences[3])
    assert [True, False, True, True] == [_kept(cache, evidence) for evidence in evidences]


def test_evidence_larger_than_the_cache_is_not_kept() -> None:
    """Evidence that does not fit leaves the cache as it is."""
    small, large = _evidence(1), make_evidence({f"test_{n:04}.py::t": TestState.PASSED for n in range(1000)})
    store = InMemoryStore()
    for evidence in (small, large):
        store.add(_evidence_again(evidence))
    cache = CachedEvidence(store, capacity=2000)
    cache.keep(evidence_digest(small), small)
    cache.keep(evidence_digest(large), large)
    assert (True, False) == (_kept(cache, small), _kept(cache, large))


def _evidence_again(evidence: Evidence) -> Evidence:
    return Evidence(
        suite_run=evidence.suite_run,
        test_ids=evidence.test_ids,
        states=evidence.states,
        durations=evidence.durations,
        details=evidence.details,
    )
