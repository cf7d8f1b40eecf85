"""Texts that code puts together from constants, as the one constant that they make."""

import ast
import base64
import binascii
import copy
from collections.abc import Mapping

from autopack_executor.syntax.plain import constants_of, is_literal, locals_of

_MOST = 1000
_METHODS = frozenset(
    {"lower", "upper", "title", "capitalize", "swapcase", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"}
)


def folded(module: ast.Module) -> ast.Module:
    """A copy of the module in which names that stand for short literals, and texts that are made of constants, are
    these constants.
    """
    writer = _Folder(constants_of(module.body))
    written = writer.visit(copy.deepcopy(module))
    return written if isinstance(written, ast.Module) else module


class _Folder(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = [{name: each for name, each in values.items() if _is_short(each)}]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: "ast.FunctionDef | ast.AsyncFunctionDef") -> ast.AST:
        values = locals_of(node)
        known = {name: constant for name, each in values.items() if (constant := self._constant(each)) is not None}
        self._values.append(known)
        self.generic_visit(node)
        self._values.pop()
        return node

    def _constant(self, value: ast.expr) -> ast.expr | None:
        """The constant that a value amounts to, if it is a short one."""
        if isinstance(value, (ast.Constant, ast.List, ast.Tuple, ast.Set)):
            return value if is_literal(value) and _is_short(value) else None
        if not isinstance(value, (ast.BinOp, ast.Call, ast.JoinedStr, ast.Subscript)):
            return None
        written = self.visit(copy.deepcopy(value))
        return written if isinstance(written, ast.Constant) else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            return node
        value = next((each[node.id] for each in reversed(self._values) if node.id in each), None)
        return node if value is None else ast.copy_location(copy.deepcopy(value), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _as_constant(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return _as_constant(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return _as_constant(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        return _as_constant(node)


def _is_short(node: ast.expr) -> bool:
    return len(ast.dump(node)) <= _MOST


def _as_constant(node: ast.expr) -> ast.expr:
    try:
        value = _value(node)
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, binascii.Error):
        return node
    if value is None or len(value) > _MOST:
        return node
    return ast.copy_location(ast.Constant(value=value), node)


def _value(node: ast.expr) -> str | bytes | None:
    """The text that an expression makes of constants; None where it is none, or is not known."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _value(left), _value(right)
            if isinstance(first, str) and isinstance(second, str):
                return first + second
            return first + second if isinstance(first, bytes) and isinstance(second, bytes) else None
        case ast.JoinedStr(values=values):
            parts = [_value(each.value if isinstance(each, ast.FormattedValue) else each) for each in values]
            plain = all(not isinstance(each, ast.FormattedValue) or each.format_spec is None for each in values)
            return _joined("", parts) if plain else None
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            whole = _value(value)
            bounds = [None if each is None else ast.literal_eval(each) for each in (lower, upper, step)]
            return None if whole is None else whole[slice(*bounds)]
        case ast.Call(func=function, args=arguments, keywords=[]):
            return _called(function, arguments)
        case _:
            return None


def _called(function: ast.expr, arguments: "list[ast.expr]") -> str | bytes | None:
    given = [_value(each) for each in arguments]
    match function, given:
        case ast.Attribute(value=left, attr="join"), [_]:
            separator = _value(left)
            return _joined(separator, _texts(arguments[0])) if isinstance(separator, str) else None
        case ast.Name(id="chr" | "bytes"), [_] if is_literal(arguments[0]):
            made = ast.literal_eval(arguments[0])
            return chr(made) if function.id == "chr" else bytes(made) if isinstance(made, (list, tuple)) else None
        case ast.Name(id="str"), [str(text)]:
            return text
        case ast.Attribute(value=ast.Name(id="bytes"), attr="fromhex"), [str(text)]:
            return bytes.fromhex(text)
        case ((ast.Attribute(attr="b64decode") | ast.Name(id="b64decode")), [str() | bytes() as coded]):
            return base64.b64decode(coded)
        case ast.Attribute(value=left, attr=name), _:
            return _changed(_value(left), name, [each for each in given if isinstance(each, str)])
        case _:
            return None


def _changed(text: str | bytes | None, method: str, given: list[str]) -> str | None:
    """What a method of a text makes of it."""
    match text, method, given:
        case bytes(), "decode", _:
            return text.decode()
        case str(), "replace", [old, new]:
            return text.replace(old, new) if len(text) * (len(new) + 1) <= _MOST else None
        case str(), name, _ if name in _METHODS:
            made: str = getattr(text, name)(*given)
            return made
        case _:
            return None


def _texts(node: ast.expr) -> list[str | bytes | None]:
    """The texts that are joined: a written list, a text backwards, or numbers of characters."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(each) for each in elements]
        case ast.Call(func=ast.Name(id="reversed"), args=[argument]):
            text = _value(argument)
            return [*reversed(text)] if isinstance(text, str) else [None]
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id="chr"), listed]) if is_literal(listed):
            return [chr(number) for number in ast.literal_eval(listed)]
        case _:
            text = _value(node)
            return [text]


def _joined(separator: str, parts: list[str | bytes | None]) -> str | None:
    texts = [each for each in parts if isinstance(each, str)]
    return separator.join(texts) if len(texts) == len(parts) else None
