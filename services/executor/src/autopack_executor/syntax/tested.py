"""Product code that looks whether it is being tested, by whom it is called, or what its tests hold."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator

from autopack_executor.syntax.folding import folded
from autopack_executor.syntax.found import Found, dotted, last_name, shown, text_of
from autopack_executor.syntax.loaded_modules import LoadedModules
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.paths_of_tests import PathsOfTests
from autopack_executor.syntax.surrounding import Surrounding
from autopack_executor.syntax.versions import FunctionNode
from autopack_model.finding.value import FindingRule

_MARKS = re.compile(
    r"^PYTEST_?$|PYTEST_CURRENT_TEST|PYTEST_XDIST|PYTEST_VERSION|_called_from_test|^AUTOPACK|autopack_recorder"
)
# What the gate gives to each suite, and what no program reads for its own sake.
_OF_THE_GATE = frozenset({"PYTHONHASHSEED", "PYTHONPYCACHEPREFIX"})
_OF_PYTEST = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION")
_SHORTEST = 3
_IMPORTING = frozenset({"find_spec", "find_loader", "get_loader", "distribution", "version", "import_module"})
_ONLY_FOR_TESTS = frozenset({"pytest", "_pytest", "nose", "nose2", "xdist", "hypothesis"})
_FRAMES = frozenset({"_getframe", "currentframe", "stack", "extract_stack", "walk_stack", "_current_frames", "trace"})
_OF_FRAMES = frozenset({"co_name", "co_filename", "function", "filename", "f_globals", "co_qualname", "__name__"})
_TESTED = re.compile(r"(^|\W|_)(py)?tests?(_|\W|$)|test_|pytest|unittest|conftest", re.IGNORECASE)


def detections(before: ast.Module | None, after: ast.Module, path: str, suite: Collection[str]) -> Iterator[Found]:
    """Where the product file ``path`` looks whether it is being tested, and did not on base. ``suite`` are the paths of
    the test modules.
    """
    paths = PathsOfTests.of(path, suite)
    known = Counter() if before is None else Counter(text_of(each) for each in _looks(before, paths))
    for node in _looks(after, paths):
        text = text_of(node)
        if known[text] > 0:
            known[text] -= 1
        else:
            yield Found(rule=FindingRule.TEST_DETECTED, line=node.lineno, after=shown(text))


def _looks(written: ast.Module, paths: PathsOfTests) -> Iterator[ast.expr]:
    module = folded(written)
    around = Surrounding(module)
    loaded = LoadedModules(module, around)
    for node in ast.walk(module):
        if isinstance(node, Function):
            yield from _callers(node)
        elif isinstance(node, ast.expr) and not _is_documentation(node, around):
            asked = loaded.question(node)
            if asked is not None:
                yield asked
            elif _is_mark(node) or _asks(node, around) or paths.is_read(node, around):
                yield node


def _is_documentation(node: ast.expr, around: Surrounding) -> bool:
    return isinstance(node, ast.Constant) and isinstance(around.parent(node), ast.Expr)


def _is_mark(node: ast.expr) -> bool:
    """Whether an expression is the name of something that is there only while tests run."""
    match node:
        case ast.Constant(value=str(text)):
            return _MARKS.search(text) is not None
        case ast.Attribute(attr="_called_from_test"):
            return True
        case _:
            return False


def _asks(node: ast.expr, around: Surrounding) -> bool:
    """Whether an expression asks for the environment of a gate or of pytest, for the command with which Python runs, or
    whether a test runner is installed.
    """
    match node:
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[right]) if (
            _is_environment(right)
        ):
            return name in _OF_THE_GATE
        case ast.Compare():
            return _asks_command(node) and _tells(node)
        case ast.Call(func=ast.Attribute(attr="get" | "pop", value=value), args=[ast.Constant(value=str(name)), *_]):
            return _is_environment(value) and name in _OF_THE_GATE
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if last_name(node) == "getenv":
            return name in _OF_THE_GATE
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            return _is_environment(value) and name in _OF_THE_GATE
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if last_name(node) in {*_IMPORTING, "__import__"}:
            return name.partition(".")[0] in _ONLY_FOR_TESTS
        case ast.Call(func=ast.Attribute(attr="endswith" | "startswith", value=value)):
            return _asks_command(value) and _tells(node)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            return _asks_command(node) and _tells(node)
        case ast.Attribute(attr="environ") | ast.Name(id="environ", ctx=ast.Load()):
            return any(map(_is_of_pytest, around.texts_beside(node))) and around.is_gone_through(node)
        case _:
            return False


def _is_environment(node: ast.expr) -> bool:
    return any(last_name(each) in {"environ", "environb"} for each in ast.walk(node) if isinstance(each, ast.expr))


def _is_of_pytest(text: str) -> bool:
    """Whether a text is how the name of a variable of pytest begins, or holds what nothing else is called."""
    begins = len(text) >= _SHORTEST and any(name.startswith(text.upper()) for name in _OF_PYTEST)
    return begins or "CURRENT_TEST" in text.upper() or "PYTEST" in text.upper()


def _asks_command(node: ast.AST) -> bool:
    return any(
        (isinstance(each, ast.Attribute) and each.attr in {"argv", "orig_argv"})
        or (isinstance(each, ast.Name) and each.id == "__main__")
        for each in ast.walk(node)
    )


def _tells(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and _TESTED.search(each.value)
        for each in ast.walk(node)
    )


def _callers(function: FunctionNode) -> Iterator[ast.expr]:
    """A function that asks who calls it, and compares that with what tests are called."""
    asked = [
        node
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and last_name(node) in _FRAMES
        and (
            dotted(node).split(".")[0] in {"sys", "inspect", "traceback"}
            or last_name(node) in {"_getframe", "currentframe", "extract_stack"}
        )
    ]
    reads = any(isinstance(each, ast.Attribute) and each.attr in _OF_FRAMES for each in ast.walk(function))
    body = [each for each in function.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    if asked and reads and any(map(_tells, body)):
        yield asked[0]
