"""The part of pytest that combinations use, written anew, so that the oracle needs no pytest."""

import types
import unittest
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Target = TypeVar("Target", bound=Callable[..., object])


class Skipped(unittest.SkipTest):
    """A test says that it is skipped."""


class DidNotRaise(BaseException):
    """Nothing was raised within ``raises``."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A mark, which is also the decorator that adds it."""

    name: str
    condition: bool = True
    values: Sequence[Sequence[object]] = ()
    names: Sequence[str] = ()

    def __call__(self, target: Target) -> Target:
        """Add the mark to a function or class."""
        MARKS.setdefault(target, []).append(self)
        return target


MARKS: dict[Callable[..., object], list[Mark]] = {}
FIXTURES: set[Callable[..., object]] = set()


class Marks:
    """``pytest.mark``."""

    def skip(self, *, reason: str) -> Mark:
        """Skips."""
        return Mark(name="skip")

    def skipif(self, condition: bool, *, reason: str) -> Mark:
        """Skips, perhaps."""
        return Mark(name="skip", condition=condition)

    def xfail(self, *, reason: str) -> Mark:
        """Expects a failure."""
        return Mark(name="xfail")

    def parametrize(self, names: Sequence[str], values: Sequence[Sequence[object]]) -> Mark:
        """Runs once for each of the values."""
        return Mark(name="parametrize", names=names, values=values)


class Raises:
    """``pytest.raises``."""

    def __init__(self, expected: type[BaseException]) -> None:
        self._expected = expected

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        """Swallow what is expected."""
        if kind is None:
            raise DidNotRaise
        return issubclass(kind, self._expected)


class Approx:
    """``pytest.approx`` of a number."""

    def __init__(self, expected: float) -> None:
        self._expected = expected

    __hash__ = None  # type: ignore[assignment] # as of every class that says what equals it

    def __eq__(self, other: object) -> bool:
        """Whether it is nearly the same number."""
        if not isinstance(other, int | float):
            return False
        return abs(other - self._expected) <= max(1e-6 * abs(self._expected), 1e-12)


def fixture(function: Target) -> Target:
    """``pytest.fixture``."""
    FIXTURES.add(function)
    return function


def skip(reason: str) -> None:
    """``pytest.skip``."""
    raise Skipped(reason)


def little_pytest() -> types.ModuleType:
    """A module to be imported as pytest."""
    module = types.ModuleType("pytest")
    for name, value in _members():
        setattr(module, name, value)
    return module


def _members() -> Iterator[tuple[str, object]]:
    yield from (("mark", Marks()), ("raises", Raises), ("approx", Approx), ("fixture", fixture), ("skip", skip))
