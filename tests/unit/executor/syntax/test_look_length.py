"""What a look costs for a long module, and what of a module has a function compared."""

import ast
from collections.abc import Iterator

import pytest

from tests.unit.executor.syntax.looking import MODULE, findings, rules


def module(tests: int, added: int) -> str:
    """A module with many tests, all of which use its constants and its helper."""
    head = f"WAYS = [1, 2]\nRATE = 3\n\n\ndef helper(amount):\n    return amount + {added}\n\n\n"
    test = (
        "@pytest.mark.parametrize('ways', WAYS)\ndef test_{0}(ways):\n"
        "    parts = split({0}, ways)\n    assert helper(parts) == {0} * RATE\n\n\n"
    )
    return head + "".join(test.format(number) for number in range(tests))


def walked(tests: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many nodes a look goes through where a helper of the module changed."""
    count = 0
    original = ast.iter_child_nodes

    def counted(node: ast.AST) -> Iterator[ast.AST]:
        nonlocal count
        count += 1
        return original(node)

    with monkeypatch.context() as patching:
        patching.setattr(ast, "iter_child_nodes", counted)
        assert [] == findings({MODULE: module(tests, 1)}, {MODULE: module(tests, 2)})
    return count


def test_the_work_grows_with_the_length_of_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of twice the length costs twice as much, and not four times."""
    assert walked(80, monkeypatch) < 2.5 * walked(40, monkeypatch)


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("parameters_removed", "WAYS = [1, 2, 3]", "WAYS = [1, 2]"),
        ("mute_added", "", "pytestmark = pytest.mark.skip"),
        ("examples_reduced", "pytestmark = settings(max_examples=50)", "pytestmark = settings(max_examples=5)"),
    ],
)
def test_what_a_module_says_of_a_test_is_compared(rule: str, before: str, after: str) -> None:
    """A test that stayed as it is may still check less for what its module says."""
    test = "@pytest.mark.parametrize('ways', WAYS)\ndef test_split(ways):\n    assert sum(split(100, ways)) == 100\n"
    rest = "" if "WAYS" in before else "WAYS = [1]\n"
    assert rule in rules(f"{rest}{before}\n\n\n{test}", f"{rest}{after}\n\n\n{test}")
