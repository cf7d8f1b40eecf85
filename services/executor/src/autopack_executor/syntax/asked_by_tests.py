"""What the tests of a suite give to the functions that they call."""

import ast
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.found import last_name, text_of
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.plain import constants_of, is_literal
from autopack_executor.syntax.versions import FunctionNode


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCall:
    """What a test gives to a function of this name: the constants in the test, as they are written, and the values of
    the lists, tuples, sets and dictionaries in it.
    """

    __test__ = False

    test: str
    constants: frozenset[str]
    containers: tuple[object, ...] = ()


def calls_of_tests(tests: Mapping[str, ast.Module]) -> dict[str, list[TestCall]]:
    """The test functions that call each function, by the function's last name. ``tests`` are modules by their paths."""
    found: dict[str, list[TestCall]] = {}
    for path, module in sorted(tests.items()):
        values = constants_of(module.body)
        for name, function in test_functions(module):
            constants = {
                repr(each.value)
                for node in ast.walk(function)
                for each in ([node] if not isinstance(node, ast.Name) else ast.walk(values.get(node.id, node)))
                if isinstance(each, ast.Constant)
            }
            constants |= {
                text_of(each) for each in ast.walk(function) if isinstance(each, ast.UnaryOp) and is_literal(each)
            }
            containers = tuple(_containers(function, values))
            for called in {last_name(each) for each in ast.walk(function) if isinstance(each, ast.Call)}:
                call = TestCall(test=f"{path}::{name}", constants=frozenset(constants), containers=containers)
                found.setdefault(called, []).append(call)
    return found


def test_functions(module: ast.Module) -> "Iterator[tuple[str, FunctionNode]]":
    """The tests of a module and of its classes by their names in test ids."""
    for node in module.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, Function) and each.name.startswith("test"):
                    yield f"{node.name}::{each.name}", each


test_functions.__test__ = False  # type: ignore[attr-defined]


def _containers(function: FunctionNode, values: Mapping[str, ast.expr]) -> Iterator[object]:
    for node in ast.walk(function):
        written = values.get(node.id, node) if isinstance(node, ast.Name) else node
        if isinstance(written, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and is_literal(written):
            with contextlib.suppress(ValueError, TypeError):
                yield ast.literal_eval(written)
