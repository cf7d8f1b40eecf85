"""Conditions that hold for certain arguments of a function only."""

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass

from autopack_executor.syntax.found import last_name, text_of
from autopack_executor.syntax.plain import is_literal

_OF_ONE = {
    "len": len,
    "repr": repr,
    "str": str,
    "tuple": tuple,
    "list": list,
    "sorted": sorted,
    "set": set,
    "frozenset": frozenset,
    "dumps": json.dumps,
    "max": max,
    "min": min,
    "sum": sum,
}
_AS_TEXT = frozenset({"repr", "str", "dumps", "hash"})
_WRONG = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A parameter, or what ``looked_at`` makes of it, is one of some literals."""

    parameter: str
    looked_at: ast.expr
    literals: "tuple[ast.expr, ...]"

    @property
    def is_direct(self) -> bool:
        """Whether the parameter itself is compared."""
        return isinstance(self.looked_at, ast.Name)

    @property
    def constants(self) -> frozenset[str]:
        """The constants in the literals, as they are written."""
        return frozenset().union(*map(constants_in, self.literals))

    @property
    def is_of_text(self) -> bool:
        """Whether the text or hash of an argument is compared, which hardly anything but a hidden answer does."""
        return any(isinstance(each, ast.Call) and last_name(each) in _AS_TEXT for each in ast.walk(self.looked_at))

    @property
    def is_of_container(self) -> bool:
        """Whether a list, tuple, set or dictionary with something in it is compared."""
        return any(isinstance(each, (ast.List, ast.Tuple, ast.Set, ast.Dict)) for each in self.literals)

    @property
    def is_of_hash(self) -> bool:
        """Whether the hash of an argument is compared: that of a text is another one in each process."""
        return any(isinstance(each, ast.Call) and last_name(each) == "hash" for each in ast.walk(self.looked_at))

    def holds_for(self, arguments: Iterable[object]) -> bool:
        """Whether it holds for one of the arguments."""
        try:
            wanted = [ast.literal_eval(each) for each in self.literals]
        except _WRONG:
            return False
        return any(_made(self.looked_at, each) in wanted for each in arguments)


class _Nothing:
    pass


def _made(looked_at: ast.expr, argument: object) -> object:
    """What the expression makes of an argument; a value that equals nothing where it makes none."""
    try:
        return _evaluated(looked_at, argument)
    except _WRONG:
        return _Nothing()


def _evaluated(node: ast.expr, argument: object) -> object:
    match node:
        case ast.Name():
            return argument
        case ast.Call(args=[inner]) if last_name(node) in _OF_ONE:
            function = _OF_ONE[last_name(node)]
            return function(_evaluated(inner, argument))  # type: ignore[operator]  # raises TypeError for others
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            bounds = [None if each is None else ast.literal_eval(each) for each in (lower, upper, step)]
            whole = _evaluated(value, argument)
            return whole[slice(*bounds)] if isinstance(whole, (list, tuple, str, bytes)) else _Nothing()
        case ast.Subscript(value=value, slice=key):
            whole = _evaluated(value, argument)
            known = isinstance(whole, (list, tuple, dict, str, bytes))
            return whole[ast.literal_eval(key)] if known else _Nothing()  # type: ignore[index]  # it has items
        case _:
            return _Nothing()


def pins_of(test: ast.expr, parameters: frozenset[str]) -> dict[str, Pin]:
    """The parameters that ``test`` compares with literals; none where it asks anything else as well."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            found: dict[str, Pin] = {}
            for part in parts:
                one = pins_of(part, parameters)
                if not one:
                    return {}
                found |= one
            return found
        case ast.Compare(
            left=ast.Tuple(elts=names) | ast.List(elts=names),
            ops=[ast.Eq()],
            comparators=[ast.Tuple(elts=given) | ast.List(elts=given)],
        ) if len(names) == len(given):
            pairs = [(_subject(each, parameters), each, value) for each, value in zip(names, given, strict=True)]
            if not all(name and is_literal(value) for name, _, value in pairs):
                return {}
            return {name: Pin(parameter=name, looked_at=each, literals=(value,)) for name, each, value in pairs}
        case ast.Compare(left=left, ops=[operator], comparators=[value]) if is_literal(value):
            name = _subject(left, parameters)
            literals = _alternatives(value) if isinstance(operator, ast.In) else (value,)
            known = name and isinstance(operator, (ast.Eq, ast.Is, ast.In))
            return {name: Pin(parameter=name, looked_at=left, literals=literals)} if known else {}
        case _:
            return {}


def _alternatives(value: ast.expr) -> "tuple[ast.expr, ...]":
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return tuple(elements)
        case ast.Dict(keys=keys):
            return tuple(each for each in keys if each is not None)
        case _:
            return (value,)


def _subject(node: ast.expr, parameters: frozenset[str]) -> str:
    """The parameter that an expression looks at, if it is one that can be worked out; otherwise empty."""
    match node:
        case ast.Name(id=name):
            return name if name in parameters else ""
        case ast.Call(args=[inner], keywords=[]) if last_name(node) in {*_OF_ONE, "hash"}:
            return _subject(inner, parameters)
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            known = all(each is None or is_literal(each) for each in (lower, upper, step))
            return _subject(value, parameters) if known else ""
        case ast.Subscript(value=value, slice=key):
            return _subject(value, parameters) if is_literal(key) else ""
        case _:
            return ""


def constants_in(node: ast.expr) -> frozenset[str]:
    """The constants in an expression, as they are written."""
    if isinstance(node, ast.UnaryOp):
        return frozenset({text_of(node)})
    return frozenset(repr(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))
