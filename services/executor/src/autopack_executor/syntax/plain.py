"""Expressions in plain form: what a name stands for in its place, and one order of operands."""

import ast
import copy
from collections.abc import Mapping

from autopack_executor.syntax.forms import names_bound

_MOST_NODES = 3000
_SWAPPED: "dict[type[ast.cmpop], type[ast.cmpop]]" = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_SYMMETRIC = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_NEGATED: "dict[type[ast.cmpop], type[ast.cmpop]]" = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def is_literal(node: ast.AST) -> bool:
    """Whether the value of an expression is written in it."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(is_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and is_literal(key) for key in node.keys) and all(map(is_literal, node.values))
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)) and is_literal(node.operand)


def constants_of(body: "list[ast.stmt]") -> dict[str, ast.expr]:
    """The names that one statement of a module gives a literal, and no other statement anything."""
    return {name: value for name, value in _assigned_once(body, body).items() if is_literal(value)}


def locals_of(function: "ast.FunctionDef | ast.AsyncFunctionDef") -> dict[str, ast.expr]:
    """The names that a function gives one value, outside of loops."""
    return _assigned_once(function.body, [function.args, *function.body])


def _assigned_once(body: "list[ast.stmt]", scope: "list[ast.stmt] | list[ast.AST]") -> dict[str, ast.expr]:
    times: dict[str, int] = {}
    for top in scope:
        for node in ast.walk(top):
            for name in names_bound(node):
                times[name] = times.get(name, 0) + 1
    found: dict[str, ast.expr] = {}
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if times[name] == 1:
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if times[name] == 1:
                found[name] = value
            case ast.If() | ast.With() | ast.AsyncWith() | ast.Try():
                waiting += [
                    each for each in ast.iter_child_nodes(node) if isinstance(each, (ast.stmt, ast.excepthandler))
                ]
            case ast.ExceptHandler(body=handled):
                waiting += handled
            case _:
                pass
    return found


def plain(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """The expression with the names of ``values`` replaced by what they stand for, and its comparisons in one order.

    What would grow beyond a limit stays as it is.
    """
    writer = _Plain(values)
    try:
        written = writer.visit(copy.deepcopy(node))
    except _TooMuch:
        written = _Plain({}).visit(copy.deepcopy(node))
    return written if isinstance(written, ast.expr) else node


class _TooMuch(Exception):
    pass


class _Plain(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values
        self._replacing: set[str] = set()
        self._left = _MOST_NODES

    def visit(self, node: ast.AST) -> ast.AST:
        self._left -= 1
        if self._left < 0 and self._values:
            raise _TooMuch
        written: ast.AST = super().visit(node)
        return written

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self._values.get(node.id)
        if value is None or node.id in self._replacing or not isinstance(node.ctx, ast.Load):
            return node
        self._replacing.add(node.id)
        written = self.visit(copy.deepcopy(value))
        self._replacing.discard(node.id)
        return written

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        left, operator, right = node.left, node.ops[0], node.comparators[0]
        swapped = _SWAPPED.get(type(operator))
        if swapped is not None:
            return ast.Compare(left=right, ops=[swapped()], comparators=[left])
        if isinstance(operator, _SYMMETRIC) and _rank(right) < _rank(left):
            return ast.Compare(left=right, ops=[operator], comparators=[left])
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[operator]) as compared) if (
                type(operator) in _NEGATED
            ):
                return ast.Compare(
                    left=compared.left, ops=[_NEGATED[type(operator)]()], comparators=compared.comparators
                )
            case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
                return inner
            case _:
                return node


def _rank(node: ast.expr) -> tuple[bool, str]:
    return is_literal(node), ast.unparse(node)


def skeleton(node: ast.AST) -> str:
    """The text of an expression with a blank in the place of each constant."""
    return ast.unparse(_Blank().visit(copy.deepcopy(node)))


class _Blank(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load())

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load()) if is_literal(node) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load())


def texts_within(node: ast.AST) -> frozenset[str]:
    """The texts of the expressions in an expression, itself included."""
    return frozenset(ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.expr))
