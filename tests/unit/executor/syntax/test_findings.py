"""What of the changed files is looked at, and what is said where that is not possible."""

from dataclasses import replace

import pytest

from autopack_executor.isolation import limited
from autopack_executor.syntax import findings
from autopack_executor.syntax.findings import findings_of
from autopack_git.errors import GitFailed
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.evidence.test_ids import TestIds
from autopack_model.finding.value import NO_FINDINGS, FindingRule, Findings
from tests.fakes.calls import Calls, raising
from tests.fakes.gate_repository import BASE, HEAD, FakeRepository

TEST = b"def test_total():\n    assert total([1]) == 1\n"
WEAKER = b"def test_total():\n    assert total([1])\n"
IDS = TestIds.of(["tests/test_a.py::test_total"])
CHANGED = ChangedFiles.of(
    (
        ChangedFile(
            path="tests/test_a.py",
            old_path=None,
            kind=ChangeKind.MODIFIED,
            lines_added=1,
            lines_removed=1,
            binary=False,
        ),
    )
)


@pytest.fixture
def calls() -> Calls:
    """The calls of the repository."""
    return Calls()


@pytest.fixture
def repository(calls: Calls) -> FakeRepository:
    """A repository in which an assertion became looser."""
    made = FakeRepository(calls)
    made.files = {BASE: {"tests/test_a.py": TEST}, HEAD: {"tests/test_a.py": WEAKER}}
    return made


def found(repository: FakeRepository, changed: ChangedFiles = CHANGED) -> Findings:
    """What is found in the change."""
    return findings_of(changed, repository, BASE, HEAD, IDS)


def test_a_changed_test_is_looked_at(repository: FakeRepository) -> None:
    """The finding has the path and test of head."""
    assert ("", [(FindingRule.ASSERTION_LOOSER, "tests/test_a.py", 2, "tests/test_a.py::test_total")]) == (
        found(repository).problem,
        [(each.rule, each.path, each.line, each.test) for each in found(repository).found],
    )


def test_a_renamed_test_file_is_compared_with_its_old_one(repository: FakeRepository) -> None:
    """A file that was renamed is looked at beside what it was called."""
    repository.files[BASE] = {"tests/test_old.py": TEST}
    [file] = CHANGED.files
    renamed = ChangedFiles.of((replace(file, kind=ChangeKind.RENAMED, old_path="tests/test_old.py"),))
    assert [FindingRule.ASSERTION_LOOSER] == [each.rule for each in found(repository, renamed).found]


def test_a_product_file_is_looked_at_beside_the_tests(repository: FakeRepository) -> None:
    """Product code is compared with the arguments that the tests of head give."""
    repository.files[HEAD] = {
        "shop.py": b"def add(a, b):\n    if (a, b) == (5, 7):\n        return 12\n    return a - b\n",
        "tests/test_a.py": b"def test_total():\n    assert add(5, 7) == 12\n",
    }
    file = ChangedFile(
        path="shop.py", old_path=None, kind=ChangeKind.ADDED, lines_added=1, lines_removed=0, binary=False
    )
    assert [(FindingRule.RESULT_HARD_CODED, "tests/test_a.py::test_total")] == [
        (each.rule, each.test) for each in found(repository, ChangedFiles.of((file,))).found
    ]


def test_nothing_is_read_where_no_python_changed(repository: FakeRepository, calls: Calls) -> None:
    """A change of other files, or one without a base, costs nothing."""
    [file] = CHANGED.files
    assert NO_FINDINGS == found(repository, ChangedFiles.of((replace(file, path="README"),)))
    assert NO_FINDINGS == findings_of(CHANGED, repository, None, HEAD, IDS)
    assert NO_FINDINGS == found(repository, ChangedFiles.unknown("why"))
    assert [] == calls.names


def test_what_is_too_much_is_said(repository: FakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """More files or bytes than the limits are not looked at, and the answer says so."""
    monkeypatch.setattr(findings, "MAX_BYTES", 10)
    assert "they hold more than 10 bytes" == found(repository).problem
    monkeypatch.setattr(findings, "MAX_FILES", 0)
    assert "there are 1 of them, and at most 0 are looked at" == found(repository).problem


def test_what_is_beyond_the_limit_is_said(repository: FakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of findings does not hide that there are more."""
    monkeypatch.setattr(findings, "MAX_FINDINGS", 0)
    assert Findings(problem="there are 1 findings, and 0 are kept") == found(repository)


def test_a_look_that_fails_is_said(repository: FakeRepository, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither git nor the time of the look ends a run: the findings are then said to be incomplete."""
    monkeypatch.setattr(limited, "WALL_S", 0.0)
    assert Findings(problem="the look at them was ended: it took more than 0 seconds") == found(repository)
    calls.before("repository.contents", raising(GitFailed("git failed")))
    assert Findings(problem="the look at them failed: GitFailed") == found(repository)
