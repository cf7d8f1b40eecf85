"""The tests of a module or class, and what else it holds (decision 32)."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from autopack_executor.syntax.definitions import parameters
from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.scopes import FUNCTION, is_docstring


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The tests of a module or class by their names, and the other statements; imports and docstrings are neither."""

    tests: dict[str, ast.stmt]
    rest: list[ast.stmt]

    @staticmethod
    def of(body: Iterable[ast.stmt]) -> "Parts":
        """The parts of these statements."""
        tests: dict[str, ast.stmt] = {}
        rest: list[ast.stmt] = []
        for node in body:
            name = _test_name(node)
            if name is not None:
                if name in tests:
                    rest.append(node)  # the second one of a name is what runs
                tests[name] = node
            elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not is_docstring(node):
                rest.append(node)
        return Parts(tests=tests, rest=rest)


def _test_name(node: ast.stmt) -> str | None:
    """The name of a test or of a class of tests; None for anything else. A class of unittest may have any name."""
    if isinstance(node, ast.ClassDef):
        of_unittest = any(last_name(base).endswith("TestCase") for base in node.bases)
        return node.name if of_unittest or node.name.lower().startswith("test") else None
    if isinstance(node, FUNCTION) and node.name.lower().startswith("test"):
        return node.name
    return None


def filled_by_patches(function: ast.AST) -> frozenset[str]:
    """The parameters of a function that decorators of mock fill: one for each that is not told what to put in place."""
    count = sum(map(_fills, getattr(function, "decorator_list", ())))
    return frozenset([name for name in parameters(function) if name not in ("self", "cls")][:count])


def _fills(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or any(each.arg in (None, "new") for each in decorator.keywords):
        return False
    func = decorator.func
    if last_name(func) == "patch":
        return len(decorator.args) == 1
    of_patch = isinstance(func, ast.Attribute) and func.attr == "object" and last_name(func.value) == "patch"
    return of_patch and len(decorator.args) == 2
