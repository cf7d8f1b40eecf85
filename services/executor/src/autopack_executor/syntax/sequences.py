"""A test as the sequence of the statements that are run for it: what sets up, its own, and what tears down."""

import ast
from dataclasses import dataclass, replace

from autopack_executor.syntax.facts import FunctionSyntax
from autopack_executor.syntax.forms import Surroundings, piece_of
from autopack_executor.syntax.found import dotted, last_name
from autopack_executor.syntax.instances import parametrised_names
from autopack_executor.syntax.meaning import HoldingClass, Meaning, Place, parameters_of
from autopack_executor.syntax.modules import Function, first_parameter
from autopack_executor.syntax.own_names import FunctionNode, bound_within, looks_at_names, own_names, renamed
from autopack_executor.syntax.run_parts import (
    FIXTURE,
    SELF,
    NoSequenceError,
    Part,
    cut,
    is_given,
    leaves,
    needed,
    own_members,
    without_texts,
)

_VALUE = "<value>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """The statements that are run for a test, with one name for each thing that a local, a member of the class or a
    fixture holds: numbers in the order in which they come first.

    ``fixtures`` are those that it asks for and whose definition is not part of it, ``names`` the members of the class
    that set up or tear down.
    """

    syntax: FunctionSyntax
    body: tuple[ast.stmt, ...]
    last: tuple[ast.stmt, ...]
    fixtures: frozenset[str]
    names: frozenset[str]

    def says(self, place: Place) -> Meaning:
        """What the sequence comes to with all that it refers to. Raises ValueError."""
        syntax = self.syntax
        around = _around(syntax)
        meaning = Meaning(syntax.module, syntax.classes, place)
        meaning.add(("decorators",), piece_of([*syntax.node.decorator_list], syntax.around()))
        meaning.add(("runs", type(syntax.node).__name__), piece_of([*self.body], around), self.fixtures)
        meaning.add(("tears down",), piece_of([*self.last], around))
        return meaning


def sequence_of(syntax: FunctionSyntax) -> Sequence:
    """The sequence of a test. Raises NoSequenceError."""
    runs = _Runs(syntax)
    runs.read()
    set_up, own, last = runs.statements()
    kept = needed([*set_up, *last], own, _around(syntax))
    numbers: dict[str, str] = {}

    def name_of(name: str) -> str:
        return numbers.setdefault(name, f"<{len(numbers)}>") if is_given(name) else name

    return Sequence(
        syntax=syntax,
        body=tuple(renamed(each, name_of) for each in [*(each for each in set_up if each in kept), *own]),
        last=tuple(renamed(each, name_of) for each in last if each in kept),
        fixtures=frozenset(runs.fixtures),
        names=frozenset(runs.names),
    )


def _around(syntax: FunctionSyntax) -> Surroundings:
    if not syntax.classes:
        return syntax.module.around
    return replace(syntax.classes[-1].block.around, self_name=SELF)


class _Runs:
    """The functions that are run for a test, each before what asks for it."""

    def __init__(self, syntax: FunctionSyntax) -> None:
        self.fixtures: set[str] = set()
        self.names: set[str] = set()
        self._syntax = syntax
        self._holder: HoldingClass | None = syntax.classes[-1] if syntax.classes else None
        self._set_up: list[Part] = []
        self._tear_down: list[Part] = []
        self._own: Part | None = None
        self._values: dict[str, str] = {}
        self._asked: set[str] = set()
        self._count = 0

    def read(self) -> None:
        syntax, holder = self._syntax, self._holder
        if holder is not None:
            self._read_class(holder)
        decorators = syntax.node.decorator_list
        plain = all("mark" in dotted(each).split(".")[:-1] for each in decorators)
        given = {name for each in decorators for name in parametrised_names(each)}
        part = self._part(syntax.node, method=holder is not None, known=plain, given=frozenset(given))
        part.before = without_texts(syntax.node.body)
        if any(map(leaves, part.before)):
            raise NoSequenceError
        self._own = part

    def statements(self) -> "tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]":
        """What sets up, the test's own statements, and what tears down, with the names that were given."""
        assert self._own is not None
        parts = [*self._set_up, self._own, *self._tear_down]
        if any(one.others & other.names for one in parts for other in parts if one is not other):
            raise NoSequenceError
        return (
            [each for part in self._set_up for each in self._renamed(part, part.before, parts)],
            list(self._renamed(self._own, self._own.before, parts)),
            [
                *(each for part in reversed(self._set_up) for each in self._renamed(part, part.after, parts)),
                *(each for part in self._tear_down for each in self._renamed(part, part.before, parts)),
            ],
        )

    def _read_class(self, holder: HoldingClass) -> None:
        """What a class has for each of its tests. One whose members nobody knows is not taken apart."""
        block = holder.block
        if len(list(block.once())) < len([each for each in block.statements if each.binds]):
            raise NoSequenceError
        if holder.has_bases:
            return
        methods = {each.node.name: each.node for each in block.statements if isinstance(each.node, Function)}
        if not holder.unittest and any(name.startswith("__") for name in methods):
            raise NoSequenceError
        first, last = ("setUp", "tearDown") if holder.unittest else ("setup_method", "teardown_method")
        acting = [each.node.name for each in block.statements if isinstance(each.node, Function) and each.acts]
        autouse = [name for name in acting if self._is_fixture(methods[name], autouse=True)]
        if len(autouse) + (first in methods or last in methods) > 1:
            raise NoSequenceError  # their order is none that is written
        for name in autouse:
            self._fixture(name, autouse=True)
        for name, parts in ((first, self._set_up), (last, self._tear_down)):
            if name in methods:
                part = self._method(methods[name])
                parts.append(part)
                self.names.add(name)

    def _method(self, node: FunctionNode) -> Part:
        rest = parameters_of(node) - {first_parameter(node)}
        mentioned = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if node.decorator_list or isinstance(node, ast.AsyncFunctionDef) or rest & mentioned:
            raise NoSequenceError
        fixtures = set(self.fixtures)
        part = self._part(node, method=True, known=False)
        self.fixtures = fixtures  # what pytest gives to such a method is no fixture
        part.before = [each for each in without_texts(node.body) if not self._calls_unittest(each, node.name)]
        if any(map(leaves, part.before)):
            raise NoSequenceError
        return part

    def _calls_unittest(self, statement: ast.stmt, name: str) -> bool:
        """Whether a statement calls the method of that name of ``unittest.TestCase`` itself, which does nothing."""
        plain = self._holder is not None and self._holder.unittest and "super" not in self._syntax.module.binders
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))), args=[])):
                return plain and last_name(statement.value) == name
            case _:
                return False

    def _fixture(self, name: str, *, autouse: bool = False) -> str:
        """What stands for the value of a fixture; what sets it up is read before."""
        if name in self._values:
            return self._values[name]
        if name in self._asked:
            raise NoSequenceError
        self._asked.add(name)
        node, method = self._defined(name)
        if node is None or not self._is_fixture(node, autouse=autouse):
            self.fixtures.add(name)
            self._values[name] = f"{FIXTURE}{name}>"
            return self._values[name]
        part = self._part(node, method=method, known=True)
        if method:
            self.names.add(name)
        before, value, part.after = cut(node)
        part.before = before
        self._values[name] = f"<value {name}>"
        if isinstance(value, ast.Name) and value.id in part.called:
            self._values[name] = part.called[value.id]
        elif value is not None:
            target = ast.Name(id=_VALUE, ctx=ast.Store())
            part.before.append(ast.copy_location(ast.Assign(targets=[target], value=value), value))
            part.called[_VALUE] = self._values[name]
        self._set_up.append(part)
        return self._values[name]

    def _defined(self, name: str) -> "tuple[FunctionNode | None, bool]":
        """The function that a fixture of that name is, and whether it is a method: none where that is not sure."""
        blocks = [each.block for each in self._syntax.classes]
        if any(name in block.binders for block in blocks[:-1]):
            return None, False
        for block in (*blocks[-1:], self._syntax.module):
            if name in block.fixtures:
                return None, False
            found = [each.node for each in block.statements if name in each.binds]
            if found:
                node = found[0] if len(found) == 1 else None
                return (node if isinstance(node, Function) else None), block.methods
        return None, False

    def _is_fixture(self, node: FunctionNode, *, autouse: bool) -> bool:
        """Whether it is a fixture for one test, and is nothing else."""
        if isinstance(node, ast.AsyncFunctionDef):
            return False
        match node.decorator_list:
            case [ast.Call(func=func, args=[], keywords=[])] if not autouse:
                decorator = func
            case [ast.Call(func=func, args=[], keywords=[ast.keyword(arg="autouse", value=ast.Constant(value=True))])]:
                decorator = func if autouse else ast.Constant(value=None)
            case [ast.Name() | ast.Attribute() as decorator] if not autouse:
                pass
            case _:
                return False
        return piece_of([decorator], self._syntax.module.around).targets == {"pytest.fixture"}

    def _part(self, node: FunctionNode, *, method: bool, known: bool, given: frozenset[str] = frozenset()) -> Part:
        (own, others), arguments = own_names(node), node.args
        if looks_at_names(node) or own & bound_within(node):
            raise NoSequenceError
        if arguments.defaults or arguments.kw_defaults or arguments.vararg or arguments.kwarg:
            raise NoSequenceError
        self_name = first_parameter(node) if method else ""
        if method and not self_name:
            raise NoSequenceError
        self._count += 1
        number = self._count
        called: dict[str, str] = {}
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if each.arg == self_name:
                continue
            if known and each.arg not in given:
                called[each.arg] = self._fixture(each.arg)
            else:
                self.fixtures.add(each.arg)
                called[each.arg] = f"{FIXTURE}{each.arg}>"
        part = Part(node=node, self_name=self_name, own=own, others=others, called=called)
        if part.bound & {*called, self_name}:
            raise NoSequenceError
        called.update({name: f"<local {node.name} {number} {name}>" for name in own})
        return part

    def _renamed(self, part: Part, statements: "list[ast.stmt]", parts: list[Part]) -> "list[ast.stmt]":
        """Members of the class keep their names where other members of it, which are not read here, may mention them,
        or where the object is used as a whole.
        """
        if self._holder is None:
            return list(part.renamed(statements, members=False, without=frozenset()))
        block = self._holder.block
        known = frozenset(block.binders) - block.around.helpers
        keeps = self._holder.has_bases or any(each.needs_members(known) for each in parts)
        without = own_members(unittest_class=self._holder.unittest, helpers=block.around.helpers)
        return list(part.renamed(statements, members=not keeps, without=without))
