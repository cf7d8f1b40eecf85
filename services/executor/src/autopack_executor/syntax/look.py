"""Look at both versions of the changed files, and write down what is found: a program of its own.

As in ``reader``, a child process with limits parses the sources, and nothing of them is ever run or imported.
"""

import ast
import base64
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autopack_executor.isolation.limited import limit
from autopack_executor.syntax.asked_by_tests import calls_of_tests
from autopack_executor.syntax.comparing import hollow_comparisons
from autopack_executor.syntax.doctests import doctest_changes
from autopack_executor.syntax.exchanged import FoundFacts, LookAnswer, LookSources
from autopack_executor.syntax.found import Found
from autopack_executor.syntax.function_changes import changes, constant_changes
from autopack_executor.syntax.marks import mark_changes, profile_changes
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.moved_checks import MovedChecks
from autopack_executor.syntax.moved_names import helper_moves, name_moves
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.own_subjects import ChangedSubject, changed_subject, is_weaker, own_subjects
from autopack_executor.syntax.parameters import parameter_changes
from autopack_executor.syntax.redefinitions import redefinitions
from autopack_executor.syntax.replacing import replacements, written_expectations
from autopack_executor.syntax.special_cases import special_cases
from autopack_executor.syntax.tested import detections
from autopack_executor.syntax.versions import ModuleVersion, Version

_SHOWN_PROBLEMS = 3
_DEEPEST = 10_000


def look(sources: LookSources) -> LookAnswer:
    """What the two versions of the changed files show."""
    looker = _Looker(sources)
    found = [
        FoundFacts(
            rule=each.rule.value,
            path=path,
            line=max(1, each.line),
            test=each.test,
            before=each.before,
            after=each.after,
            attributes=list(each.attributes),
        )
        for path, each in looker.findings()
    ]
    problems = sorted(set(looker.problems))
    more = f"; and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
    return LookAnswer(found=found, problem="; ".join(problems[:_SHOWN_PROBLEMS]) + more)


class _Looker:
    def __init__(self, sources: LookSources) -> None:
        self.problems: list[str] = []
        self._sources = sources
        self._names = frozenset(sources["own"])
        self._imported: dict[str, frozenset[str]] = {}
        self._versions: dict[int, ModuleVersion] = {}
        self._base = {path: tree for path, source in sources["base"].items() if (tree := self._parsed(path, source))}
        self._head = {path: tree for path, source in sources["head"].items() if (tree := self._parsed(path, source))}

    def findings(self) -> Iterator[tuple[str, Found]]:
        """The findings with their paths."""
        found = list(self._of_versions())
        yield from found
        yield from self._of_subjects(found)

    def _of_versions(self) -> Iterator[tuple[str, Found]]:
        for path in self._sources["head"]:
            yield from self._tried(path, self._documentation(path), named=True)
        tests, support = set(self._sources["tests"]), set(self._sources["support"])
        product_moves = self._product_moves(tests | support)
        for path, tree in self._head.items():
            before = self._base.get(path)
            if path in tests:
                yield from self._tried(path, redefinitions(before, tree, self._defined()), named=True)
            paths = self._sources["renamed"].get(path, path), path
            if path in tests and before is not None:
                yield from self._tried(path, name_moves(before, tree, product_moves, paths), named=True)
            if path in support and before is not None and self._stays(*paths):
                yield from self._tried(path, helper_moves(before, tree, product_moves, paths))
            if path in tests | support and before is not None:
                yield from self._tried(path, profile_changes(before, tree))
                yield from self._tried(path, constant_changes(self._version(before), self._version(tree)))
        product = {path: tree for path, tree in self._head.items() if path not in tests | support}
        yield from self._of_product(product)
        yield from self._of_functions(tests, support, product_moves)

    def _stays(self, old: str, new: str) -> bool:
        """Whether a helper of tests is where it was, or went along with all of its folder."""
        return old == new or old.rpartition("/")[0] in self._sources["left"]

    def _of_product(self, product: Mapping[str, ast.Module]) -> Iterator[tuple[str, Found]]:
        suite = {path: tree for path, source in self._sources["suite"].items() if (tree := self._parsed(path, source))}
        try:
            calls = calls_of_tests(suite)
        except RecursionError:
            self.problems.append("the tests are nested too deep")
            calls = {}
        for path, tree in product.items():
            before = self._base.get(path)
            yield from self._tried(path, detections(before, tree, path, suite))
            yield from self._tried(path, hollow_comparisons(before, tree))
            yield from self._tried(path, special_cases(before, tree, calls))

    def _of_subjects(self, found: list[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
        """What is found of tests that changed while a module of tests did that may hold what they test."""
        helped = {*self._sources["tests"], *self._sources["support"]}.intersection(self._head)
        weaker: dict[str, list[Found]] = {}
        for path, each in found:
            if path in helped and is_weaker(each):
                weaker.setdefault(path, []).append(replace(each, test=each.test.removeprefix(f"{path}::")))
        subjects: dict[str, ChangedSubject] = {}
        for path in self._sources["tests"]:
            if path in self._head and path in self._base:
                try:
                    subject = changed_subject(path, self._base[path], self._head[path])
                except RecursionError:
                    self.problems.append(f"{path[:200]} cannot be compared")
                    continue
                if subject is not None:
                    subjects[path] = subject
        for path in sorted({*weaker, *subjects}) if subjects else ():
            any_subject = next(iter(subjects.values()))
            told = own_subjects(any_subject, subjects.get(path), weaker.get(path, []))
            yield from self._tried(path, told, named=True)

    def _of_functions(
        self, tests: set[str], support: set[str], product_moves: ProductMoves
    ) -> Iterator[tuple[str, Found]]:
        before = {key: each for path in self._base for key, each in _functions(path, self._before(path))}
        helped = [path for path in self._head if path in tests | support]
        after = {key: each for path in helped for key, each in _functions(path, self._after(path))}
        decorators = {
            node.name: node for tree in self._head.values() for node in ast.walk(tree) if isinstance(node, Function)
        }
        partners = _partners(before, after)
        moved = MovedChecks(
            (each for (path, name), each in before.items() if _is_test(name)),
            (each for (path, name), each in after.items() if path in tests and _is_test(name)),
        )
        for key, version in after.items():
            path, name = key
            old = before.get(partners.get(key, key))
            is_test = path in tests and _is_test(name)
            test = name if is_test else ""
            if old is None:
                if is_test:
                    yield from self._tried(path, replacements(test, None, version, self._own(path)), named=True)
                continue
            if self._same(old, version):
                continue
            yield from self._tried(path, changes(test, old, version, moved, product_moves), named=is_test)
            if is_test:
                yield from self._tried(path, mark_changes(test, old, version, decorators), named=True)
                yield from self._tried(path, parameter_changes(test, old, version), named=True)
                yield from self._tried(path, replacements(test, old, version, self._own(path)), named=True)
                yield from self._tried(path, written_expectations(test, old, version), named=True)

    @staticmethod
    def _same(before: Version, after: Version) -> bool:
        """Whether nothing has to be compared. What is nested too deep to tell is compared, and then said."""
        try:
            return before.same_as(after)
        except RecursionError:
            return False

    def _documentation(self, path: str) -> Iterator[Found]:
        source = base64.b64decode(self._sources["head"][path])
        old = self._sources["base"].get(path)
        if old is None or b">>>" not in source or (path.endswith(".py") and path not in self._head):
            return
        before, after = base64.b64decode(old), source
        yield from doctest_changes(
            before.decode("utf-8", "replace"), after.decode("utf-8", "replace"), python=path.endswith(".py")
        )

    def _tried(self, path: str, found: Iterator[Found], *, named: bool = False) -> Iterator[tuple[str, Found]]:
        """The findings of a part of the look, under their paths; a part that cannot be done is a problem."""
        try:
            for each in found:
                test = f"{path}::{each.test}" if named and each.test else each.test
                yield path, replace(each, test=test)
        except (RecursionError, SyntaxError, ValueError):
            self.problems.append(f"{path[:200]} cannot be compared")

    def _parsed(self, path: str, source: str) -> ast.Module | None:
        if not path.endswith(".py"):
            return None
        try:
            return ast.parse(base64.b64decode(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.problems.append(f"{path[:200]} is no Python that can be read")
            return None

    def _product_moves(self, tests: set[str]) -> ProductMoves:
        """What of the product moved; nothing where it is nested too deep to look at."""
        base, head = (
            {path: tree for path, tree in trees.items() if path not in tests} for trees in (self._base, self._head)
        )
        try:
            roots = frozenset(self._sources["roots"])
            return ProductMoves.of(base, head, self._sources["renamed"], own=self._names, roots=roots)
        except RecursionError:
            return ProductMoves()

    def _defined(self) -> Mapping[str, frozenset[str]]:
        """The names that the changed modules define, by the last part of their names."""
        return {
            path.rpartition("/")[2].removesuffix(".py"): frozenset(
                node.name for node in tree.body if isinstance(node, (*Function, ast.ClassDef))
            )
            for path, tree in self._head.items()
        }

    def _own(self, path: str) -> frozenset[str]:
        """The names that a module of head imports from the tree."""
        if path not in self._imported:
            imports = self._after(path).imports
            self._imported[path] = frozenset(name for name, root in imports if not root or root in self._names)
        return self._imported[path]

    def _before(self, path: str) -> ModuleVersion:
        return self._version(self._base[path])

    def _after(self, path: str) -> ModuleVersion:
        return self._version(self._head[path])

    def _version(self, tree: ast.Module) -> ModuleVersion:
        return self._versions.setdefault(id(tree), ModuleVersion(tree=tree))


def _functions(path: str, module: ModuleVersion) -> Iterator[tuple[tuple[str, str], Version]]:
    return (((path, name), each) for name, each in module.functions())


def _partners(
    before: Mapping[tuple[str, str], Version], after: Mapping[tuple[str, str], Version]
) -> dict[tuple[str, str], tuple[str, str]]:
    """The functions that have another place now, by their last names, where there is one of each."""
    lost = [key for key in before if key not in after]
    gained = [key for key in after if key not in before]
    by_name: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {}
    for key in lost:
        by_name.setdefault(_last(key), ([], []))[0].append(key)
    for key in gained:
        by_name.setdefault(_last(key), ([], []))[1].append(key)
    return {new[0]: old[0] for old, new in by_name.values() if len(old) == len(new) == 1}


def _is_test(name: str) -> bool:
    return name.rpartition("::")[2].startswith("test")


def _last(key: tuple[str, str]) -> str:
    return key[1].rpartition("::")[2]


def main() -> None:
    """Read the sources from standard input, and write the findings to standard output. The arguments are the limits
    of memory and of time.
    """
    limit(sys.argv)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_DEEPEST)
    json.dump(look(json.load(sys.stdin.buffer)), sys.stdout)


if __name__ == "__main__":
    main()
