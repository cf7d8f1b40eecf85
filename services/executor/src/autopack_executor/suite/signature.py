"""The signature of a failure: equal for the same failure on two sides, on two machines and on two days."""

import hashlib
import json
import re
from collections.abc import Iterable

from autopack_executor.suite.events import Failure
from autopack_model.evidence.varying import without_varying

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_NOTHING = re.compile(r"(?!)")
_OWN = "<module>"
_LISTED_LINE = re.compile(r"^[0-9]{3,}(?= |$)", re.MULTILINE)
_STANDARD_LIBRARY = re.compile(r".*/lib/(?:python|pypy)[0-9.]+/")


def signature_of(failures: Iterable[Failure], tree: str, file: str) -> str:
    """16 hex digits for ``failures`` in their order. ``tree`` is the worktree's path, empty when unknown; ``file`` is
    the path of the failing test or collector in it.

    Line numbers, addresses, folders, the name of the test's own file, durations, times and long numbers do not count;
    small numbers do.
    """
    own = _own_module(file)
    parts = [
        [
            own.sub(_OWN, failure.type),
            own.sub(_OWN, normalise_path(failure.path)),
            failure.function,
            own.sub(_OWN, normalise_message(_without_listing(failure), tree)),
        ]
        for failure in failures
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def normalise_path(path: str) -> str:
    """``path`` without what depends on the machine, or on the name of a folder."""
    for pattern in (_INSTALLED, _STANDARD_LIBRARY):
        if pattern.match(path):
            return pattern.sub("", path, count=1)
    return path.rpartition("/")[2]


def _own_module(file: str) -> re.Pattern[str]:
    """What the module of ``file`` is called in texts: by its own name, with or without its folders or packages."""
    name = file.rpartition("/")[2].removesuffix(".py")
    return re.compile(rf"(?<![\w./-])(?:<folder>/)?(?:[\w-]+[./])*{re.escape(name)}(?!\w)") if name else _NOTHING


def _without_listing(failure: Failure) -> str:
    """The message of ``failure``. Where it lists a doctest, the numbers of its lines are no part of it."""
    return _LISTED_LINE.sub("", failure.message) if "doctest" in failure.type.casefold() else failure.message


def normalise_message(message: str, tree: str) -> str:
    """``message`` with everything replaced that differs between two runs of the same failure."""
    return without_varying(message.replace(tree, "/tree/tree") if tree.startswith("/") and len(tree) > 1 else message)


def cause_of(failure: Failure, tree: str) -> str:
    """The failure in one normalised line of at most 200 characters: ``ModuleNotFoundError: No module named 'x'``."""
    lines = normalise_message(failure.message, tree).splitlines()
    return next((line.strip()[:200] for line in lines if line.strip()), failure.type)
