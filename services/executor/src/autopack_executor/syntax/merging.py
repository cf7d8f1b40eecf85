"""Tests that other tests of their file took in: all their statements stand there, one after the other."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.facts import Found
from autopack_executor.syntax.forms import names_bound
from autopack_executor.syntax.found import last_name
from autopack_executor.syntax.meaning import parameters_of

_LEAVING = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_LEAVING_CALLS = frozenset({"skip", "skipTest", "importorskip", "xfail", "exit", "_exit", "fail", "exec", "eval"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Statements that one test brought, by their places in the new one."""

    places: tuple[int, ...]
    stored: frozenset[str]
    used: frozenset[str]

    @staticmethod
    def of(statements: "list[ast.stmt]", places: tuple[int, ...]) -> "_Part":
        nodes = [node for place in places for node in ast.walk(statements[place])]
        stored = frozenset(name for node in nodes for name in names_bound(node))
        return _Part(
            places=places,
            stored=stored,
            used=frozenset(node.id for node in nodes if isinstance(node, ast.Name)) - stored,
        )

    def disturbs(self, other: "_Part") -> bool:
        """Whether a name that it binds may mean something else in the other part."""
        if not self.places or not other.places:
            return False
        apart = self.places[-1] < other.places[0] or other.places[-1] < self.places[0]
        return bool(self.stored & other.used) or (not apart and bool(self.stored & other.stored))


def merged(lost: Mapping[str, Found], old: Found | None, new: Found) -> Iterator[str]:
    """The digests of those of ``lost`` that ``new`` does besides what it did as ``old``, and nothing else; ``old`` is
    None where there was no such test.
    """
    statements = new.syntax.statements()
    if new.syntax.node.decorator_list or any(map(_leaves, statements)):
        return
    texts = list(map(ast.dump, statements))
    holder = new.name.rpartition("::")[0]
    taken: set[int] = set()
    parts: list[_Part] = []
    found: list[tuple[Found, list[ast.stmt]]] = []
    by_length = sorted(lost.items(), key=lambda item: (-len(item[1].syntax.statements()), item[0]))
    for name, other in by_length:
        places = _run(list(map(ast.dump, other.syntax.statements())), texts, taken)
        if places and name.rpartition("::")[0] == holder and not other.syntax.node.decorator_list:
            taken.update(places)
            parts.append(_Part.of(statements, places))
            found.append((other, [statements[place] for place in places]))
    rest = tuple(place for place in range(len(statements)) if place not in taken)
    parts.append(_Part.of(statements, rest))
    if not found or not _stays(old, new, [statements[place] for place in rest], len(found)):
        return
    if any(one.disturbs(other) for one in parts for other in parts if one is not other):
        return
    for other, body in found:
        digest = _same(other, new, body)
        if digest is None:
            return
    yield from (other.facts().digest for other, _ in found)


def _stays(old: Found | None, new: Found, rest: "list[ast.stmt]", count: int) -> bool:
    """Whether the rest of the new test is what it was."""
    if old is None:
        return not rest and count > 1
    return bool(rest) and _same(old, new, rest) is not None


def _same(old: Found, new: Found, body: "list[ast.stmt]") -> str | None:
    """The digest of the old function where the new one with that body is the same."""
    arguments = old.syntax.node.args
    if not parameters_of(old.syntax.node) <= parameters_of(new.syntax.node):
        return None
    was, now = old.facts(), new.syntax.with_body(body, arguments).facts(new.place)
    return was.digest if (was.digest, was.setting) == (now.digest, now.setting) else None


def _run(wanted: list[str], texts: list[str], taken: set[int]) -> tuple[int, ...]:
    """The places where the ``wanted`` statements stand one after the other, none of them taken; empty without any."""
    for start in range(len(texts) - len(wanted) + 1):
        places = range(start, start + len(wanted))
        if texts[start : start + len(wanted)] == wanted and taken.isdisjoint(places):
            return tuple(places)
    return ()


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may leave the test before the next one, or look at its names."""
    if isinstance(node, _LEAVING) or (isinstance(node, ast.Call) and last_name(node) in _LEAVING_CALLS):
        return True
    return not isinstance(node, _SCOPES) and any(map(_leaves, ast.iter_child_nodes(node)))
