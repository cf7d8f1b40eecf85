"""Names of tests that are given to something else later in their module or class."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import Found, shown, text_of
from autopack_executor.syntax.modules import Function
from autopack_model.finding.value import FindingRule


def redefinitions(before: ast.Module | None, after: ast.Module, stars: Mapping[str, frozenset[str]]) -> Iterator[Found]:
    """The tests of a module that something later in it replaces, where base did not do the same. ``stars`` are the
    names that the changed modules define, by the last part of the module's name.
    """
    known = Counter() if before is None else Counter(f"{name} {_kind(node)}" for name, _, node in _all(before, stars))
    for name, first, node in _all(after, stars):
        key = f"{name} {_kind(node)}"
        if known[key] > 0:
            known[key] -= 1
        else:
            yield Found(
                rule=FindingRule.NAME_REDEFINED,
                line=node.lineno,
                test=name,
                before=shown(first),
                after=shown(node),
            )


def _kind(node: ast.stmt) -> str:
    return type(node).__name__


def _all(module: ast.Module, stars: Mapping[str, frozenset[str]]) -> "Iterator[tuple[str, ast.stmt, ast.stmt]]":
    yield from _in_block(module.body, "", stars)
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    for node in classes.values():
        yield from _in_block(node.body, f"{node.name}::", stars)
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=attribute)]) if (
                holder in classes and attribute.startswith("test")
            ):
                yield f"{holder}::{attribute}", classes[holder], statement
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr"), args=[ast.Name(id=holder), ast.Constant(value=str(name)), _]
                )
            ) if holder in classes and name.startswith("test"):
                yield f"{holder}::{name}", classes[holder], statement


def _in_block(
    body: "list[ast.stmt]", prefix: str, stars: Mapping[str, frozenset[str]]
) -> "Iterator[tuple[str, ast.stmt, ast.stmt]]":
    tests: dict[str, ast.stmt] = {}
    for node in body:
        for name in _bound(node, stars, frozenset(tests)):
            if name in tests:
                yield f"{prefix}{name}", tests[name], node
        if isinstance(node, (*Function, ast.ClassDef)) and node.name.lower().startswith("test"):
            tests[node.name] = node


def _bound(node: ast.stmt, stars: Mapping[str, frozenset[str]], tests: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")], module=module):
            known = stars.get((module or "").rpartition(".")[2])
            # Where nothing is known of the module, it may bring a function of any name.
            yield from sorted(tests if known is None else tests & known)[: 1 if known is None else None]
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                yield from names_bound(alias)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            if not any(
                isinstance(each, ast.Attribute) and each.attr in {"setter", "register"} for each in node.decorator_list
            ):
                yield node.name
        case ast.ClassDef():
            yield node.name
        case ast.Assign(targets=targets):
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
            yield from (
                str(target.slice.value)
                for target in targets
                if isinstance(target, ast.Subscript)
                and isinstance(target.slice, ast.Constant)
                and text_of(target.value) in {"globals()", "locals()", "vars()"}
            )
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case ast.Delete(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case _:
            return
