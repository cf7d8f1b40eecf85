"""Tests that were weakened, and whose subject stands in a module of tests and may have changed as well.

Base's tests are run with base's version of such a module, and so never see the candidate's version of the subject.
"""

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import Found, last_name, shown
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.versions import ModuleVersion
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.finding.value import WEAKER_TEST, FindingRule

_WEAKER = WEAKER_TEST | {FindingRule.INPUT_CHANGED, FindingRule.PARAMETER_CHANGED, FindingRule.PARAMETERS_REMOVED}
_CLASSES = ("TestCase", "Test", "Tests")
"""How the names of base classes end whose methods are tests, whatever a class is called."""
_READING = frozenset({"__doc__", "getdoc"})


def may_hold_product(path: str) -> bool:
    """Whether a module of tests may hold what they test: it is not called, and does not lie, as tests alone are."""
    *folders, name = PurePosixPath(path).parts
    stem = name.removesuffix(".py")
    return TEST_FOLDERS.isdisjoint(folders) and not (stem.startswith("test_") or stem.endswith(("_test", "conftest")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSubject:
    """A module of tests of which something else changed as well, with the first difference. ``lines`` are those of the
    new statement where it is the only one.
    """

    path: str
    before: str
    after: str
    lines: range
    old: "tuple[ast.stmt, ...]"
    new: "tuple[ast.stmt, ...]"

    def is_of(self, path: str, tree: ast.Module) -> bool:
        """Whether the module at ``path`` is this one, or imports it, as far as the last part of a name tells."""
        return path == self.path or not self._names.isdisjoint(_imported(tree))

    def is_all_of(self, path: str, found: Found) -> bool:
        """Whether what is found is about no test, but about the only thing that changed besides tests."""
        return path == self.path and not found.test and found.line in self.lines

    @property
    def _names(self) -> frozenset[str]:
        folder, _, name = self.path.rpartition("/")
        if name == "__init__.py":
            return frozenset({folder.rpartition("/")[2], "."})
        return frozenset({name.removesuffix(".py")})


def changed_subject(path: str, before: ast.Module, after: ast.Module) -> ChangedSubject | None:
    """What changed of a module besides its tests, imports and docstrings; None where nothing did, and for a module that
    holds tests alone by its name.
    """
    if not may_hold_product(path):
        return None
    was, now = tuple(_rest(before)), tuple(_rest(after))
    pairs = zip_longest(was, now)
    changed = [(old, new) for old, new in pairs if old is None or new is None or ast.dump(old) != ast.dump(new)]
    if not changed:
        return None
    old, new = changed[0]
    only = new if len(changed) == 1 else None
    lines = range(0) if only is None else range(only.lineno, (only.end_lineno or only.lineno) + 1)
    return ChangedSubject(path=path, before=shown(old), after=shown(new), lines=lines, old=was, new=now)


def is_weaker(found: Found) -> bool:
    """Whether what is found says that tests may check less, or other values, than they did."""
    return found.rule in _WEAKER


def own_subjects(subjects: "list[ChangedSubject]", path: str, weaker: "list[Found]") -> Iterator[Found]:
    """One finding for each ``weaker`` test of the module at ``path`` that may use one of the changed subjects; one for
    the module where it is not known which test is weaker.
    """
    told = set()
    for each in weaker if subjects else ():
        if each.test not in told and not all(subject.is_all_of(path, each) for subject in subjects):
            told.add(each.test)
            yield Found(
                rule=FindingRule.SUBJECT_BESIDE_TEST,
                line=each.line,
                test=each.test,
                before=subjects[0].before,
                after=subjects[0].after,
            )


def followers(subject: ChangedSubject, path: str, before: ModuleVersion, after: ModuleVersion) -> Iterator[Found]:
    """The tests of the module at ``path`` that changed, and used by its name what the subject has no more: nobody knows
    what they check now. None where all of it is the same under other names.
    """
    gone, new = _defined(subject.old) - _defined(subject.new), _defined(subject.new) - _defined(subject.old)
    olds = dict(before.functions()) if gone else {}
    for name, version in after.functions():
        old = olds.get(name)
        if old is None or not name.rpartition("::")[2].startswith("test") or gone.isdisjoint(_mentioned(old.node)):
            continue
        changed = ast.dump(old.node) != ast.dump(version.node)
        if changed and _numbered((*subject.old, old.node), gone) != _numbered((*subject.new, version.node), new):
            yield Found(rule=FindingRule.SUBJECT_BESIDE_TEST, line=version.node.lineno, test=f"{path}::{name}")


def _defined(statements: "Iterable[ast.stmt]") -> frozenset[str]:
    """The names that the statements of a module give, and those of the members of its classes."""
    return frozenset(
        name
        for each in statements
        if not isinstance(each, (ast.Import, ast.ImportFrom))
        for node in ([each] if isinstance(each, (*Function, ast.ClassDef)) else ast.walk(each))
        for name in names_bound(node)
    )


def _mentioned(node: ast.AST) -> frozenset[str]:
    nodes = [each for each in ast.walk(node) if isinstance(each, (ast.Name, ast.Attribute))]
    return frozenset(each.id if isinstance(each, ast.Name) else each.attr for each in nodes)


def _numbered(nodes: "Iterable[ast.stmt]", names: frozenset[str]) -> list[str]:
    """The trees of the nodes with numbers for these names, in the order in which they come first."""
    numbers: dict[str, str] = {}

    def number(name: str) -> str:
        return numbers.setdefault(name, str(len(numbers))) if name in names else name

    made = [copy.deepcopy(each) for each in nodes]
    for node in (node for each in made for node in ast.walk(each)):
        match node:
            case ast.Name():
                node.id = number(node.id)
            case ast.Attribute():
                node.attr = number(node.attr)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                node.name = number(node.name)
            case _:
                pass
    return list(map(ast.dump, made))


def _rest(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module besides tests, docstrings, and imports of what is not used by the others."""
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    kept = _Rest(classes, docstrings=any(map(_reads, ast.walk(tree)))).kept(tree.body)
    used = {node.id for each in kept for node in ast.walk(each) if isinstance(node, ast.Name)}
    return [*_imports_of(used, tree), *(part for each in kept for part in _parts(each))]


def _parts(node: ast.stmt) -> Iterator[ast.stmt]:
    """A statement, or a class without its body and then what stands in it."""
    if not isinstance(node, ast.ClassDef):
        yield node
        return
    head = copy.copy(node)
    head.body = [ast.copy_location(ast.Pass(), node)]
    head.end_lineno = head.lineno
    yield head
    for each in node.body:
        yield from _parts(each)


def _reads(node: ast.AST) -> bool:
    """Whether docstrings may be read."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
            return name in _READING
        case _:
            return False


def _imports_of(used: set[str], tree: ast.Module) -> Iterator[ast.stmt]:
    """A statement for each import of a name that is used, in the order of the names."""
    found: list[ast.stmt] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name == "*" or (alias.asname or alias.name.partition(".")[0]) in used:
                    single = copy.copy(node)
                    single.names = [alias]
                    found.append(single)
    yield from {ast.dump(each): each for each in sorted(found, key=ast.dump)}.values()


class _Rest(ast.NodeTransformer):
    """Leaves out tests, imports and docstrings. Only what stands in functions keeps its imports."""

    def __init__(self, classes: Mapping[str, ast.ClassDef], *, docstrings: bool) -> None:
        self._classes = classes
        self._docstrings = docstrings

    def kept(self, body: "list[ast.stmt]") -> "list[ast.stmt]":
        made = self.visit(ast.Module(body=copy.deepcopy(body), type_ignores=[]))
        statements: list[ast.stmt] = made.body
        return [
            each for each in statements if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        ]

    def visit_Import(self, node: ast.Import) -> None:
        """Left out."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Left out."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return None if node.name.startswith("test") else self._without_docstrings(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | None:
        return None if node.name.startswith("test") else self._without_docstrings(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        return None if self._holds_tests(node) else self._without_docstrings(node)

    def _without_docstrings(self, node: ast.stmt) -> ast.stmt:
        for each in () if self._docstrings else ast.walk(node):
            if isinstance(each, (*Function, ast.ClassDef)) and ast.get_docstring(each, clean=False) is not None:
                each.body = each.body[1:]
        return node

    def _holds_tests(self, node: ast.ClassDef) -> bool:
        tests = any(isinstance(each, Function) and each.name.startswith("test") for each in node.body)
        return tests and (node.name.startswith("Test") or self._is_test_case(node, frozenset()))

    def _is_test_case(self, node: ast.ClassDef, seen: frozenset[str]) -> bool:
        names = {last_name(each) for each in node.bases} - seen
        return any(
            each.endswith(_CLASSES)
            or (each in self._classes and self._is_test_case(self._classes[each], seen | {node.name}))
            for each in names
        )


def _imported(tree: ast.Module) -> frozenset[str]:
    """The last parts of the names of what a module may import, and the texts that may name a module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                found |= {part for each in aliases for part in each.name.split(".")}
            case ast.ImportFrom(module=module, names=aliases):
                found |= {*(module or ".").split("."), *(each.name for each in aliases)} - {""}
                found |= set() if module else {"."}
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if last_name(node).startswith("import"):
                found |= set(name.split("."))
            case _:
                pass
    return frozenset(found)
