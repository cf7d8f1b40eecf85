"""What the assertions of ``unittest`` say, as the ``assert`` that says the same."""

import ast

_COMPARISONS: "dict[str, type[ast.cmpop]]" = {
    "assertEqual": ast.Eq,
    "assertNotEqual": ast.NotEq,
    "assertIs": ast.Is,
    "assertIsNot": ast.IsNot,
    "assertIn": ast.In,
    "assertNotIn": ast.NotIn,
    "assertGreater": ast.Gt,
    "assertGreaterEqual": ast.GtE,
    "assertLess": ast.Lt,
    "assertLessEqual": ast.LtE,
}
_NONE: "dict[str, type[ast.cmpop]]" = {"assertIsNone": ast.Is, "assertIsNotNone": ast.IsNot}
_TRUTHS = {"assertTrue": True, "assertFalse": False}
_INSTANCES = {"assertIsInstance": True, "assertNotIsInstance": False}

MEMBERS = frozenset({*_COMPARISONS, *_NONE, *_TRUTHS, *_INSTANCES, "assertRaises"})
"""The members of ``unittest.TestCase`` that are read as assertions."""


def as_assertion(call: ast.Call, self_name: str) -> ast.Assert | None:
    """The ``assert`` statement that says the same as the call of an assertion; None for any other call."""
    name = _called(call, self_name)
    if name is None or call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    needed = 2 if name in _COMPARISONS or name in _INSTANCES else 1
    if name not in MEMBERS or name == "assertRaises" or not needed <= len(call.args) <= needed + 1:
        return None
    first, second = call.args[0], call.args[needed - 1]
    test: ast.expr
    if name in _COMPARISONS:
        test = ast.Compare(left=first, ops=[_COMPARISONS[name]()], comparators=[second])
    elif name in _NONE:
        test = ast.Compare(left=first, ops=[_NONE[name]()], comparators=[ast.Constant(value=None)])
    elif name in _INSTANCES:
        test = ast.Call(func=ast.Name(id="isinstance", ctx=ast.Load()), args=[first, second], keywords=[])
        test = test if _INSTANCES[name] else ast.UnaryOp(op=ast.Not(), operand=test)
    else:
        test = first if _TRUTHS[name] else ast.UnaryOp(op=ast.Not(), operand=first)
    return ast.Assert(test=test, msg=call.args[needed] if len(call.args) > needed else None)


def as_expected_exception(call: ast.Call, self_name: str) -> bool:
    """Whether the call is that of ``assertRaises`` in a ``with`` statement, which ``pytest.raises`` says as well."""
    return _called(call, self_name) == "assertRaises" and len(call.args) == 1 and not call.keywords


def _called(call: ast.Call, self_name: str) -> str | None:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == self_name:
            return attribute
        case _:
            return None
