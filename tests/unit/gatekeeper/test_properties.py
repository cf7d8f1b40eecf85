"""What holds for every pair of sides."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autopack_gatekeeper.domain.alignment import align, align_differing
from autopack_gatekeeper.domain.comparison import column, compare, compare_columns
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category, union_ids
from autopack_model.decision.document import decision_bytes
from autopack_model.decision.value import Verdict
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import BindingState, CollectorState, StreamState
from tests.fakes.evidence import make_evidence, make_signature
from tests.fakes.judging import judge

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PATHS = ["a.py", "b.py", "d/a.py", "d/b.py", "d/e/a.py"]
NAMES = ["t", "u", "t[1]", "t[2]", "t[a::b]", "T::t", "T::t[x]", "ü\n[/]"]
TEST_IDS = st.builds("{}::{}".format, st.sampled_from(PATHS), st.sampled_from(NAMES))
OUTCOMES = st.dictionaries(TEST_IDS, st.sampled_from(TestState), max_size=25)
REPORTED = [state for state in TestState if state is not TestState.NOT_RUN]
COLLECTORS = st.dictionaries(
    st.sampled_from([*PATHS, "d", "d/e", "a.py::T", ".", ""]), st.sampled_from(CollectorState), max_size=4
)
RENAMES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([*PATHS, "new.py"]), max_size=2).map(
    lambda renames: {old: new for old, new in renames.items() if list(renames.values()).count(new) == 1 and old != new}
)
SIGNATURES = st.dictionaries(TEST_IDS, st.sampled_from([make_signature("one"), make_signature("two")]), max_size=9)


@st.composite
def complete_sides(draw: st.DrawFn) -> Evidence:
    """Consistent evidence without NOT_RUN: complete, unless it has nothing to say."""
    outcomes = draw(st.dictionaries(TEST_IDS, st.sampled_from(REPORTED), max_size=25))
    return make_evidence(outcomes, collectors=draw(COLLECTORS), signatures=draw(SIGNATURES))


@st.composite
def any_sides(draw: st.DrawFn) -> Evidence:
    """Evidence with facts of every kind, most of it incomplete."""
    outcomes = draw(OUTCOMES)
    return make_evidence(
        outcomes,
        collectors=draw(COLLECTORS),
        exit_code=draw(st.sampled_from([None, 0, 1, 2, 3, 4, 5, 77])),
        signal=draw(st.sampled_from([None, None, None, 9])),
        timed_out=draw(st.sampled_from([False, False, False, True])),
        stream=draw(st.sampled_from(StreamState)),
        binding=draw(st.sampled_from(BindingState)),
        reported=draw(st.sampled_from([len(outcomes), 0])),
    )


def changed_files(renames: Mapping[str, str]) -> ChangedFiles:
    """Changed files that hold nothing but ``renames``."""
    return ChangedFiles.of(
        tuple(
            ChangedFile(path=new, old_path=old, kind=ChangeKind.RENAMED, lines_added=0, lines_removed=0, binary=False)
            for old, new in renames.items()
        )
    )


@EXAMPLES
@given(base=st.none() | any_sides(), head=any_sides(), renames=RENAMES)
def test_every_test_id_lands_in_exactly_one_cell(
    base: Evidence | None, head: Evidence, renames: dict[str, str]
) -> None:
    """There is one cell, with a category's number, for each id of the union in its order, however broken the sides."""
    comparison = compare(base, head, Renames(paths=renames))
    base_ids = () if base is None else base.test_ids
    assert list(union_ids(base_ids, head.test_ids)) == list(comparison.ids)
    assert len(comparison.ids) == len(comparison.delta.cells)
    assert sum(comparison.delta.counts().values()) == len(comparison.ids)


@EXAMPLES
@given(base=st.none() | complete_sides(), head=complete_sides(), renames=RENAMES)
def test_no_test_goes_unmentioned(base: Evidence | None, head: Evidence, renames: dict[str, str]) -> None:
    """Each id is a subject of exactly one category, or is hidden by a collector that one lists."""
    comparison = compare(base, head, Renames(paths=renames))
    mentioned = Counter(subject for category in Category for subject in comparison.subjects(category))
    muted = Counter(name for names in comparison.muted_collectors.values() for name in names)
    for name, cell in zip(comparison.ids, comparison.delta.cells, strict=True):
        if cell != Category.NEW_COLLECTION_ERROR:
            assert 1 == mentioned[name] - muted[name]
        else:
            assert comparison.subjects(Category.NEW_COLLECTION_ERROR)


@EXAMPLES
@given(side=complete_sides())
def test_equal_sides_are_allowed_when_complete_and_without_collection_errors(side: Evidence) -> None:
    """Base = head gives ALLOW for complete evidence in which a test passes, or that has none; an error in a
    collector persists, and blocks.
    """
    decision = judge(side, side, changed_files({}))
    errors = CollectorState.ERRORED in {each.state for each in side.suite_run.recorder.collectors}
    passes = not side.states or TestState.PASSED in side.states or TestState.XPASSED in side.states
    expected = Verdict.BLOCK if errors else Verdict.ALLOW if passes else Verdict.NEEDS_HUMAN
    assert expected is decision.verdict
    assert errors == ("persistent_collection_error" in {reason.code.label for reason in decision.reasons})


@EXAMPLES
@given(base=st.none() | any_sides() | complete_sides(), head=any_sides() | complete_sides(), renames=RENAMES)
def test_an_incomplete_side_is_never_allowed(base: Evidence | None, head: Evidence, renames: dict[str, str]) -> None:
    """Whatever else the sides show, unproven evidence does not let a change pass, and the cause is named."""
    decision = judge(base, head, changed_files(renames))
    causes = [
        f"{name}_{cause.label}"
        for name, side in (("base", base), ("head", head))
        if side is not None and (cause := assess(side).reason) is not None
    ]
    assert causes == sorted(set(causes) & {reason.code.label for reason in decision.reasons})
    if causes:
        assert decision.verdict in (Verdict.BLOCK, Verdict.INCONCLUSIVE)
    if base is None or assess(base).reason is not None:
        assert decision.verdict is not Verdict.BLOCK or base is None


@EXAMPLES
@given(base=any_sides(), outcomes=st.lists(st.sampled_from(TestState), min_size=25, max_size=25), errors=COLLECTORS)
def test_the_fast_way_and_the_general_way_agree(
    base: Evidence, outcomes: list[TestState], errors: dict[str, CollectorState]
) -> None:
    """Over equal ids the short cut gives what the alignment of differing ids gives."""
    head = make_evidence(dict(zip(base.test_ids, outcomes, strict=False)), collectors=errors)
    renames = Renames(paths={"a.py": "new.py"})
    base_column, head_column = column(base, renames), column(head, Renames(paths={}))
    fast, general = (
        compare_columns(way(base_column, head_column, renames), base_column, head_column, base, head)
        for way in (align, align_differing)
    )
    assert (list(general.ids), general.delta, general.muted_collectors) == (
        list(fast.ids),
        fast.delta,
        fast.muted_collectors,
    )


@EXAMPLES
@given(head=any_sides(), errors=COLLECTORS)
def test_a_base_without_tests_needs_no_alignment(head: Evidence, errors: dict[str, CollectorState]) -> None:
    """Beside a base that reports no test, but may have silent collectors, the short cut gives what the general way
    gives.
    """
    base = make_evidence({}, collectors=errors)
    renames = Renames(paths={"a.py": "new.py"})
    base_column, head_column = column(base, renames), column(head, Renames(paths={}))
    fast, general = (way(base_column, head_column, renames) for way in (align, align_differing))
    assert list(general.ids) == list(fast.ids)
    assert (general.base, general.head, general.lost, general.gained, general.renamed) == (
        fast.base,
        fast.head,
        fast.lost,
        list(fast.gained),
        fast.renamed,
    )


@EXAMPLES
@given(
    base=st.dictionaries(TEST_IDS, st.sampled_from(REPORTED), max_size=12),
    head=st.dictionaries(TEST_IDS, st.sampled_from(REPORTED), max_size=12),
    collectors=COLLECTORS,
    renames=RENAMES,
    seed=st.integers(),
)
def test_the_order_of_arrival_does_not_change_the_bytes(
    base: dict[str, TestState],
    head: dict[str, TestState],
    collectors: dict[str, CollectorState],
    renames: dict[str, str],
    seed: int,
) -> None:
    """Outcomes, collectors and changed files that arrive in another order, and head before base, give equal bytes."""
    random = Random(seed)

    def shuffled(items: Mapping[str, TestState]) -> dict[str, TestState]:
        pairs = list(items.items())
        random.shuffle(pairs)
        return dict(pairs)

    base_side = make_evidence(base)
    head_side = make_evidence(head, collectors=collectors)
    decision = judge(base_side, head_side, changed_files(renames))
    turned = dict(reversed(collectors.items()))
    late_head = make_evidence(shuffled(head), collectors=turned)
    late_base = make_evidence(shuffled(base))
    again = judge(late_base, late_head, changed_files(dict(reversed(renames.items()))))
    assert decision_bytes(decision) == decision_bytes(again)


@EXAMPLES
@given(base=complete_sides(), head=complete_sides())
def test_a_test_that_got_worse_is_never_among_an_allowed_decision(base: Evidence, head: Evidence) -> None:
    """An independent look at single tests: good on base and bad, muted or gone on head is not allowed (but for
    parameters that changed their names).
    """
    good = (TestState.PASSED, TestState.XPASSED)
    before = dict(zip(base.test_ids, base.states, strict=True))
    after = dict(zip(head.test_ids, head.states, strict=True))
    worse = [
        name
        for name, state in before.items()
        if state in good
        and after.get(name) not in good
        and "[" not in name
        and not any(other.startswith(f"{name}[") for other in after)
    ]
    assert not worse or judge(base, head, changed_files({})).verdict is not Verdict.ALLOW


SCRIPT = """
import json, sys
from autopack_model.decision.document import decision_bytes
from tests.fakes.judging import judge
from tests.unit.gatekeeper.test_decide import mixed

sys.stdout.buffer.write(decision_bytes(judge(*mixed())))
"""


def test_the_hash_seed_does_not_change_the_bytes() -> None:
    """Processes with different PYTHONHASHSEED give equal canonical bytes, which are JSON."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert 1 == len(answers)
    assert "BLOCK" == json.loads(answers.pop())["verdict"]
