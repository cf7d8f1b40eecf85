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
RAISES = "<pytest.raises>"
"""A name that no source can have, for ``pytest.raises`` in what an assertion of ``unittest`` says."""
_TRUTHS = {"assertTrue": True, "assertFalse": False}
_INSTANCES = {"assertIsInstance": True, "assertNotIsInstance": False}

_EXPECTED = {"assertRaises": 1, "assertRaisesRegex": 2}
"""How many arguments say which exception is expected."""

MEMBERS = frozenset({*_COMPARISONS, *_NONE, *_TRUTHS, *_INSTANCES, *_EXPECTED})
"""The members of ``unittest.TestCase`` that are read as assertions."""


def as_assertion(call: ast.Call, self_name: str) -> ast.Assert | None:
    """The ``assert`` statement that says the same as the call of an assertion; None for any other call."""
    name = _called(call, self_name)
    if name is None or call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    needed = 2 if name in _COMPARISONS or name in _INSTANCES else 1
    if name not in MEMBERS or name in _EXPECTED or not needed <= len(call.args) <= needed + 1:
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


def as_expected_exception(call: ast.Call, self_name: str) -> ast.Call | None:
    """The call of ``raises``, a name that stands for ``pytest.raises``, that says in a ``with`` statement what the call
    of ``assertRaises`` says there; None for any other call.
    """
    name = _called(call, self_name)
    if name not in _EXPECTED or len(call.args) != _EXPECTED[name] or call.keywords or _unpacks(call):
        return None
    return _raises(call.args)


def as_expecting_statement(call: ast.Call, expected: int) -> "tuple[list[ast.expr], ast.Call] | None":
    """What is ``expected``, by the first arguments of a call that expects an exception of the function behind them, and
    the call of that function; None for a call that has no function.

    Where an argument calls something itself, the statement would expect the exception of that call as well.
    """
    given = [*call.args, *(each.value for each in call.keywords)]
    if len(call.args) <= expected or _unpacks(call) or any(map(_calls, given[expected:])):
        return None
    function = call.args[expected]
    return call.args[:expected], ast.Call(func=function, args=call.args[expected + 1 :], keywords=call.keywords)


def as_expecting(call: ast.Call, self_name: str) -> ast.With | None:
    """The ``with`` statement that says what ``assertRaises`` with a function says; None for any other call."""
    name = _called(call, self_name)
    found = as_expecting_statement(call, _EXPECTED[name]) if name in _EXPECTED else None
    if found is None:
        return None
    expected, called = found
    return ast.With(items=[ast.withitem(context_expr=_raises(expected))], body=[ast.Expr(value=called)])


def _raises(expected: "list[ast.expr]") -> ast.Call:
    keywords = [ast.keyword(arg="match", value=each) for each in expected[1:]]
    return ast.Call(func=ast.Name(id=RAISES, ctx=ast.Load()), args=expected[:1], keywords=keywords)


def _calls(node: ast.expr) -> bool:
    return any(isinstance(each, (ast.Call, ast.Await, ast.Subscript, ast.NamedExpr)) for each in ast.walk(node))


def _unpacks(call: ast.Call) -> bool:
    return any(isinstance(each, ast.Starred) for each in call.args)


def _called(call: ast.Call, self_name: str) -> str | None:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == self_name:
            return attribute
        case _:
            return None
