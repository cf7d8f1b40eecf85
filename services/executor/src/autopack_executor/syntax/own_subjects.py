"""Tests that were weakened, and whose subject stands in a module of tests and changed as well.

Base's tests are run with base's version of such a module, and so never see the candidate's version of the subject.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from autopack_executor.syntax.found import Found, last_name, shown
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.versions import ModuleVersion
from autopack_model.file_kinds import TEST_FOLDERS
from autopack_model.finding.value import FindingRule

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def may_hold_product(path: str) -> bool:
    """Whether a module of tests may hold what they test: it is not called, and does not lie, as tests alone are."""
    *folders, name = PurePosixPath(path).parts
    stem = name.removesuffix(".py")
    return TEST_FOLDERS.isdisjoint(folders) and not (stem.startswith("test_") or stem.endswith(("_test", "conftest")))


def changed_definitions(before: ModuleVersion, after: ModuleVersion) -> dict[str, tuple[Definition, Definition]]:
    """The functions and classes of a module that are no tests or fixtures, and that differ, by their names."""
    olds, news = _definitions(before), _definitions(after)
    return {
        name: (olds[name], news[name])
        for name in olds.keys() & news.keys()
        if ast.dump(olds[name]) != ast.dump(news[name])
    }


def own_subjects(
    module: ModuleVersion, weaker: Iterable[Found], changed: Mapping[str, tuple[Definition, Definition]]
) -> Iterator[Found]:
    """The ``weaker`` tests of a module of head that use what ``changed``, by themselves or through others of it."""
    functions = dict(module.functions())
    told = set()
    for found in weaker:
        version = functions.get(found.test)
        if version is None or found.test in told:
            continue
        told.add(found.test)
        used = sorted(changed.keys() & _used(version.node, module))
        if used:
            old, new = changed[used[0]]
            yield Found(
                rule=FindingRule.SUBJECT_BESIDE_TEST,
                line=version.node.lineno,
                test=found.test,
                before=shown(old),
                after=shown(new),
            )


def _definitions(module: ModuleVersion) -> dict[str, Definition]:
    return {
        node.name: node
        for node in module.tree.body
        if isinstance(node, (*Function, ast.ClassDef)) and not node.name.lower().startswith("test")
        if "fixture" not in {last_name(each) for each in node.decorator_list}
    }


def _used(node: ast.AST, module: ModuleVersion) -> set[str]:
    """The names that a function mentions, and those that what it mentions of its module does."""
    definitions = _definitions(module)
    used: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        names = {
            inner.id if isinstance(inner, ast.Name) else inner.attr
            for inner in ast.walk(each)
            if isinstance(inner, (ast.Name, ast.Attribute))
        }
        waiting += [definitions[name] for name in names - used if name in definitions]
        used |= names
    return used
