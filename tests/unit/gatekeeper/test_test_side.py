"""Which changed files are test-side."""

from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.test_side import NO_FILES, TestSideFiles, find_test_side
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import Finding, FindingRule, Findings
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence

PASSED = TestState.PASSED
BASE = make_evidence(
    {
        "tests/test_a.py::test_a": PASSED,
        "tests/unit/test_b.py::TestB::test_b[x]": PASSED,
        "src/shop/test_inside.py::test_c": PASSED,
        "src/shop/money.py::shop.money.total": PASSED,
        "src/shop/both.py::shop.both": PASSED,
        "src/shop/both.py::test_d": PASSED,
        "docs/guide.rst::guide.rst": PASSED,
        "src/shop/checked.py::mypy": PASSED,
        "src/shop/checked.py::ruff::format": PASSED,
        "test_black.py::Black::test_f": PASSED,
        "test_top.py::test_e": PASSED,
        "lib/testing/tests/test_kit.py::test_k": PASSED,
        "old/test/unit/test_o.py::test_o": PASSED,
    },
    collectors={"tests/test_broken.py": CollectorState.ERRORED},
)
HEAD = make_evidence(
    {
        "tests/test_new.py::test_n": PASSED,
        "tests/test_a.py::test_a": PASSED,
        "src/shop/quiet.py::test_q": PASSED,
        "src/shop/testing/test_own.py::test_o": PASSED,
    }
)


def found(*paths: str, kind: ChangeKind = ChangeKind.MODIFIED, old: str | None = None) -> TestSideFiles:
    """What is test-side in a change of these files."""
    files = ChangedFiles.of(
        tuple(
            ChangedFile(path=path, old_path=old, kind=kind, lines_added=1, lines_removed=1, binary=False)
            for path in paths
        )
    )
    return find_test_side(files, BASE, HEAD, (), DEFAULT_POLICY)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("tests/unit/test_b.py", True),
        ("tests/test_broken.py", True),
        ("src/shop/test_inside.py", True),
        ("src/shop/both.py", True),
        ("test_black.py", True),
        ("src/shop/money.py", False),
        ("src/shop/cart.py", False),
        ("docs/guide.rst", True),
        ("src/shop/checked.py", False),
        ("src/shop/quiet.py", False),
        ("src/shop/testing/client.py", False),
        ("conftest.py", True),
        (".gitattributes", True),
        ("tests/.gitattributes", True),
        ("src/conftest.py", True),
        ("pytest.ini", True),
        ("pyproject.toml", False),
        ("tests/data/price.json", True),
        ("tests/builders.py", True),
        ("tests/unit/__init__.py", True),
        ("other/tests/a.txt", False),
        ("src/shop/__snapshots__/a.ambr", True),
        ("src/cart/__snapshots__/a.ambr", False),
        ("testdata/a.json", True),
        ("lib/testing/kit.py", False),
        ("lib/testing/tests/helper.py", True),
        ("old/test/helper.py", True),
        ("shop.py", False),
    ],
)
def test_what_says_what_tests_check(path: str, expected: bool) -> None:
    """Who collected tests, what configures them and what lies with them is test-side.

    Product is not: neither what only doctests or checks of its sources name, nor what the candidate makes a test or
    puts tests beside.
    """
    files = found(path)

    assert ((path,) if expected else ()) == files.paths


def test_a_helper_that_only_follows_names_is_as_good_as_base_s() -> None:
    """With base's version no test could be run, so the candidate's stays; what is beside it is as on base."""
    file = ChangedFile(
        path="conftest.py", old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False
    )
    follows = Finding(
        rule=FindingRule.NAMES_MOVED, path="conftest.py", line=1, test="", before="shop.Cart", after="shop.Basket"
    )
    changed = ChangedFiles.of((file, replace(file, path="tests/builders.py"), replace(file, path="tests/test_a.py")))

    files = find_test_side(replace(changed, findings=Findings(found=(follows,))), BASE, HEAD, (), DEFAULT_POLICY)

    assert TestSideFiles(paths=("tests/builders.py", "tests/test_a.py")) == files


def test_a_helper_that_only_moved_changed_nothing() -> None:
    """What makes a package of a folder, in another place, is no helper that may make a test pass; data there is."""
    moved = ChangedFile(
        path="spec/tests/__init__.py",
        old_path="tests/unit/__init__.py",
        kind=ChangeKind.RENAMED,
        lines_added=0,
        lines_removed=0,
        binary=False,
    )
    test = replace(moved, path="tests/unit/test_b.py", old_path=None, kind=ChangeKind.MODIFIED)
    edited = replace(moved, lines_added=1)
    data = replace(moved, path="spec/tests/cases.json", old_path="tests/unit/cases.json")

    assert [True, False, False] == [
        find_test_side(ChangedFiles.of((each, test)), BASE, HEAD, (), DEFAULT_POLICY).only_modules
        for each in (moved, edited, data)
    ]


def test_a_plugin_of_the_tree_is_test_side() -> None:
    """A file from which pytest loaded a plugin says how tests run, wherever it lies; but no product of base, which the
    candidate makes one.
    """
    binding = replace(HEAD.suite_run.binding, plugins=("tools/plugin.py",))
    base, head = (replace(side, suite_run=replace(side.suite_run, binding=binding)) for side in (BASE, HEAD))

    def files(kind: ChangeKind, base: Evidence, head: Evidence) -> TestSideFiles:
        file = ChangedFile(
            path="tools/plugin.py", old_path=None, kind=kind, lines_added=1, lines_removed=1, binary=False
        )
        return find_test_side(ChangedFiles.of((file,)), base, head, (), DEFAULT_POLICY)

    assert TestSideFiles(paths=("tools/plugin.py",)) == files(ChangeKind.MODIFIED, base, HEAD)
    assert TestSideFiles(paths=("tools/plugin.py",)) == files(ChangeKind.ADDED, BASE, head)
    assert NO_FILES == files(ChangeKind.MODIFIED, BASE, head)


def test_what_the_executor_found_to_belong_to_the_tests_is_test_side() -> None:
    """A file that base's tests alone use, and all in such a folder, is test-side; of head's only what is new."""
    listed = replace(HEAD.suite_run.binding, test_files=("expected/", "kit.py"))
    base, head = (replace(side, suite_run=replace(side.suite_run, binding=listed)) for side in (BASE, HEAD))

    def paths(path: str, kind: ChangeKind, base: Evidence, head: Evidence) -> tuple[str, ...]:
        file = ChangedFile(path=path, old_path=None, kind=kind, lines_added=1, lines_removed=1, binary=False)
        return find_test_side(ChangedFiles.of((file,)), base, head, (), DEFAULT_POLICY).paths

    for path in ("expected/a/b.json", "kit.py"):
        assert (path,) == paths(path, ChangeKind.MODIFIED, base, HEAD)
        assert (path,) == paths(path, ChangeKind.ADDED, BASE, head)
        assert () == paths(path, ChangeKind.MODIFIED, BASE, head)
    assert () == paths("kit.pyi", ChangeKind.MODIFIED, base, head)


def test_only_modules_of_tests_are_run_alone() -> None:
    """Where nothing but modules of tests changed, these are all that is run; else the whole suite is."""
    module = ("tests/test_a.py",)
    assert TestSideFiles(paths=module, modules=module, only_modules=True) == found(*module)
    assert TestSideFiles(paths=module, only_modules=True) == found(*module, "shop.py")
    assert TestSideFiles(paths=("tests/conftest.py", *module)) == found(*module, "tests/conftest.py")


def test_files_of_one_folder_are_found_together() -> None:
    """Where a folder holds tests, each file in it helps them."""
    assert ("tests/data/a.json", "tests/data/b.json") == found("tests/data/a.json", "tests/data/b.json").paths


def test_a_new_module_of_tests_changes_nothing_for_bases_tests() -> None:
    """A file of tests that base does not have needs no cross side, unless a test elsewhere came to pass beside it, or
    product changed, which may need what the file sets.
    """
    added, modified = (
        ChangedFile(path=path, old_path=None, kind=kind, lines_added=1, lines_removed=0, binary=False)
        for path, kind in (("tests/test_new.py", ChangeKind.ADDED), ("shop.py", ChangeKind.MODIFIED))
    )
    alone, beside_product = ChangedFiles.of((added,)), ChangedFiles.of((modified, added))
    whole_suite = TestSideFiles(paths=("tests/test_new.py",), only_modules=True)

    assert NO_FILES == find_test_side(alone, BASE, HEAD, (), DEFAULT_POLICY)
    assert whole_suite == find_test_side(alone, BASE, HEAD, ("tests/test_a.py::test_a",), DEFAULT_POLICY)
    assert whole_suite == find_test_side(beside_product, BASE, HEAD, (), DEFAULT_POLICY)


def test_a_renamed_module_counts_under_both_names() -> None:
    """Base's tests need the file where base has it, and not where head has it."""
    files = found("tests/test_new.py", kind=ChangeKind.RENAMED, old="tests/test_a.py")

    expected = TestSideFiles(
        paths=("tests/test_a.py", "tests/test_new.py"), modules=("tests/test_a.py",), only_modules=True
    )
    assert expected == files
