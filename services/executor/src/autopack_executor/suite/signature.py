"""The signature of a failure: equal for the same failure on two sides, on two machines and on two days."""

import hashlib
import json
import re
from collections.abc import Iterable

from autopack_executor.suite.events import Failure

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_STANDARD_LIBRARY = re.compile(r".*/lib/(?:python|pypy)[0-9.]+/")

# What differs between two runs of one failure, in the order in which it is replaced.
_VARYING = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "<address>"),
    # an absolute path but for its last part; "//" and "a/b" are none
    (re.compile(r"(?<![\w./:<>-])(?:/[^\s/'\"<>|:,;()\[\]]+)+/"), "<folder>/"),
    (re.compile(r"\btmp[a-z0-9_]{8}\b"), "<temporary>"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"), "<time>"),
    (re.compile(r"\b[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?\b"), "<time>"),
    (re.compile(r"\b[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)? ?(?:[mnuµ]s|s|secs?|seconds?|minutes?)\b"), "<duration>"),
    (re.compile(r"(\.py:|\bline )[0-9]+"), r"\1<line>"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\b"), "<hash>"),
    (re.compile(r"\b[0-9]+\.[0-9]{6,}(?:e[+-]?[0-9]+)?\b"), "<number>"),
    (re.compile(r"\b[0-9]{5,}\b"), "<number>"),
)


def signature_of(failures: Iterable[Failure], tree: str) -> str:
    """16 hex digits for ``failures`` in their order. ``tree`` is the worktree's path, empty when unknown.

    Line numbers, addresses, folders, durations, times and long numbers do not count; small numbers do.
    """
    parts = [
        [failure.type, normalise_path(failure.path), failure.function, normalise_message(failure.message, tree)]
        for failure in failures
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def normalise_path(path: str) -> str:
    """``path`` without what depends on the machine: relative paths as they are, others by their end."""
    if not path.startswith("/"):
        return path
    for pattern in (_INSTALLED, _STANDARD_LIBRARY):
        if pattern.match(path):
            return pattern.sub("", path, count=1)
    return path.rsplit("/", 1)[1]


def normalise_message(message: str, tree: str) -> str:
    """``message`` with everything replaced that differs between two runs of the same failure."""
    text = message.replace(tree, "/tree/tree") if tree.startswith("/") and len(tree) > 1 else message
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text
