"""Tests that were renamed and check more, and tests that are set up by a fixture and not by their class."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.facts import Found, FunctionSyntax
from autopack_executor.syntax.forms import Form, names_bound, piece_of, shape_of
from autopack_executor.syntax.meaning import parameters_of
from autopack_executor.syntax.modules import Function

_SETS_UP = frozenset({"setUp", "setup_method"})
_HARMLESS = frozenset({"len", "str", "repr", "isinstance", "sorted", "set", "list", "tuple", "dict", "type", "bool"})


def checks_more(old: Found, new: Found) -> bool:
    """Whether the new function has all statements of the old one in their order, and nothing besides but assertions.

    Between the old statements these may call what the old ones call: what else they call could change what follows.
    """
    statements = new.syntax.statements()
    if len(statements) <= len(old.syntax.statements()):
        return False
    wanted, forms = old.syntax.forms(), new.syntax.forms()
    kept: list[ast.stmt] = []
    called = _called(old.syntax, old.syntax.statements())
    for statement, form in zip(statements, forms, strict=True):
        if len(kept) < len(wanted) and form == wanted[len(kept)]:
            kept.append(statement)
            continue
        harmless = len(kept) == len(wanted) or _called(new.syntax, [statement]) <= called | _HARMLESS
        if not (harmless and _only_checks(statement, form)):
            return False
    if len(kept) < len(wanted):
        return False
    was, now = old.facts(), new.syntax.with_body(kept).facts(new.place)
    return (was.digest, was.setting) == (now.digest, now.setting)


def _only_checks(statement: ast.stmt, form: Form) -> bool:
    return form[0] == "Assert" and not any(names_bound(each) for each in ast.walk(statement))


def _called(syntax: FunctionSyntax, statements: "list[ast.stmt]") -> frozenset[str]:
    """What the statements call, as it is known in the file."""
    calls = [node.func for each in statements for node in ast.walk(each) if isinstance(node, ast.Call)]
    return frozenset(_callee(piece_of([each], syntax.around()).form[0]) for each in calls)


def _callee(form: Form) -> str:
    match form:
        case ("name", str(name)):
            return name
        case _:
            return repr(form)


def set_up_otherwise(
    name: str, old: Found, news: Mapping[str, Found], new_name: str, new: Found, olds: Mapping[str, Found]
) -> bool:
    """Whether a test of a class that is gone became a function with fixtures, or the other way round, and says the same
    but for the names of what was set up: with the same constants there, and the same uses of the repository.
    """
    holder, new_holder = name.rpartition("::")[0], new_name.rpartition("::")[0]
    there = [each for each in (news if holder else olds) if each.startswith(f"{holder or new_holder}::")]
    if bool(holder) == bool(new_holder) or there:
        return False
    if old.syntax.setting_without(old.place, _SETS_UP) != new.syntax.setting_without(new.place, _SETS_UP):
        return False
    was, now = ([shape_of(each, constants=True) for each in one.syntax.forms()] for one in (old, new))
    before, after = (list(_setup(one.syntax)) for one in (old, new))
    if was != now or not before or not after:
        return False
    facts, new_facts = old.facts(), new.facts()
    if not 0 < facts.checks <= new_facts.checks:
        return False
    return _says(old.syntax, before) == _says(new.syntax, after)


def _setup(syntax: FunctionSyntax) -> "Iterator[ast.FunctionDef | ast.AsyncFunctionDef]":
    """What sets up for a test: the method of its class, or the fixtures of its file that it asks for."""
    asked = parameters_of(syntax.node)
    for statement in (syntax.classes[-1].block if syntax.classes else syntax.module).statements:
        node = statement.node
        if isinstance(node, Function) and (node.name in _SETS_UP if syntax.classes else node.name in asked):
            yield node


def _says(
    syntax: FunctionSyntax, nodes: "list[ast.FunctionDef | ast.AsyncFunctionDef]"
) -> tuple[Counter[str], frozenset[str]]:
    """The constants in the functions, and what they use of imports."""
    pieces = [piece_of(list(node.body), syntax.module.around) for node in nodes]
    constants = [repr(each.value) for node in nodes for each in _nodes(node) if isinstance(each, ast.Constant)]
    return Counter(constants), frozenset(target for piece in pieces for target in piece.targets)


def _nodes(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> Iterator[ast.AST]:
    return (each for statement in node.body for each in ast.walk(statement))
