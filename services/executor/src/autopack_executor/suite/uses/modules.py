"""What a module consists of, by its syntax: nothing of it is run."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator

_JOINED = re.compile(r"[./\\:]\w")
_CHECKS = re.compile(rb"assert|AssertionError|\.fail\(")
_OTHERWISE = re.compile(rb"(?m)^class\b|^[ \t]+return[ \t]+(?!None\b)\S")
_PART = re.compile(r"\w+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WRITTEN_OUT = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp),
    *(ast.expr_context, ast.unaryop, ast.operator),
)
_NESTED = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a source; None where it cannot be read."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def holds_tests_alone(module: ast.Module, tests: Collection[str], is_used: Callable[[str], bool]) -> bool:
    """Whether a module holds functions that are called as one of ``tests``, or classes with such, and otherwise nothing
    that other files use: ``is_used`` says so of a name.
    """
    found = False
    for node in module.body:
        if _is_preliminary(node):
            continue
        if (isinstance(node, _FUNCTIONS) and node.name in tests) or (
            isinstance(node, ast.ClassDef)
            and any(isinstance(each, _FUNCTIONS) and each.name in tests for each in node.body)
        ):
            found = True
        elif isinstance(node, _FUNCTIONS) and any(_is_fixture(each) for each in node.decorator_list):
            continue
        elif not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign)) or any(
            is_used(name) for name in _names(node)
        ):
            return False
    return found


def holds_checks_alone(module: ast.Module, own: Collection[str]) -> bool:
    """Whether a module holds nothing but functions that assert something of their arguments: they return nothing,
    change nothing and use no module of the tree, whose names are ``own``.
    """
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    names = {node.name for node in functions}
    if not functions or len(functions) != sum(not _is_preliminary(node) for node in module.body):
        return False
    if any(name in own for node in module.body for name in _imported(node)):
        return False
    return all(_asserts(node, names) and _is_quiet(node, names) for node in functions)


def may_check(source: bytes) -> bool:
    """Whether a source may be what ``holds_checks_alone`` looks for, by its text."""
    return _CHECKS.search(source) is not None and _OTHERWISE.search(source) is None


def holds_values_alone(module: ast.Module) -> bool:
    """Whether a module holds nothing but names for values that are written out."""
    values = []
    for node in module.body:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                values.append(value)
            case _:
                return False
    return bool(values) and all(isinstance(each, _WRITTEN_OUT) for value in values for each in ast.walk(value))


def defines(module: ast.Module) -> bool:
    """Whether a module defines a function or a class."""
    return any(isinstance(node, _NESTED) for node in ast.walk(module))


def refers_to(module: ast.Module, name: str) -> bool:
    """Whether a module imports something of that name, has an attribute of that name, or names it in a text that is one
    word, or as a part of a path or of a dotted name.
    """
    for node in ast.walk(module):
        match node:
            case ast.Import(names=aliases):
                found = [part for each in aliases for part in each.name.split(".")]
            case ast.ImportFrom(module=origin, names=aliases):
                found = [*(origin or "").split("."), *(each.name for each in aliases)]
            case ast.Attribute(attr=attribute):
                found = [attribute]
            case ast.Constant(value=str(text)):
                words = text.split()
                found = [
                    part for each in words if len(words) == 1 or _JOINED.search(each) for part in _PART.findall(each)
                ]
            case _:
                continue
        if name in found:
            return True
    return False


def is_script(module: ast.Module) -> bool:
    """Whether a module does something when it is started as a program."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(module))


def _is_preliminary(node: ast.stmt) -> bool:
    """A docstring, an import, or the start of the module's own tests."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
            return all(map(_is_preliminary, body)) and all(
                isinstance(each, ast.Pass | ast.Assign) or _is_preliminary(each)
                for one in handlers
                for each in one.body
            )
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body):
            return all(map(_is_preliminary, body))
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case _:
            return False


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def _imported(node: ast.stmt) -> Iterator[str]:
    """The first parts of the names of imported modules; the empty name for one that is named from here."""
    for each in ast.walk(node):
        match each:
            case ast.Import(names=aliases):
                yield from (alias.name.partition(".")[0] for alias in aliases)
            case ast.ImportFrom(module=origin, level=level):
                yield "" if level else (origin or "").partition(".")[0]
            case _:
                pass


def _is_fixture(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == "fixture"


def _asserts(function: ast.FunctionDef, others: Collection[str]) -> bool:
    """Whether a function asserts something, or calls one of the ``others`` that do."""
    for node in ast.walk(function):
        match node:
            case ast.Assert() | ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
                return True
            case ast.Raise(exc=ast.Name(id="AssertionError")) | ast.Call(func=ast.Attribute(attr="fail")):
                return True
            case ast.Call(func=ast.Name(id=name)) if name in others and name != function.name:
                return True
    return False


def _is_quiet(function: ast.FunctionDef, others: Collection[str]) -> bool:
    """Whether a function returns nothing and, as far as its statements say, changes nothing but its own names."""
    if function.decorator_list:
        return False
    for node in ast.walk(function):
        match node:
            case ast.Return(value=value) if value is not None and not _is_none(value):
                return False
            case ast.Yield() | ast.YieldFrom() | ast.Await() | ast.Global() | ast.Nonlocal() | ast.Delete():
                return False
            case ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
                return False
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                return False
            case ast.Expr(value=value) if not _is_harmless(value, others):
                return False
    return True


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_harmless(value: ast.expr, others: Collection[str]) -> bool:
    """Whether a statement that is one expression is a text, or calls a check, ``print`` or ``pytest.fail``."""
    match value:
        case ast.Constant():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name == "print" or name in others
        case ast.Call(func=ast.Attribute(value=ast.Name(id="pytest"), attr="fail")):
            return True
        case _:
            return False


def stem(path: str) -> str:
    """The last part of the name under which a file is imported."""
    parts = path.removesuffix(".py").split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]


def stems(paths: Iterable[str]) -> frozenset[str]:
    """Those of all Python files among ``paths``."""
    return frozenset(stem(path) for path in paths if path.endswith(".py"))
