"""Checks that are gone from one test because another one makes them now."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from autopack_executor.syntax.checks import Check
from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.versions import Version

_MUTING = frozenset({"skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure"})


class MovedChecks:
    """What the tests of the changed modules check on both sides, all in all: a test that became two checks as much.

    Of head only a check that its test surely makes counts.
    """

    def __init__(self, before: Iterable[Version], after: Iterable[Version]) -> None:
        self._before = tuple(before)
        self._after = tuple(after)

    def took(self, check: Check) -> bool:
        """Whether a check that its test lost is made as often as before. Each loss is asked for once."""
        if self._missing[check.key] < 1:
            return True
        self._missing[check.key] -= 1
        return False

    @cached_property
    def _missing(self) -> Counter[str]:
        missing = Counter(each.key for version in self._before for each in version.body.checks)
        missing.subtract(_sure(self._after))
        return missing


def _sure(versions: Iterable[Version]) -> Iterator[str]:
    for version in versions:
        if not _MUTING.intersection(map(last_name, version.decorators)):
            for each in version.body.checks:
                if not (each.conditions.dead or each.conditions.under or each.conditions.inner):
                    yield each.key
