"""What of an old result could not be placed, and why: every pointer of it, not only the first."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_model.errors import BadRequest, InvalidValue

WHOLE_DOCUMENT = ""
"""The JSON pointer (RFC 6901) of the document itself."""


def child(pointer: str, token: str | int) -> str:
    """The pointer of the member or element ``token`` of what ``pointer`` names."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A value that cannot be placed, all that lies below it included, or one that is missing there."""

    pointer: str
    problem: str


class OldResultRefused(BadRequest):
    """An old result holds what cannot be placed. ``problems`` are ascending by pointer; nothing was recorded."""

    reason = "OLD_RESULT_REFUSED"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            f"{len(problems)} values of the old result cannot be placed; correct them, nothing was recorded"
            if len(problems) != 1
            else "1 value of the old result cannot be placed; correct it, nothing was recorded"
        )
        self.problems = problems


class Unplaceable(Exception):
    """A value was refused; why is among the refusals already."""


class Refusals:
    """The problems found so far."""

    def __init__(self) -> None:
        self._found: set[Problem] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, pointer: str, problem: str) -> None:
        """Note that the value at ``pointer`` cannot be placed."""
        self._found.add(Problem(pointer=pointer, problem=problem))

    def unplaceable(self, pointer: str, *others: str, problem: str) -> Unplaceable:
        """Note that of each pointer, and return the exception to raise."""
        for each in (pointer, *others):
            self.add(each, problem)
        return Unplaceable(pointer, *others)

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Go on behind the block when something in it was unplaceable."""
        with contextlib.suppress(Unplaceable):
            yield

    @contextlib.contextmanager
    def at(self, pointer: str, *others: str) -> Iterator[None]:
        """Turn InvalidValue inside the block into a problem of each pointer. Raises Unplaceable in its stead."""
        try:
            yield
        except InvalidValue as error:
            raise self.unplaceable(pointer, *others, problem=error.problem) from error

    @contextlib.contextmanager
    def settling(self, places: Mapping[str, tuple[str, ...]]) -> Iterator[None]:
        """Turn InvalidValue inside the block into OldResultRefused. ``places`` are the pointers of the fields by their
        paths in the contract; what has none is a problem of the whole document.
        """
        try:
            yield
        except InvalidValue as error:
            for pointer in places.get(error.path, ()):
                self.add(pointer, error.problem)
            if not self:
                self.add(WHOLE_DOCUMENT, str(error))
            self.settle()

    def settle(self) -> None:
        """Raise OldResultRefused when there are problems."""
        if self._found:
            raise OldResultRefused(tuple(sorted(self._found, key=lambda found: (found.pointer, found.problem))))
