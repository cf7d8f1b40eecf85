"""The tests that are worse on head than on base, which are run again before the attempt is decided."""

from dataclasses import dataclass

from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState

MAX_NEWLY_BAD = 500
"""With more of them nothing is run again: so many failures have one cause, and it is not chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyBad:
    """A test that is worse on head than on base: its id and its state on each side.

    ``base_id`` and ``base_state`` are None when base does not have the test. Raises InvalidValue when only one is.
    """

    head_id: str
    head_state: TestState
    base_id: str | None
    base_state: TestState | None

    def __post_init__(self) -> None:
        if (self.base_id is None) != (self.base_state is None):
            raise InvalidValue("tests.base_state", "must be given exactly when base_id is")
