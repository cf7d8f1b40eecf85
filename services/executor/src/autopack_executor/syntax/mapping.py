"""Whether two pieces of syntax say the same once names are mapped one to one, and which names are (decision 32)."""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.imports import apart
from autopack_executor.syntax.inner_names import InnerNames, bound_by
from autopack_executor.syntax.names import Kind, Names
from autopack_executor.syntax.scopes import Scope, is_docstring, own_names

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
# Calls whose first string is the place of something: a target to replace, a module to import.
_BY_PLACE = frozenset({"patch", "setattr", "delattr", "import_module", "importorskip"})
# Calls whose second string is an attribute of the first argument.
_BY_ATTRIBUTE = frozenset({"setattr", "delattr"})
_ANNOTATIONS = frozenset({"annotation", "returns"})
# What the binding of a name is called in syntax that has it as a text.
_BINDING = {ast.ExceptHandler: "name", ast.MatchAs: "name", ast.MatchStar: "name", ast.MatchMapping: "rest"}


@dataclass(slots=True, kw_only=True)
class Comparing:
    """Compares syntax of a module of base with such of head. ``names`` is what was mapped so far."""

    scopes: tuple[Scope, Scope]
    names: Names
    inner: InnerNames = field(default_factory=InnerNames)

    def same(self, old: object, new: object) -> bool:
        """Whether both say the same once names are mapped."""
        match old, new:
            case ast.Name(), ast.Name():
                return self._name(old, new)
            case ast.expr(), ast.expr() if self._places(old, new):
                return self.may_move(Kind.PLACE, *self._places(old, new))
            case ast.Attribute(value=before, attr=name), ast.Attribute(value=after, attr=other):
                return (
                    self.attribute(old, new) and self.same(before, after) and self.may_move(Kind.ATTRIBUTE, name, other)
                )
            case ast.Call(), ast.Call():
                return self._call(old, new)
            case ast.arg(), ast.arg():
                return self.parameter(old, new) and self.inner.map(old.arg, new.arg) and self._fields(old, new, "arg")
            case (
                (ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda()),
                (ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda()),
            ):
                return self._defined(old, new) and self.function(old, new)
            case ast.ClassDef(), ast.ClassDef():
                return self._defined(old, new) and self.class_of(old, new)
            case (
                (ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp()),
                (ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp()),
            ):
                with self._within(self.inner.of_function(frozenset(bound_by(old)), frozenset(bound_by(new)))):
                    return type(old) is type(new) and self._fields(old, new)
            case ast.AST(), ast.AST():
                return type(old) is type(new) and self._bindings(old, new) and self._fields(old, new)
            case list(), list():
                return self._lists(old, new)
            case _:
                return type(old) is type(new) and old == new

    def function(self, old: ast.AST, new: ast.AST) -> bool:
        """Whether both functions say the same, but for their own names."""
        returns = self._annotation(getattr(old, "returns", None), getattr(new, "returns", None))
        if type(old) is not type(new) or not returns or not self.same(_head(old), _head(new)):
            return False
        with self._within(self.inner.of_function(own_names(old), own_names(new))):
            return self._fields(old, new, "name", "decorator_list", "returns")

    def class_of(self, old: ast.ClassDef, new: ast.ClassDef) -> bool:
        """Whether both classes say the same, but for their own names."""
        if not self.heads(old, new):
            return False
        with self._within(self.inner if self.inner.is_function else InnerNames.of_class(old, new)):
            return self.same(old.body, new.body)

    def heads(self, old: ast.ClassDef, new: ast.ClassDef) -> bool:
        """Whether both classes derive from the same, under the same decorators."""
        before, after = ([*each.bases, *each.keywords, *each.decorator_list] for each in (old, new))
        return self.same(before, after)

    def definitions(
        self, old: ast.stmt, new: ast.stmt, holders: tuple[ast.ClassDef | None, ast.ClassDef | None] = (None, None)
    ) -> bool:
        """Whether both define the same, their own names apart; ``holders`` are the classes whose bodies have them."""
        if holders[0] is not None and holders[1] is not None:
            with self._within(InnerNames.of_class(holders[0], holders[1])):
                return self.definitions(old, new)
        match old, new:
            case ((ast.FunctionDef() | ast.AsyncFunctionDef()), (ast.FunctionDef() | ast.AsyncFunctionDef())):
                return self.function(old, new)
            case ast.ClassDef(), ast.ClassDef():
                return self.class_of(old, new)
            case ast.Assign(value=before), ast.Assign(value=after):
                return self.same(before, after)
            case ast.AnnAssign(value=before), ast.AnnAssign(value=after):
                return self._annotation(old.annotation, new.annotation) and self.same(before, after)
            case _:
                return False

    def rest(self, old: list[ast.stmt], new: list[ast.stmt], holders: tuple[ast.ClassDef, ast.ClassDef] | None) -> bool:
        """Whether both lists of statements of a module, or of the bodies of the ``holders``, say the same."""
        if holders is None:
            return self.same(old, new)
        with self._within(InnerNames.of_class(*holders)):
            return self.same(old, new)

    def may_move(self, kind: Kind, old: str, new: str) -> bool:
        """Whether a name may have the other one, beside all that was mapped before."""
        return self.names.map(kind, old, new)

    def attribute(self, old: ast.Attribute, new: ast.Attribute) -> bool:
        """Whether the attribute may have another name at all."""
        return True

    def parameter(self, old: ast.arg, new: ast.arg) -> bool:
        """Whether the parameter may have another name at all."""
        return True

    @contextmanager
    def _within(self, inner: InnerNames) -> Iterator[None]:
        outer, self.inner = self.inner, inner
        yield
        self.inner = outer

    def _name(self, old: ast.Name, new: ast.Name) -> bool:
        if type(old.ctx) is not type(new.ctx):
            return False
        if old.id in self.inner.old or new.id in self.inner.new:
            both = old.id in self.inner.old and new.id in self.inner.new
            if self.inner.is_class:
                return both and self.may_move(Kind.ATTRIBUTE, old.id, new.id)
            return both and self.inner.map(old.id, new.id)
        before, after = self.scopes[0].places.get(old.id), self.scopes[1].places.get(new.id)
        if before is None or after is None:
            return before is after and old.id == new.id
        return self.may_move(Kind.PLACE, before, after)

    def _places(self, old: ast.expr, new: ast.expr) -> tuple[str, str] | tuple[()]:
        """The places that both stand for; none unless both do."""
        before = self.scopes[0].place(old, self.inner.old)
        after = self.scopes[1].place(new, self.inner.new)
        stored = [each for each in (old, new) if isinstance(getattr(each, "ctx", None), (ast.Store, ast.Del))]
        return () if before is None or after is None or len(stored) == 1 else (before, after)

    def _defined(self, old: ast.AST, new: ast.AST) -> bool:
        """Whether a function or class within another one, or within a class, may have the name of its counterpart."""
        before, after = str(getattr(old, "name", "")), str(getattr(new, "name", ""))
        if self.inner.is_class:
            return self.may_move(Kind.ATTRIBUTE, before, after)
        return self.inner.map(before, after) if self.inner.is_function else before == after

    def _bindings(self, old: ast.AST, new: ast.AST) -> bool:
        name = _BINDING.get(type(old))
        if name is None:
            return True
        before, after = getattr(old, name), getattr(new, name)
        both = isinstance(before, str) and isinstance(after, str)
        return before is after is None or (both and self.inner.map(before, after))

    def _fields(self, old: ast.AST, new: ast.AST, *but: str) -> bool:
        left_out = {"type_comment", "kind", "ctx", *but}
        if isinstance(old, ast.arguments):
            left_out |= {"defaults", "kw_defaults"}  # these belong to the scope outside
        if (binding := _BINDING.get(type(old))) is not None:
            left_out.add(binding)
        return all(
            self._annotation(getattr(old, name, None), getattr(new, name, None))
            if name in _ANNOTATIONS
            else self.same(getattr(old, name, None), getattr(new, name, None))
            for name in old._fields
            if name not in left_out
        )

    def _annotation(self, old: object, new: object) -> bool:
        """Whether both annotations say the same; one may be quoted."""
        return self.same(_unquoted(old), _unquoted(new))

    def _lists(self, old: list[object], new: list[object]) -> bool:
        before, after = (apart([each for each in nodes if not is_docstring(each)]) for nodes in (old, new))
        return (
            len(before[0]) == len(after[0])
            and all(map(self.same, before[0], after[0]))
            and all(map(self.imports, before[1], after[1]))
        )

    def imports(self, old: list[ast.stmt], new: list[ast.stmt]) -> bool:
        """Whether both import the same; in product, what the names stand for is compared where they are used."""
        return True

    def _call(self, old: ast.Call, new: ast.Call) -> bool:
        """A call, of which a string may name what moved: the place of something, or an attribute of an argument."""
        places = self.scopes[0].in_tree(_place_of(old)), self.scopes[1].in_tree(_place_of(new))
        if places[0] and places[1]:
            return self.may_move(Kind.PLACE, *places) and self._rest_of_call(old, new, 1)
        attributes = _attribute_of(old), _attribute_of(new)
        if attributes[0] and attributes[1] and self.same(old.args[0], new.args[0]):
            holders = self._places(old.args[0], new.args[0])
            if holders:
                moves = self.may_move(Kind.PLACE, *(f"{a}.{b}" for a, b in zip(holders, attributes, strict=True)))
            else:
                moves = self.may_move(Kind.ATTRIBUTE, *attributes)
            return moves and self._rest_of_call(old, new, 2)
        return self._rest_of_call(old, new, 0)

    def _rest_of_call(self, old: ast.Call, new: ast.Call, done: int) -> bool:
        rest = self._lists(list(old.args[done:]), list(new.args[done:]))
        return rest and self.same(old.func, new.func) and self._keywords(old, new)

    def _keywords(self, old: ast.Call, new: ast.Call) -> bool:
        """Whether both give the same by name. A parameter moves where what is called has it, on each side."""
        if len(old.keywords) != len(new.keywords):
            return False
        for before, after in zip(old.keywords, new.keywords, strict=True):
            if before.arg != after.arg:
                if before.arg is None or after.arg is None or not self.may_move(Kind.KEYWORD, before.arg, after.arg):
                    return False
                sides = (
                    (self.scopes[0], old, before.arg, self.inner.old),
                    (self.scopes[1], new, after.arg, self.inner.new),
                )
                if not all(_takes(*side) for side in sides):
                    return False
            if not self.same(before.value, after.value):
                return False
        return True


def _takes(scope: Scope, call: ast.Call, keyword: str, own: frozenset[str]) -> bool:
    """Whether what is called has such a parameter, as far as that is known: by its place, or as a method by its name.
    ``own`` are the names that mean something else there.
    """
    place = scope.place(call.func, own)
    if place is not None:
        return scope.takes(place, keyword)
    if isinstance(call.func, ast.Attribute):
        return scope.takes(call.func.attr, keyword)
    return isinstance(call.func, ast.Name) and call.func.id == "cls" and scope.takes("__init__", keyword)


def _head(function: ast.AST) -> list[object]:
    """What of a function belongs to the scope outside of it: its decorators and defaults."""
    arguments = getattr(function, "args", None)
    defaults = [*arguments.defaults, *arguments.kw_defaults] if isinstance(arguments, ast.arguments) else []
    return [*getattr(function, "decorator_list", []), *defaults, len(defaults)]


def _unquoted(annotation: object) -> object:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return annotation
    return annotation


def _place_of(call: ast.Call) -> str:
    """The place that the first string of a call names; empty where it names none."""
    named = last_name(call.func) in _BY_PLACE or _is_patch(call.func, "dict", "multiple")
    if not named or not call.args or not isinstance(call.args[0], ast.Constant):
        return ""
    value = call.args[0].value
    return value if isinstance(value, str) and _DOTTED.fullmatch(value) else ""


def _attribute_of(call: ast.Call) -> str:
    """The attribute that the second string of a call names; empty where it names none."""
    if not (_is_patch(call.func, "object") or last_name(call.func) in _BY_ATTRIBUTE) or len(call.args) < 2:
        return ""
    value = call.args[1].value if isinstance(call.args[1], ast.Constant) else None
    return value if isinstance(value, str) and value.isidentifier() else ""


def _is_patch(func: ast.expr, *kinds: str) -> bool:
    return isinstance(func, ast.Attribute) and func.attr in kinds and last_name(func.value) == "patch"
