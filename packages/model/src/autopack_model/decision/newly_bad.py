"""The tests that are worse on head than on base, which are run again before the attempt is decided."""

from dataclasses import dataclass

from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState

MAX_NEWLY_BAD = 500
"""With more of them nothing is run again: so many failures have one cause, and it is not chance."""


MAX_KNOWN_RETRIES = 20
"""How many retries of a base, made in earlier attempts, are looked at: the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyBad:
    """A test that is worse on head than on base: its id and its state on each side.

    ``base_id`` and ``base_state`` are None when base does not have the test. ``base_retries`` counts the retries of the
    same base in which earlier attempts ran the test; what they showed is in ``base_state``. Raises InvalidValue when
    only one of the two is None, and for more than MAX_KNOWN_RETRIES.
    """

    head_id: str
    head_state: TestState
    base_id: str | None
    base_state: TestState | None
    base_retries: int = 0

    def __post_init__(self) -> None:
        if (self.base_id is None) != (self.base_state is None):
            raise InvalidValue("tests.base_state", "must be given exactly when base_id is")
        if not 0 <= self.base_retries <= MAX_KNOWN_RETRIES:
            raise InvalidValue("tests.base_retries", f"{self.base_retries} is not 0 to {MAX_KNOWN_RETRIES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyBadTests:
    """The tests to run again, ascending by their ids on head, and the digests of the evidence of the base's retries in
    earlier attempts that say something of them, oldest first.
    """

    tests: tuple[NewlyBad, ...] = ()
    base_retries: tuple[str, ...] = ()
