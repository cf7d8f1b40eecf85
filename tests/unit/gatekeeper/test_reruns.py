"""Tests that a plugin may run again on head, and not on base."""

from collections.abc import Mapping

import pytest

from autopack_gatekeeper.domain.conditions import MAX_NAMED
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Decision
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import NO_FILES, judge

FAILS, PASSES, FLAKY, MUTED = TestState.FAILED, TestState.PASSED, TestState.FLAKY, TestState.SKIPPED
NAME, OTHER = "t.py::test_it", "t.py::test_other"


def run(state: TestState, reruns: int, *, name: str = NAME) -> Evidence:
    """A suite run in which a plugin may run the test, in ``state``, so often again; another test passes."""
    return make_evidence({name: state, OTHER: PASSES}, reruns={name: reruns} if reruns else {})


def judged(base: Evidence, head: Evidence, changed_files: ChangedFiles = NO_FILES) -> Decision:
    """The decision on two suite runs."""
    return judge(base, head, changed_files)


def _changed(path: str, old_path: str | None) -> ChangedFile:
    kind = ChangeKind.MODIFIED if old_path is None else ChangeKind.RENAMED
    return ChangedFile(path=path, old_path=old_path, kind=kind, lines_added=1, lines_removed=1, binary=False)


def said(decision: Decision) -> tuple[str, Mapping[str, tuple[str, ...]]]:
    """The verdict, and the subjects of the reasons."""
    return decision.verdict.name, {reason.code.label: reason.subjects for reason in decision.reasons}


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ((FAILS, 0), (PASSES, 5), ("NEEDS_HUMAN", {"passes_with_new_reruns": (NAME,)})),
        ((FAILS, 1), (PASSES, 5), ("NEEDS_HUMAN", {"passes_with_new_reruns": (NAME,)})),
        ((FAILS, 5), (PASSES, 5), ("ALLOW", {"newly_passing": (NAME,)})),
        ((FAILS, 5), (PASSES, 0), ("ALLOW", {"newly_passing": (NAME,)})),
        ((FAILS, 0), (FLAKY, 5), ("NEEDS_HUMAN", {"now_flaky": (NAME,)})),
        ((FAILS, 0), (FAILS, 5), ("ALLOW", {"still_failing": (NAME,)})),
        ((PASSES, 0), (PASSES, 5), ("ALLOW", {"new_reruns": (NAME,)})),
        ((FLAKY, 0), (PASSES, 5), ("ALLOW", {"flaky": (NAME,), "new_reruns": (NAME,)})),
        ((MUTED, 0), (PASSES, 5), ("ALLOW", {"unmuted": (NAME,), "new_reruns": (NAME,)})),
        ((PASSES, 5), (PASSES, 5), ("ALLOW", {})),
    ],
)
def test_passing_beside_new_reruns_is_no_repair(
    base: tuple[TestState, int], head: tuple[TestState, int], expected: tuple[str, dict[str, tuple[str, ...]]]
) -> None:
    """A test that failed on base and passes beside new reruns is for a person; other new reruns are a warning."""
    assert expected == said(judged(run(*base), run(*head)))


def test_a_renamed_test_is_compared_with_its_old_name() -> None:
    """The reruns of a test whose file moved are those that it had under its old name."""
    new = "new.py::test_it"
    moved = ChangedFiles.of((_changed("new.py", "t.py"),))
    base = make_evidence({NAME: FAILS, OTHER: PASSES}, reruns={OTHER: 2})
    head = make_evidence({new: PASSES, "new.py::test_other": PASSES}, reruns={new: 5, "new.py::test_other": 2})
    verdict, subjects = said(judged(base, head, moved))
    assert ("NEEDS_HUMAN", (new,), False) == (verdict, subjects["passes_with_new_reruns"], "new_reruns" in subjects)


def test_new_tests_have_no_new_reruns() -> None:
    """A test that base does not have is not compared with anything."""
    head = make_evidence({NAME: PASSES, OTHER: PASSES, "a.py::test_new": PASSES}, reruns={"a.py::test_new": 5})
    assert ("ALLOW", {}) == said(judged(run(PASSES, 0), head))


def test_ids_that_vary_hide_no_new_reruns() -> None:
    """Where the id of a test holds an address, so that each side has another one, its new reruns are seen too."""
    old, new = "t.py::test_it[<T at 0x7f0a>]", "t.py::test_it[<T at 0x7f0b>]"
    untouched = ChangedFiles.of((_changed("pytest.ini", None),))
    found = said(judged(run(FAILS, 0, name=old), run(PASSES, 5, name=new), untouched))[1]
    assert (old,) == found.get("passes_with_new_reruns")
    found = said(judged(run(FAILS, 5, name=old), run(PASSES, 5, name=new), untouched))[1]
    assert "passes_with_new_reruns" not in found


def test_many_new_reruns_are_counted() -> None:
    """Where an option gives reruns to a whole suite, the reason does not name every test of it."""
    names = [f"t.py::test_{number}" for number in range(MAX_NAMED + 1)]
    passing = dict.fromkeys(names, PASSES)
    decision = judged(make_evidence(passing), make_evidence(passing, reruns=dict.fromkeys(names, 2)))
    assert ("ALLOW", {"new_reruns": ()}) == said(decision)
    assert f"a plugin may run {MAX_NAMED + 1} tests again" in decision.reasons[0].message


@pytest.mark.parametrize("column", [b"\1", b"\0\0"])
def test_a_column_that_does_not_fit_is_refused(column: bytes) -> None:
    """A column of reruns has a byte for each test, and is empty where no test has any."""
    whole = run(PASSES, 0)
    with pytest.raises(InvalidValue, match="reruns"):
        Evidence(
            suite_run=whole.suite_run,
            test_ids=whole.test_ids,
            states=whole.states,
            durations=b"",
            reruns=column,
            details=(),
        )
