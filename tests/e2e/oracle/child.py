"""Runs test functions on product modules, without pytest and without Autopack: a process of its own.

Reads a list of suites from the standard input as JSON, and writes the outcomes of each to the standard output: the name
of a test to ``passed``, ``failed`` or ``muted``. A module that cannot be imported has one outcome, under its own name.
"""

import inspect
import json
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from typing import TypedDict

from tests.e2e.oracle.little_pytest import FIXTURES, MARKS, Mark, Skipped, little_pytest


class Suite(TypedDict):
    """A product module called ``module``, and test modules. ``alias`` is a name that the product gets besides another
    one that it has, or is empty.
    """

    module: str
    product: str
    alias: list[str]
    tests: dict[str, str]


def main() -> None:
    """Run the suites."""
    suites: list[Suite] = json.load(sys.stdin)
    sys.modules["pytest"] = little_pytest()
    json.dump([dict(outcomes(suite)) for suite in suites], sys.stdout)


def outcomes(suite: Suite) -> Iterator[tuple[str, str]]:
    """The outcome of each test of a suite, in order. All its modules share one product module, as in a real run."""
    package, full_name = types.ModuleType("shop"), f"shop.{suite['module']}"
    package.__path__ = []
    product = types.ModuleType(full_name)
    sys.modules["shop"] = package
    try:
        exec(suite["product"], product.__dict__)
    except Exception:  # noqa: BLE001 - then the tests cannot import it
        sys.modules.pop(full_name, None)
    else:
        sys.modules[full_name] = product
        setattr(package, suite["module"], product)
        if suite["alias"]:
            new, old = suite["alias"]
            setattr(product, old, getattr(product, new))
    for name, source in sorted(suite["tests"].items()):
        module = types.ModuleType(name)
        try:
            exec(source, module.__dict__)
        except Exception:  # noqa: BLE001 - whatever a module raises on import
            yield name, "failed"
        else:
            for test, outcome in _of_module(module):
                yield f"{name}::{test}", outcome


def _of_module(module: types.ModuleType) -> Iterator[tuple[str, str]]:
    everywhere = [mark for name, mark in vars(module).items() if name == "pytestmark" and isinstance(mark, Mark)]
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            for method in unittest.TestLoader().getTestCaseNames(value):
                yield f"{name}::{method}", _unittest_outcome(value, method, everywhere)
        elif isinstance(value, type) and name.startswith("Test"):
            for method in [each for each in vars(value) if each.startswith("test_")]:
                function = vars(value)[method]
                marks = [*everywhere, *MARKS.get(value, []), *MARKS.get(function, [])]
                yield f"{name}::{method}", _outcome(getattr(value(), method), {}, marks)
        elif inspect.isfunction(value) and name.startswith("test_"):
            yield from _of_function(module, name, value, everywhere)


def _of_function(
    module: types.ModuleType, name: str, function: Callable[..., object], everywhere: list[Mark]
) -> Iterator[tuple[str, str]]:
    marks = [*everywhere, *MARKS.get(function, [])]
    tables = [mark for mark in marks if mark.name == "parametrize"]
    fixtures = {
        parameter: getattr(module, parameter)
        for parameter in inspect.signature(function).parameters
        if getattr(module, parameter, None) in FIXTURES
    }
    if not tables:
        yield name, _outcome(function, {key: make() for key, make in fixtures.items()}, marks)
        return
    for number, values in enumerate(tables[0].values):
        yield f"{name}[{number}]", _outcome(function, dict(zip(tables[0].names, values, strict=True)), marks)


def _outcome(function: Callable[..., object], arguments: dict[str, object], marks: list[Mark]) -> str:
    if any(mark.name == "skip" and mark.condition for mark in marks):
        return "muted"
    try:
        function(**arguments)
    except Skipped:
        return "muted"
    except BaseException:  # noqa: BLE001 - whatever a test raises
        return "muted" if any(mark.name == "xfail" for mark in marks) else "failed"
    return "passed"


def _unittest_outcome(case: type[unittest.TestCase], method: str, everywhere: list[Mark]) -> str:
    marks = [*everywhere, *MARKS.get(vars(case)[method], [])]
    result = unittest.TestResult()

    def run() -> None:
        case(method).run(result)
        if result.skipped:
            raise Skipped(method)
        if not result.wasSuccessful():
            raise AssertionError(method)

    return _outcome(run, {}, marks)


if __name__ == "__main__":
    main()
