"""A test module as a value, and how it is written down."""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.e2e.oracle.subjects import Subject

MODULE = "MODULE"
"""Stands for the name of the product module in all sources, until a combination has its number."""

_ASSERT = re.compile("^( +)assert ", re.MULTILINE)
_SAID = r"\1# said in other words\n\1assert "


class Style(enum.Enum):
    """How a test is put together."""

    FUNCTION = "function"
    CLASS = "class"
    UNITTEST = "unittest"
    PARAMETRISED = "parametrised"
    FIXTURE = "fixture"
    LOOP = "loop"


class Check(enum.Enum):
    """What a test asserts of a call. Those from NOT_NONE on are weak."""

    EQUAL = "equal"
    APPROX = "approx"
    IN = "in"
    LENGTH = "length"
    RAISES = "raises"
    NOT_NONE = "not_none"
    TYPE = "type"
    ANYTHING_RAISED = "anything_raised"
    TRUE = "true"


class Mute(enum.Enum):
    """How a test is muted."""

    SKIP = "@pytest.mark.skip(reason='later')"
    SKIPIF = "@pytest.mark.skipif(True, reason='later')"
    XFAIL = "@pytest.mark.xfail(reason='later')"
    UNITTEST = "@unittest.skip('later')"
    INSIDE = "pytest.skip('later')"


class Wrapping(enum.Enum):
    """What stands around or before the assertions of a test, in the place of ``{}``."""

    RETURN = "return\n{}"
    CONDITION = "if MODULE_NAME == 'never':\n    {}"
    SWALLOWED = "try:\n    {}\nexcept Exception:\n    pass"
    ASSERTION_SWALLOWED = "try:\n    {}\nexcept AssertionError:\n    pass"
    MOCK = "with unittest.mock.patch.object(shop.MODULE, '{name}', return_value={expected}):\n    {}"
    MOCK_LEFT = "shop.MODULE.{name} = lambda *_: {expected}\n{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One test: ``samples`` are pairs of arguments and what is expected, as source."""

    name: str
    style: Style
    check: Check
    samples: tuple[tuple[str, str], ...]
    mute: Mute | None = None
    wrapping: Wrapping | None = None
    also_not_none: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModule:
    """The tests of a product module. ``function`` is the name under which they know the product function.

    ``by_name`` says that they import the function and not its module, ``steady`` that there is a test of something
    that no edit touches, ``redefined`` which test is defined again, as one that passes.
    """

    __test__ = False

    subject: Subject
    function: str
    tests: tuple[Written, ...]
    by_name: bool
    steady: bool
    muted: bool = False
    reformatted: bool = False
    redefined: str = ""

    def source(self) -> str:
        """The module as it stands in the repository, but for the name of the product module."""
        needed = [self.function] if self.by_name and self.tests else []
        names = f"from shop.{MODULE} import {', '.join([*needed, 'label'])}\n"
        parts = [f"import unittest\nimport unittest.mock\n\nimport pytest\n\nimport shop.{MODULE}\n{names}"]
        if self.muted:
            parts.append("pytestmark = pytest.mark.skip(reason='later')\n")
        if self.steady:
            parts.append(f"def test_label():\n    assert '{MODULE}' == label()\n")
        parts += ["".join(f"{line}\n" for line in self._test(test)) for test in self.tests]
        if self.redefined:
            parts.append(f"def {self.redefined}():\n    pass\n")
        if self.reformatted:
            parts = [f"# reformatted\n{_ASSERT.sub(_SAID, part)}" for part in parts]
        return ("\n\n\n\n" if self.reformatted else "\n\n").join(parts)

    def _test(self, test: Written) -> Iterator[str]:
        mute = [] if test.mute is None or test.mute is Mute.INSIDE else [test.mute.value]
        name, title = test.name, "".join(part.title() for part in test.name.split("_")[1:])
        if test.style is Style.FUNCTION:
            yield from (*mute, f"def {name}():", *_indented(self._checks(test)))
        elif test.style is Style.LOOP:
            yield from (*mute, f"def {name}():", f"    for given, expected in {_table(test)}:")
            yield from _indented(_indented(self._body(test, "*given", "expected")))
        elif test.style is Style.CLASS:
            method = (*mute, f"def {name}(self):", *_indented(self._checks(test)))
            yield from (f"class Test{title}:", *_indented(method))
        elif test.style is Style.UNITTEST:
            method = (*mute, f"def {name}(self):", *_indented(self._checks(test)))
            yield from (f"class {title}Test(unittest.TestCase):", *_indented(method))
        elif test.style is Style.PARAMETRISED:
            yield f"@pytest.mark.parametrize(('given', 'expected'), {_table(test)})"
            yield from (*mute, f"def {name}(given, expected):", *_indented(self._body(test, "*given", "expected")))
        else:
            arguments, expected = test.samples[0]
            yield from ("@pytest.fixture", f"def {name[5:]}_given():", f"    return ({arguments},)", "", "")
            yield from (*mute, f"def {name}({name[5:]}_given):")
            yield from _indented(self._body(test, f"*{name[5:]}_given", expected))

    def _checks(self, test: Written) -> list[str]:
        return [line for arguments, expected in test.samples for line in self._body(test, arguments, expected)]

    def _body(self, test: Written, arguments: str, expected: str) -> list[str]:
        access = self.function if self.by_name else f"shop.{MODULE}.{self.function}"
        call = self.subject.call(access, arguments)
        lines = list(_assertion(test, call, expected, in_unittest=test.style is Style.UNITTEST))
        if test.also_not_none:
            lines.append(f"assert {call} is not None")
        if test.wrapping is not None:
            lines = _wrapped(test.wrapping, lines, self.function, "None" if test.check is Check.RAISES else expected)
        return [Mute.INSIDE.value, *lines] if test.mute is Mute.INSIDE else lines


def _assertion(test: Written, call: str, expected: str, *, in_unittest: bool) -> Iterator[str]:
    match test.check:
        case Check.EQUAL:
            yield f"self.assertEqual({expected}, {call})" if in_unittest else f"assert {expected} == {call}"
        case Check.APPROX:
            yield f"assert pytest.approx({expected}) == {call}"
        case Check.IN:
            yield f"assert {call} in [{expected}, 'never']"
        case Check.LENGTH:
            yield f"assert len({expected}) == len({call})"
        case Check.RAISES if in_unittest:
            yield from (f"with self.assertRaises({expected}):", f"    {call}")
        case Check.RAISES:
            yield from (f"with pytest.raises({expected}):", f"    {call}")
        case Check.NOT_NONE:
            yield f"assert {call} is not None"
        case Check.TYPE:
            yield f"assert isinstance({call}, object)"
        case Check.ANYTHING_RAISED:
            yield from ("with pytest.raises(Exception):", f"    {call}")
        case Check.TRUE:
            yield from (call, "assert True")


def _wrapped(wrapping: Wrapping, lines: list[str], name: str, expected: str) -> list[str]:
    found: list[str] = []
    for line in wrapping.value.splitlines():
        if line.strip() == "{}":
            indent = line[: -len("{}")]
            found += [f"{indent}{inner}" for inner in lines]
        else:
            found.append(
                line.replace("MODULE_NAME", "__name__").replace("{name}", name).replace("{expected}", expected)
            )
    return found


def _table(test: Written) -> str:
    return "[" + ", ".join(f"(({arguments},), {expected})" for arguments, expected in test.samples) + "]"


def _indented(lines: Iterator[str] | list[str] | tuple[str, ...]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]
