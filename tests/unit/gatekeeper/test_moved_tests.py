"""Tests whose functions live on under another name."""

from dataclasses import replace

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
    return TestFunction(side=side, path=path, name=name, digest=digest, setting=digest, uses=(), checks=1, shape=digest)


def test_an_id_without_a_function_is_no_moved_test() -> None:
    """A test that is called by its file alone, as a plugin may call it, is removed, beside one whose function moved."""
    base = make_evidence({"a.py::test_a": TestState.PASSED, "spec.yaml": TestState.PASSED})
    head = make_evidence({"a.py::test_b": TestState.PASSED, "other.yaml": TestState.PASSED})
    functions = (function(Side.BASE, "a.py", "test_a"), function(Side.HEAD, "a.py", "test_b"))

    comparison = compare(base, head, Renames(paths={}, functions=functions))

    assert {"a.py::test_b": "a.py::test_a"} == comparison.names_on_base
    assert ("spec.yaml",) == comparison.tests(Category.REMOVED)


def test_a_parameter_of_its_own_may_become_a_function() -> None:
    """A case of a parametrised test whose function says the same under another name is paired with it, and a test of a
    moved file that was rewritten is found under its old name there.
    """
    digest, other = digest_bytes(b"case"), digest_bytes(b"more")
    old = replace(function(Side.BASE, "a.py", "test_a[x]"), digest=digest)
    new = replace(function(Side.HEAD, "a.py", "test_x"), digest=digest)
    before = replace(function(Side.BASE, "old/c.py", "test_c"), digest=other, uses=("shop.total",))
    after = replace(function(Side.HEAD, "new/c.py", "test_c"), uses=("shop.label", "shop.total"), checks=2)
    base = make_evidence({"a.py::test_a[x]": TestState.PASSED, "old/c.py::test_c": TestState.PASSED})
    head = make_evidence({"a.py::test_x": TestState.PASSED, "new/c.py::test_c": TestState.PASSED})
    renames = Renames(paths={}, functions=(old, before, new, after), moved_files={"old/c.py": "new/c.py"})

    comparison = compare(base, head, renames)

    assert {"a.py::test_x": "a.py::test_a[x]", "new/c.py::test_c": "old/c.py::test_c"} == comparison.names_on_base
    assert ("old/c.py::test_c",) == comparison.tests(Category.MOVED_AND_REWRITTEN)
