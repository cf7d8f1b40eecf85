"""What is checked of the text of an exception: by an assertion behind ``raises``, or by its pattern."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from autopack_executor.syntax.checks import Check
from autopack_executor.syntax.found import last_name, text_of

_WITH_PATTERN = frozenset({"assertRaisesRegex", "assertWarnsRegex"})
_SPECIAL = frozenset("*+?{}[]()|")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text that must occur, in parts that follow one another; ``whole`` where nothing may stand around them."""

    parts: tuple[str, ...]
    whole: bool

    def implies(self, other: "_Text") -> bool:
        """Whether what holds this text surely holds the other."""
        if other.whole:
            return self.whole and self.parts == other.parts
        places = iter(self.parts)
        return all(any(part in place for place in places) for part in other.parts)


def is_told(check: Check, olds: Iterable[Check], news: Iterable[Check]) -> bool:
    """Whether ``check``, one of ``olds`` that looks at the text of an exception, is said by the pattern of an
    expectation of ``news`` that expects the same exception.
    """
    said = _said(check.test, {each.bound: each for each in olds if each.expects and each.bound})
    if said is None:
        return False
    expected, text = said
    return any(
        pattern.implies(text)
        for each in news
        if each.expects and _types(each) == _types(expected)
        for pattern in [_pattern(each.test)]
        if pattern is not None
    )


def is_asserted(before: Check, after: Check, news: Iterable[Check]) -> bool:
    """Whether an expectation only lost its pattern, which an assertion of ``news`` says of the same exception."""
    wanted = _pattern(before.test)
    if wanted is None or not after.bound or _types(before) != _types(after):
        return False
    said = (_said(each.test, {after.bound: after}) for each in news)
    return any(each is not None and each[1].implies(wanted) for each in said)


def _types(check: Check) -> str:
    call = check.test
    return text_of(call.args[0]) if isinstance(call, ast.Call) and call.args else ""


def _said(test: ast.expr, bound: "dict[str, Check]") -> tuple[Check, _Text] | None:
    """The exception whose text an assertion looks at, and which text that has to be."""
    match test:
        case ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.In()], comparators=[subject]):
            found = _Text(parts=(text,), whole=False)
        case ast.Compare(left=subject, ops=[ast.Eq()], comparators=[ast.Constant(value=str(text))]):
            found = _Text(parts=(text,), whole=True)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="match"), args=[pattern]) if name in bound:
            read = _read(pattern)
            return None if read is None else (bound[name], read)
        case _:
            return None
    texts = {
        text: check
        for name, check in bound.items()
        for kind in ("value", "exception")
        for text in (f"str({name}.{kind})", f"{name}.{kind}.args[0]")
    }
    check = texts.get(text_of(subject))
    return None if check is None else (check, found)


def _pattern(call: ast.expr) -> _Text | None:
    """What the pattern of an expectation says, if it has one that can be read."""
    if not isinstance(call, ast.Call):
        return None
    if last_name(call) in _WITH_PATTERN:
        return _read(call.args[1]) if len(call.args) > 1 else None
    return next((_read(each.value) for each in call.keywords if each.arg == "match"), None)


def _read(pattern: ast.expr) -> _Text | None:
    match pattern:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="escape"), args=[ast.Constant(value=str(text))]):
            return _Text(parts=(text,), whole=False)
        case ast.Constant(value=str(text)):
            return _parts(text)
        case _:
            return None


def _parts(pattern: str) -> _Text | None:
    """The texts that a pattern of texts and gaps asks for; None for one that is more than that.

    A point stands for itself: who writes a message as the pattern means it so.
    """
    first, last = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    rest = pattern[first : len(pattern) - last]
    parts = [""]
    position = 0
    while position < len(rest):
        char, behind = rest[position], rest[position + 1 : position + 2]
        if char == "\\" and behind and not behind.isalnum():
            parts[-1] += behind
            position += 1
        elif char == "." and behind in ("*", "+"):
            parts.append("")
            position += 1
        elif char in _SPECIAL or char in "\\^$":
            return None
        else:
            parts[-1] += char
        position += 1
    return _Text(parts=tuple(parts), whole=first and last and len(parts) == 1)
