"""Which files are read for the facts about moved tests, and when none is."""

from dataclasses import replace

import pytest

from autopack_executor.isolation import limited
from autopack_executor.syntax import functions
from autopack_executor.syntax.functions import with_functions
from autopack_git.errors import GitFailed
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.evidence.test_ids import TestIds
from autopack_model.identity.value import Side
from tests.fakes.calls import Calls, raising
from tests.fakes.gate_repository import BASE, HEAD, FakeRepository

TEST = b"from shop import total\ndef test_total():\n    assert total([1])\n"
MOVED = ChangedFiles.of(
    (
        ChangedFile(
            path="tests/test_a.py", old_path=None, kind=ChangeKind.DELETED, lines_added=0, lines_removed=3, binary=False
        ),
        ChangedFile(
            path="tests/test_b.py", old_path=None, kind=ChangeKind.ADDED, lines_added=3, lines_removed=0, binary=False
        ),
    )
)
IDS = TestIds.of(["tests/test_b.py::test_total[1]", "tests/test_b.py::test_total[2]"])


@pytest.fixture
def calls() -> Calls:
    """The calls of the repository."""
    return Calls()


@pytest.fixture
def repository(calls: Calls) -> FakeRepository:
    """A repository in which a test moved from one file to another."""
    made = FakeRepository(calls)
    made.files = {BASE: {"tests/test_a.py": TEST}, HEAD: {"tests/test_b.py": TEST}}
    return made


def found(repository: FakeRepository, ids: TestIds = IDS, changed: ChangedFiles = MOVED) -> list[tuple[Side, str]]:
    """The side and path of each function that was found."""
    known = with_functions(changed, repository, BASE, HEAD, ids)
    assert changed == replace(known, functions=())
    return [(function.side, function.path) for function in known.functions]


def test_both_sides_of_a_moved_test_are_found(repository: FakeRepository) -> None:
    """The function that went and the one that came have one digest, and the parameters do not matter."""
    known = with_functions(MOVED, repository, BASE, HEAD, IDS)
    assert [(Side.BASE, "tests/test_a.py"), (Side.HEAD, "tests/test_b.py")] == [
        (each.side, each.path) for each in known.functions
    ]
    assert 1 == len({(each.digest, each.setting, each.uses, each.checks) for each in known.functions})


def test_nothing_is_read_where_no_changed_file_holds_a_test(repository: FakeRepository, calls: Calls) -> None:
    """Files without tests on head, and a run without a base, cost nothing."""
    other = TestIds.of(["tests/test_c.py::test_total"])
    assert [] == found(repository, other)
    assert MOVED == with_functions(MOVED, repository, None, HEAD, IDS)
    assert [] == calls.names


def test_no_syntax_is_read_where_every_definition_stays(repository: FakeRepository, calls: Calls) -> None:
    """A test that was added or edited in its file costs a look at the file."""
    path = "tests/test_b.py"
    repository.files = {BASE: {path: TEST}, HEAD: {path: TEST.replace(b"[1]", b"[2]") + b"def test_new(): pass\n"}}
    edited = ChangedFiles.of(
        (ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=2, lines_removed=1, binary=False),)
    )
    assert [] == found(repository, IDS, edited)
    assert {"repository.contents"} == set(calls.names)


def test_a_method_that_went_to_another_class_is_missing_from_its_own(repository: FakeRepository) -> None:
    """A definition is looked for in its class."""
    path = "tests/test_b.py"
    method = b"    def test_total(self):\n        assert total([1])\n"
    repository.files = {
        BASE: {path: b"class TestA:\n" + method + b"class TestB: pass\n"},
        HEAD: {path: b"class TestA: pass\nclass TestB:\n" + method},
    }
    edited = ChangedFiles.of(
        (ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=2, lines_removed=1, binary=False),)
    )
    assert [(Side.BASE, path), (Side.HEAD, path)] == found(
        repository, TestIds.of([f"{path}::TestB::test_total"]), edited
    )


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_BYTES", "MAX_FUNCTIONS"])
def test_more_than_the_limit_is_not_read(
    limit: str, repository: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many files, bytes or functions give no facts: the tests are removed then, as before."""
    monkeypatch.setattr(functions, limit, 1)
    assert [] == found(repository)


def test_what_git_cannot_read_gives_no_facts(repository: FakeRepository, calls: Calls) -> None:
    """A failure is no facts, and does not end the run."""
    calls.before("repository.tracked_files", raising(GitFailed("broken", subject="git")))
    assert [] == found(repository)


def test_a_reader_that_takes_too_long_gives_no_facts(
    repository: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of the reader is limited."""
    monkeypatch.setattr(limited, "WALL_S", 0.0)
    assert [] == found(repository)


def test_a_source_that_takes_all_memory_gives_no_facts(
    repository: FakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader has a limit of its own, and the executor lives on."""
    monkeypatch.setattr(limited, "MEMORY_BYTES", 128 * 1024**2)
    huge = b"x = [" + b"0," * 500_000 + b"]\n"
    repository.files = {BASE: {"tests/test_a.py": TEST}, HEAD: {"tests/test_b.py": huge + TEST}}
    assert [] == found(repository)
