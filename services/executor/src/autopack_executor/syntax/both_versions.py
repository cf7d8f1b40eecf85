"""Both versions of a module of tests, or of a helper of tests, and whether they say the same under moved names."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.found import dotted
from autopack_executor.syntax.mapping import Comparing
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind, Move, Names
from autopack_executor.syntax.scopes import ModuleName, Scope, bound, imported, scope_of

# What pytest, unittest and mock call things. Another one of these is another test.
_FIXED = frozenset(
    {
        *("raises", "warns", "approx", "skip", "skipif", "xfail", "fail", "mark", "parametrize", "fixture"),
        *("usefixtures", "expectedFailure", "skipTest", "skipIf", "skipUnless", "return_value", "side_effect"),
        *("called", "call_count", "match"),
    }
)
# Under which a test reaches what belongs to its own class.
_OWN = frozenset({"self", "cls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BothVersions:
    """A module of the tests in both versions: what its names stand for, what it imports, what its classes have, and on
    head the names that it mentions by their kinds.
    """

    product: ProductMoves
    scopes: tuple[Scope, Scope]
    imports: tuple[frozenset[str], frozenset[str]]
    own: frozenset[str]
    mentioned: Mapping[Kind, frozenset[str]]

    @staticmethod
    def of(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> "BothVersions":
        """What both versions, which have these paths, say."""
        names = ModuleName.of(paths[0]), ModuleName.of(paths[1])
        scope = scope_of(new, names[1], product.head.place, product.head.in_tree, defines=False)
        return BothVersions(
            product=product,
            scopes=(scope_of(old, names[0], product.base.place, product.base.in_tree, defines=False), scope),
            imports=(imported(old, names[0]), imported(new, names[1])),
            own=frozenset([*_members(old), *_members(new)]),
            mentioned={kind: frozenset(_names_in(new, kind, scope)) for kind in Kind},
        )

    def comparing(
        self, names: Names, filled: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    ) -> "_OfTests":
        """Compares both, of which mock fills these parameters, and adds what is mapped to the ``names``."""
        return _OfTests(scopes=self.scopes, names=names, own=self.own, filled=filled)

    def import_the_same(self, moved: Iterable[Move]) -> bool:
        """Whether nothing that may change how tests run is imported on one side only, these names apart."""
        known, others = self.imports
        if self.scopes[0].stars != self.scopes[1].stars or any(map(_of_tests, known ^ others)):
            return False
        reached = {self.product.head.split(after)[0] for _, _, after in moved}
        reached |= {self.product.head.split(each)[0] for each in known}
        return not any(_acts(each, self.product, reached) for each in others - known)

    def bind_the_same(self, moved: Iterable[Move]) -> bool:
        """Whether the imports bind the same on both sides, these names apart. What a helper binds may be a hook or a
        fixture, though nothing in it mentions the name.
        """
        pairs = [(old, new) for kind, old, new in moved if kind is Kind.PLACE]
        before, after = (scope.places for scope in self.scopes)
        if any(name.startswith("pytest_") for name in before.keys() ^ after.keys()):
            return False
        return (
            all(any(_within(old, before[name]) for old, _ in pairs) for name in before.keys() - after.keys())
            and all(any(_within(new, after[name]) for _, new in pairs) for name in after.keys() - before.keys())
            and all(_stands(before[name], after[name], pairs) for name in before.keys() & after.keys())
        )

    def keep(self, moved: Iterable[Move]) -> bool:
        """Whether the new version still mentions one of these names: it did not move."""
        return any(before in self.mentioned[kind] for kind, before, _ in moved)


@dataclass(slots=True, kw_only=True)
class _OfTests(Comparing):
    """Compares tests, in which fewer names may move. ``own`` is what classes of the tests themselves have, ``filled``
    are the parameters of both versions that mock fills.
    """

    own: frozenset[str]
    filled: tuple[frozenset[str], frozenset[str]]

    def may_move(self, kind: Kind, old: str, new: str) -> bool:
        if old != new:
            last = old.rpartition(".")[2], new.rpartition(".")[2]
            if last[0] != last[1] and any(each.startswith("assert") or each in _FIXED for each in last):
                return False
            if kind is Kind.PLACE and (_of_tests(old) or _of_tests(new)):
                return False
            if kind is Kind.ATTRIBUTE and not self.own.isdisjoint((old, new)):
                return False
        return self.names.map(kind, old, new)

    def attribute(self, old: ast.Attribute, new: ast.Attribute) -> bool:
        return old.attr == new.attr or dotted(old.value) not in _OWN

    def parameter(self, old: ast.arg, new: ast.arg) -> bool:
        return old.arg == new.arg or (old.arg in self.filled[0] and new.arg in self.filled[1])


def _acts(place: str, product: ProductMoves, reached: Iterable[str | None]) -> bool:
    """Whether a new import may change how tests run: one of changed code that nothing moved to."""
    module, _ = product.head.split(place)
    return module is not None and module not in reached


def _within(place: str, outer: str) -> bool:
    return place == outer or place.startswith(f"{outer}.")


def _stands(before: str, after: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether the one place stands for the other: it is the same, or a pair of moved names lies in them."""
    tails = (
        (old[len(before) :], new[len(after) :]) for old, new in pairs if _within(old, before) and _within(new, after)
    )
    return before == after or any(old == new for old, new in tails)


def _members(module: ast.Module) -> Iterator[str]:
    """What the classes of a module of tests bind, and what they store as their own attributes."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield from bound(node.body)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _root(dotted(node)) in _OWN:
            yield node.attr


def _names_in(tree: ast.AST, kind: Kind, scope: Scope) -> Iterator[str]:
    for node in ast.walk(tree):
        match kind, node:
            case Kind.PLACE, ast.Name() | ast.Attribute():
                yield scope.place(node) or ""
            case Kind.ATTRIBUTE, ast.Attribute(attr=name):
                yield name
            case Kind.KEYWORD, ast.keyword(arg=str(name)):
                yield name
            case _:
                pass


def _root(place: str) -> str:
    return place.partition(".")[0]


def _of_tests(place: str) -> bool:
    return not {"tests", "test", "testing", "conftest"}.isdisjoint(place.split("."))
