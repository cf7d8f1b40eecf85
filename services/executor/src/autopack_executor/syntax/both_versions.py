"""Both versions of a module of tests, or of a helper of tests, and whether they say the same under moved names."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.definitions import parameters
from autopack_executor.syntax.found import dotted
from autopack_executor.syntax.imports import STAR, Entry, entries
from autopack_executor.syntax.mapping import Comparing
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind, Move, Names
from autopack_executor.syntax.scopes import FUNCTION, ModuleName, Scope, bound, scope_of

# What pytest, unittest and mock call things. Another one of these is another test.
_FIXED = frozenset(
    {
        *("raises", "warns", "approx", "skip", "skipif", "xfail", "fail", "mark", "parametrize", "fixture"),
        *("usefixtures", "expectedFailure", "skipTest", "skipIf", "skipUnless", "return_value", "side_effect"),
        *("called", "call_count", "call_args", "call_args_list", "method_calls", "mock_calls", "match"),
    }
)
# What pytest takes for more than a name where a module of tests has it, besides ``pytest_...``.
_ACTING = frozenset(
    {
        *("pytestmark", "load_tests", "setup", "teardown", "setUpModule", "tearDownModule", "setup_module"),
        *("teardown_module", "setup_function", "teardown_function", "collect_ignore", "collect_ignore_glob"),
    }
)
# Under which a test reaches what belongs to its own class.
_OWN = frozenset({"self", "cls"})
_LOOKS_AT_TEXTS = frozenset({"__doc__", "getdoc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BothVersions:
    """A module of the tests in both versions: what its names stand for, what its classes have, the parameters of its
    functions, which may be fixtures, and on head the names that it mentions by their kinds. ``speaks`` says that it
    looks at its own texts, ``helper`` that it helps tests and holds none.
    """

    product: ProductMoves
    scopes: tuple[Scope, Scope]
    own: tuple[frozenset[str], frozenset[str]]
    asked: frozenset[str]
    mentioned: Mapping[Kind, frozenset[str]]
    speaks: bool
    helper: bool

    @staticmethod
    def of(
        old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str], *, helper: bool = False
    ) -> "BothVersions":
        """What both versions, which have these paths, say."""
        sides = (old, product.base, ModuleName.of(paths[0])), (new, product.head, ModuleName.of(paths[1]))
        before, after = (
            scope_of(tree, name, side.place, side.in_tree, side.takes, defines=False) for tree, side, name in sides
        )
        nodes = [*ast.walk(old), *ast.walk(new)]
        return BothVersions(
            product=product,
            scopes=(before, after),
            own=(frozenset(_members(old)), frozenset(_members(new))),
            asked=frozenset([*_asked(old.body), *_asked(new.body)]),
            mentioned={kind: frozenset(_names_in(new, kind, after)) for kind in Kind},
            speaks=any(dotted(each).rpartition(".")[2] in _LOOKS_AT_TEXTS for each in nodes),
            helper=helper,
        )

    def comparing(
        self, names: Names, filled: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    ) -> "ComparingTests":
        """Compares both, of which mock fills these parameters, and adds what is mapped to the ``names``."""
        return ComparingTests(scopes=self.scopes, names=names, both=self, filled=filled)

    def keep(self, moved: Iterable[Move]) -> bool:
        """Whether the new version still mentions one of these names: it did not move."""
        return any(before in self.mentioned[kind] for kind, before, _ in moved)


@dataclass(slots=True, kw_only=True)
class ComparingTests(Comparing):
    """Compares tests, in which fewer names may move. ``filled`` are the parameters of both versions that mock fills."""

    both: BothVersions
    filled: tuple[frozenset[str], frozenset[str]]

    def may_move(self, kind: Kind, old: str, new: str) -> bool:
        """Whether a name may have the other one: what belongs to tests, to pytest or to unittest stays."""
        if old != new:
            last = old.rpartition(".")[2], new.rpartition(".")[2]
            if last[0] != last[1] and any(each.startswith("assert") or each in _FIXED for each in last):
                return False
            if kind is Kind.PLACE and (_of_tests(old) or _of_tests(new)):
                return False
            if kind is Kind.ATTRIBUTE and (old in self.both.own[1] or new in self.both.own[0]):
                return False
        return self.names.map(kind, old, new)

    def attribute(self, old: ast.Attribute, new: ast.Attribute) -> bool:
        """Whether the attribute may have another name: a member of the test's own class may not."""
        return old.attr == new.attr or dotted(old.value) not in _OWN

    def parameter(self, old: ast.arg, new: ast.arg) -> bool:
        """Whether the parameter may have another name: where mock fills it, as any other one is a fixture."""
        return old.arg == new.arg or (old.arg in self.filled[0] and new.arg in self.filled[1])

    def imports(self, old: list[ast.stmt], new: list[ast.stmt]) -> bool:
        """Whether both bind and load the same under moved names. What only one of them imports may be what the product
        lost, what is a name and nothing more, and of the standard library what it likes.
        """
        before, after = entries(old, self.scopes[0]), entries(new, self.scopes[1])
        common = {*before} & {*after}
        lost, gained = ([each for each in side if each not in common] for side in (before, after))
        for first in list(lost):
            second = next((each for each in gained if self._stands_for(first, each)), None)
            if second is not None:
                lost.remove(first)
                gained.remove(second)
        if {each.local for each in lost} & {each.local for each in gained}:
            return False
        loaded = {each.loads for each in before}, {each.loads for each in after}
        return all(self._may_go(each, loaded[1]) for each in lost) and all(
            self._may_come(each, loaded[0]) for each in gained
        )

    def _stands_for(self, old: Entry, new: Entry) -> bool:
        """Whether the new import binds what the old one bound: under its name, or as names that moved with it."""
        if old.local == new.local:
            return old.local != STAR and (self._moved_within(old.place, new.place) or self._claims(old, new))
        return self._moved_within(old.place, new.place) and not self._acts(old) and not self._acts(new)

    def _claims(self, old: Entry, new: Entry) -> bool:
        return self.may_move(Kind.PLACE, old.place, new.place)

    def _moved_within(self, old: str, new: str) -> bool:
        """Whether the one place became the other, or a name that moved lies in both."""
        moved = ((before, after) for kind, before, after in self.names.moved() if kind is Kind.PLACE)
        return any(
            _within(before, old) and _within(after, new) and before[len(old) :] == after[len(new) :]
            for before, after in moved
        )

    def _may_go(self, entry: Entry, loaded: Iterable[str]) -> bool:
        if self._acts(entry):
            return False
        product = self.both.product
        if product.lost(entry.place) or (not self._in_tree(entry) and _is_standard(entry)):
            return True
        return entry.loads in loaded and product.base.is_plain(entry.place)

    def _may_come(self, entry: Entry, loaded: Iterable[str]) -> bool:
        if self._acts(entry):
            return False
        if not self._in_tree(entry):
            return _is_standard(entry) or not self.both.helper  # a new test may need another package
        targets = {self.scopes[1].in_tree(after) for kind, _, after in self.names.moved() if kind is Kind.PLACE}
        known = entry.loads in loaded or any(_within(each, entry.loads) for each in targets)
        return known and self.both.product.head.is_plain(entry.place)

    def _acts(self, entry: Entry) -> bool:
        """Whether a name that an import binds may be more than a name: a hook, a fixture, a helper of tests."""
        if entry.local.startswith("pytest_") or entry.local in _ACTING or entry.local in self.both.asked:
            return True
        return entry.local == STAR or _of_tests(entry.place)

    def _in_tree(self, entry: Entry) -> bool:
        """Whether the module that is loaded may be one of the tree."""
        product = self.both.product
        known = product.base.split(entry.loads)[0] or product.head.split(entry.loads)[0]
        return known is not None or entry.loads.partition(".")[0] in product.own


def _within(place: str, outer: str) -> bool:
    return place == outer or place.startswith(f"{outer}.")


def _asked(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The parameters of the functions that pytest may call, in a module or a class."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _asked(node.body)
        elif isinstance(node, FUNCTION):
            yield from parameters(node)


def _is_standard(entry: Entry) -> bool:
    return entry.loads.partition(".")[0] in sys.stdlib_module_names


def _members(module: ast.Module) -> Iterator[str]:
    """What the classes of a module of tests bind, and what they store as their own attributes."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield from bound(node.body)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and dotted(node.value) in _OWN:
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


def _of_tests(place: str) -> bool:
    return not {"tests", "test", "testing", "conftest"}.isdisjoint(place.split("."))
