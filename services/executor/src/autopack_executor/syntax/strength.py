"""Which of two assertions accepts more."""

import ast
from collections.abc import Iterator

from autopack_executor.syntax.checks import Check
from autopack_executor.syntax.found import last_name, text_of
from autopack_executor.syntax.plain import is_literal, skeleton, texts_within
from autopack_executor.syntax.vacuity import is_reflexive, is_vacuous
from autopack_model.finding.value import FindingRule

EQUAL, _CLOSE, _AMONG, _BOUND, _TRUE = 5, 4, 3, 2, 1
"""How much an assertion says, roughly: that two things are equal is the most."""
_CLOSE_TO = frozenset({"approx", "isclose", "allclose", "assertAlmostEqual", "assert_allclose", "assert_almost_equal"})
_BOUNDS = frozenset({"rel", "abs", "rel_tol", "abs_tol", "rtol", "atol", "delta"})
_DIGITS = 300
_BROAD = frozenset({"Exception", "BaseException"})


def weakening(before: Check, after: Check) -> FindingRule | None:
    """What makes ``after``, which took the place of ``before``, the weaker one; None where nothing shows that."""
    old, new = before.test, after.test
    if is_vacuous(new):
        return None if is_vacuous(old) else FindingRule.ASSERTION_VACUOUS
    if is_reflexive(new) and not is_reflexive(old):
        return FindingRule.ASSERTION_LOOSER
    if before.opaque or after.opaque:
        return _constants(old, new) if skeleton(old) == skeleton(new) else None
    if before.expects and after.expects:
        return _expected(old, new)
    if skeleton(old) == skeleton(new):
        return _constants(old, new)
    if isinstance(new, ast.BoolOp):
        texts, olds = {text_of(each) for each in new.values}, {text_of(each) for each in _parts(old)}
        if isinstance(new.op, ast.Or):
            return FindingRule.ASSERTION_LOOSER if olds & texts or shares(old, new) else None
        return None if olds <= texts else _of_parts(old, new)
    if isinstance(old, ast.BoolOp) and isinstance(old.op, ast.And):
        return FindingRule.ASSERTION_LOOSER if text_of(new) in {text_of(each) for each in old.values} else None
    if isinstance(old, ast.BoolOp):
        return None
    return _ranked(old, new)


def _parts(test: ast.expr) -> "list[ast.expr]":
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _of_parts(old: ast.expr, new: ast.BoolOp) -> FindingRule | None:
    """The new assertion asserts several things at once: weaker where none of them is as strong as the old one."""
    weaker = [_ranked(old, each) for each in new.values]
    return None if None in weaker else weaker[0]


def rank(test: ast.expr) -> int:
    """How much an assertion says, roughly: that two things are equal is the most."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            close = any(last_name(each) in _CLOSE_TO for each in (left, right) if isinstance(each, ast.Call))
            wrapped = any(isinstance(each, ast.Call) and last_name(each) == "round" for each in (left, right))
            return _CLOSE if close or wrapped else EQUAL
        case ast.Compare(ops=[ast.Eq() | ast.Is(), *_]):
            return EQUAL
        case ast.Compare(ops=[ast.In()]):
            return _AMONG
        case ast.Compare():
            return _BOUND
        case ast.Call() if last_name(test) in _CLOSE_TO:
            return _CLOSE
        case ast.Call() if last_name(test).startswith("assert"):
            return EQUAL
        case _:
            return _TRUE


def _ranked(old: ast.expr, new: ast.expr) -> FindingRule | None:
    if not shares(old, new):
        return None
    if rank(new) < rank(old):
        return FindingRule.ASSERTION_LOOSER
    if rank(new) == rank(old) == EQUAL and isinstance(old, ast.Compare) and isinstance(new, ast.Compare):
        return _equal(old, new)
    return None


def _equal(old: ast.Compare, new: ast.Compare) -> FindingRule | None:
    """Both say that something is equal to something."""
    literals = [each for each in (old.comparators[0], new.comparators[0]) if is_literal(each)]
    if len(literals) == 2 and text_of(old.left) == text_of(new.left):
        return None if text_of(literals[0]) == text_of(literals[1]) else FindingRule.EXPECTATION_CHANGED
    coarser = isinstance(new.left, ast.Call) and text_of(old.left) in {text_of(each) for each in new.left.args}
    return FindingRule.ASSERTION_LOOSER if coarser and last_name(new.left) in _COARSE else None


_COARSE = frozenset({"len", "set", "sorted", "type", "bool", "int", "round", "abs", "frozenset", "max", "min", "any"})


def shares(old: ast.expr, new: ast.expr) -> bool:
    """Whether both look at the same thing: the part of the old one that is no literal occurs in the new one."""
    within = texts_within(new)
    return any(each in within for each in subjects(old))


def subjects(test: ast.expr) -> Iterator[str]:
    """The texts of what an assertion looks at."""
    match test:
        case ast.Compare(left=left, comparators=comparators):
            parts = [left, *comparators]
        case ast.BoolOp(values=values):
            for each in values:
                yield from subjects(each)
            return
        case ast.UnaryOp(operand=operand):
            yield from subjects(operand)
            return
        case ast.Call(args=arguments) if last_name(test).startswith("assert") or last_name(test) in _CLOSE_TO:
            parts = list(arguments)
        case ast.Call(func=ast.Name(id="isinstance" | "len" | "bool" | "all" | "any"), args=[argument, *_]):
            parts = [argument]
        case _:
            parts = [test]
    for part in parts:
        if not is_literal(part):
            yield text_of(part)


def _constants(old: ast.expr, new: ast.expr) -> FindingRule | None:
    """Both are of one form, and only constants differ."""
    if text_of(old) == text_of(new):
        return None
    widened = _widened(old, new)
    if widened is not None:
        return FindingRule.ASSERTION_LOOSER if widened else None
    if isinstance(old, ast.Compare) and isinstance(new, ast.Compare):
        sides = zip([old.left, *old.comparators], [new.left, *new.comparators], strict=False)
        if any(not is_literal(first) and text_of(first) != text_of(second) for first, second in sides):
            return FindingRule.INPUT_CHANGED
        return FindingRule.EXPECTATION_CHANGED
    return FindingRule.INPUT_CHANGED


def _widened(old: ast.expr, new: ast.expr) -> bool | None:
    """Whether a bound or tolerance grew; None where something else differs, or nothing is known of its direction."""
    pairs = [(first, second) for first, second in zip(_numbers(old), _numbers(new), strict=False) if first != second]
    if not pairs or any(first[0] == 0 or first[0] != second[0] for first, second in pairs):
        return None
    return any((float(second[1]) - float(first[1])) * first[0] > 0 for first, second in pairs)


def _numbers(test: ast.expr) -> "list[tuple[int, str]]":
    """The constants of an assertion in their order, each with 1 where a larger number accepts more, -1 where a smaller
    one does, and 0 where that is not known.
    """
    directions: dict[int, int] = {}
    for node in ast.walk(test):
        if isinstance(node, ast.keyword) and node.arg in _BOUNDS:
            directions[id(node.value)] = 1
        if isinstance(node, ast.keyword) and node.arg in {"places", "decimal", "ndigits"}:
            directions[id(node.value)] = -1
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Lt, ast.LtE)):
        directions[id(test.comparators[0])] = 1
        directions[id(test.left)] = -1
    numbers = []
    for node in ast.walk(test):
        if isinstance(node, ast.Constant):
            number = isinstance(node.value, float) or type(node.value) is int
            small = number and len(repr(node.value)) < _DIGITS
            numbers.append((directions.get(id(node), 0) if small else 0, repr(node.value)))
    return numbers


def _expected(old: ast.expr, new: ast.expr) -> FindingRule | None:
    """Both expect an exception."""
    if not (isinstance(old, ast.Call) and isinstance(new, ast.Call)):
        return None
    before, after = _types(old), _types(new)
    broad = after & _BROAD and not before & _BROAD
    fewer = {each.arg for each in old.keywords} - {each.arg for each in new.keywords}
    if broad or (before < after and before) or "match" in fewer:
        return FindingRule.ASSERTION_LOOSER
    if skeleton(old) == skeleton(new) and text_of(old) != text_of(new):
        return FindingRule.EXPECTATION_CHANGED
    return None


def _types(call: ast.Call) -> set[str]:
    first = call.args[0] if call.args else None
    nodes = first.elts if isinstance(first, ast.Tuple) else [first] if first is not None else []
    return {last_name(each) for each in nodes}
