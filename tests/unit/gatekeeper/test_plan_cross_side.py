"""Saying what is to be run for the cross side."""

import pytest

from autopack_gatekeeper.usecases.plan_cross_side import PlanCrossSide, plan_cross_side
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.cross_plan_wire import cross_plan_from_wire, cross_plan_to_wire
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.requests import REF
from tests.fakes.store import TERMS

FILE = "tests/test_a.py"
BASE = make_evidence({f"{FILE}::test_a": TestState.PASSED})
HEAD = make_evidence({f"{FILE}::test_a": TestState.PASSED, f"{FILE}::test_b": TestState.PASSED})


def planned(store: InMemoryStore, sides: RecentSides) -> CrossPlan:
    """What is to be run for the change from BASE to HEAD."""
    request = PlanCrossSide(
        attempt=REF, base_evidence_digest=store.add(BASE), head_evidence_digest=store.add(HEAD), terms=TERMS
    )
    return plan_cross_side(store, sides, request)


def test_the_files_of_the_recorded_change_are_planned() -> None:
    """The plan follows from the evidence of both sides and the changed files of the attempt, also from memory."""
    store = InMemoryStore()
    file = ChangedFile(path=FILE, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=0, binary=False)
    store.add_changed_files(REF, ChangedFiles.of((file,)))

    sides = RecentSides()
    assert [CrossPlan(paths=(FILE,), modules=(FILE,))] * 2 == [planned(store, sides), planned(store, sides)]


def test_unknown_changed_files_plan_nothing() -> None:
    """Where nobody knows what changed, nothing can be put back, and the files are asked for again each time."""
    store, sides = InMemoryStore(), RecentSides()

    assert CrossPlan(paths=(), modules=()) == planned(store, sides)
    assert sides.changed_files(REF) is None


@pytest.mark.parametrize(
    "plan",
    [CrossPlan(paths=(), modules=()), CrossPlan(paths=("a.py", "b.py"), modules=("a.py",), new_modules=("b.py",))],
)
def test_a_plan_survives_the_wire(plan: CrossPlan) -> None:
    """Its files come back as they were."""
    assert plan == cross_plan_from_wire(cross_plan_to_wire(plan))


@pytest.mark.parametrize("paths", [("b.py", "a.py"), ("a.py", "a.py"), ("/a.py",), ("",)])
def test_a_plan_of_no_files_of_the_tree_is_refused(paths: tuple[str, ...]) -> None:
    """Paths are relative, ascend, and are there once."""
    with pytest.raises(InvalidValue, match="paths"):
        CrossPlan(paths=paths, modules=())
