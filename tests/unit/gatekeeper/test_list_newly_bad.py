"""Which tests are to be run again, from what the store holds."""

import pytest

from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.usecases.list_newly_bad import ListNewlyBad, list_newly_bad
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_model.decision.newly_bad import NewlyBad, NewlyBadTests
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.judging import NO_FILES

ATTEMPT = AttemptRef(run_id="run-1", phase="gate", attempt=1)
GOOD, BAD = make_evidence({"a::x": TestState.PASSED}), make_evidence({"a::x": TestState.FAILED})
RETRY = make_evidence({"a::x": TestState.FAILED}, deselected=1)


@pytest.fixture
def store() -> InMemoryStore:
    """A store with an attempt."""
    made = InMemoryStore()
    made.add_changed_files(ATTEMPT, NO_FILES)
    return made


def asked(base: str, head: str) -> ListNewlyBad:
    """A request to compare what these digests name."""
    return ListNewlyBad(attempt=ATTEMPT, base_evidence_digest=base, head_evidence_digest=head)


def test_earlier_retries_of_the_base_are_looked_up(store: InMemoryStore) -> None:
    """Where a test is newly bad, the store is asked what other attempts know of the base."""
    base, retry = store.add(GOOD), store.add(RETRY)
    request = asked(base, store.add(BAD))
    plain = NewlyBad(head_id="a::x", head_state=TestState.FAILED, base_id="a::x", base_state=TestState.PASSED)
    assert NewlyBadTests(tests=(plain,)) == list_newly_bad(store, RecentSides(), request)
    store.retries_of[base] = (retry,)
    found = list_newly_bad(store, RecentSides(), request)
    assert (TestState.FLAKY, 1, (retry,)) == (
        found.tests[0].base_state,
        found.tests[0].base_retries,
        found.base_retries,
    )


def test_nothing_is_looked_up_where_nothing_is_newly_bad(store: InMemoryStore) -> None:
    """A comparison without a newly bad test reads no retry."""
    base = store.add(BAD)
    store.retries_of[base] = ("sha256:" + "0" * 64,)
    assert NewlyBadTests() == list_newly_bad(store, RecentSides(), asked(base, store.add(GOOD)))


def test_another_retry_than_was_asked_for_is_damage(store: InMemoryStore) -> None:
    """A retry that does not have its digest decides nothing."""
    base, wrong = store.add(GOOD), store.add(RETRY, under="sha256:" + "0" * 64)
    store.retries_of[base] = (wrong,)
    with pytest.raises(DamagedAnswer):
        list_newly_bad(store, RecentSides(), asked(base, store.add(BAD)))


@pytest.mark.parametrize("count", [-1, 21])
def test_a_count_of_retries_out_of_range_is_refused(count: int) -> None:
    """No more retries of a base count than are looked at."""
    with pytest.raises(InvalidValue, match="base_retries"):
        NewlyBad(head_id="a", head_state=TestState.FAILED, base_id=None, base_state=None, base_retries=count)
