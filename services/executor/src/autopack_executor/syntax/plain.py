"""Expressions in plain form: what a name stands for in its place, and one order of operands."""

import ast
import copy
from collections.abc import Mapping

from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import last_name, text_of

_MOST_NODES = 3000
_SWAPPED: "dict[type[ast.cmpop], type[ast.cmpop]]" = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_SYMMETRIC = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_TRUTHS = frozenset({"isinstance", "issubclass", "hasattr", "callable", "any", "all", "bool"})
_TRUTHS_OF_TEXTS = frozenset({"startswith", "endswith"})
_AS_WRITTEN, _AS_REPR = -1, ord("r")
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
            left, right = right, left
        if isinstance(operator, _SYMMETRIC) and isinstance(right, ast.Constant) and _is_truth(left):
            said = isinstance(operator, (ast.Eq, ast.Is))
            if right.value is True or right.value is False:
                return left if right.value is said else _negated(left)
        return ast.Compare(left=left, ops=[operator], comparators=[right])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return _negated(node.operand) if isinstance(node.op, ast.Not) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="bool"), args=[ast.expr() as value], keywords=[]) if _is_truth(value):
                return value
            case _:
                return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        written = self.visit(node.value)
        value = written if isinstance(written, ast.expr) else node.value
        if node.format_spec is not None:
            self.generic_visit(node.format_spec)
        elif isinstance(value, ast.Constant) and isinstance(value.value, (str, int, float)):
            if node.conversion == _AS_WRITTEN:
                return ast.Constant(value=str(value.value))
            if node.conversion == _AS_REPR:
                return ast.Constant(value=repr(value.value))
        return ast.FormattedValue(value=value, conversion=node.conversion, format_spec=node.format_spec)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        parts: list[ast.expr] = []
        for each in node.values:
            match parts[-1:], each:
                case [ast.Constant(value=str(before))], ast.Constant(value=str(behind)):
                    parts[-1] = ast.Constant(value=before + behind)
                case _:
                    parts.append(each)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], ast.Constant) else ast.JoinedStr(values=parts)


def _negated(node: ast.expr) -> ast.expr:
    """What is true where ``node`` is not."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=right) if type(operator) in _NEGATED:
            return ast.Compare(left=left, ops=[_NEGATED[type(operator)]()], comparators=right)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
        case _:
            return ast.UnaryOp(op=ast.Not(), operand=node)


def _is_truth(node: ast.expr) -> bool:
    """Whether an expression is surely True or False, so that a comparison with these says nothing more."""
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=values):
            return all(map(_is_truth, values))
        case ast.Call(func=ast.Name(id=name)):
            return name in _TRUTHS
        case ast.Call(func=ast.Attribute()):
            return last_name(node) in _TRUTHS_OF_TEXTS
        case _:
            return False


def _rank(node: ast.expr) -> tuple[bool, str]:
    return is_literal(node), text_of(node)


def skeleton(node: ast.AST) -> str:
    """The text of an expression with a blank in the place of each constant."""
    return text_of(_Blank().visit(copy.deepcopy(node)))


class _Blank(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load())

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load()) if is_literal(node) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name(id="_", ctx=ast.Load())


def texts_within(node: ast.AST) -> frozenset[str]:
    """The texts of the expressions in an expression, itself included."""
    return frozenset(text_of(each) for each in ast.walk(node) if isinstance(each, ast.expr))
