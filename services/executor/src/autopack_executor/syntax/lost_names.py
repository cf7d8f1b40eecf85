"""Which names product code lost: only these can be moved names in a test that follows (decision 32)."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_Scope = (*_Function, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostNames:
    """What changed product code does not bind any more.

    ``names`` are bound in no changed file of head. ``modules`` has, for each changed file by its path on base, the
    names that its module lost; None where the file itself is gone.
    """

    names: frozenset[str] = frozenset()
    modules: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    @staticmethod
    def of(base: Mapping[str, ast.Module], head: Mapping[str, ast.Module], old_paths: Mapping[str, str]) -> "LostNames":
        """What differs between both versions of the changed files; ``old_paths`` has those of renamed ones."""
        before = {name for tree in base.values() for name in _bound(tree)}
        after = {name for tree in head.values() for name in _bound(tree)}
        modules: dict[str, frozenset[str] | None] = {}
        for path, tree in base.items():
            old = old_paths.get(path, path)
            gone = path not in head or old != path
            modules[old] = None if gone else frozenset(_top(tree.body)) - {*_top(head[path].body)}
        return LostNames(names=frozenset(before - after), modules=modules)

    def explain(self, moved: Mapping[str, str]) -> bool:
        """Whether each name that ``moved`` maps is one that the code lost.

        What is imported is looked at with the module that it comes from alone: another one may well have the name.
        """
        imported = {old.rpartition(".")[2] for old in moved if "." in old}
        return all(self._lost(old, new) for old, new in moved.items() if old not in imported)

    def _lost(self, old: str, new: str) -> bool:
        module, dot, name = old.rpartition(".")
        if not dot:
            return old in self.names
        if self._module(old) is None or (name != new.rpartition(".")[2] and name in self.names):
            return True
        lost = self._module(module)
        return lost is None or name in lost

    def _module(self, dotted: str) -> frozenset[str] | None:
        """What the module of that name lost, None where it is gone itself; nothing of one that did not change."""
        end = dotted.replace(".", "/")
        for path, lost in self.modules.items():
            if any(path == each or path.endswith(f"/{each}") for each in (f"{end}.py", f"{end}/__init__.py")):
                return lost
        return frozenset()


def _bound(tree: ast.Module) -> Iterator[str]:
    """What a test could call by its name: what modules and classes bind, parameters and attributes."""
    yield from _top(tree.body)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name, body=body):
                yield name
                yield from _top(body)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _top(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names that statements bind in their own scope."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
            case _ if not isinstance(node, _Scope):
                yield from _top(ast.iter_child_nodes(node))
            case _:
                pass
