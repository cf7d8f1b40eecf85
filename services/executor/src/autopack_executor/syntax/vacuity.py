"""Assertions that can never fail."""

import ast

from autopack_executor.syntax.found import last_name, text_of

_CONSTRUCTING = frozenset({"frozenset", "set", "list", "dict", "tuple", "bytes", "bytearray", "hash"})
_MAKING = ("from_", "of", "make", "create", "new", "build")


def is_vacuous(test: ast.expr) -> bool:
    """Whether an assertion of ``test`` can never fail."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=[_, *_]) | ast.List(elts=[_, *_]) | ast.Dict(keys=[_, *_]) | ast.Lambda():
            return True
        case ast.JoinedStr(values=[ast.Constant(), *_]):
            return True
        case ast.BoolOp(op=ast.Or(), values=values):
            texts = {text_of(each) for each in values}
            return any(map(is_vacuous, values)) or any(
                isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not) and text_of(each.operand) in texts
                for each in values
            )
        case ast.BoolOp(op=ast.And(), values=values):
            return all(map(is_vacuous, values))
        case ast.IfExp(body=body, orelse=orelse):
            return is_vacuous(body) and is_vacuous(orelse)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            return not value
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _always(left, operator, right)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
        case _:
            return False


def _always(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool:
    same = text_of(left) == text_of(right)
    if isinstance(operator, (ast.Eq, ast.Is, ast.LtE, ast.GtE)):
        reflexive = same and not _is_constructed(left)
        return reflexive or last_name(right) == "ANY" or _not_negative(left, operator, right)
    if isinstance(operator, ast.In) and isinstance(right, (ast.List, ast.Tuple, ast.Set)):
        return text_of(left) in {text_of(each) for each in right.elts}
    return False


def _not_negative(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool:
    """Whether the comparison says no more than that a length is not negative: ``0 <= len(x)``."""
    zero = isinstance(left, ast.Constant) and left.value == 0
    return isinstance(operator, ast.LtE) and zero and last_name(right) in {"len", "abs"} and isinstance(right, ast.Call)


def is_reflexive(test: ast.expr) -> bool:
    """Whether an assertion compares two values that are made in the same way, each anew: that tests how they compare,
    and nothing else of them.
    """
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.LtE() | ast.GtE() | ast.Is()], comparators=[right]):
            return _is_constructed(left) and text_of(left) == text_of(right)
        case _:
            return False


def _is_constructed(node: ast.expr) -> bool:
    """Whether an expression makes a new value and calls nothing else: ``Money(1)``, ``frozenset([1])``."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return isinstance(node, ast.Call) and all(map(_constructs, calls))


def _constructs(call: ast.Call) -> bool:
    name = last_name(call)
    if name in _CONSTRUCTING or _is_class(name):
        return True
    made = isinstance(call.func, ast.Attribute) and _is_class(last_name(call.func.value))
    return made and name.startswith(_MAKING)


def _is_class(name: str) -> bool:
    """Whether a name is written as that of a class."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()
