"""What a piece of syntax comes to with all that it refers to: in its file, its classes, and helpers of tests."""

import ast
import hashlib
import re
import unittest
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from autopack_executor.syntax.forms import Form, Piece
from autopack_executor.syntax.modules import Block, Function, Statement, first_parameter
from autopack_executor.syntax.places import Folders, conftests_above

_TIED_TO_ITS_PLACE = re.compile(r"datadir|snapshot|regression|golden|approv")


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
    """A file, and the ``conftest.py`` and changed helpers of tests of its tree by their paths. ``shown`` has what files
    are called on head.
    """

    path: str
    folders: Folders
    conftests: Mapping[str, Conftest]
    shown: Mapping[str, str]
    helpers: Mapping[str, Block] = field(default_factory=dict)

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

    def acts(self, statement: Statement) -> bool:
        """Whether a statement of it may act on each of its tests. An unknown base class may call everything in it, and
        ``unittest.TestCase`` what it has itself.
        """
        if statement.acts:
            return True
        if self.unittest:
            return any(map(is_called_by_unittest, statement.binds))
        return self.has_bases and not statement.is_test

    @property
    def has_bases(self) -> bool:
        """Whether it has a base class of which nothing is known."""
        return not self.unittest and bool(self.node.bases and not is_object(self.node.bases))


def is_called_by_unittest(name: str) -> bool:
    """Whether ``unittest.TestCase`` has a member of that name, or Python itself gives the name a meaning."""
    return hasattr(unittest.TestCase, name) or (name.startswith("__") and name.endswith("__"))


def is_object(bases: list[ast.expr]) -> bool:
    """Whether the base classes are those that every class has."""
    return len(bases) == 1 and isinstance(bases[0], ast.Name) and bases[0].id == "object"


def parameters_of(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> frozenset[str]:
    """The parameters that are asked for by name: those of a fixture or test are fixtures."""
    return frozenset(each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))


def digest_of(content: Form) -> str:
    """The digest of a form."""
    return f"sha256:{hashlib.sha256(repr(content).encode('utf-8', 'surrogatepass')).hexdigest()}"


@dataclass(eq=False)
class Meaning:
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
    _homes: dict[str, int] = field(default_factory=dict)

    def add(
        self, role: tuple[str, ...], piece: Piece, fixtures: Iterable[str] = (), block: Block | None = None
    ) -> None:
        """Add a piece and, as far as it was not added before, what it refers to in its file and, where it stands there
        itself, in the ``block`` of a class or of a helper of tests. ``fixtures`` are asked for. Raises ValueError for a
        name that means one thing in the file and another one in a helper, and for a helper that depends on its place.
        """
        self.parts.add((*role, piece.form))
        self.targets |= piece.targets
        self.parts |= {("file", each) for use in piece.targets for each in self.place.folders.changed_support(use)}
        self.checks += piece.checks
        self.placed |= piece.placed
        module = block if block is not None and not block.methods else self.module
        if piece.placed and module is not self.module:
            raise ValueError("a helper depends on its place")
        for name in sorted(piece.names):
            home = self.place.helpers[module.elsewhere[name]] if name in module.elsewhere else module
            known = id(home) if name in home.binders else 0
            if self._homes.setdefault(name, known) != known:
                raise ValueError(f"{name} means two things")
            for each in (home,) if block is None or not block.methods else (home, block):
                for position in each.binders.get(name, ()):
                    self.add_statement("definition", each, position)
        for fixture in sorted({*piece.fixtures, *fixtures}):
            self._add_fixture(fixture)
        if self.classes:
            self._add_members(piece.members)
            for name in sorted(piece.helpers):
                for position in self.classes[-1].block.binders[name]:
                    self.add_statement("definition", self.classes[-1].block, position)

    def add_statement(self, role: str, block: Block, position: int) -> None:
        """Add a statement of the module or of one of the classes, once."""
        if (id(block), position) in self._seen:
            return
        self._seen.add((id(block), position))
        helps = block is not self.module and not block.methods
        if helps and ("helper", id(block)) not in self._seen:
            self._seen.add(("helper", id(block)))
            for each in (place for place, statement in enumerate(block.statements) if statement.acts):
                self.add_statement("acts", block, each)
        node = block.statements[position].node
        asked: frozenset[str] = frozenset()
        if isinstance(node, Function) and (node.decorator_list or role == "acts"):
            asked = parameters_of(node) - ({first_parameter(node)} if block.methods else set())
        self.add((role,), block.piece(position), asked, block if block.methods or helps else None)

    def digest(self) -> str:
        """The digest of everything that was added."""
        where = self.place.shown[self.place.path] if self.placed else ""
        return digest_of((where, *sorted(map(repr, self.parts))))

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
