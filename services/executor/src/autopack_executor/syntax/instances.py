"""The tests that a function with parameters stands for: one function for each of its cases, without the parameters."""

import ast
import copy
import itertools
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.plain import constants_of, is_literal, plain

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_MOST = 64
"""How many tests of one function are told apart at most."""


def instances(function: FunctionNode, module: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """What pytest puts in brackets behind the name of each test, with the function that the test is.

    Only functions all of whose parameters are written in their decorators, with ids that are sure, give any.
    """
    values = constants_of(module.body)
    axes: list[list[tuple[str, dict[str, ast.expr]]]] = []
    kept: list[ast.expr] = []
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or last_name(decorator) != "parametrize":
            kept.append(decorator)
            continue
        cases = list(_cases(decorator, values))
        if not cases:
            return
        axes.append(cases)
    count = 1
    for axis in axes:
        count *= len(axis)
    if not axes or count > _MOST:
        return
    for chosen in itertools.product(*reversed(axes)):  # the decorator nearest to the function comes first in the id
        given = {name: value for _, case in chosen for name, value in case.items()}
        yield "-".join(identity for identity, _ in chosen), _without(function, kept, given)


def _cases(decorator: ast.Call, values: Mapping[str, ast.expr]) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """The id and the values of each case; none where one of them is not sure."""
    if len(decorator.args) != 2 or any(each.arg != "ids" for each in decorator.keywords):
        return
    names = _names(decorator.args[0])
    listed = plain(decorator.args[1], values)
    ids = plain(decorator.keywords[0].value, values) if decorator.keywords else None
    if not isinstance(listed, (ast.List, ast.Tuple)) or not names:
        return
    if ids is not None and not (isinstance(ids, (ast.List, ast.Tuple)) and len(ids.elts) == len(listed.elts)):
        return
    written = ids.elts if isinstance(ids, (ast.List, ast.Tuple)) else [None] * len(listed.elts)
    first = decorator.args[0]
    several = not isinstance(first, ast.Constant) or "," in str(first.value)
    found = [_case(node, identity, names, several) for node, identity in zip(listed.elts, written, strict=True)]
    known = [each for each in found if each is not None]
    if len(known) == len(found) == len({identity for identity, _ in known}):
        yield from known


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [each.strip() for each in node.value.split(",") if each.strip()]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [str(each.value) for each in node.elts if isinstance(each, ast.Constant)]
    return []


def _case(
    node: ast.expr, identity: ast.expr | None, names: list[str], several: bool
) -> tuple[str, dict[str, ast.expr]] | None:
    if isinstance(node, ast.Call) and last_name(node) == "param":
        if any(each.arg != "id" for each in node.keywords):
            return None
        identity = node.keywords[0].value if node.keywords else identity
        parts = node.args
    else:
        parts = node.elts if several and isinstance(node, (ast.List, ast.Tuple)) else [node]
    if len(parts) != len(names) or not all(map(is_literal, parts)):
        return None
    texts = [_identity(identity)] if identity is not None else [_identity(each) for each in parts]
    known = [each for each in texts if each is not None]
    return ("-".join(known), dict(zip(names, parts, strict=True))) if len(known) == len(texts) else None


def _identity(node: ast.expr) -> str | None:
    """How pytest writes a value in an id, where that is the value itself."""
    value: object = ast.literal_eval(node)
    if isinstance(value, str):
        return value if value and value.isascii() and value.isprintable() and "[" not in value else None
    return str(value) if value is None or isinstance(value, (bool, int, float)) else None


def _without(function: FunctionNode, kept: list[ast.expr], given: Mapping[str, ast.expr]) -> FunctionNode:
    made = copy.copy(function)
    made.args = copy.deepcopy(function.args)
    for name in ("posonlyargs", "args", "kwonlyargs"):
        setattr(made.args, name, [each for each in getattr(made.args, name) if each.arg not in given])
    made.decorator_list = kept
    made.body = [_Given(given).visit(copy.deepcopy(each)) for each in function.body]
    return made


class _Given(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return copy.deepcopy(self._given[node.id]) if node.id in self._given else node
