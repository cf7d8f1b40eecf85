"""What the names of a module stand for: the place that each one is defined at, ``shop.money.total``."""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*FUNCTION, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleName:
    """The dotted name of a module by its path, and whether it is the module of a package."""

    dotted: str
    package: bool

    @staticmethod
    def of(path: str) -> "ModuleName":
        """The name of the file at ``path``."""
        parts = path.removesuffix(".py").split("/")
        package = parts[-1] == "__init__"
        return ModuleName(dotted=".".join(parts[:-1] if package else parts), package=package)

    def target(self, module: str | None, level: int) -> str:
        """What ``from`` with that module and that many dots names here."""
        if not level:
            return module or ""
        parts = self.dotted.split(".")
        above = parts[: len(parts) - level + self.package]
        return ".".join([*above, *([module] if module else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the global names of a module stand for. ``known`` gives each place the name that all modules know it by,
    ``in_tree`` such a name that says where it is looked up, and ``target`` what an import with that many dots names.
    ``takes`` says whether what is called, by its place or the name of a method, has a parameter of that name.
    """

    places: Mapping[str, str]
    known: Callable[[str], str] = str
    in_tree: Callable[[str], str] = str
    takes: Callable[[str, str], bool] = field(default=lambda _callee, _keyword: False)
    target: Callable[[str | None, int], str] = field(default=lambda module, _level: module or "")

    def place(self, node: ast.expr, own: frozenset[str] = frozenset()) -> str | None:
        """The place that a name with its attributes stands for; None where there is none, or it is an ``own`` one."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in own or node.id not in self.places:
            return None
        return self.known(".".join([self.places[node.id], *reversed(parts)]))


def scope_of(
    module: ast.Module,
    name: ModuleName,
    known: Callable[[str], str] = str,
    in_tree: Callable[[str], str] = str,
    takes: Callable[[str, str], bool] = lambda _callee, _keyword: False,
    *,
    defines: bool = True,
) -> Scope:
    """What the names of a module stand for: what it imports, and what it ``defines`` itself.

    A name that has several of them stands for itself: nobody knows which one holds.
    """
    imported = list(_imports(module, name))
    defined = set(bound(module.body, imports=False)) if defines else set()
    found: dict[str, set[str]] = {}
    for local, origin in imported:
        found.setdefault(local, set()).add(origin)
    places = {}
    for local, origins in found.items():
        if local != "*" and local not in defined:
            places[local] = known(*origins) if len(origins) == 1 else " or ".join(sorted(origins))
    places |= {each: known(f"{name.dotted}.{each}") for each in defined}
    return Scope(places=places, known=known, in_tree=in_tree, takes=takes, target=name.target)


def imported(module: ast.Module, name: ModuleName) -> frozenset[str]:
    """The places that a module imports in its own words, and the modules that it imports them from."""
    found = {origin for _, origin in _imports(module, name)}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(name.target(node.module, node.level))
    return frozenset(found)


def _imports(module: ast.Module, name: ModuleName) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.partition(".")[0]
                yield (each.asname, each.name) if each.asname else (first, first)
        elif isinstance(node, ast.ImportFrom):
            target = name.target(node.module, node.level)
            for each in node.names:
                yield each.asname or each.name, target if each.name == "*" else f"{target}.{each.name}"


def bound(body: Iterable[ast.AST], *, imports: bool = True) -> Iterator[str]:
    """The names that statements bind in their own scope."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=other):
                if imports:
                    yield other or name.partition(".")[0]
            case _ if not isinstance(node, _INNER):
                yield from bound(ast.iter_child_nodes(node), imports=imports)
            case _:
                pass


def bound_twice(body: Iterable[ast.AST]) -> frozenset[str]:
    """The names that statements bind more than once in their own scope."""
    return frozenset(name for name, count in Counter(bound(body)).items() if count > 1)


def own_names(function: ast.AST) -> frozenset[str]:
    """The names that a function binds in its own scope; what it imports, and what only scopes within it bind, is not
    among them.
    """
    arguments, body = getattr(function, "args", None), getattr(function, "body", None)
    found = set(bound(body if isinstance(body, list) else [], imports=False))
    if isinstance(arguments, ast.arguments):
        single = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *single]
        found |= {each.arg for each in every}
    elsewhere: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                elsewhere.update(names)
            case _:
                pass
    return frozenset(found - elsewhere)


def is_docstring(node: object) -> bool:
    """Whether a statement is nothing but a text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
