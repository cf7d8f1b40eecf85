"""Runs that were given no name get one that sorts by time."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopack_executor.gate.run_name import generated_run_id
from autopack_model.identity.value import check_run_id

MOMENTS = st.integers(min_value=0, max_value=253_402_300_799_999)
ENTROPY = st.integers(min_value=0, max_value=2**32 - 1)


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of the machine."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("time_zone")
def test_a_name_tells_its_time() -> None:
    """Wherever the machine is, a name is the moment in UTC, to the millisecond, and the entropy in hex."""
    assert "20231114t221320007-0000002a" == generated_run_id(1_700_000_000_007, 42)


@given(MOMENTS, ENTROPY)
def test_every_name_can_be_a_run_id(now_ms: int, entropy: int) -> None:
    """Whatever the time, the name is a run id."""
    check_run_id(generated_run_id(now_ms, entropy))


@given(MOMENTS, MOMENTS, ENTROPY, ENTROPY)
def test_names_sort_by_time(first_ms: int, second_ms: int, one: int, other: int) -> None:
    """An earlier run has a smaller name, whatever the entropy."""
    if first_ms < second_ms:
        assert generated_run_id(first_ms, one) < generated_run_id(second_ms, other)
