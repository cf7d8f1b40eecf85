"""What the changed product files of one side define, by its place."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.mentions import Mention, mentions
from autopack_executor.syntax.scopes import FUNCTION, ModuleName, Scope, bound, bound_twice, is_docstring, scope_of
from autopack_executor.syntax.surrounding import texts_in

_Node = TypeVar("_Node", bound=ast.AST)
Form = tuple[str, ...]
_IMPORT = (ast.Import, ast.ImportFrom)
# Calls whose texts name attributes.
_MAKING_ATTRIBUTES = frozenset(
    {"namedtuple", "NamedTuple", "make_dataclass", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "setattr"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What stands at a place: a function, a class or an assignment, in the module of that name; ``holder`` is the class
    whose body has it.
    """

    node: ast.stmt
    module: str
    holder: ast.ClassDef | None


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """The modules of the changed product files of one side by their dotted names, which begin at the tree; ``bound`` is
    what each one binds at its top, imports apart.
    """

    modules: Mapping[str, tuple[ModuleName, ast.Module]] = field(default_factory=dict)
    bound: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()

    @staticmethod
    def of(trees: Mapping[str, ast.Module], roots: frozenset[str] = frozenset()) -> "Definitions":
        """The definitions of the modules by their paths; ``roots`` are the modules and packages at the top of the tree.
        Raises RecursionError.
        """
        named = [(ModuleName.of(path), tree) for path, tree in trees.items()]
        return Definitions(
            modules={name.dotted: (name, tree) for name, tree in named},
            bound={name.dotted: frozenset(bound(tree.body, imports=False)) for name, tree in named},
            roots=roots,
        )

    def in_tree(self, dotted: str) -> str:
        """The place by the name that begins at the tree. One of a module that did not change stays as it is."""
        module, rest = self.split(dotted)
        return dotted if module is None else f"{module}.{rest}" if rest else module

    def place(self, dotted: str) -> str:
        """The place by the name that it has here: beginning at the tree, and where it is defined. One of another module
        stays as it is.
        """
        for _ in range(20):  # a cycle of imports ends somewhere
            module, rest = self.split(dotted)
            if module is None or not rest:
                return module or dotted
            first, _, more = rest.partition(".")
            origin = self._imports[module].get(first)
            if origin is None or first in self.bound[module]:
                return f"{module}.{rest}"
            dotted = f"{origin}.{more}" if more else origin
        return dotted

    def split(self, dotted: str) -> tuple[str | None, str]:
        """The module that a place lies in, None for one that did not change, and the rest of the place."""
        parts = dotted.split(".")
        for end in range(len(parts), 0, -1):
            found = self._by_end.get(".".join(parts[:end]))
            if found is not None:
                return found, ".".join(parts[end:])
        return None, dotted

    @cached_property
    def _by_end(self) -> Mapping[str, str]:
        """The module of each name that one may be imported by: nobody knows at which folder the names begin. What the
        standard library or the top of the tree has is found there.
        """
        ends: dict[str, set[str]] = {}
        for name in self.modules:
            parts = name.split(".")
            for start in range(len(parts)):
                if not start or (parts[start] not in self.roots and parts[start] not in sys.stdlib_module_names):
                    ends.setdefault(".".join(parts[start:]), set()).add(name)
        return {
            end: end if end in names else min(names) for end, names in ends.items() if end in names or len(names) == 1
        }

    def has(self, place: str) -> bool:
        """Whether there is a module at the place, or a name that anything binds there."""
        module, rest = self.split(place)
        if module is None or not rest:
            return module is not None
        first, dot, _ = rest.partition(".")
        names = {*self.bound[module], *self._imports[module]}
        return first in names and (not dot or f"{module}.{rest}" in self.found or first not in self.bound[module])

    def is_plain(self, place: str) -> bool:
        """Whether it is known what is at the place, and that it is no more than a name: a module, or what is defined
        without a decorator, which may make a fixture of it.
        """
        at = self.place(place)
        if at in self.modules:
            return True
        definition = self.found.get(at)
        return definition is not None and not getattr(definition.node, "decorator_list", [])

    @cached_property
    def _imports(self) -> Mapping[str, Mapping[str, str]]:
        return {
            name: dict(scope_of(tree, module, defines=False).places) for name, (module, tree) in self.modules.items()
        }

    @cached_property
    def scopes(self) -> Mapping[str, Scope]:
        """What the names of each module stand for."""
        return {
            name: scope_of(tree, module, self.place, self.in_tree, self.takes)
            for name, (module, tree) in self.modules.items()
        }

    @cached_property
    def found(self) -> Mapping[str, Definition | None]:
        """What is defined at each place, members of classes included; None where it is defined more than once, or in
        another way than by a function, a class or an assignment. The parts of a property and the like, which have one
        name, stand behind it by their numbers: ``shop.Cart.size:0``.
        """
        found: dict[str, Definition | None] = {}
        for name, (_, tree) in self.modules.items():
            found |= _defined(tree.body, name, name, None)
        return found

    @cached_property
    def attributes(self) -> frozenset[str]:
        """What the classes bind, and what is stored as an attribute."""
        members = {name for node in self._nodes(ast.ClassDef) for name in bound(node.body)}
        made: list[ast.AST] = [node for node in self._nodes(ast.Call) if last_name(node.func) in _MAKING_ATTRIBUTES]
        made += [each for node in self._nodes(ast.ClassDef) for each in node.body if "__slots__" in bound([each])]
        members |= {word for node in made for text in texts_in(node) for word in re.findall(r"\w+", text)}
        return frozenset(
            members | {node.attr for node in self._nodes(ast.Attribute) if isinstance(node.ctx, ast.Store)}
        )

    @cached_property
    def keywords(self) -> frozenset[str]:
        """What functions call their parameters, and classes their fields."""
        fields = {
            last_part(place) for place, each in self.found.items() if each and isinstance(each.node, ast.AnnAssign)
        }
        return frozenset(fields | {node.arg for node in self._nodes(ast.arg)})

    @cached_property
    def loose(self) -> Mapping[str, list[ast.stmt]]:
        """The statements at the top of each module that neither define nor import anything."""
        defined = {id(each.node) for each in self.found.values() if each is not None}
        return {
            name: [each for each in tree.body if not isinstance(each, _IMPORT) and id(each) not in defined]
            for name, (_, tree) in self.modules.items()
        }

    @cached_property
    def members(self) -> Mapping[str, list[tuple[str, Definition]]]:
        """What is defined under each name, with its place."""
        found: dict[str, list[tuple[str, Definition]]] = {}
        for place, each in self.found.items():
            if each is not None:
                found.setdefault(last_part(place), []).append((place, each))
        return found

    @cached_property
    def takers(self) -> Mapping[str, list[tuple[str, Definition]]]:
        """The functions that have a parameter of each name, with their places."""
        found: dict[str, list[tuple[str, Definition]]] = {}
        for place, each in self.found.items():
            if each is not None:
                for name in parameters(each.node):
                    found.setdefault(name, []).append((place, each))
        return found

    def takes(self, callee: str, keyword: str) -> bool:
        """Whether what has this place, or a method of this name, has a parameter or a field of that name."""
        for place, each in self.takers.get(keyword, ()):
            at = place.partition(":")[0]
            if callee in (at, at.removesuffix(".__init__")) or (each.holder is not None and callee == last_part(place)):
                return True
        fields = (place for place, each in self.members.get(keyword, ()) if isinstance(each.node, ast.AnnAssign))
        return any(callee in (place.rpartition(".")[0], "__init__") for place in fields)

    @cached_property
    def users(self) -> Mapping[Mention, list[tuple[str, Definition]]]:
        """What mentions each name, with its place: functions, assignments, and of classes their heads. A statement that
        defines nothing has the place of its module.
        """
        found: dict[Mention, list[tuple[str, Definition]]] = {}
        listed = [(place, each) for place, each in self.found.items() if each is not None]
        for name, nodes in self.loose.items():
            listed += [(name, Definition(node=node, module=name, holder=None)) for node in nodes]
        for place, each in listed:
            for mention in set(mentions(each.node, self.scopes[each.module])):
                found.setdefault(mention, []).append((place, each))
        return found

    @cached_property
    def alike(self) -> Mapping[Form, list[tuple[str, Definition]]]:
        """What the modules define at their tops, by its form."""
        found: dict[Form, list[tuple[str, Definition]]] = {}
        for place, each in self.found.items():
            if each is not None and each.holder is None:
                found.setdefault(form_of(each), []).append((place, each))
        return found

    def _nodes(self, kind: type[_Node]) -> Iterator[_Node]:
        for _, tree in self.modules.values():
            yield from (node for node in ast.walk(tree) if isinstance(node, kind))


def _target(node: ast.stmt) -> ast.expr | None:
    """What a statement assigns to, if that is one thing."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0]
    return node.target if isinstance(node, ast.AnnAssign) else None


def _defined(
    body: list[ast.stmt], place: str, module: str, holder: ast.ClassDef | None
) -> Iterator[tuple[str, Definition | None]]:
    twice = bound_twice(body)
    numbers: Counter[str] = Counter()
    for name in bound(body, imports=False):
        yield f"{place}.{name}", None
    for node in body:
        name = _name_of(node)
        if name in twice:
            yield f"{place}.{name}:{numbers[name]}", Definition(node=node, module=module, holder=holder)
            numbers[name] += 1
        elif name:
            yield f"{place}.{name}", Definition(node=node, module=module, holder=holder)
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body, f"{place}.{name}", module, node)


def _name_of(node: ast.stmt) -> str:
    """The name that a statement defines; empty where it defines none, or in another way."""
    if isinstance(node, (*FUNCTION, ast.ClassDef)):
        return node.name
    target = _target(node)
    return target.id if isinstance(target, ast.Name) else ""


def parameters(node: ast.AST) -> list[str]:
    """The parameters of a function, by which it may be called; none of anything else."""
    if not isinstance(node, FUNCTION):
        return []
    return [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement defines one name."""
    return bool(_name_of(node))


def form_of(definition: Definition) -> Form:
    """What is alike in all definitions that are the same: the kinds of their statements, texts apart."""
    body = getattr(definition.node, "body", [])
    statements = [type(each).__name__ for each in body if not is_docstring(each)]
    return type(definition.node).__name__, *statements


def last_part(place: str) -> str:
    """The name of what is at a place."""
    return place.rpartition(".")[2].partition(":")[0]
