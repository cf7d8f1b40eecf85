"""The statements of a module or class: what binds a name, and what acts on tests that do not mention it."""

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from autopack_executor.syntax.forms import Piece, Surroundings, names_bound, piece_of
from autopack_executor.syntax.own_names import numbered

Function = (ast.FunctionDef, ast.AsyncFunctionDef)

_ACTING_NAMES = frozenset(
    {
        *("pytestmark", "__test__", "load_tests", "setup", "teardown", "setUpModule", "tearDownModule"),
        *("setup_module", "teardown_module", "setup_function", "teardown_function"),
        *("setup_class", "teardown_class", "setup_method", "teardown_method"),
    }
)
FOR_FUNCTIONS = frozenset({"setup_function", "teardown_function"})
"""What acts on the functions of a module and not on the methods of its classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement. ``binds`` are the names that it gives a value, ``acts`` says that it may do something to tests that
    do not mention it, and ``calls`` that it may change what the names in it stand for.
    """

    node: ast.stmt
    binds: frozenset[str]
    acts: bool
    calls: bool = False

    @property
    def is_test(self) -> bool:
        """Whether it is a function or class that is named as a test is."""
        return isinstance(self.node, (*Function, ast.ClassDef)) and self.node.name.lower().startswith("test")


@dataclass(frozen=True, kw_only=True)
class Block:
    """The statements of a module or class, each read once, and what the names in them may stand for.

    ``elsewhere`` has the names that it imports from changed helpers of tests, with the paths of these.
    """

    statements: tuple[Statement, ...]
    around: Surroundings
    methods: bool = False
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    _pieces: dict[int, Piece] = field(default_factory=dict, init=False)

    @cached_property
    def binders(self) -> Mapping[str, tuple[int, ...]]:
        """The positions of the statements that bind each name, and of those that may change what it stands for."""
        found: dict[str, set[int]] = {}
        for position, statement in enumerate(self.statements):
            for name in statement.binds:
                found.setdefault(name, set()).add(position)
        for position, statement in enumerate(self.statements):
            for name in self.piece(position).names if statement.calls else ():
                if name in found:
                    found[name].add(position)
        return {name: tuple(sorted(positions)) for name, positions in found.items()}

    @cached_property
    def touched(self) -> frozenset[str]:
        """The names of attributes that the statements set, and the texts in them: either may replace a member."""
        nodes = [node for statement in self.statements for node in ast.walk(statement.node)]
        texts = {str(each.value) for each in nodes if isinstance(each, ast.Constant)}
        return frozenset(
            texts
            | {each.attr for each in nodes if isinstance(each, ast.Attribute) and not isinstance(each.ctx, ast.Load)}
        )

    @cached_property
    def fixtures(self) -> Mapping[str, str]:
        """The fixtures that have another name than their function, with the name of the function."""
        return {
            keyword.value.value: statement.node.name
            for statement in self.statements
            if isinstance(statement.node, Function)
            for decorator in statement.node.decorator_list
            if isinstance(decorator, ast.Call)
            for keyword in decorator.keywords
            if keyword.arg == "name"
            and isinstance(keyword.value, ast.Constant)
            and isinstance(keyword.value.value, str)
        }

    def once(self) -> Iterator[Statement]:
        """The statements that bind a name which no other statement touches."""
        times: dict[str, int] = {}
        for statement in self.statements:
            for name in statement.binds:
                times[name] = times.get(name, 0) + 1
        return (each for each in self.statements if each.binds and all(times[name] == 1 for name in each.binds))

    def piece(self, position: int) -> Piece:
        """The piece that the statement at ``position`` makes. A member that needs no ``self`` reads as a function."""
        if position not in self._pieces:
            node = self.statements[position].node
            if isinstance(node, Function):
                node = numbered(node)
            if isinstance(node, Function) and node.name in self.around.helpers:
                self._pieces[position] = piece_of([without_first(node)], replace(self.around, self_name=""))
            else:
                self._pieces[position] = piece_of([node], self.around_of(node))
        return self._pieces[position]

    def around_of(self, node: ast.stmt) -> Surroundings:
        """What the names in a statement of the block may stand for."""
        return replace(self.around, self_name=first_parameter(node)) if self.methods else self.around


def module_block(
    tree: ast.Module,
    resolve: Callable[[str, int], str],
    brings: Callable[[str], bool],
    defined: Callable[[str], str | None] = lambda _target: None,
) -> Block:
    """The block of a module. ``resolve`` says what an import means in it, ``brings`` whether a module of that meaning
    may bring fixtures that act by themselves, and ``defined`` which changed helper of tests defines a thing.

    A name that is imported once, and has no other meaning, stands for what it was imported from. One of a changed
    helper, imported under its own name, stands for its definition.
    """
    statements = tuple(statements_of(tree.body, lambda node: any(map(brings, _targets(node, resolve).values()))))
    block = Block(statements=statements, around=Surroundings(imported={}, resolve=resolve))
    imported: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    counted = {name for statement in block.once() for name in statement.binds}
    for statement in statements:
        for name, target in _targets(statement.node, resolve).items():
            helper = defined(target) if target.rpartition(".")[2] == name else None
            if name in counted and helper is not None:
                elsewhere[name] = helper
            elif name in counted:
                imported[name] = target
    return replace(block, around=Surroundings(imported=imported, resolve=resolve), elsewhere=elsewhere)


def statements_of(body: Iterable[ast.stmt], brings: Callable[[ast.stmt], bool]) -> Iterator[Statement]:
    """The statements of ``body`` that mean something to a test: no docstring, and not what a script does when it is
    run. ``brings`` says of an import whether it may bring fixtures that act by themselves.
    """
    for node in body:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.ImportFrom(module="__future__", level=0):
                continue
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                continue
            case _:
                yield _statement(node, brings)


def first_parameter(node: ast.stmt) -> str:
    """The name of the first parameter of a method, empty for a static one and for what is no function."""
    if not isinstance(node, Function) or _is_static(node):
        return ""
    parameters = (*node.args.posonlyargs, *node.args.args)
    return parameters[0].arg if parameters else ""


def without_first(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> "ast.FunctionDef | ast.AsyncFunctionDef":
    """The function without its first parameter."""
    made = copy.copy(node)
    made.args = copy.copy(node.args)
    if made.args.posonlyargs:
        made.args.posonlyargs = made.args.posonlyargs[1:]
    else:
        made.args.args = made.args.args[1:]
    return made


def _is_static(node: "ast.FunctionDef | ast.AsyncFunctionDef") -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)


def _statement(node: ast.stmt, brings: Callable[[ast.stmt], bool]) -> Statement:
    match node:
        case ast.Import() | ast.ImportFrom():
            binds = frozenset(name for alias in node.names for name in names_bound(alias))
            hooks = isinstance(node, ast.ImportFrom) and any(map(_acts_by_name, binds))
            return Statement(node=node, binds=binds, acts="*" in binds or hooks or brings(node))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            changed = (name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names)
            acts = _acts_by_name(node.name) or _may_act(node)
            return Statement(node=node, binds=frozenset({node.name, *changed}), acts=acts)
        case ast.ClassDef():
            return Statement(node=node, binds=frozenset({node.name}), acts=False)
        case ast.Assign(targets=[*targets]) if all(map(_is_name, targets)):
            return _assignment(node, targets)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target) if _is_name(target):
            return _assignment(node, [target])
        case ast.If(body=[*body], orelse=[*others]):
            return _compound(node, [*body, *others], brings)
        case ast.Try(body=[*body], handlers=[*handlers], orelse=[*others], finalbody=[*last]):
            return _compound(node, [*body, *(each for part in handlers for each in part.body), *others, *last], brings)
        case _:
            stored = frozenset(name for each in ast.walk(node) for name in names_bound(each))
            return Statement(node=node, binds=stored, acts=True)


def _assignment(node: ast.stmt, targets: "Iterable[ast.expr]") -> Statement:
    binds = frozenset(name for target in targets for each in ast.walk(target) for name in names_bound(each))
    calls = any(isinstance(each, ast.Call) for each in ast.walk(node))
    return Statement(node=node, binds=binds, acts=any(map(_acts_by_name, binds)) or _may_act(node), calls=calls)


def _compound(node: ast.stmt, body: list[ast.stmt], brings: Callable[[ast.stmt], bool]) -> Statement:
    parts = tuple(statements_of(body, brings))
    return Statement(
        node=node,
        binds=frozenset(name for part in parts for name in part.binds),
        acts=any(part.acts for part in parts),
        calls=any(part.calls for part in parts),
    )


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(map(_is_name, target.elts))
    return _is_name(target.value) if isinstance(target, ast.Starred) else isinstance(target, ast.Name)


def _acts_by_name(name: str) -> bool:
    return name in _ACTING_NAMES or name.startswith("pytest_")


def _may_act(node: ast.stmt) -> bool:
    """Whether a fixture in the statement may be one that acts on tests which do not ask for it."""
    decorators = node.decorator_list if isinstance(node, Function) else []
    unpacked = (keyword for each in decorators if isinstance(each, ast.Call) for keyword in each.keywords)
    return any(keyword.arg is None for keyword in unpacked) or any(
        (isinstance(each, ast.keyword) and each.arg == "autouse")
        or (isinstance(each, ast.Constant) and each.value == "autouse")
        for each in ast.walk(node)
    )


def _targets(node: ast.stmt, resolve: Callable[[str, int], str]) -> dict[str, str]:
    """What each name that an import binds stands for; nothing for another statement."""
    match node:
        case ast.Import(names=aliases):
            return {
                each.asname or each.name.partition(".")[0]: resolve(each.name, 0)
                if each.asname
                else resolve(each.name.partition(".")[0], 0)
                for each in aliases
            }
        case ast.ImportFrom(module=module, names=aliases, level=level):
            target = resolve(module or "", level)
            joint = "" if target.endswith(":") else "."
            return {each.asname or each.name: f"{target}{joint}{each.name}" for each in aliases}
        case _:
            return {}
