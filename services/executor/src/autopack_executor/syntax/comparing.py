"""Methods of the product that compare and do not: what a test asserts of such an object is true in any case."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_executor.syntax.found import Found, last_name, shown, text_of
from autopack_executor.syntax.modules import Function
from autopack_model.finding.value import FindingRule

_METHODS = frozenset({"__eq__", "__ne__", "__contains__", "__bool__"})
_EQUALITIES = frozenset({"__eq__", "__ne__"})
# The answer with which an assertion that compares is true.
_AGREEING = {"__eq__": True, "__ne__": False, "__contains__": True}
_NUMBERS = frozenset({"int", "float", "complex", "Decimal", "Fraction"})
_VALUES = _NUMBERS | {
    *("str", "bytes", "bytearray", "list", "tuple", "dict", "set", "frozenset"),
    *("UserList", "UserDict", "UserString", "OrderedDict", "defaultdict", "Counter"),
}
_OPERANDS = 2
_NEARLY = frozenset({"isclose", "round", "approx", "allclose"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    """A method that compares. ``kinds`` are the bases of its class, ``answers`` what it returns."""

    holder: str
    name: str
    node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
    kinds: frozenset[str]
    answers: "tuple[ast.expr, ...]"

    @property
    def only_answer(self) -> bool | None:
        """The one truth value that it always answers; None where there is no such."""
        values = {each.value if isinstance(each, ast.Constant) else None for each in self.answers}
        [first] = values if len(values) == 1 else [None]
        return first if isinstance(first, bool) else None


def hollow_comparisons(before: ast.Module | None, after: ast.Module) -> Iterator[Found]:
    """The new methods of classes that compare and do not look at both values, with what stood there."""
    olds = {} if before is None else {(each.holder, each.name): each for each in _methods(before)}
    for method in _methods(after):
        old = olds.get((method.holder, method.name))
        same = old is not None and ast.dump(old.node) == ast.dump(method.node)
        if not same and _is_hollow(method, old):
            yield Found(
                rule=FindingRule.COMPARISON_VACUOUS,
                line=method.node.lineno,
                before=shown(None if old is None else old.node),
                after=shown(f"class {method.holder}: {text_of(method.node)}"),
            )


def _is_hollow(method: _Method, old: _Method | None) -> bool:
    if not method.answers:
        return False
    answer = method.only_answer
    if answer is not None and (method.kinds & _VALUES or (old is not None and old.only_answer is None)):
        return True
    if answer is not None and answer is not _AGREEING.get(method.name):
        return False
    if method.name not in _EQUALITIES:
        return answer is not None
    return _looks_at_one(method) or (bool(method.kinds & _NUMBERS) and _is_near(method))


def _looks_at_one(method: _Method) -> bool:
    """Whether an equality does not look at both values; that of a class without a state asks for the class alone."""
    arguments = [*method.node.args.posonlyargs, *method.node.args.args]
    if len(arguments) != _OPERANDS:
        return method.only_answer is not None
    own, other = (each.arg for each in arguments)
    about_class = {
        id(each)
        for node in ast.walk(method.node)
        if _asks_for_class(node, own, method.holder)
        for each in ast.walk(node)
    }
    used = [each for each in ast.walk(method.node) if isinstance(each, ast.Name)]
    others = [each for each in used if each.id == other]
    if others and all(id(each) in about_class for each in others):
        return False
    called = any(each.id == "super" for each in used)
    return not others or not (called or any(each.id == own and id(each) not in about_class for each in used))


def _asks_for_class(node: ast.AST, own: str, holder: str) -> bool:
    """Whether an expression asks whether the other value is of the method's own class."""
    owns = {holder, "__class__", f"{own}.__class__", f"type({own})"}
    match node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
            return text_of(kind) in owns
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            sides = {text_of(left), text_of(right)}
            asked = any(each.startswith("type(") or each.endswith(".__class__") for each in sides)
            return asked and bool(sides & owns)
        case _:
            return False


def _is_near(method: _Method) -> bool:
    """Whether an equality says that two numbers are near each other."""
    return any(
        (isinstance(each, ast.Compare) and any(isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in each.ops))
        or (isinstance(each, ast.Call) and last_name(each) in _NEARLY)
        for answer in method.answers
        for each in ast.walk(answer)
    )


def _methods(module: ast.Module) -> Iterator[_Method]:
    """The methods that compare, also those that are assigned: ``__eq__ = lambda self, other: True``."""
    kinds: dict[str, frozenset[str]] = {}
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=holder, bases=bases, body=body):
                kinds[holder] = frozenset(map(last_name, bases))
                for statement in body:
                    for name, method in _defined(statement):
                        yield _method(holder, name, method, kinds[holder])
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=name)], value=ast.Lambda() as given):
                if name in _METHODS:
                    yield _method(holder, name, given, kinds.get(holder, frozenset()))
            case _:
                pass


def _defined(node: ast.stmt) -> "Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]]":
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in _METHODS:
            yield name, node
        case ast.Assign(targets=targets, value=ast.Lambda() as method):
            yield from ((each.id, method) for each in targets if isinstance(each, ast.Name) and each.id in _METHODS)
        case _:
            return


def _method(
    holder: str, name: str, node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda", kinds: frozenset[str]
) -> _Method:
    values = [node.body] if isinstance(node, ast.Lambda) else list(_returned(node.body))
    answers = tuple(each for each in values if not (isinstance(each, ast.Name) and each.id == "NotImplemented"))
    return _Method(holder=holder, name=name, node=node, kinds=kinds, answers=answers)


def _returned(body: "list[ast.stmt]") -> "Iterator[ast.expr]":
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        elif not isinstance(node, (*Function, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
