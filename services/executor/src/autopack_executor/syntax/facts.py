"""The facts about one test function: what it says, what acts on it, what it uses (decision 26)."""

import ast
import builtins
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

from autopack_executor.syntax.assertions import MEMBERS
from autopack_executor.syntax.forms import Form, Piece, Surroundings, piece_of, shape_of
from autopack_executor.syntax.instances import parametrised_names
from autopack_executor.syntax.meaning import (
    HoldingClass,
    Meaning,
    Place,
    digest_of,
    is_called_by_unittest,
    is_object,
    parameters_of,
)
from autopack_executor.syntax.modules import (
    FOR_FUNCTIONS,
    Block,
    Function,
    first_parameter,
    statements_of,
    without_first,
)
from autopack_executor.syntax.own_names import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A function of a side, or one of the tests of one with parameters, with its place there."""

    name: str
    syntax: "FunctionSyntax"
    place: Place

    def facts(self) -> "Facts":
        """What its syntax trees say of it. Raises RecursionError and ValueError."""
        return self.syntax.facts(self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The fields of ``autopack_model.changed_files.value.TestFunction`` that its syntax tree gives."""

    digest: str
    setting: str
    uses: tuple[str, ...]
    checks: int
    shape: str


def functions_of(module: Block) -> "Iterator[tuple[str, FunctionSyntax]]":
    """The functions of a module and of its classes by their names in test ids, whatever they are called. One whose name
    stands for more than one thing is left out.
    """
    yield from _functions(module, module, ())


def _functions(
    module: Block, block: Block, classes: tuple[HoldingClass, ...]
) -> "Iterator[tuple[str, FunctionSyntax]]":
    for statement in block.once():
        prefix = "".join(f"{each.node.name}::" for each in classes)
        if isinstance(statement.node, Function):
            yield f"{prefix}{statement.node.name}", FunctionSyntax(statement.node, module, classes)
        elif isinstance(statement.node, ast.ClassDef):
            inner = _class(module, statement.node)
            yield from _functions(module, inner.block, (*classes, inner))


def _class(module: Block, node: ast.ClassDef) -> HoldingClass:
    statements = tuple(statements_of(node.body, lambda _: False))
    members = {name for statement in statements for name in statement.binds}
    bases = piece_of([*node.bases, *node.keywords], module.around)
    plain = bases.form == (("target", "unittest.TestCase"),) and not MEMBERS & members
    around = replace(module.around, unittest=plain)
    block = Block(statements=statements, around=around, methods=True)
    if plain or not node.bases or is_object(node.bases):
        helpers = frozenset(name for each in block.once() for name in each.binds if _helps(module, each.node))
        block = replace(block, around=replace(around, helpers=helpers))
    return HoldingClass(node=node, block=block, unittest=plain)


def _helps(module: Block, node: ast.stmt) -> bool:
    """Whether a member of a class is a function that needs no ``self``, and that nobody can take for another one."""
    if not isinstance(node, Function) or node.decorator_list or not (first := first_parameter(node)):
        return False
    taken = node.name in module.binders or node.name in module.touched or hasattr(builtins, node.name)
    if taken or node.name.startswith(("test", "__")) or is_called_by_unittest(node.name):
        return False
    used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return not {first, "super", "__class__"} & used


@dataclass(frozen=True, slots=True)
class FunctionSyntax:
    """A test function in its module and, outermost first, its classes."""

    node: "ast.FunctionDef | ast.AsyncFunctionDef"
    module: Block
    classes: tuple[HoldingClass, ...]

    def facts(self, place: Place) -> Facts:
        """What the syntax trees say of the function."""
        meaning = Meaning(self.module, self.classes, place)
        piece = self._own_piece()
        meaning.add(("function", type(self.node).__name__), piece, self._own_parameters())
        setting = Meaning(self.module, self.classes, place)
        self._add_setting(setting)
        given = {f"fixture:{name}" for each in self.node.decorator_list for name in parametrised_names(each)}
        fixtures = meaning.foreign_fixtures - given
        return Facts(
            digest=meaning.digest(),
            setting=setting.digest(),
            uses=tuple(sorted({*(use for use in meaning.targets if ":" in use), *fixtures})),
            checks=meaning.checks,
            shape=digest_of(shape_of(piece.form[len(self.node.decorator_list) + 1 :])),
        )

    def setting_without(self, place: Place, members: frozenset[str]) -> str:
        """The digest of what acts on the function from outside, but for those ``members`` of its classes."""
        setting = Meaning(self.module, self.classes, place)
        self._add_setting(setting, without=members)
        return setting.digest()

    def with_body(self, body: "list[ast.stmt]", arguments: ast.arguments | None = None) -> "FunctionSyntax":
        """The function with another body, and with other parameters where these are given."""
        node = copy.copy(self.node)
        node.body, node.args = body, self.node.args if arguments is None else arguments
        return replace(self, node=node)

    def statements(self) -> "list[ast.stmt]":
        """The statements of the function without its docstring."""
        body = self.node.body
        return body[1:] if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body

    def forms(self) -> list[Form]:
        """The form of each statement, with numbers for the names of the function's own."""
        whole = replace(self, node=numbered(self.node))
        return [form for each in whole.statements() for form in piece_of([each], self.around()).form]

    def around(self) -> Surroundings:
        """What the names in the function may stand for."""
        return self.classes[-1].block.around_of(self.node) if self.classes else self.module.around

    def _own_piece(self) -> Piece:
        """The function without its name, its docstring, what it returns and, in a class, its first parameter."""
        node = numbered(self.node)
        arguments, body = node.args, replace(self, node=node).statements()
        if self.classes and first_parameter(node):
            arguments = without_first(node).args
        return piece_of([*node.decorator_list, arguments, *body], self.around())

    def _own_parameters(self) -> frozenset[str]:
        skipped = {first_parameter(self.node)} if self.classes else set()
        return parameters_of(self.node) - skipped

    def _add_setting(self, setting: "Meaning", *, without: frozenset[str] = frozenset()) -> None:
        for position, statement in enumerate(self.module.statements):
            if statement.acts and not (self.classes and statement.binds and statement.binds <= FOR_FUNCTIONS):
                setting.add_statement("acts", self.module, position)
        for each in self.classes:
            if each.node.decorator_list or each.node.keywords:
                setting.add(("class",), piece_of([*each.node.decorator_list, *each.node.keywords], self.module.around))
            if each.has_bases:
                setting.add(("bases",), piece_of([*each.node.bases], self.module.around))
            for position, statement in enumerate(each.block.statements):
                if each.acts(statement) and not statement.binds & without:
                    setting.add_statement("acts", each.block, position)
        for path, conftest in setting.place.conftests_above():
            if conftest.acts:
                setting.parts.add(("conftest", path))
