"""The signature of a failure: equal for the same failure on two sides, on two machines and on two days."""

import hashlib
import json
import re
from collections.abc import Iterable

from autopack_executor.suite.events import Failure
from autopack_model.evidence.varying import without_varying

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_STANDARD_LIBRARY = re.compile(r".*/lib/(?:python|pypy)[0-9.]+/")


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
    return without_varying(message.replace(tree, "/tree/tree") if tree.startswith("/") and len(tree) > 1 else message)


def cause_of(failure: Failure, tree: str) -> str:
    """The failure in one normalised line of at most 200 characters: ``ModuleNotFoundError: No module named 'x'``."""
    lines = normalise_message(failure.message, tree).splitlines()
    return next((line.strip()[:200] for line in lines if line.strip()), failure.type)
