"""Whether a test says the same as before once the names that a change moved are mapped (decision 32).

A test that fails on the candidate's code for want of a moved name is *adapted* when its new version differs from the
old one in such names only, and so is one that is as it was in a module that wants for such a name. Everything that
could make it weaker on the way speaks against it: another constant, another shape, a name that is bound in the test's
own module, a helper of the module that changed.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from autopack_executor.syntax.found import Found, dotted, shown
from autopack_executor.syntax.mapping import Comparing
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind, Move, Names
from autopack_executor.syntax.parting import Parts, filled_by_patches
from autopack_executor.syntax.scopes import ModuleName, Scope, bound, imported, scope_of
from autopack_model.finding.value import FindingRule

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
_NOTHING = ProductMoves()
_MOST_PAIRS = 400


def name_moves(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> Iterator[Found]:
    """The tests of a module that say the same under moved names, as findings that list the names. Each of these is one
    that the ``product`` lost, and what has its new name there is the same thing. ``paths`` are those of both versions.
    """
    wanted = _wanted(old, new, product, paths)
    for adapted in adapted_tests(old, new, product, paths):
        if not (adapted.moved or wanted) or not product.prove(adapted.moved):
            continue
        places = [before for kind, before, _ in adapted.moved if kind is Kind.PLACE]
        gone = {each for before in places if (each := product.gone_module(before))}
        names = dict.fromkeys([*gone, *(before for _, before, _ in adapted.moved), *wanted])
        yield Found(
            rule=FindingRule.NAMES_MOVED,
            line=adapted.line,
            test=adapted.test,
            before=shown(", ".join([*adapted.renamed, *names])),
            after=shown(", ".join([*adapted.renamed.values(), *(after for _, _, after in adapted.moved)])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A test that differs in moved names only: its name, its line on head, and these names; ``renamed`` are names of
    tests and classes that follow them.
    """

    test: str
    line: int
    moved: tuple[Move, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)


def adapted_tests(
    old: ast.Module, new: ast.Module, product: ProductMoves = _NOTHING, paths: tuple[str, str] = ("", "")
) -> Iterator[Adapted]:
    """The tests of a module that say the same under moved names, or as they stand.

    None where anything else of the module differs, imports and tests aside, or where it imports more than before of
    what may change how tests run. A name that the new module still has did not move.
    """
    names = ModuleName.of(paths[0]), ModuleName.of(paths[1])
    scopes = (
        scope_of(old, names[0], product.base.place, product.base.in_tree, defines=False),
        scope_of(new, names[1], product.head.place, product.head.in_tree, defines=False),
    )
    if scopes[0].stars != scopes[1].stars:
        return
    reading = _Reading(scopes=scopes, own=frozenset([*_members(old), *_members(new)]))
    told = list(reading.told(_Body(old=old.body, new=new.body)))
    reached = {product.head.split(after)[0] for each in told for _, _, after in each.adapted.moved}
    reached |= {product.head.split(each)[0] for each in imported(old, names[0])}
    known = imported(old, names[0])
    others = imported(new, names[1])
    if any(map(_of_tests, known ^ others)) or any(_acts(each, product, reached) for each in others - known):
        return
    kept = {kind: frozenset(_names_in(new, kind, scopes[1])) for kind in Kind}
    for each in told:
        still_there = any(before in kept[kind] for kind, before, _ in each.adapted.moved)
        if not still_there and reading.changed.isdisjoint(_mentioned(each.nodes)):
            yield each.adapted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The body of a module or class in both versions; the names before those of its tests, and what is around them."""

    old: list[ast.stmt]
    new: list[ast.stmt]
    prefix: str = ""
    holders: tuple[ast.ClassDef, ast.ClassDef] | None = None
    names: Names = field(default_factory=Names)
    around: tuple[ast.AST, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A test that says the same, with all syntax that has a part in it."""

    adapted: Adapted
    nodes: tuple[ast.AST, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Reads both versions of a module of tests. ``changed`` are the names of tests and classes that differ otherwise:
    another test may call them.
    """

    scopes: tuple[Scope, Scope]
    own: frozenset[str]
    changed: set[str] = field(default_factory=set)

    def told(self, body: _Body) -> Iterator[_Told]:
        """The tests of the body that say the same."""
        before, after = Parts.of(body.old), Parts.of(body.new)
        names = body.names.copy()
        if not self._comparing(names).rest(before.rest, after.rest, body.holders):
            self.changed.update(before.tests, after.tests)
            return
        around = (*body.around, *after.rest)
        pairs = self._pairs(before, after, body, names)
        for name, other in pairs:
            renamed = body.renamed if name == other else {**body.renamed, name: other}
            old, new = before.tests[name], after.tests[other]
            told = list(self._of_test(old, new, replace(body, names=names, around=around, renamed=renamed)))
            if len(told) < max(_count(old), _count(new)):
                self.changed.update((name, other))
            yield from told
        paired = {each for pair in pairs for each in pair}
        self.changed.update({*before.tests, *after.tests} - paired)

    def _of_test(self, old: ast.stmt, new: ast.stmt, body: _Body) -> Iterator[_Told]:
        names = body.names.copy()
        comparing = self._comparing(names, filled=(filled_by_patches(old), filled_by_patches(new)))
        name = getattr(new, "name", "")
        if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            if comparing.heads(old, new):
                head = (*new.bases, *new.keywords, *new.decorator_list)
                yield from self.told(
                    _Body(
                        old=old.body,
                        new=new.body,
                        prefix=f"{body.prefix}{name}::",
                        holders=(old, new),
                        names=names,
                        around=(*body.around, *head),
                        renamed=body.renamed,
                    )
                )
        elif comparing.definitions(old, new, body.holders or (None, None)):
            moved = tuple(sorted(names.moved()))
            adapted = Adapted(
                test=f"{body.prefix}{name}", line=getattr(new, "lineno", 1), moved=moved, renamed=body.renamed
            )
            yield _Told(adapted=adapted, nodes=(new, *body.around))

    def _pairs(self, before: Parts, after: Parts, body: _Body, names: Names) -> list[tuple[str, str]]:
        """The tests of base with those of head: of one name, or the only ones that say the same under moved names."""
        lost = [name for name in before.tests if name not in after.tests]
        gained = [name for name in after.tests if name not in before.tests]
        if len(lost) * len(gained) > _MOST_PAIRS:
            lost = []
        alike = [
            (old, new)
            for old in lost
            for new in gained
            if self._is_other(before.tests[old], after.tests[new], body, names)
        ]
        once = [
            (old, new)
            for old, new in alike
            if sum(each == old for each, _ in alike) == 1 == sum(each == new for _, each in alike)
        ]
        return [*((name, name) for name in sorted(before.tests.keys() & after.tests.keys())), *once]

    def _is_other(self, old: ast.stmt, new: ast.stmt, body: _Body, names: Names) -> bool:
        """Whether the one is the other under a name that follows names which moved."""
        mapped = names.copy()
        same = self._comparing(mapped, filled=(filled_by_patches(old), filled_by_patches(new)))
        return same.definitions(old, new, body.holders or (None, None)) and bool(mapped.moved())

    def _comparing(
        self, names: Names, filled: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    ) -> "_OfTests":
        return _OfTests(scopes=self.scopes, names=names, own=self.own, filled=filled)


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
            if kind is Kind.PLACE and (_of_tests(old) or _of_tests(new) or _root(old) != _root(new)):
                return False
            if kind is Kind.ATTRIBUTE and not self.own.isdisjoint((old, new)):
                return False
        return self.names.map(kind, old, new)

    def attribute(self, old: ast.Attribute, new: ast.Attribute) -> bool:
        return old.attr == new.attr or _root(dotted(old)) not in _OWN

    def parameter(self, old: ast.arg, new: ast.arg) -> bool:
        return old.arg == new.arg or (old.arg in self.filled[0] and new.arg in self.filled[1])


def _wanted(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> list[str]:
    """What the old module imports, and the new one does not, for want of which the old one cannot be collected."""
    names = ModuleName.of(paths[0]), ModuleName.of(paths[1])
    gone = sorted(imported(old, names[0]) - imported(new, names[1]))
    return [each for each in gone if product.lost(each)]


def _acts(place: str, product: ProductMoves, reached: Iterable[str | None]) -> bool:
    """Whether a new import may change how tests run: one of changed code that nothing moved to."""
    module, _ = product.head.split(place)
    return module is not None and module not in reached


def _count(test: ast.stmt) -> int:
    """How many tests there are: those of a class, or the one itself."""
    return sum(map(_count, Parts.of(test.body).tests.values())) if isinstance(test, ast.ClassDef) else 1


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


def _mentioned(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in (inner for each in nodes for inner in ast.walk(each)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case _:
                pass


def _root(place: str) -> str:
    return place.partition(".")[0]


def _of_tests(place: str) -> bool:
    return not {"tests", "test", "testing", "conftest"}.isdisjoint(place.split("."))
