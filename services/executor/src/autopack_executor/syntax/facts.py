"""The facts about one test function: what it says, what acts on it, what it uses (decision 26)."""

import ast
import copy
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from autopack_executor.syntax.assertions import MEMBERS
from autopack_executor.syntax.forms import Form, Piece, piece_of
from autopack_executor.syntax.modules import FOR_FUNCTIONS, Block, Function, first_parameter, statements_of
from autopack_executor.syntax.places import Folders, conftests_above

_TIED_TO_ITS_PLACE = re.compile(r"datadir|snapshot|regression|golden|approv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The fields of ``autopack_model.changed_files.value.TestFunction`` that its syntax tree gives."""

    digest: str
    setting: str
    uses: tuple[str, ...]
    checks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conftest:
    """A ``conftest.py``, or an ``__init__.py`` above tests. ``acts`` says that it does something to tests that do not
    mention it; ``provides`` are the names in it, None when they are not known.
    """

    acts: bool
    provides: frozenset[str] | None

    def may_provide(self, fixture: str) -> bool:
        """Whether it may be where ``fixture`` comes from."""
        return self.provides is None or fixture in self.provides


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file, and the ``conftest.py`` of its tree by their paths. ``shown`` has what files are called on head."""

    path: str
    folders: Folders
    conftests: Mapping[str, Conftest]
    shown: Mapping[str, str]

    def conftests_above(self) -> Iterator[tuple[str, Conftest]]:
        """Those that act on the file, nearest first, under the names that they have on head."""
        known = (path for path in conftests_above(self.path) if path in self.conftests)
        return ((self.shown[path], self.conftests[path]) for path in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingClass:
    """A class that holds tests, as one of them finds it. ``unittest`` says that it is a ``unittest.TestCase`` that adds
    nothing to it but tests and, in ``block``, what it sets up.
    """

    node: ast.ClassDef
    block: Block
    unittest: bool

    @property
    def shares_everything(self) -> bool:
        """Whether all that is in it may act on each of its tests: a base class may call it."""
        return self.unittest or bool(self.node.bases and not _is_object(self.node.bases))


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
    unittest = bases.form == (("target", "unittest.TestCase"),) and not MEMBERS & members
    around = replace(module.around, unittest=unittest)
    return HoldingClass(node=node, block=Block(statements=statements, around=around, methods=True), unittest=unittest)


def _is_object(bases: list[ast.expr]) -> bool:
    return len(bases) == 1 and isinstance(bases[0], ast.Name) and bases[0].id == "object"


@dataclass(frozen=True, slots=True)
class FunctionSyntax:
    """A test function in its module and, outermost first, its classes."""

    node: "ast.FunctionDef | ast.AsyncFunctionDef"
    module: Block
    classes: tuple[HoldingClass, ...]

    def facts(self, place: Place) -> Facts:
        """What the syntax trees say of the function."""
        meaning = _Meaning(self.module, self.classes, place)
        meaning.add(("function", type(self.node).__name__), self._own_piece(), self._parameters())
        setting = _Meaning(self.module, self.classes, place)
        self._add_setting(setting)
        return Facts(
            digest=meaning.digest(),
            setting=setting.digest(),
            uses=tuple(sorted({*(use for use in meaning.targets if ":" in use), *meaning.foreign_fixtures})),
            checks=meaning.checks,
        )

    def _own_piece(self) -> Piece:
        """The function without its name, its docstring, what it returns and, in a class, its first parameter."""
        arguments, body = copy.copy(self.node.args), self.node.body
        if self.classes and first_parameter(self.node):
            if arguments.posonlyargs:
                arguments.posonlyargs = arguments.posonlyargs[1:]
            else:
                arguments.args = arguments.args[1:]
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        around = self.classes[-1].block.around_of(self.node) if self.classes else self.module.around
        return piece_of([*self.node.decorator_list, arguments, *body], around)

    def _parameters(self) -> frozenset[str]:
        skipped = {first_parameter(self.node)} if self.classes else set()
        return _parameters(self.node) - skipped

    def _add_setting(self, setting: "_Meaning") -> None:
        for position, statement in enumerate(self.module.statements):
            if statement.acts and not (self.classes and statement.binds and statement.binds <= FOR_FUNCTIONS):
                setting.add_statement("acts", self.module, position)
        for each in self.classes:
            if each.node.decorator_list or each.node.keywords:
                setting.add(("class",), piece_of([*each.node.decorator_list, *each.node.keywords], self.module.around))
            if each.shares_everything and not each.unittest:
                setting.add(("bases",), piece_of([*each.node.bases], self.module.around))
            for position, statement in enumerate(each.block.statements):
                if statement.acts or (each.shares_everything and not statement.is_test):
                    setting.add_statement("acts", each.block, position)
        for path, conftest in setting.place.conftests_above():
            if conftest.acts:
                setting.parts.add(("conftest", path))


def _parameters(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> frozenset[str]:
    """The parameters that are asked for by name: those of a fixture or test are fixtures."""
    return frozenset(each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))


@dataclass(eq=False)
class _Meaning:
    """What a piece of syntax comes to with all that it refers to in its file."""

    module: Block
    classes: tuple[HoldingClass, ...]
    place: Place
    parts: set[Form] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    foreign_fixtures: set[str] = field(default_factory=set)
    checks: int = 0
    placed: bool = False
    _seen: set[object] = field(default_factory=set)

    def add(
        self, role: tuple[str, ...], piece: Piece, fixtures: Iterable[str] = (), block: Block | None = None
    ) -> None:
        """Add a piece and, as far as it was not added before, what it refers to in its file and, where it stands there
        itself, in the ``block`` of a class. ``fixtures`` are asked for.
        """
        self.parts.add((*role, piece.form))
        self.targets |= piece.targets
        self.parts |= {("file", each) for use in piece.targets for each in self.place.folders.changed_support(use)}
        self.checks += piece.checks
        self.placed |= piece.placed
        for name in sorted(piece.names):
            for each in (self.module,) if block is None else (self.module, block):
                for position in each.binders.get(name, ()):
                    self.add_statement("definition", each, position)
        for fixture in sorted({*piece.fixtures, *fixtures}):
            self._add_fixture(fixture)
        if self.classes:
            self._add_members(piece.members)

    def add_statement(self, role: str, block: Block, position: int) -> None:
        """Add a statement of the module or of one of the classes, once."""
        if (id(block), position) in self._seen:
            return
        self._seen.add((id(block), position))
        node = block.statements[position].node
        asked: frozenset[str] = frozenset()
        if isinstance(node, Function) and (node.decorator_list or role == "acts"):
            asked = _parameters(node) - ({first_parameter(node)} if block.methods else set())
        self.add((role,), block.piece(position), asked, block if block.methods else None)

    def digest(self) -> str:
        """The digest of everything that was added."""
        where = self.place.shown[self.place.path] if self.placed else ""
        content = repr((where, sorted(map(repr, self.parts))))
        return f"sha256:{hashlib.sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def _add_members(self, members: frozenset[str] | None) -> None:
        if members is None or members:
            for each in self.classes[-1:]:
                if each.unittest:
                    self.parts.add(("unittest",))
                for position, statement in enumerate(each.block.statements):
                    if not statement.is_test if members is None else members & statement.binds:
                        self.add_statement("member", each.block, position)

    def _add_fixture(self, name: str) -> None:
        if ("fixture", name) in self._seen:
            return
        self._seen.add(("fixture", name))
        self.placed |= _TIED_TO_ITS_PLACE.search(name) is not None
        provider = next((path for path, each in self.place.conftests_above() if each.may_provide(name)), "")
        self.parts.add(("fixture", name, provider))
        own = False
        for block in (self.module, *(each.block for each in self.classes)):
            for position in block.binders.get(block.fixtures.get(name, name), ()):
                own = True
                self.add_statement("definition", block, position)
        if not own:
            self.foreign_fixtures.add(f"fixture:{name}")
