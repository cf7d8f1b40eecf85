"""What a candidate makes of the product, and what of the tests."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from tests.e2e.oracle.written import Check, Mute, Style, TestModule, Wrapping, Written


class ProductEdit(enum.Enum):
    """What becomes of the product function."""

    WRONG = "wrong"
    ALWAYS_WRONG = "always_wrong"
    UNIMPORTABLE = "unimportable"
    DELETED = "deleted"
    RENAMED = "renamed"
    RENAMED_AND_WRONG = "renamed_and_wrong"
    OTHER_WORDS = "other_words"
    NONE = "none"


class TestEdit(enum.Enum):
    """What becomes of the tests; most edits are about one of them."""

    __test__ = False

    NOT_NONE = "not_none"
    TYPE = "type"
    TRUE = "true"
    EXPECTATION = "expectation"
    SKIP = "skip"
    SKIPIF = "skipif"
    XFAIL = "xfail"
    SKIP_INSIDE = "skip_inside"
    MODULE_MUTED = "module_muted"
    DELETED = "deleted"
    MODULE_DELETED = "module_deleted"
    RENAMED = "renamed"
    RENAMED_AND_WEAKENED = "renamed_and_weakened"
    RETURN = "return"
    CONDITION = "condition"
    SWALLOWED = "swallowed"
    ASSERTION_SWALLOWED = "assertion_swallowed"
    MOCK = "mock"
    MOCK_LEFT = "mock_left"
    MOVED = "moved"
    MOVED_AND_WEAKENED = "moved_and_weakened"
    ALL_MOVED = "all_moved"
    SAMPLES_DROPPED = "samples_dropped"
    SAMPLES_REORDERED = "samples_reordered"
    INPUT = "input"
    PARAMETRISED = "parametrised"
    OTHER_STYLE = "other_style"
    STRENGTHENED = "strengthened"
    TEST_ADDED = "test_added"
    REDEFINED = "redefined"
    FOLLOWED = "followed"
    REFORMATTED = "reformatted"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The test modules of a candidate so far: the one that base has, None where it is deleted, and a second one.

    ``index`` says which test the edits are about, None that they are about each. ``observed`` maps a sample's
    arguments to what the product of head gives, as source; an exception is not in it.
    """

    first: TestModule | None
    second: TestModule | None = None
    index: int | None
    function: str
    observed: Mapping[str, str]

    @property
    def chosen(self) -> tuple[Written, ...]:
        """The tests that an edit is about."""
        tests = () if self.first is None else self.first.tests
        return tests if self.index is None or not tests else (tests[self.index % len(tests)],)

    def on_test(self, change: Callable[[Written], Written]) -> "Edited":
        """The same with the chosen tests changed."""
        chosen = self.chosen
        return self.on_module(
            lambda module: replace(
                module, tests=tuple(change(test) if test in chosen else test for test in module.tests)
            )
        )

    def on_module(self, change: Callable[[TestModule], TestModule]) -> "Edited":
        """The same with the first module changed."""
        return self if self.first is None else replace(self, first=change(self.first))


def _weaker(test: Written) -> Written:
    weak = Check.ANYTHING_RAISED if test.check is Check.RAISES else Check.TYPE
    return replace(test, check=weak)


def _as_observed(observed: Mapping[str, str], test: Written) -> Written:
    if test.check is Check.RAISES:
        return replace(test, check=Check.ANYTHING_RAISED)
    seen = tuple((arguments, observed.get(arguments, expected)) for arguments, expected in test.samples)
    return replace(test, samples=seen)


def _renamed(test: Written) -> Written:
    return replace(test, name=f"{test.name}_anew")


def _moved(edited: Edited, change: Callable[[Written], Written]) -> Edited:
    module, chosen = edited.first, edited.chosen
    if module is None or not chosen:
        return edited
    moved = tuple(change(test) for test in chosen)
    return replace(
        edited,
        first=_without(module, chosen),
        second=replace(module, tests=moved, steady=False, redefined=""),
    )


def _without(module: TestModule, gone: tuple[Written, ...]) -> TestModule:
    return replace(module, tests=tuple(test for test in module.tests if test not in gone))


def _other_samples(module: TestModule, test: Written) -> Written:
    pool = module.subject.raising if test.check is Check.RAISES else module.subject.samples
    return replace(test, samples=(pool[-1],))


def _with_sample(module: TestModule, test: Written) -> Written:
    if test.check is Check.RAISES or test.style is Style.FIXTURE:
        return replace(test, also_not_none=test.check is not Check.RAISES)
    return replace(test, samples=(*test.samples, *module.subject.samples[-1:]))


def _with_test(module: TestModule) -> TestModule:
    added = Written(
        name=f"test_{module.subject.name}_new",
        style=Style.FUNCTION,
        check=Check.EQUAL,
        samples=module.subject.samples[:1],
    )
    return replace(module, tests=(*module.tests, added))


_OTHER_STYLES = {Style.FUNCTION: Style.CLASS, Style.CLASS: Style.FUNCTION, Style.UNITTEST: Style.FUNCTION}


def _mute(how: Mute) -> Callable[[Edited], Edited]:
    return lambda edited: edited.on_test(
        lambda test: replace(test, mute=Mute.UNITTEST if test.style is Style.UNITTEST and how is Mute.SKIP else how)
    )


def _wrap(how: Wrapping) -> Callable[[Edited], Edited]:
    return lambda edited: edited.on_test(lambda test: replace(test, wrapping=how))


def _check(how: Check) -> Callable[[Edited], Edited]:
    return lambda edited: edited.on_test(lambda test: replace(test, check=how))


def _anew(edited: Edited) -> Edited:
    """The test has other samples, and the product's own answers to them as what is expected."""
    module = edited.first
    if module is None:
        return edited
    with_others = edited.on_test(lambda test: replace(_other_samples(module, test), style=Style.PARAMETRISED))
    return with_others.on_test(lambda test: _as_observed(edited.observed, test))


def _strengthened(edited: Edited) -> Edited:
    module = edited.first
    return edited if module is None else edited.on_test(lambda test: _with_sample(module, test))


def _input(edited: Edited) -> Edited:
    module = edited.first
    return edited if module is None else edited.on_test(lambda test: _other_samples(module, test))


APPLY: Final[Mapping[TestEdit, Callable[[Edited], Edited]]] = MappingProxyType(
    {
        TestEdit.NONE: lambda edited: edited,
        TestEdit.REFORMATTED: lambda edited: edited.on_module(lambda module: replace(module, reformatted=True)),
        TestEdit.FOLLOWED: lambda edited: edited.on_module(lambda module: replace(module, function=edited.function)),
        TestEdit.NOT_NONE: _check(Check.NOT_NONE),
        TestEdit.TYPE: _check(Check.TYPE),
        TestEdit.TRUE: _check(Check.TRUE),
        TestEdit.EXPECTATION: lambda edited: edited.on_test(lambda test: _as_observed(edited.observed, test)),
        TestEdit.SKIP: _mute(Mute.SKIP),
        TestEdit.SKIPIF: _mute(Mute.SKIPIF),
        TestEdit.XFAIL: _mute(Mute.XFAIL),
        TestEdit.SKIP_INSIDE: _mute(Mute.INSIDE),
        TestEdit.MODULE_MUTED: lambda edited: edited.on_module(lambda module: replace(module, muted=True)),
        TestEdit.DELETED: lambda edited: edited.on_module(lambda module: _without(module, edited.chosen)),
        TestEdit.MODULE_DELETED: lambda edited: replace(edited, first=None),
        TestEdit.RENAMED: lambda edited: edited.on_test(_renamed),
        TestEdit.RENAMED_AND_WEAKENED: lambda edited: edited.on_test(lambda test: _weaker(_renamed(test))),
        TestEdit.RETURN: _wrap(Wrapping.RETURN),
        TestEdit.CONDITION: _wrap(Wrapping.CONDITION),
        TestEdit.SWALLOWED: _wrap(Wrapping.SWALLOWED),
        TestEdit.ASSERTION_SWALLOWED: _wrap(Wrapping.ASSERTION_SWALLOWED),
        TestEdit.MOCK: _wrap(Wrapping.MOCK),
        TestEdit.MOCK_LEFT: _wrap(Wrapping.MOCK_LEFT),
        TestEdit.MOVED: lambda edited: _moved(edited, lambda test: test),
        TestEdit.MOVED_AND_WEAKENED: lambda edited: _moved(edited, _weaker),
        TestEdit.ALL_MOVED: lambda edited: replace(edited, first=None, second=edited.first),
        TestEdit.SAMPLES_DROPPED: lambda edited: edited.on_test(lambda test: replace(test, samples=test.samples[-1:])),
        TestEdit.SAMPLES_REORDERED: lambda edited: edited.on_test(
            lambda test: replace(test, samples=test.samples[::-1])
        ),
        TestEdit.INPUT: _input,
        TestEdit.PARAMETRISED: _anew,
        TestEdit.OTHER_STYLE: lambda edited: edited.on_test(
            lambda test: replace(test, style=_OTHER_STYLES.get(test.style, test.style))
        ),
        TestEdit.STRENGTHENED: _strengthened,
        TestEdit.TEST_ADDED: lambda edited: edited.on_module(_with_test),
        TestEdit.REDEFINED: lambda edited: edited.on_module(
            lambda module: replace(module, redefined="".join(test.name for test in edited.chosen[:1]))
        ),
    }
)
