"""Questions to ``sys.modules``: whether a test runner is loaded."""

import ast
import builtins

from autopack_executor.syntax.surrounding import Surrounding, texts_in

_RUNNERS = frozenset(
    {
        *("pytest", "_pytest", "py", "pluggy", "iniconfig", "xdist", "execnet", "unittest", "nose", "nose2"),
        *("hypothesis", "coverage", "doctest", "conftest", "tests", "test", "autopack_recorder"),
    }
)
_KEYED = frozenset({"get", "pop", "setdefault", "__contains__", "__getitem__"})
_WRITING = frozenset({"update", "clear", "__setitem__", "__delitem__"})
_WRAPPING = frozenset({"keys", "copy", "items", "values"})
_COLLECTING = frozenset({"set", "frozenset", "list", "tuple", "dict", "sorted", "iter"})
_SHORTEST = 3
_OF_THE_MODULE = frozenset({"__name__", "__package__", "__spec__", "__loader__", "__doc__"})
_BUILTINS = frozenset(dir(builtins)) - _OF_THE_MODULE
_OWN = frozenset({"__module__", *_OF_THE_MODULE})
_PLAIN_RUNNERS = frozenset({"pytest", "_pytest", "unittest", "nose", "autopack_recorder"})


class LoadedModules:
    """What a module asks about ``sys.modules``.

    A question about one module by its name is one where it names a runner, or where the name is put together from
    nothing but constants that hide it. Who goes through all of them asks for a runner unless the texts beside it name
    something else.
    """

    def __init__(self, module: ast.Module, around: Surrounding) -> None:
        self._around = around
        self._imported = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(module)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        self._aliases = {
            alias.asname or alias.name
            for node in ast.walk(module)
            if isinstance(node, ast.ImportFrom) and node.module == "sys"
            for alias in node.names
            if alias.name == "modules"
        }
        self._systems: set[str] = {"sys"} | {
            alias.asname
            for node in ast.walk(module)
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name == "sys" and alias.asname
        }
        self._aliases |= {
            target.id
            for node in ast.walk(module)
            if isinstance(node, ast.Assign) and self._is_modules(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def question(self, node: ast.expr) -> ast.expr | None:
        """The whole expression that asks for a runner, where ``node`` is ``sys.modules`` in it."""
        if not self._is_modules(node):
            return None
        inner: ast.expr = node
        while True:
            above = self._around.parent(inner)
            match above:
                case ast.Attribute(attr=name) if name in _WRITING:
                    return None
                case ast.Attribute(attr=name) if isinstance(call := self._around.parent(above), ast.Call):
                    if name in _KEYED:
                        return self._keyed(call, call.args[0]) if call.args else None
                    if name not in _WRAPPING:
                        return self._whole(inner)
                    inner = call
                case ast.Call(func=ast.Name(id=name), args=[_]) if name in _COLLECTING:
                    inner = above
                case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[right]) if right is inner:
                    return self._keyed(above, key)
                case ast.Subscript(value=value, slice=key, ctx=context) if value is inner:
                    return self._keyed(above, key) if isinstance(context, ast.Load) else None
                case ast.Assign(targets=[ast.Name()]) if inner is node:
                    return None
                case _:
                    return self._whole(inner)

    def _is_modules(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=system, attr="modules", ctx=ast.Load()):
                return self._is_system(system)
            case ast.Name(id=name, ctx=ast.Load()):
                return name in self._aliases
            case ast.Call(func=ast.Name(id="getattr"), args=[system, ast.Constant(value="modules"), *_]):
                return self._is_system(system)
            case ast.Subscript(value=ast.Attribute(value=system, attr="__dict__"), slice=ast.Constant(value="modules")):
                return self._is_system(system)
            case ast.Subscript(
                value=ast.Call(func=ast.Name(id="vars"), args=[system]), slice=ast.Constant(value="modules")
            ):
                return self._is_system(system)
            case _:
                return False

    def _is_system(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self._systems
            case ast.Attribute(attr="sys") | ast.Call(args=[ast.Constant(value="sys"), *_]):
                return True
            case _:
                return False

    def _keyed(self, asked: ast.expr, key: ast.expr) -> ast.expr | None:
        if isinstance(key, ast.Constant):
            named = isinstance(key.value, str) and _is_runner(key.value)
            if named:
                return asked
            return self._around.question(asked) if any(map(_tells, self._around.texts_beside(asked))) else None
        if any(_is_own(each) for each in ast.walk(key)):
            return None
        if not self._varies(key):
            return asked
        texts = texts_in(self._around.scope(asked))
        return asked if any(each.partition(".")[0] in _PLAIN_RUNNERS for each in texts) else None

    def _varies(self, key: ast.expr) -> bool:
        """Whether a name depends on something else than constants, functions and modules."""
        bound = {each.id for each in ast.walk(key) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        known = _BUILTINS | self._imported | bound
        return any(isinstance(each, ast.Name) and each.id not in known for each in ast.walk(key))

    def _whole(self, inner: ast.expr) -> ast.expr | None:
        texts = list(self._around.texts_beside(inner))
        if texts and not any(map(_touches, texts)):
            return None
        return self._around.question(inner)


def _is_own(node: ast.AST) -> bool:
    """Whether an expression is the name of the module itself, or of that of a class or function."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _OWN
        case _:
            return False


def _is_runner(name: str) -> bool:
    root = name.partition(".")[0]
    return root in _RUNNERS or root.startswith(("pytest", "test_", "_pytest"))


def _tells(text: str) -> bool:
    return any(each in text for each in ("pytest", "unittest", "conftest"))


def _touches(text: str) -> bool:
    """Whether a text is a runner's name, holds one, or may be a part of one."""
    lower = text.lower()
    part = len(text) >= _SHORTEST and any(lower in each for each in _RUNNERS)
    return part or any(each in lower for each in ("pytest", "unittest", "conftest", "nose", "test"))
