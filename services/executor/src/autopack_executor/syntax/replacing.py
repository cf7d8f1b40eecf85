"""Tests that replace what they test, or write what they compare with."""

import ast
from collections.abc import Iterator, Mapping

from autopack_executor.syntax.found import Found, last_name, shown, text_of
from autopack_executor.syntax.marks import called_in_checks, patched
from autopack_executor.syntax.plain import plain
from autopack_executor.syntax.versions import FunctionNode, Version
from autopack_model.finding.value import FindingRule

_MOCKS = frozenset({"Mock", "MagicMock", "AsyncMock", "create_autospec", "NonCallableMock", "PropertyMock"})
_WRITING = frozenset({"write_text", "write_bytes", "dump", "save", "savez", "to_csv", "to_json", "copy", "copyfile"})
_READING = frozenset({"read_text", "read_bytes", "load", "loads", "open", "read_csv", "read_json"})
_ASKING = frozenset({"exists", "is_file", "isfile", "lexists"})


def replacements(test: str, before: Version | None, after: Version, own: frozenset[str]) -> Iterator[Found]:
    """Where the new version of a test puts something in the place of what it tests. ``own`` are the names that the
    module imports from the project; a new test has no ``before``.
    """
    known = set() if before is None else {text_of(each) for each in _statements(before.node)}
    checked = called_in_checks(after if before is None else before)
    for node in _statements(after.node):
        if text_of(node) in known:
            continue
        replaced = (
            (before is not None and _binds(node) & checked & own)
            or _sets_attribute(node, own, after.node)
            or (before is not None and isinstance(node, (ast.Expr, ast.With)) and _patches(node) & checked)
        )
        if replaced:
            before_text = "" if before is None else next((shown(each.node) for each in before.body.checks), "")
            yield Found(
                rule=FindingRule.UNIT_REPLACED,
                line=node.lineno,
                test=test,
                before=before_text,
                after=shown(_head(node)),
            )


def _statements(node: FunctionNode) -> Iterator[ast.stmt]:
    return (each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.stmt))


def _head(node: ast.stmt) -> ast.AST | str:
    return "with " + ", ".join(map(text_of, node.items)) if isinstance(node, ast.With) else node


def _patches(node: "ast.Expr | ast.With") -> frozenset[str]:
    if isinstance(node, ast.Expr):
        return patched(node.value)
    return frozenset(name for item in node.items for name in patched(item.context_expr))


def _binds(node: ast.stmt) -> set[str]:
    """The names that a statement of a test gives another meaning there."""
    match node:
        case ast.Assign(targets=targets):
            return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case _:
            return set()


def _sets_attribute(node: ast.stmt, own: frozenset[str], function: FunctionNode) -> bool:
    """Whether a statement gives an attribute of the project another function or a mock, for all tests that follow."""
    if not isinstance(node, ast.Assign):
        return False
    inner = {each.name for each in ast.walk(function) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))}
    value = node.value
    other = (
        isinstance(value, ast.Lambda)
        or last_name(value) in _MOCKS
        or (isinstance(value, ast.Name) and value.id in inner)
    )
    return other and any(_root(target) in own for target in node.targets if isinstance(target, ast.Attribute))


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def written_expectations(test: str, before: Version | None, after: Version) -> Iterator[Found]:
    """Where a test writes the file that it reads what it expects from, unless the file is one of its fixtures'."""
    known = set() if before is None else {text_of(each) for each in _calls(before.node)}
    values = after.values
    given = {each.arg for each in ast.walk(after.node.args) if isinstance(each, ast.arg)} - {"self", "cls"}
    for node in _statements(after.node):
        if isinstance(node, ast.If) and _asks_for_a_file(node.test):
            for call in (each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Call)):
                if _writes(call) and text_of(call) not in known and not _names(call, values) & given:
                    yield Found(rule=FindingRule.EXPECTATION_SELF_MADE, line=node.lineno, test=test, after=shown(node))
                    break


def _calls(node: FunctionNode) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _asks_for_a_file(test: ast.expr) -> bool:
    return any(isinstance(each, ast.Call) and last_name(each) in _ASKING for each in ast.walk(test))


def _writes(call: ast.Call) -> bool:
    name = last_name(call)
    modes = [
        each.value
        for each in [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(each, ast.Constant)
    ]
    return name in _WRITING or (name == "open" and any(isinstance(mode, str) and "w" in mode for mode in modes))


def _names(call: ast.Call, values: Mapping[str, ast.expr]) -> set[str]:
    return {each.id for each in ast.walk(plain(call, values)) if isinstance(each, ast.Name)}
