"""Tests that were renamed and check more."""

import ast

from autopack_executor.syntax.facts import Found, FunctionSyntax
from autopack_executor.syntax.forms import Form, names_bound, piece_of

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
