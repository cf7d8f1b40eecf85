"""Tests that changed beside what they test, in a module that holds both.

Base's tests are run with base's version of such a module, and so never see the candidate's version of the subject:
nobody knows what the old tests would say of it. So each test that changed is found where anything besides tests changed
as well; and while it did, so is each weaker test of the change, which may reach the subject in any way.
"""

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import Found, last_name, shown
from autopack_executor.syntax.modules import Function
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.finding.value import WEAKER_TEST, FindingRule

_WEAKER = WEAKER_TEST | {FindingRule.INPUT_CHANGED, FindingRule.PARAMETER_CHANGED, FindingRule.PARAMETERS_REMOVED}
# How modules are called that hold tests alone: before or behind a name, or as a whole.
_CALLED = ("test_", "_test", "_tests", "_spec", "conftest")
_READING = frozenset({"__doc__", "getdoc"})
_IMPORT = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSubject:
    """A module of tests of which something else changed as well, with the first difference. ``lines`` are those of the
    new statement where it is the only one. ``edited`` are its tests that changed, with their lines; without a name it
    is a fixture, or what else a class of tests has.
    """

    before: str
    after: str
    lines: range
    edited: tuple[tuple[str, int], ...]


def may_hold_product(path: str) -> bool:
    """Whether a module of tests may hold what they test: it is not called, and does not lie, as tests alone are."""
    *folders, name = PurePosixPath(path).parts
    stem = name.removesuffix(".py").lower()
    alone = stem in TEST_FOLDERS or stem.startswith(_CALLED[0]) or stem.endswith(_CALLED[1:])
    return not alone and TEST_FOLDERS.isdisjoint(folders)


def is_weaker(found: Found) -> bool:
    """Whether what is found says that tests may check less, or other values, than they did."""
    return found.rule in _WEAKER


def changed_subject(path: str, before: ast.Module, after: ast.Module) -> ChangedSubject | None:
    """What changed of a module besides its tests, its docstrings, and imports of what only tests use. None where
    nothing did, where all of the module is the same under other names, and for one that holds tests alone by its name.

    Raises RecursionError.
    """
    if not may_hold_product(path):
        return None
    old, new = _Parted.of(before), _Parted.of(after)
    pairs = zip_longest(old.rest, new.rest)
    changed = [(a, b) for a, b in pairs if a is None or b is None or ast.dump(a) != ast.dump(b)]
    if not changed or old.numbered() == new.numbered():
        return None
    first, second = changed[0]
    only = second if len(changed) == 1 else None
    return ChangedSubject(
        before=shown(first),
        after=shown(second),
        lines=range(0) if only is None else range(only.lineno, (only.end_lineno or only.lineno) + 1),
        edited=tuple(_edited(old, new)),
    )


def own_subjects(subject: ChangedSubject, own: ChangedSubject | None, weaker: Iterable[Found]) -> Iterator[Found]:
    """One finding for each test of a module that changed beside its ``own`` changed subject, or that is ``weaker``, and
    one for the module where it is not known which test that is. ``subject`` is one that changed in any module.
    """
    found = dict(own.edited) if own is not None else {}
    for each in weaker:
        if own is None or each.test or each.line not in own.lines:  # else it is about the subject itself
            found.setdefault(each.test, each.line)
    for test, line in found.items():
        shown_of = subject if own is None else own
        yield Found(
            rule=FindingRule.SUBJECT_BESIDE_TEST, line=line, test=test, before=shown_of.before, after=shown_of.after
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parted:
    """A module in parts: its tests, fixtures and the members of its classes of tests by their names, whether each is a
    test, and the ``rest``. Docstrings are left out where nothing reads them.
    """

    tests: dict[str, tuple[ast.stmt, bool]]
    rest: list[ast.stmt]

    @staticmethod
    def of(module: ast.Module) -> "_Parted":
        if not any(map(_reads, ast.walk(module))):
            module = _without_docstrings(module)
        classes = {each.name: each for each in module.body if isinstance(each, ast.ClassDef)}
        tests: dict[str, tuple[ast.stmt, bool]] = {}
        rest: list[ast.stmt] = []
        for node in module.body:
            if isinstance(node, ast.ClassDef) and _holds_tests(node, classes):
                heads = [*node.bases, *node.decorator_list, *(each.value for each in node.keywords)]
                tests[f"{node.name}::"] = (
                    ast.Expr(value=ast.Tuple(elts=heads, ctx=ast.Load()), lineno=node.lineno),
                    False,
                )
                tests |= {f"{node.name}::{name}": each for name, each in _members(node)}
            elif isinstance(node, Function) and (node.name.startswith("test") or _is_fixture(node)):
                tests[node.name] = node, node.name.startswith("test")
            elif not isinstance(node, _IMPORT):
                rest.append(node)
                definition = isinstance(node, (*Function, ast.ClassDef))
                if not definition and any(map(_names_a_test, ast.walk(node))):  # a test within a condition, say
                    tests[f"<{len(tests)}>"] = node, False
        used = {node.id for each in rest for node in ast.walk(each) if isinstance(node, ast.Name)}
        return _Parted(
            tests=tests, rest=[*_imports_of(used, module), *(part for each in rest for part in _parts(each))]
        )

    def numbered(self) -> list[str]:
        """The trees with a number for each name that the rest gives, in the order in which they come first."""
        statements = [each for each in self.rest if not isinstance(each, _IMPORT)]
        given = {name for each in statements for node in ast.walk(each) for name in names_bound(node)}
        numbers: dict[str, str] = {}

        def number(name: str) -> str:
            return numbers.setdefault(name, str(len(numbers))) if name in given else name

        made = [copy.deepcopy(each) for each in (*self.rest, *(test for test, _ in self.tests.values()))]
        for node in (node for each in made for node in ast.walk(each)):
            match node:
                case ast.Name():
                    node.id = number(node.id)
                case ast.Attribute():
                    node.attr = number(node.attr)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    node.name = number(node.name)
                case ast.arg():
                    node.arg = number(node.arg)
                case ast.keyword(arg=str(name)):
                    node.arg = number(name)
                case _:
                    pass
        return list(map(ast.dump, made))


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


def _edited(old: _Parted, new: _Parted) -> Iterator[tuple[str, int]]:
    """The tests that both versions have and that do not say all that they said, with their lines; what else differs
    has no name.
    """
    for name, (node, is_test) in new.tests.items():
        if name in old.tests and not _says_all_of(old.tests[name][0], node):
            yield (name if is_test else ""), node.lineno


def _says_all_of(old: ast.stmt, new: ast.stmt) -> bool:
    """Whether the new one is the same, or the same function with more assertions, which bind nothing."""
    if ast.dump(old) == ast.dump(new):
        return True
    if not isinstance(old, Function) or not isinstance(new, Function):
        return False
    wanted = list(map(ast.dump, old.body))
    for each in new.body:
        if wanted and ast.dump(each) == wanted[0]:
            wanted.pop(0)
        elif not isinstance(each, ast.Assert) or any(names_bound(node) for node in ast.walk(each)):
            return False
    heads = ([ast.dump(part) for part in (each.args, *each.decorator_list)] for each in (old, new))
    return not wanted and type(old) is type(new) and next(heads) == next(heads)


def _names_a_test(node: ast.AST) -> bool:
    return any(name.lower().startswith("test") for name in names_bound(node))


def _members(holder: ast.ClassDef) -> Iterator[tuple[str, tuple[ast.stmt, bool]]]:
    for position, node in enumerate(holder.body):
        name = node.name if isinstance(node, (*Function, ast.ClassDef)) else f"<{position}>"
        yield name, (node, isinstance(node, Function) and name.startswith("test"))


def _holds_tests(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> bool:
    """Whether a class holds tests: it has some, and is called like one or derives from a TestCase."""
    if not any(isinstance(each, Function) and each.name.startswith("test") for each in node.body):
        return False
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        names = {last_name(each) for each in waiting.pop().bases} - seen
        seen |= names
        waiting += [classes[name] for name in names if name in classes]
    return node.name.startswith("Test") or any(name.endswith(("TestCase", "Test", "Tests")) for name in seen)


def _is_fixture(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> bool:
    return any(last_name(each) == "fixture" for each in node.decorator_list)


def _imports_of(used: set[str], module: ast.Module) -> list[ast.stmt]:
    """A statement for each import of a name that is used, in the order of the names."""
    found: dict[str, ast.stmt] = {}
    for node in module.body:
        for alias in node.names if isinstance(node, _IMPORT) else ():
            if alias.name == "*" or (alias.asname or alias.name.partition(".")[0]) in used:
                single = copy.copy(node)
                setattr(single, "names", [alias])  # noqa: B010 - both kinds of imports have it
                found[ast.dump(single)] = single
    return [found[key] for key in sorted(found)]


def _without_docstrings(module: ast.Module) -> ast.Module:
    made = copy.deepcopy(module)
    for node in ast.walk(made):
        if isinstance(node, (ast.Module, *Function, ast.ClassDef)):
            kept = [each for each in node.body if not _is_text(each)]
            node.body = kept or [ast.copy_location(ast.Pass(), node.body[0])] if node.body else []
    return made


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _reads(node: ast.AST) -> bool:
    """Whether docstrings may be read."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
            return name in _READING
        case _:
            return False
