"""Tests whose functions live on under another name."""

from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import TestFunction
from autopack_model.decision.delta import Category
from autopack_model.digest import digest_bytes
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from tests.fakes.evidence import make_evidence


def function(side: Side, path: str, name: str) -> TestFunction:
    """One of a file's functions; all of them say the same."""
    digest = digest_bytes(b"same")
    return TestFunction(side=side, path=path, name=name, digest=digest, setting=digest, uses=(), checks=1)


def test_an_id_without_a_function_is_no_moved_test() -> None:
    """A test that is called by its file alone, as a plugin may call it, is removed, beside one whose function moved."""
    base = make_evidence({"a.py::test_a": TestState.PASSED, "spec.yaml": TestState.PASSED})
    head = make_evidence({"a.py::test_b": TestState.PASSED, "other.yaml": TestState.PASSED})
    functions = (function(Side.BASE, "a.py", "test_a"), function(Side.HEAD, "a.py", "test_b"))

    comparison = compare(base, head, Renames(paths={}, functions=functions))

    assert {"a.py::test_b": "a.py::test_a"} == comparison.names_on_base
    assert ("spec.yaml",) == comparison.tests(Category.REMOVED)
