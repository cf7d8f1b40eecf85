"""Versions of modules and of their functions. What is asked of a version again and again is worked out once."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from autopack_executor.syntax.checks import Body, body_of, checking_functions
from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.plain import constants_of, locals_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class ModuleVersion:
    """A version of a module. Each function of it asks for the same facts, so that the module is walked once for each
    fact, and not once for each function.
    """

    tree: ast.Module

    @cached_property
    def constants(self) -> Mapping[str, ast.expr]:
        """The names that stand for a literal."""
        return constants_of(self.tree.body)

    @cached_property
    def checking(self) -> frozenset[str]:
        """The functions that check something themselves."""
        return checking_functions(self.tree)

    @cached_property
    def lazy(self) -> Mapping[str, FunctionNode]:
        """The functions of which a call alone runs nothing."""
        return {
            each.name: each
            for each in ast.walk(self.tree)
            if isinstance(each, ast.AsyncFunctionDef) or (isinstance(each, ast.FunctionDef) and is_generator(each))
        }

    @cached_property
    def no_members(self) -> list[ast.AST]:
        """All of its syntax but the statements in the bodies of its classes."""
        members = {id(each) for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef) for each in node.body}
        return [each for each in ast.walk(self.tree) if id(each) not in members]

    @cached_property
    def marks(self) -> "tuple[ast.expr, ...]":
        """The marks that ``pytestmark`` gives to all of its tests."""
        return tuple(_pytestmarks(self.tree.body))

    @cached_property
    def imports(self) -> frozenset[tuple[str, str]]:
        """The names that it imports, with the first part of the module of each, empty for one beside it."""
        found: set[tuple[str, str]] = set()
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=aliases):
                    roots = [(each, each.name.partition(".")[0]) for each in aliases]
                    found |= {(each.asname or root, root) for each, root in roots}
                case ast.ImportFrom(module=name, level=level, names=aliases):
                    root = "" if level else (name or "").partition(".")[0]
                    found |= {(each.asname or each.name, root) for each in aliases}
                case _:
                    pass
        return frozenset(found)

    def functions(self) -> "Iterator[tuple[str, Version]]":
        """Its functions and the methods of its classes, by their names in test ids."""
        for node in self.tree.body:
            if isinstance(node, Function):
                yield node.name, Version(node=node, module=self, holder=None)
            elif isinstance(node, ast.ClassDef):
                for each in node.body:
                    if isinstance(each, Function):
                        yield f"{node.name}::{each.name}", Version(node=each, module=self, holder=node)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a function with its module and, if there is one, its class."""

    node: FunctionNode
    module: ModuleVersion
    holder: ast.ClassDef | None

    @cached_property
    def body(self) -> Body:
        """What it does."""
        return self._body(self.values)

    def body_beside(self, before: "Version") -> Body:
        """What it does where the constants of the module are still those of ``before``."""
        return self._body(self._values(self.module.constants, before.module.constants))

    @cached_property
    def values(self) -> Mapping[str, ast.expr]:
        """What the names in it stand for."""
        return self._values(self.module.constants)

    @cached_property
    def decorators(self) -> "tuple[ast.expr, ...]":
        """The decorators of it and of its class, and the marks that stand in ``pytestmark``."""
        holder = [] if self.holder is None else [*self.holder.decorator_list, *_pytestmarks(self.holder.body)]
        return (*self.node.decorator_list, *holder, *self.module.marks)

    def same_as(self, other: "Version") -> bool:
        """Whether nothing differs that is asked about the function: neither its text, nor its decorators, nor what its
        module says of the names in it.
        """
        return ast.dump(self.node) == ast.dump(other.node) and self._around == other._around

    @cached_property
    def _around(self) -> "tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, str], ...]]":
        constants = self.module.constants
        return (
            tuple(map(ast.dump, self.decorators)),
            self._named & self.module.checking,
            tuple(sorted((name, ast.dump(constants[name])) for name in self._named if name in constants)),
        )

    @cached_property
    def _named(self) -> frozenset[str]:
        """The names and attributes that it mentions."""
        found = set()
        for top in (self.node, *self.decorators):
            for node in ast.walk(top):
                if isinstance(node, ast.Name):
                    found.add(node.id)
                elif isinstance(node, ast.Attribute):
                    found.add(node.attr)
        return frozenset(found)

    def _values(self, *constants: Mapping[str, ast.expr]) -> Mapping[str, ast.expr]:
        hidden = {each.arg for each in ast.walk(self.node.args) if isinstance(each, ast.arg)}
        names = self._named - hidden
        known = {name: each[name] for each in constants for name in names if name in each}
        return known | locals_of(self.node)

    def _body(self, values: Mapping[str, ast.expr]) -> Body:
        checking = (self._named & self.module.checking) - {self.node.name}
        return body_of(self.node, values, checking, method=self.holder is not None)


def is_generator(node: FunctionNode) -> bool:
    """Whether calling the function runs nothing of it yet: it holds a ``yield`` of its own."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(each)
    return False


def _pytestmarks(body: "list[ast.stmt]") -> "Iterator[ast.expr]":
    for node in body:
        if isinstance(node, ast.Assign) and any(last_name(each) == "pytestmark" for each in node.targets):
            yield from node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]
