"""Whether a test says the same as before once the names that a change moved are mapped (decision 32).

A test that fails on the candidate's code for want of a moved name is *adapted* when its new version differs from the
old one in such names only. Everything that could make it weaker on the way speaks against it: another constant, another
shape, a name that is bound in the test's own module, a helper of the module that changed.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from autopack_executor.syntax.found import Found, shown
from autopack_executor.syntax.lost_names import LostNames
from autopack_model.finding.value import FindingRule

_BUILTINS = frozenset(dir(builtins))
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
# Calls whose string is the place of something: a target to replace, a module to import.
_BY_PLACE = frozenset({"patch", "setattr", "delattr", "import_module", "importorskip"})
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
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
Origins: TypeAlias = Mapping[str, str]


def name_moves(old: ast.Module, new: ast.Module, lost: LostNames) -> Iterator[Found]:
    """The tests of a module that differ in moved names only, as findings that list the names. Each of these is one that
    the code ``lost``: a name that it still has did not move.
    """
    for adapted in adapted_tests(old, new):
        if not lost.explain(adapted.moved):
            continue
        yield Found(
            rule=FindingRule.NAMES_MOVED,
            line=adapted.line,
            test=adapted.test,
            before=shown(", ".join(adapted.moved)),
            after=shown(", ".join(adapted.moved.values())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A test that differs in moved names only: its name, its line on head, and the new name of each moved one."""

    test: str
    line: int
    moved: Mapping[str, str]


def adapted_tests(old: ast.Module, new: ast.Module) -> Iterator[Adapted]:
    """The tests of a module that differ in moved names only.

    None where anything else of the module differs, imports and tests aside. A name that the new module still has did
    not move.
    """
    kept = {name for node in ast.walk(new) for name in _names_in(node)}
    for adapted in _adapted(old.body, new.body, "", (_origins(old), _origins(new))):
        if kept.isdisjoint(name for name in adapted.moved if "." not in name):
            yield adapted


def _adapted(
    old: Iterable[ast.stmt], new: Iterable[ast.stmt], prefix: str, origins: tuple[Origins, Origins]
) -> Iterator[Adapted]:
    (tests, rest), (new_tests, new_rest) = _parted(old), _parted(new)
    if len(rest) != len(new_rest) or any(_moved(a, b, origins) is None for a, b in zip(rest, new_rest, strict=True)):
        return
    for name in sorted(tests.keys() & new_tests.keys()):
        before, after = tests[name], new_tests[name]
        if isinstance(before, ast.ClassDef) and isinstance(after, ast.ClassDef):
            if _moved(_headed(before), _headed(after), origins) is not None:
                yield from _adapted(before.body, after.body, f"{prefix}{name}::", origins)
        elif isinstance(before, _Function) and isinstance(after, _Function):
            moved = _moved(before, after, origins)
            if moved:
                yield Adapted(test=f"{prefix}{name}", line=after.lineno, moved=moved)


def _parted(body: Iterable[ast.stmt]) -> tuple[dict[str, ast.stmt], list[ast.stmt]]:
    """The tests of a module or class by their names, and the other statements; imports and docstrings are neither."""
    tests: dict[str, ast.stmt] = {}
    rest: list[ast.stmt] = []
    for node in body:
        if isinstance(node, (*_Function, ast.ClassDef)) and node.name.lower().startswith("test"):
            if node.name in tests:
                rest.append(node)  # the second one of a name is what runs
            tests[node.name] = node
        elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_docstring(node):
            rest.append(node)
    return tests, rest


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _headed(node: ast.ClassDef) -> ast.ClassDef:
    """The class without its body."""
    head = ast.ClassDef(name=node.name, bases=node.bases, keywords=node.keywords, body=[], decorator_list=[])
    head.decorator_list = node.decorator_list
    return head


def _origins(module: ast.Module) -> Origins:
    """What each name that the module imports stands for, ``shop.money.total``, but for what comes from tests."""
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and not _of_tests(node.module or ""):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _names_in(node: ast.AST) -> Iterator[str]:
    """The names that a node has itself."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.alias(name=name):
            yield name
        case _:
            return


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes begins with; empty for anything else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_fixed(name: str) -> bool:
    return name.startswith("assert") or name in _FIXED


def _of_tests(module: str) -> bool:
    return module.partition(".")[0] in ("tests", "test", "testing", "conftest")


def _moved(old: ast.AST, new: ast.AST, origins: tuple[Origins, Origins]) -> Mapping[str, str] | None:
    """The names that have another one in ``new``, none where nothing differs; None where more than names differs."""
    comparing = _Comparing(origins=origins)
    return comparing.moved if comparing.same(old, new) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparing:
    """What names stand for in the other tree. Each stands for one, and no two for the same."""

    origins: tuple[Origins, Origins]
    names: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    @property
    def moved(self) -> Mapping[str, str]:
        """The names that have another one, without the mark of their kind."""
        names = {old.lstrip(".='"): new.lstrip(".='") for old, new in self.names.items() if old != new}
        return names | {old: new for old, new in self.imports.items() if old != new}

    def same(self, old: object, new: object) -> bool:
        """Whether both say the same once names are mapped."""
        match old, new:
            case ast.Name(id=before), ast.Name(id=after):
                return self._names(before, after)
            case ast.Attribute(value=before, attr=name), ast.Attribute(value=after, attr=other):
                own = name != other and _root(before) in _OWN
                return not own and self._maps(f".{name}", f".{other}") and self.same(before, after)
            case ast.keyword(arg=name, value=before), ast.keyword(arg=other, value=after):
                keyed = name is not None and other is not None and self._maps(f"={name}", f"={other}")
                return (name == other or keyed) and self.same(before, after)
            case ast.Call() as before, ast.Call() as after:
                return self._calls(before, after)
            case (ast.ImportFrom() | ast.Import(), ast.ImportFrom() | ast.Import()):
                return True
            case ast.AST(), ast.AST():
                return type(old) is type(new) and self._fields(old, new)
            case list(), list():
                return self._lists(old, new)
            case _:
                return type(old) is type(new) and old == new

    def _fields(self, old: ast.AST, new: ast.AST) -> bool:
        return all(
            self.same(getattr(old, name, None), getattr(new, name, None))
            for name in old._fields
            if name not in ("type_comment", "kind")
        )

    def _lists(self, old: list[object], new: list[object]) -> bool:
        before = [each for each in old if not (isinstance(each, ast.stmt) and _is_docstring(each))]
        after = [each for each in new if not (isinstance(each, ast.stmt) and _is_docstring(each))]
        return len(before) == len(after) and all(map(self.same, before, after))

    def _calls(self, old: ast.Call, new: ast.Call) -> bool:
        """A call, of which the first string may be a place that moved."""
        places = [self._place(each) for each in (old, new)]
        if None in places or places[0] == places[1]:
            return self._fields(old, new)
        moved = self._maps(f"'{places[0]}", f"'{places[1]}")
        rest = self._lists(list(old.args[1:]), list(new.args[1:])) and self._lists(
            list(old.keywords), list(new.keywords)
        )
        return moved and self.same(old.func, new.func) and rest

    @staticmethod
    def _place(call: ast.Call) -> str | None:
        func = call.func
        name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if name not in _BY_PLACE or not call.args or not isinstance(call.args[0], ast.Constant):
            return None
        value = call.args[0].value
        return value if isinstance(value, str) and _DOTTED.fullmatch(value) else None

    def _names(self, old: str, new: str) -> bool:
        before, after = self.origins[0].get(old), self.origins[1].get(new)
        if before is not None and after is not None:
            self.imports[before] = after
            same_root = before.partition(".")[0] == after.partition(".")[0]
            return same_root and _BUILTINS.isdisjoint((old, new)) and self._maps(old, new)
        return old == new and before == after and self._maps(old, new)

    def _maps(self, old: str, new: str) -> bool:
        if old != new and any(
            name.lstrip(".=").startswith("assert") or name.lstrip(".=") in _FIXED for name in (old, new)
        ):
            return False
        return self.names.setdefault(old, new) == new and self.back.setdefault(new, old) == old
