"""Whether a test says the same as before once the names that a change moved are mapped (decision 32).

A test that fails on the candidate's code for want of a moved name is *adapted* when its new version differs from the
old one in such names only, and so is one that is as it was in a module that wants for such a name. Everything that
could make it weaker on the way speaks against it: another constant, another shape, a name that is bound in the test's
own module, a helper of the module that changed.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from autopack_executor.syntax.both_versions import BothVersions
from autopack_executor.syntax.found import Found, shown
from autopack_executor.syntax.imports import apart
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind, Move, Names
from autopack_executor.syntax.parting import Parts, filled_by_patches
from autopack_executor.syntax.scopes import ModuleName, imported, is_docstring
from autopack_model.finding.value import FindingRule

_NOTHING = ProductMoves()
_MOST_PAIRS = 400


def name_moves(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> Iterator[Found]:
    """The tests of a module that say the same under moved names, as findings that list the names. Each of these is one
    that the ``product`` lost, and what has its new name there is the same thing. ``paths`` are those of both versions.
    """
    both = BothVersions.of(old, new, product, paths)
    wanted = _wanted(old, new, product, paths)
    for adapted in _adapted(old, new, both):
        if not (adapted.moved or wanted) or not product.prove(adapted.moved):
            continue
        places = [*(before for kind, before, _ in adapted.moved if kind is Kind.PLACE), *wanted]
        gone = [each for before in places for each in product.gone_modules(before)]
        names = dict.fromkeys([*gone, *(before for _, before, _ in adapted.moved), *wanted])
        yield Found(
            rule=FindingRule.NAMES_MOVED,
            line=adapted.line,
            test=adapted.test,
            before=shown(", ".join([*adapted.renamed, *names])),
            after=shown(", ".join([*adapted.renamed.values(), *(after for _, _, after in adapted.moved)])),
            attributes=_attributes(adapted.moved),
        )


def helper_moves(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> Iterator[Found]:
    """That a helper of tests, such as conftest.py, says the same as a whole under moved names: one finding without a
    test. Each of these names is one that the ``product`` lost, and what has its new name there is the same thing.
    """
    both = BothVersions.of(old, new, product, paths, helper=True)
    names = Names()
    if both.speaks or not both.comparing(names).rest(old.body, new.body, None):
        return
    moved = names.moved()
    if not moved or both.keep(moved) or not product.prove(moved):
        return
    pairs = sorted((before, after) for _, before, after in moved)
    yield Found(
        rule=FindingRule.NAMES_MOVED,
        line=1,
        test="",
        before=shown(", ".join(before for before, _ in pairs)),
        after=shown(", ".join(after for _, after in pairs)),
        attributes=_attributes(moved),
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
    yield from _adapted(old, new, BothVersions.of(old, new, product, paths))


def _adapted(old: ast.Module, new: ast.Module, both: BothVersions) -> Iterator[Adapted]:
    reading = _Reading(both=both)
    told = [] if both.speaks else list(reading.told(_Body(old=old.body, new=new.body)))
    if not _import_the_same(old, new, both, {move for each in told for move in each.adapted.moved}):
        return
    known: dict[int, frozenset[str]] = {}
    for each in told:
        calls = any(not reading.changed.isdisjoint(_mentioned(node, known)) for node in each.nodes if reading.changed)
        if not calls and not both.keep(each.adapted.moved):
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

    both: BothVersions
    changed: set[str] = field(default_factory=set)

    def told(self, body: _Body) -> Iterator[_Told]:
        """The tests of the body that say the same."""
        before, after = Parts.of(body.old), Parts.of(body.new)
        names = body.names.copy()
        if not self.both.comparing(names).rest(before.rest, after.rest, body.holders):
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
        comparing = self.both.comparing(names, filled=(filled_by_patches(old), filled_by_patches(new)))
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
        same = self.both.comparing(mapped, filled=(filled_by_patches(old), filled_by_patches(new)))
        return same.definitions(old, new, body.holders or (None, None)) and bool(mapped.moved())


def _attributes(moved: Iterable[Move]) -> tuple[tuple[str, str], ...]:
    return tuple((before, after) for kind, before, after in moved if kind is Kind.ATTRIBUTE)


def _import_the_same(old: ast.Module, new: ast.Module, both: BothVersions, moved: Collection[Move]) -> bool:
    """Whether both versions import the same around their tests, if these names moved: and what else has to have."""
    names = Names()
    (olds, before), (news, after) = (apart(_around_tests(each)) for each in (old, new))
    if len(olds) != len(news) or not all(names.map(*each) for each in sorted(moved)):
        return False
    comparing = both.comparing(names)
    if not all(comparing.imports(*each) for each in zip(before, after, strict=True)):
        return False
    more = {*names.moved()} - {*moved}
    return not more or both.product.prove(more)


def _around_tests(module: ast.Module) -> list[ast.stmt]:
    tests = {id(each) for each in Parts.of(module.body).tests.values()}
    return [each for each in module.body if id(each) not in tests and not is_docstring(each)]


def _wanted(old: ast.Module, new: ast.Module, product: ProductMoves, paths: tuple[str, str]) -> list[str]:
    """What the old version imports, and the new one does not, for want of which the old one cannot be collected."""
    names = ModuleName.of(paths[0]), ModuleName.of(paths[1])
    gone = sorted(imported(old, names[0]) - imported(new, names[1]))
    return [each for each in gone if product.lost(each)]


def _count(test: ast.stmt) -> int:
    """How many tests there are: those of a class, or the one itself."""
    return sum(map(_count, Parts.of(test.body).tests.values())) if isinstance(test, ast.ClassDef) else 1


def _mentioned(node: ast.AST, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """The names and attributes in a piece of syntax, which are ``known`` for what is around many tests."""
    if id(node) not in known:
        nodes = [each for each in ast.walk(node) if isinstance(each, (ast.Name, ast.Attribute))]
        known[id(node)] = frozenset(each.id if isinstance(each, ast.Name) else each.attr for each in nodes)
    return known[id(node)]
