"""The tests that a function with parameters stands for: one function for each of its cases, without the parameters."""

import ast
import copy
import itertools
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import dotted, last_name
from autopack_executor.syntax.plain import constants_of, is_literal, plain

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_MOST = 64
"""How many tests of one function are told apart at most, with those whose ids are not sure."""
_LONG = 80
_MOST_IDS = 8
"""How many ids one case may have."""

_WRITTEN = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.List, ast.Tuple, ast.Set, ast.Dict)
_WORKED_OUT = (ast.UnaryOp, ast.BinOp, ast.unaryop, ast.operator, ast.expr_context, ast.Subscript, ast.Slice)
_REPEATING = (
    *(ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
)
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def instances(function: FunctionNode, module: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """What pytest puts in brackets behind the name of each test, with the function that the test is.

    Only functions all of whose parameters are written in their decorators give any. Where the id depends on what a
    value is, each id that it may have is given: which of them a test has, the suite tells.
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
    taken = _taken(function)
    for chosen in itertools.product(*reversed(axes)):  # the decorator nearest to the function comes first in the id
        given = {name: value for _, case in chosen for name, value in case.items()}
        if all(_may_stand(value, function, name, taken) for name, value in given.items()):
            yield "-".join(identity for identity, _ in chosen), _without(function, kept, given)


def parametrised_names(decorator: ast.expr) -> list[str]:
    """The parameters to which a decorator gives values itself, without the help of a fixture."""
    if not isinstance(decorator, ast.Call) or last_name(decorator) != "parametrize" or not decorator.args:
        return []
    return [] if any(each.arg in (None, "indirect") for each in decorator.keywords) else _names(decorator.args[0])


def _cases(decorator: ast.Call, values: Mapping[str, ast.expr]) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """The ids and the values of each case; none where one of them is not written, or two may have the same id."""
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
    found = [
        _case(node, identity, names, place, several=several)
        for place, (node, identity) in enumerate(zip(listed.elts, written, strict=True))
    ]
    all_ids = [identity for each in found for identity in (each[0] if each is not None else ())]
    if None not in found and len(all_ids) == len(set(all_ids)):
        yield from ((identity, each[1]) for each in found if each is not None for identity in each[0])


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [each.strip() for each in node.value.split(",") if each.strip()]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [str(each.value) for each in node.elts if isinstance(each, ast.Constant)]
    return []


def _case(
    node: ast.expr, identity: ast.expr | None, names: list[str], place: int, *, several: bool
) -> tuple[list[str], dict[str, ast.expr]] | None:
    if isinstance(node, ast.Call) and last_name(node) == "param":
        if any(each.arg != "id" for each in node.keywords):
            return None
        identity = node.keywords[0].value if node.keywords else identity
        parts = node.args
    else:
        parts = node.elts if several and isinstance(node, (ast.List, ast.Tuple)) else [node]
    if len(parts) != len(names) or not all(map(_is_written, parts)):
        return None
    given = dict(zip(names, parts, strict=True))
    if identity is not None:
        known = _text(ast.literal_eval(identity)) if is_literal(identity) else None
        return ([known], given) if known else None
    possible = [_ids(part, f"{name}{place}") for name, part in given.items()]
    if len(ids := ["-".join(each) for each in itertools.product(*possible)]) > _MOST_IDS or not all(ids):
        return None
    return ids, given


def _is_written(node: ast.expr) -> bool:
    """Whether the expression says what it is by constants, names and calls, and binds nothing."""
    return all(isinstance(each, (*_WRITTEN, *_WORKED_OUT)) for each in ast.walk(node))


def _ids(node: ast.expr, numbered: str) -> list[str]:
    """How pytest may write a value in an id: by its text, by its name, or by the name and number of the parameter."""
    if is_literal(node):
        text = _text(ast.literal_eval(node))
        if text is not None and len(text) > _LONG:  # which pytest may number
            return [text, numbered]
        return [numbered if text is None else text]
    if isinstance(node, (ast.Name, ast.Attribute)):
        whole = dotted(node)
        return list(dict.fromkeys([numbered, whole.rpartition(".")[2], ".".join(whole.split(".")[-2:])]))
    return [numbered]


def _text(value: object) -> str | None:
    """A constant as pytest writes it in an id; None for what it numbers."""
    match value:
        case str():
            return value.encode("unicode_escape").decode("ascii").translate(_CONTROL)
        case bytes():
            return value.decode("ascii", "backslashreplace").translate(_CONTROL | {9: "\\t", 10: "\\n", 13: "\\r"})
        case None | bool() | int() | float() | complex():
            return str(value)
        case _:
            return None


def _taken(function: FunctionNode) -> frozenset[str]:
    """The names that mean something else within the function than outside of it."""
    return frozenset(
        name for top in (function.args, *function.body) for node in ast.walk(top) for name in names_bound(node)
    )


def _may_stand(value: ast.expr, function: FunctionNode, name: str, taken: frozenset[str]) -> bool:
    """Whether the function says the same with the value in the place of the parameter.

    A value that is no constant is made once for a test. So it may stand in one place only, and not where that is run
    more often; and its names must mean the same there.
    """
    if any(isinstance(each, ast.Name) and each.id in taken for each in ast.walk(value)):
        return False
    if isinstance(value, (ast.Constant, ast.Name)) or (isinstance(value, ast.UnaryOp) and is_literal(value)):
        return True
    places = [node for top in function.body for node in ast.walk(top) if isinstance(node, ast.Name) and node.id == name]
    repeated = {
        id(node)
        for top in function.body
        for outer in ast.walk(top)
        if isinstance(outer, _REPEATING)
        for node in ast.walk(outer)
    }
    return len(places) == 1 and id(places[0]) not in repeated


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
