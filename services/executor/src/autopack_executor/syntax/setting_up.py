"""Tests that are set up by fixtures and not by a method of their class, or the other way round."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.facts import Found, FunctionSyntax
from autopack_executor.syntax.forms import Form, piece_of, shape_of
from autopack_executor.syntax.found import dotted, last_name
from autopack_executor.syntax.meaning import parameters_of
from autopack_executor.syntax.modules import Function, first_parameter

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_METHODS = frozenset({"setUp", "setup_method", "tearDown", "teardown_method"})


def set_up_otherwise(
    name: str, old: Found, news: Mapping[str, Found], new_name: str, new: Found, olds: Mapping[str, Found]
) -> bool:
    """Whether a test of a class that is gone became a function with fixtures or a test of a new class, or the other way
    round, and says the same but for the names of what was set up: with the same constants there, and the same uses of
    the repository.

    Where the set-up does nothing but make objects for the test, and the test does not use one of them, the other test
    may do without it.
    """
    holder, new_holder = name.rpartition("::")[0], new_name.rpartition("::")[0]
    if holder == new_holder or _has(news, holder) or _has(olds, new_holder):
        return False
    before, after = _SetUp.of(old.syntax), _SetUp.of(new.syntax)
    if old.syntax.setting_without(old.place, before.names) != new.syntax.setting_without(new.place, after.names):
        return False
    was, now = old.syntax.forms(), new.syntax.forms()
    if _marks(old.syntax) != _marks(new.syntax):
        return False
    facts, new_facts = old.facts(), new.facts()
    if not 0 < facts.checks <= new_facts.checks:
        return False
    if not before.statements and not after.statements:
        return was == now
    shapes = ([shape_of(each, constants=True) for each in forms] for forms in (was, now))
    same = next(shapes) == next(shapes) and bool(before.statements) and bool(after.statements)
    return same and before.says() == after.says()


def _marks(syntax: FunctionSyntax) -> Form:
    return piece_of([*syntax.node.decorator_list], syntax.around()).form


def _has(functions: Mapping[str, Found], holder: str) -> bool:
    return bool(holder) and any(each.startswith(f"{holder}::") for each in functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetUp:
    """What sets up for a test: methods and fixtures of its class, or the fixtures of its file that it asks for.
    ``statements`` are those that matter to the test.
    """

    syntax: FunctionSyntax
    names: frozenset[str]
    statements: tuple[ast.stmt, ...]

    @staticmethod
    def of(syntax: FunctionSyntax) -> "_SetUp":
        """The set-up of a test."""
        nodes = list(_set_up_by(syntax))
        statements = tuple(statement for node in nodes for statement in _body(node))
        if syntax.classes and all(_makes(each, syntax) for each in statements):
            statements = _needed(statements, _members(syntax.node, syntax.node))
        return _SetUp(syntax=syntax, names=frozenset(each.name for each in nodes), statements=statements)

    def says(self) -> tuple[Counter[str], frozenset[str]]:
        """The constants in the statements, and what they use of imports."""
        piece = piece_of(list(self.statements), self.syntax.module.around)
        nodes = (node for statement in self.statements for node in ast.walk(statement))
        constants = Counter(repr(each.value) for each in nodes if isinstance(each, ast.Constant))
        return constants, piece.targets


def _set_up_by(syntax: FunctionSyntax) -> Iterator[FunctionNode]:
    asked = parameters_of(syntax.node)
    for statement in (syntax.classes[-1].block if syntax.classes else syntax.module).statements:
        node = statement.node
        if isinstance(node, Function):
            by_class = bool(syntax.classes) and (node.name in _METHODS or (statement.acts and _is_fixture(node)))
            if by_class or node.name in asked:
                yield node


def _is_fixture(node: FunctionNode) -> bool:
    """Whether it is a fixture of one test that acts by itself, and is nothing else."""
    match node.decorator_list:
        case [ast.Call(args=[], keywords=[ast.keyword(arg="autouse", value=ast.Constant(value=True))]) as decorator]:
            return last_name(decorator) == "fixture"
        case _:
            return False


def _body(node: FunctionNode) -> Iterator[ast.stmt]:
    """The statements of a function without its docstring, and without a ``yield`` of nothing."""
    for each in node.body:
        match each:
            case ast.Expr(value=ast.Constant() | ast.Yield(value=None)):
                pass
            case _:
                yield each


def _makes(statement: ast.stmt, syntax: FunctionSyntax) -> bool:
    """Whether a statement does nothing but make an object of the repository for the test, or call one."""
    of_repository = all(":" in each for each in piece_of([statement], syntax.module.around).targets)
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"))]):
            return of_repository
        case ast.Expr(value=ast.Call(func=ast.Attribute() as called)):
            return of_repository and dotted(called).startswith("self.") and dotted(called).count(".") > 1
        case _:
            return False


def _needed(statements: tuple[ast.stmt, ...], members: frozenset[str]) -> tuple[ast.stmt, ...]:
    """The statements that have a part in these members of the test's class."""
    while True:
        needed = tuple(each for each in statements if _touched(each) in members)
        more = members.union(*(_members(each) for each in needed))
        if more == members:
            return needed
        members = more


def _touched(statement: ast.stmt) -> str:
    """The member of the test's class that a statement makes or calls."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr=name)]):
            return name
        case ast.Expr(value=ast.Call(func=func)):
            return dotted(func).split(".")[1]
        case _:
            return ""


def _members(node: ast.AST, function: FunctionNode | None = None) -> frozenset[str]:
    """The members of the test's class that are mentioned."""
    name = "self" if function is None else first_parameter(function)
    return frozenset(
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == name
    )
