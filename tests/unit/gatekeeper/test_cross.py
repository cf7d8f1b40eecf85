"""The third side: base's tests on the candidate's code."""

from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.cross_table import SPEAKING, TABLE
from autopack_gatekeeper.domain.decide import plan_cross
from autopack_gatekeeper.domain.matrix import BAD_TRANSITIONS, MATRIX, Group
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind, TestFunction
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Verdict
from autopack_model.digest import digest_bytes
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import Finding, FindingRule, Findings
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge, judge_with_cross
from tests.fakes.store import TERMS

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
XFAILED, PARTLY = TestState.XFAILED, TestState.PARTLY_MUTED
FILE, TEST, OTHER = "tests/test_a.py", "tests/test_a.py::test_a", "tests/test_a.py::test_other"
CROSS_TREE = "c" * 40
NOTHING = CrossPlan(paths=(), modules=())


def changed(*paths: str, kind: ChangeKind = ChangeKind.MODIFIED) -> ChangedFiles:
    """A change of these files."""
    return ChangedFiles.of(
        tuple(
            ChangedFile(path=path, old_path=None, kind=kind, lines_added=1, lines_removed=1, binary=False)
            for path in paths
        )
    )


def suite(state: TestState | None, tree: str = "b" * 40, name: str = TEST) -> Evidence:
    """The suite of a side in which the test is in ``state``, or is not there, beside one that passes."""
    return make_evidence({OTHER: PASSED, **({} if state is None else {name: state})}, tree=tree)


def cross_suite(state: TestState | None) -> Evidence:
    """The same for the cross side; None stands for a module that cannot be collected."""
    if state is not None:
        return suite(state, CROSS_TREE)
    return make_evidence({}, collectors={FILE: CollectorState.ERRORED}, tree=CROSS_TREE)


@pytest.mark.parametrize(
    ("base", "cross", "head", "category", "verdict"),
    [
        (PASSED, PASSED, PASSED, Category.STILL_PASSING, Verdict.ALLOW),
        (PASSED, FAILED, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, None, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, SKIPPED, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, FLAKY, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, FLAKY, SKIPPED, Category.NEWLY_MUTED, Verdict.BLOCK),
        (PASSED, FLAKY, None, Category.REMOVED, Verdict.BLOCK),
        (FAILED, FLAKY, PASSED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (PASSED, PASSED, SKIPPED, Category.RETIRED_MUTED, Verdict.NEEDS_HUMAN),
        (PASSED, FAILED, SKIPPED, Category.HIDDEN_FAILING, Verdict.BLOCK),
        (PASSED, SKIPPED, SKIPPED, Category.NEWLY_MUTED, Verdict.BLOCK),
        (PASSED, PASSED, None, Category.RETIRED, Verdict.NEEDS_HUMAN),
        (PASSED, FAILED, None, Category.HIDDEN_FAILING, Verdict.BLOCK),
        (PASSED, None, None, Category.HIDDEN_FAILING, Verdict.BLOCK),
        (FAILED, PASSED, PASSED, Category.NEWLY_PASSING, Verdict.ALLOW),
        (FAILED, FAILED, PASSED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (FAILED, None, PASSED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (FAILED, FAILED, FAILED, Category.STILL_FAILING, Verdict.ALLOW),
        (PASSED, PARTLY, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (FLAKY, FAILED, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (FLAKY, None, PASSED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (FLAKY, FLAKY, PASSED, Category.FLAKY, Verdict.ALLOW),
        (FLAKY, PASSED, PASSED, Category.FLAKY, Verdict.ALLOW),
        (SKIPPED, FAILED, PASSED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (SKIPPED, SKIPPED, PASSED, Category.UNMUTED, Verdict.ALLOW),
        (XFAILED, XFAILED, PASSED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (XFAILED, TestState.XPASSED, PASSED, Category.UNMUTED, Verdict.ALLOW),
        (XFAILED, XFAILED, XFAILED, Category.STILL_MUTED, Verdict.ALLOW),
    ],
)
def test_what_base_says_of_the_candidates_code(
    base: TestState, cross: TestState | None, head: TestState | None, category: Category, verdict: Verdict
) -> None:
    """Where the edited suite cannot tell, base's version of the test on the candidate's code does."""
    decision = judge_with_cross(suite(base), suite(head), cross_suite(cross), changed(FILE, "shop.py"))

    assert 1 + (category is Category.STILL_PASSING) <= decision.delta.counts()[category] + (cross is None)
    assert verdict is decision.verdict
    assert category in {Category(cell) for cell in decision.delta.cells}


def test_a_test_that_had_to_fail_and_passes_was_repaired() -> None:
    """Where base's version fails on the candidate's code for having passed, the mark was rightly taken away."""
    cross = cross_suite(FAILED)
    failed = replace(cross, details=tuple(replace(each, message="[XPASS(strict)] why") for each in cross.details))

    decision = judge_with_cross(suite(XFAILED), suite(PASSED), failed, changed(FILE, "shop.py"))

    assert 1 == decision.delta.counts()[Category.UNMUTED]
    assert Verdict.ALLOW is decision.verdict


@pytest.mark.parametrize(
    ("cross", "category", "verdict"),
    [
        ({TEST: FAILED}, Category.HIDDEN_FAILING, Verdict.BLOCK),
        ({TEST: PASSED}, Category.COLLECTED_MUTED, Verdict.ALLOW),
        (None, Category.COLLECTED_MUTED, Verdict.ALLOW),
    ],
    ids=["fails", "passes", "cannot_be_collected"],
)
def test_a_skipped_module_that_base_could_not_collect_may_hide_a_failure(
    cross: dict[str, TestState] | None, category: Category, verdict: Verdict
) -> None:
    """A module that is skipped as a whole hides what fails in base's version; a package that is missing does not."""
    errored, skipped = {FILE: CollectorState.ERRORED}, {FILE: CollectorState.SKIPPED}
    other = {"tests/test_b.py::test_b": PASSED}
    base, head = make_evidence(other, collectors=errored), make_evidence(other, collectors=skipped)
    crossed = make_evidence({**other, **(cross or {})}, collectors={} if cross else errored, tree=CROSS_TREE)

    decision = judge_with_cross(base, head, crossed, changed(FILE, "shop.py"))

    told = [reason for reason in decision.reasons if reason.code is category]
    assert [(FILE,)] == [reason.subjects for reason in told]
    assert verdict is decision.verdict


@pytest.mark.parametrize(
    ("files", "effect"),
    [
        (("src/shop/plugin.py",), Effect.WARN),
        (("src/shop/plugin.py", FILE), Effect.REVIEW),
        (("tests/plugin.py", FILE), Effect.WARN),
    ],
    ids=["alone", "beside_tests", "of_the_tests"],
)
def test_a_plugin_may_be_the_product(files: tuple[str, ...], effect: Effect) -> None:
    """Beside edited tests, that base's tests pass with base's plugin says nothing of the candidate's."""
    plugins = ("src/shop/plugin.py", "tests/plugin.py")
    base, head, cross = (make_evidence({TEST: PASSED}, plugins=plugins, tree=tree * 40) for tree in "abc")

    decision = judge_with_cross(base, head, cross, changed(*files))

    assert [effect] == [reason.effect for reason in decision.reasons if reason.code is Condition.PROTECTED_PATH]


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (FindingRule.ASSERTION_LOOSER, Verdict.NEEDS_HUMAN),
        (FindingRule.INPUT_CHANGED, Verdict.ALLOW),
    ],
)
@pytest.mark.parametrize("whole_module", [False, True])
def test_a_skipped_test_that_was_weakened_passes_by_the_edit(
    whole_module: bool, rule: FindingRule, verdict: Verdict
) -> None:
    """Base's version of a skipped test cannot be run, so that what was edited in it has to speak."""
    found = Finding(rule=rule, path=FILE, line=1, test=TEST, before="assert 1 == x", after="assert x")
    files = replace(changed(FILE), findings=Findings(found=(found,)))
    other, skipped = {"tests/test_b.py::test_b": PASSED}, {FILE: CollectorState.SKIPPED}
    base, cross = (
        make_evidence(other, collectors=skipped, tree=tree * 40)
        if whole_module
        else make_evidence({**other, f"{TEST}[1]": SKIPPED}, tree=tree * 40)
        for tree in "ac"
    )

    decision = judge_with_cross(base, make_evidence({**other, f"{TEST}[1]": PASSED}), cross, files)

    assert verdict is decision.verdict


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("ImportError: cannot import name 'total' from 'shop'", Category.RETIRED_WITH_SUBJECT),
        ("ModuleNotFoundError: No module named 'shop.money'", Category.RETIRED_WITH_SUBJECT),
        ("ValueError: 7", Category.HIDDEN_FAILING),
    ],
)
def test_a_test_that_went_with_its_subject_is_looked_at(message: str, category: Category) -> None:
    """A test that is gone, and that cannot run any more for want of a name, is a question and no hidden failure."""
    base, head = suite(PASSED), make_evidence({"tests/test_b.py::test_b": PASSED})
    cross = make_evidence(
        {"tests/test_b.py::test_b": PASSED},
        collectors={FILE: CollectorState.ERRORED},
        causes={FILE: message},
        tree=CROSS_TREE,
    )

    decision = judge_with_cross(base, head, cross, changed(FILE, kind=ChangeKind.DELETED))

    assert (TEST, OTHER) == next(reason.subjects for reason in decision.reasons if reason.code is category)


def test_a_test_that_base_does_not_make_of_the_candidates_code_went_with_its_subject() -> None:
    """A parameter that comes from the product, and that base's own test does not have on the candidate's code."""
    decision = judge_with_cross(suite(PASSED), suite(None), suite(None, CROSS_TREE), changed(FILE, "shop.py"))

    assert 1 == decision.delta.counts()[Category.RETIRED_WITH_SUBJECT]
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_a_doctest_that_product_lost_did_not_go_with_its_subject() -> None:
    """The changed product is the same on the cross side, so that nothing there excuses a deleted doctest."""
    base, head = make_evidence({TEST: PASSED, "shop.py::shop.total": PASSED}), make_evidence({TEST: PASSED})

    decision = judge_with_cross(base, head, make_evidence({TEST: PASSED}, tree=CROSS_TREE), changed(FILE, "shop.py"))

    assert 1 == decision.delta.counts()[Category.REMOVED]
    assert Verdict.BLOCK is decision.verdict


def test_a_renamed_test_is_judged_by_its_old_version() -> None:
    """The tests of a renamed file meet base's file under its old name; what fails there is told under the new name."""
    new = "tests/test_b.py"
    renamed = ChangedFiles.of(
        (ChangedFile(path=new, old_path=FILE, kind=ChangeKind.RENAMED, lines_added=1, lines_removed=1, binary=False),)
    )
    base = make_evidence({TEST: PASSED})
    head = make_evidence({f"{new}::test_a": PASSED})
    cross = make_evidence({TEST: FAILED}, tree=CROSS_TREE)

    decision = judge_with_cross(base, head, cross, renamed)

    assert {Category.RENAMED: 1, Category.REWRITTEN: 1} == {
        category: count for category, count in decision.delta.counts().items() if count
    }
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_a_parameter_that_failed_before_does_not_speak() -> None:
    """A parameter of another name on head that fails on base, on head and on the cross side fails as ever."""
    base = make_evidence({f"{TEST}[1]": FAILED, f"{TEST}[2]": PASSED}, signatures={f"{TEST}[1]": "0" * 16})
    head = make_evidence({f"{TEST}[one]": FAILED, f"{TEST}[two]": PASSED}, signatures={f"{TEST}[one]": "0" * 16})
    cross = make_evidence({f"{TEST}[1]": FAILED, f"{TEST}[2]": PASSED}, tree=CROSS_TREE)

    decision = judge_with_cross(base, head, cross, changed(FILE))

    assert Verdict.ALLOW is decision.verdict


UUIDS = tuple(f"{TEST}[{number}b4e28ba-2fa1-41d2-883f-0016d3cca427]" for number in range(1, 7))


def test_a_random_parameter_that_only_data_repaired_passes_by_the_edit() -> None:
    """A test that failed on base, and that base's data fails as well, was not repaired by the product, whether its id
    is drawn in each run or stands in the data.
    """
    data = changed("tests/data.json", "tests/test_b.py")
    base = make_evidence({UUIDS[0]: FAILED, UUIDS[1]: PASSED}, signatures={UUIDS[0]: "0" * 16})
    head = make_evidence({UUIDS[2]: PASSED, UUIDS[3]: PASSED})
    for failing in (UUIDS[0], UUIDS[4]):
        cross = make_evidence({failing: FAILED, UUIDS[5]: PASSED}, tree=CROSS_TREE)
        decision = judge_with_cross(base, head, cross, data)
        assert (UUIDS[0],) == next(each.subjects for each in decision.reasons if each.code is Category.PASSES_BY_EDIT)
        assert Verdict.NEEDS_HUMAN is decision.verdict

    repaired = make_evidence({UUIDS[4]: PASSED, UUIDS[5]: PASSED}, tree=CROSS_TREE)
    assert Verdict.ALLOW is judge_with_cross(base, head, repaired, data).verdict


def test_a_random_parameter_that_was_repaired_in_another_file_wants_the_whole_suite() -> None:
    """Another module of tests may be what makes it pass, so that more than this module is run."""
    base = make_evidence({UUIDS[0]: FAILED, "tests/test_b.py::test_b": PASSED}, signatures={UUIDS[0]: "0" * 16})
    head = make_evidence({UUIDS[1]: PASSED, "tests/test_b.py::test_b": PASSED})

    plan = plan_cross(assess_side(base), assess_side(head), changed("tests/test_b.py"), TERMS)

    assert CrossPlan(paths=("tests/test_b.py",), modules=()) == plan


def test_a_random_parameter_that_fails_on_head_as_well_fails_as_it_did() -> None:
    """Ids are drawn anew in each suite: one fails on each side, and more than that on the cross side speak."""
    data = changed("tests/data.json", "tests/test_b.py")
    base = make_evidence({UUIDS[0]: FAILED, UUIDS[1]: PASSED}, signatures={UUIDS[0]: "0" * 16})
    head = make_evidence({UUIDS[2]: FAILED, UUIDS[3]: PASSED}, signatures={UUIDS[2]: "0" * 16})
    one = make_evidence({UUIDS[4]: FAILED, UUIDS[5]: PASSED}, tree=CROSS_TREE)
    two = make_evidence({UUIDS[4]: FAILED, UUIDS[5]: FAILED}, tree=CROSS_TREE)

    assert Verdict.ALLOW is judge_with_cross(base, head, one, data).verdict
    decision = judge_with_cross(base, head, two, data)
    assert (UUIDS[3],) == next(each.subjects for each in decision.reasons if each.code is Category.REWRITTEN)


def of_file(side: Side, name: str, digest: str, contains: tuple[str, ...] = ()) -> TestFunction:
    """A function of the file."""
    setting = digest_bytes(b"setting")
    return TestFunction(
        side=side,
        path=FILE,
        name=name,
        digest=digest_bytes(digest.encode()),
        setting=setting,
        uses=("shop.total",),
        checks=1,
        shape=setting,
        contains=contains,
    )


@pytest.mark.parametrize(
    ("cross", "category", "verdict"),
    [
        (FAILED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (FLAKY, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (SKIPPED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (None, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, Category.RETIRED, Verdict.NEEDS_HUMAN),
    ],
)
def test_a_test_that_was_renamed_and_edited_is_judged_like_one_edited_in_place(
    cross: TestState | None, category: Category, verdict: Verdict
) -> None:
    """Base's version fails, and one new test does as much: a person has to look. Where it passes, it is retired."""
    new = f"{FILE}::test_new"
    files = replace(
        changed(FILE, "shop.py"), functions=(of_file(Side.BASE, "test_a", "a"), of_file(Side.HEAD, "test_new", "new"))
    )

    decision = judge_with_cross(suite(PASSED), suite(PASSED, name=new), cross_suite(cross), files)

    assert (new if category is Category.REWRITTEN else TEST) in next(
        each.subjects for each in decision.reasons if each.code is category
    )
    assert verdict is decision.verdict


@pytest.mark.parametrize("state", [FAILED, SKIPPED])
def test_a_new_test_that_does_not_pass_excuses_nothing(state: TestState) -> None:
    """A test that is gone and fails is hidden, where the one that may be it is muted or fails itself."""
    files = replace(
        changed(FILE, "shop.py"), functions=(of_file(Side.BASE, "test_a", "a"), of_file(Side.HEAD, "test_new", "new"))
    )

    decision = judge_with_cross(suite(PASSED), suite(state, name=f"{FILE}::test_new"), cross_suite(FAILED), files)

    assert Verdict.BLOCK is decision.verdict


@pytest.mark.parametrize(
    ("cross", "category", "verdict"),
    [
        ({TEST: PASSED, OTHER: PASSED}, Category.MOVED_AND_REWRITTEN, Verdict.ALLOW),
        ({TEST: FAILED, OTHER: PASSED}, Category.HIDDEN_FAILING, Verdict.BLOCK),
        ({TEST: PASSED, OTHER: FAILED}, Category.RETIRED, Verdict.NEEDS_HUMAN),
    ],
)
def test_a_test_that_another_one_took_in_lives_on_there(
    cross: dict[str, TestState], category: Category, verdict: Verdict
) -> None:
    """Where base's versions of both pass, there is a warning; a test that fails stays hidden."""
    host = of_file(Side.HEAD, "test_other", "both", contains=(digest_bytes(b"a"),))
    files = replace(changed(FILE, "shop.py"), functions=(of_file(Side.BASE, "test_a", "a"), host))

    decision = judge_with_cross(suite(PASSED), suite(None), make_evidence(cross, tree=CROSS_TREE), files)

    assert (TEST,) == next(each.subjects for each in decision.reasons if each.code is category)
    assert verdict is decision.verdict


def test_a_parameter_that_breaks_cannot_be_replaced() -> None:
    """A parameter that base's test has, and that fails on the candidate's code, is no mere renaming."""
    base = make_evidence({f"{TEST}[1]": PASSED, f"{TEST}[2]": PASSED})
    head = make_evidence({f"{TEST}[2]": PASSED, f"{TEST}[3]": PASSED})
    cross = make_evidence({f"{TEST}[1]": FAILED, f"{TEST}[2]": PASSED}, tree=CROSS_TREE)

    decision = judge_with_cross(base, head, cross, changed(FILE, "shop.py"))

    assert 1 == decision.delta.counts()[Category.REWRITTEN]
    assert Verdict.NEEDS_HUMAN is decision.verdict


@pytest.mark.parametrize(
    ("head", "category", "verdict"),
    [
        ({}, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        ({f"{TEST}[z]": PASSED}, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        ({f"{TEST}[z]": SKIPPED}, Category.HIDDEN_FAILING, Verdict.BLOCK),
    ],
)
@pytest.mark.parametrize("state", [FAILED, FLAKY])
def test_a_test_that_base_only_makes_of_the_candidates_code_speaks(
    state: TestState, head: dict[str, TestState], category: Category, verdict: Verdict
) -> None:
    """A parameter that comes from the product, and that base's own test fails with: also where head has no such test,
    whatever its place among the others.
    """
    both = {f"{TEST}[a]": PASSED}
    cross = make_evidence({**both, f"{TEST}[z]": state}, tree=CROSS_TREE)

    decision = judge_with_cross(make_evidence(both), make_evidence({**both, **head}), cross, changed(FILE, "shop.py"))

    assert 1 == decision.delta.counts()[category]
    assert verdict is decision.verdict


def test_a_function_that_base_only_has_on_the_candidates_code_speaks_for_its_file() -> None:
    """Where no side has a test of the function, those of its file are in doubt, and those of other files are not."""
    both = {OTHER: PASSED, "tests/test_b.py::test_b": PASSED}
    cross = make_evidence({**both, TEST: FAILED}, tree=CROSS_TREE)

    decision = judge_with_cross(make_evidence(both), make_evidence(both), cross, changed(FILE, "shop.py"))

    assert [Category.REWRITTEN, Category.STILL_PASSING] == [Category(cell) for cell in decision.delta.cells]


def test_a_test_that_only_the_cross_side_has_leaves_what_fails_anyway() -> None:
    """Beside a failing parameter that no side has, those of its function that pass are in doubt; the rest stays."""
    both = {f"{TEST}[a]": PASSED, f"{TEST}[b]": FAILED}
    cross = make_evidence({**both, f"{TEST}[z]": FAILED}, tree=CROSS_TREE)

    decision = judge_with_cross(make_evidence(both), make_evidence(both), cross, changed(FILE, "shop.py"))

    assert [Category.REWRITTEN, Category.STILL_FAILING] == [Category(cell) for cell in decision.delta.cells]


def test_a_muted_test_that_only_the_cross_side_has_says_nothing() -> None:
    """A parameter that no side has, and that is skipped on the candidate's code, leaves the others as they are."""
    both = {f"{TEST}[a]": PASSED}
    cross = make_evidence({**both, f"{TEST}[z]": SKIPPED}, tree=CROSS_TREE)

    decision = judge_with_cross(make_evidence(both), make_evidence(both), cross, changed(FILE, "shop.py"))

    assert [Category.STILL_PASSING] == [Category(cell) for cell in decision.delta.cells]


@pytest.mark.parametrize(
    ("head", "cross", "category", "verdict"),
    [
        (PASSED, {TEST: PASSED}, Category.COLLECTED, Verdict.ALLOW),
        (PASSED, {TEST: FAILED}, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (PASSED, {TEST: FLAKY}, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (PASSED, {TEST: PASSED, OTHER: FAILED}, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (PASSED, {OTHER: PASSED}, Category.COLLECTED, Verdict.ALLOW),
        (PASSED, None, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (SKIPPED, {TEST: SKIPPED}, Category.COLLECTED_MUTED, Verdict.ALLOW),
        (SKIPPED, {TEST: FAILED}, Category.HIDDEN_FAILING, Verdict.BLOCK),
        (SKIPPED, {OTHER: FAILED}, Category.HIDDEN_FAILING, Verdict.BLOCK),
        (SKIPPED, None, Category.COLLECTED_MUTED, Verdict.ALLOW),
    ],
)
def test_a_module_that_base_could_not_collect_is_not_mended_by_its_edit(
    head: TestState, cross: dict[str, TestState] | None, category: Category, verdict: Verdict
) -> None:
    """Base's version of a module that only the edit made collectable has to pass on the candidate's code, as the one of
    a test that failed; a test that the edit adds to such a module is new.
    """
    steady, errored = {"tests/test_b.py::test_b": PASSED}, {FILE: CollectorState.ERRORED}
    base = make_evidence(steady, collectors=errored)
    there = make_evidence({**steady, **(cross or {})}, collectors=errored if cross is None else {}, tree=CROSS_TREE)

    decision = judge_with_cross(base, make_evidence({**steady, TEST: head}), there, changed(FILE, "shop.py"))

    assert [category, Category.STILL_PASSING] == [Category(cell) for cell in decision.delta.cells]
    assert verdict is decision.verdict


def test_tests_of_other_files_do_not_speak_where_only_some_files_were_run() -> None:
    """A cross side of one module says nothing of a test that lies elsewhere."""
    elsewhere = "tests/test_b.py::test_b"
    base, head = make_evidence({TEST: PASSED, elsewhere: PASSED}), make_evidence({TEST: PASSED, elsewhere: PASSED})
    cross = make_evidence({TEST: PASSED}, deselected=1, tree=CROSS_TREE)

    decision = judge_with_cross(base, head, cross, changed(FILE))

    assert (Verdict.ALLOW, 2) == (decision.verdict, decision.delta.counts()[Category.STILL_PASSING])


@pytest.mark.parametrize(
    ("message", "names", "category"),
    [
        ("ImportError: cannot import name 'total' from 'shop'", "total, rounded", Category.ADAPTED),
        ("TypeError: total() got an unexpected keyword argument 'rounded'", "rounded", Category.ADAPTED),
        ("ImportError: cannot import name 'label' from 'shop'", "total", Category.REWRITTEN),
        ("ValueError: total", "total", Category.REWRITTEN),
        (
            "AttributeError: <module 'shop' from '/a/shop.py'> does not have the attribute 'total'",
            "shop.total",
            Category.ADAPTED,
        ),
        ("AttributeError: 'Cart' object has no attribute 'total'", "shop.total.size", Category.REWRITTEN),
        ("ModuleNotFoundError: No module named 'shop.money'", "src.shop.money, src.shop.money.total", Category.ADAPTED),
        ("ModuleNotFoundError: No module named 'shop'", "shop.money, shop.money.total", Category.REWRITTEN),
        ("NameError: name 'total' is not defined", "total", Category.ADAPTED),
    ],
)
def test_a_test_that_follows_a_moved_name_is_a_warning(message: str, names: str, category: Category) -> None:
    """Where base's version wants for one of the names that moved, and nothing else differs, the test was adapted."""
    cross = make_evidence({}, collectors={FILE: CollectorState.ERRORED}, causes={FILE: message}, tree=CROSS_TREE)
    moved = Finding(rule=FindingRule.NAMES_MOVED, path=FILE, line=1, test=TEST, before=names, after="other")
    files = replace(changed(FILE, "shop.py"), findings=Findings(found=(moved,)))

    decision = judge_with_cross(make_evidence({TEST: PASSED}), make_evidence({TEST: PASSED}), cross, files)

    assert [category] == [Category(cell) for cell in decision.delta.cells]


@pytest.mark.parametrize(
    ("state", "names", "category"),
    [
        (PASSED, "TestItem, shop.Item", Category.ADAPTED),
        (SKIPPED, "TestItem, shop.Item", Category.RETIRED_WITH_SUBJECT),
        (PASSED, "TestOther, shop.Item", Category.RETIRED_WITH_SUBJECT),
        (PASSED, "TestItem, shop.Other", Category.RETIRED_WITH_SUBJECT),
    ],
)
def test_a_test_may_be_called_after_what_it_follows(state: TestState, names: str, category: Category) -> None:
    """A test of base lives on under the name that the finding tells, where head has it and it passes."""
    old, new = f"{FILE}::TestItem::test_it[a]", f"{FILE}::TestLine::test_it[a]"
    cause = "ImportError: cannot import name 'Item' from 'shop'"
    cross = make_evidence({}, collectors={FILE: CollectorState.ERRORED}, causes={FILE: cause}, tree=CROSS_TREE)
    test = new.partition("[")[0]
    moved = Finding(
        rule=FindingRule.NAMES_MOVED, path=FILE, line=1, test=test, before=names, after="TestLine, shop.Line"
    )
    files = replace(changed(FILE, "shop.py"), findings=Findings(found=(moved,)))

    decision = judge_with_cross(make_evidence({old: PASSED}), make_evidence({new: state}), cross, files)

    assert category == Category(decision.delta.cells[0])


def test_a_helper_that_changed_may_be_what_makes_an_adapted_test_pass() -> None:
    """Beside another helper, and another conftest.py, a test that follows a moved name is a question, and so is the
    protected file: base's version did not run.
    """
    cause = "ImportError: cannot import name 'total' from 'shop'"
    cross = make_evidence({}, collectors={FILE: CollectorState.ERRORED}, causes={FILE: cause}, tree=CROSS_TREE)
    moved = Finding(rule=FindingRule.NAMES_MOVED, path=FILE, line=1, test=TEST, before="total", after="other")
    files = replace(changed(FILE, "tests/conftest.py", "shop.py"), findings=Findings(found=(moved,)))

    decision = judge_with_cross(make_evidence({TEST: PASSED}), make_evidence({TEST: PASSED}), cross, files)

    effects = {reason.code: reason.effect for reason in decision.reasons}
    assert [Category.REWRITTEN] == [Category(cell) for cell in decision.delta.cells]
    assert (Effect.REVIEW, Effect.REVIEW) == (effects[Category.REWRITTEN], effects[Condition.PROTECTED_PATH])


def test_a_missing_cross_side_is_told() -> None:
    """A change of test-side files that nobody ran base's tests for needs a person, and the files are named."""
    decision = judge_with_cross(suite(PASSED), suite(PASSED), None, changed(FILE, "shop.py"))

    assert [(Condition.CROSS_MISSING, Effect.REVIEW, (FILE,))] == [
        (reason.code, reason.effect, reason.subjects) for reason in decision.reasons
    ]


def test_an_incomplete_cross_side_is_told() -> None:
    """A cross side that proves nothing leaves the rules for two sides, and a person has to look."""
    cross = make_evidence({TEST: PASSED}, timed_out=True, tree=CROSS_TREE)

    decision = judge_with_cross(suite(PASSED), suite(PASSED), cross, changed(FILE))

    assert [("cross_timed_out", Effect.REVIEW)] == [(reason.code.label, reason.effect) for reason in decision.reasons]
    assert Verdict.NEEDS_HUMAN is decision.verdict


@pytest.mark.parametrize(("cross", "effect"), [(PASSED, Effect.WARN), (FAILED, Effect.REVIEW)])
def test_a_protected_file_that_changed_nothing_is_a_warning(cross: TestState, effect: Effect) -> None:
    """A conftest.py without which base's tests say the same is harmless; else it needs a person as ever."""
    decision = judge_with_cross(suite(PASSED), suite(PASSED), cross_suite(cross), changed("tests/conftest.py", FILE))

    assert [effect] == [reason.effect for reason in decision.reasons if reason.code is Condition.PROTECTED_PATH]


@pytest.mark.parametrize(
    ("base", "head", "cross", "effect"),
    [
        (FAILED, FLAKY, FAILED, Effect.REVIEW),
        (FAILED, FAILED, PASSED, Effect.REVIEW),
        (FAILED, FAILED, FAILED, Effect.WARN),
        (SKIPPED, PASSED, SKIPPED, Effect.REVIEW),
    ],
)
def test_a_protected_file_is_harmless_only_where_both_sides_agree(
    base: TestState, head: TestState, cross: TestState, effect: Effect
) -> None:
    """A file without which a test of base comes to something else is not harmless, whatever the rules make of it."""
    decision = judge_with_cross(suite(base), suite(head), cross_suite(cross), changed("tests/conftest.py", FILE))

    assert [effect] == [reason.effect for reason in decision.reasons if reason.code is Condition.PROTECTED_PATH]


def test_what_git_makes_of_files_stays_a_question() -> None:
    """A changed .gitattributes may alter files of product, too, which the cross side has as base's one makes them."""
    decision = judge_with_cross(suite(PASSED), suite(PASSED), cross_suite(PASSED), changed(".gitattributes", FILE))

    assert [Effect.REVIEW] == [reason.effect for reason in decision.reasons if reason.code is Condition.PROTECTED_PATH]


def test_a_protected_file_that_is_not_restored_stays_a_question() -> None:
    """Base's tests ran with the changed pyproject.toml, so that they say nothing about it."""
    decision = judge_with_cross(suite(PASSED), suite(PASSED), cross_suite(PASSED), changed("pyproject.toml", FILE))

    assert [Effect.REVIEW] == [reason.effect for reason in decision.reasons]


def test_a_change_without_test_side_files_needs_no_cross_side() -> None:
    """The decision is the same as the one of two sides."""
    base, head, files = suite(PASSED), suite(PASSED), changed("shop.py", "README.md")

    assert judge(base, head, files).reasons == judge_with_cross(base, head, None, files).reasons == ()
    assert NOTHING == plan_cross(assess_side(base), assess_side(head), files, TERMS)


@pytest.mark.parametrize(
    ("head", "planned"),
    [
        (suite(PASSED), CrossPlan(paths=(FILE,), modules=())),
        (suite(SKIPPED), CrossPlan(paths=(FILE,), modules=())),
        (suite(None), CrossPlan(paths=(FILE,), modules=())),
        (suite(FAILED), NOTHING),
        (make_evidence({TEST: PASSED}, timed_out=True), NOTHING),
    ],
)
def test_a_cross_side_is_planned_where_it_may_matter(head: Evidence, planned: CrossPlan) -> None:
    """A failure that blocks needs no third opinion, a test that is gone does."""
    base = assess_side(suite(PASSED))

    assert planned == plan_cross(base, assess_side(head), changed(FILE, "shop.py"), TERMS)


def test_the_table_speaks_of_categories_that_the_matrix_makes() -> None:
    """Each row is a category of two sides, each result one of the cross side; a hidden failure counts as a failure."""
    assert {category for category, _ in TABLE} <= {*MATRIX.values(), Category.REPARAMETRISED}
    assert SPEAKING == set(TABLE.values())
    assert {*Group} - {Group.PARTLY, Group.NOT_RUN} == {group for _, group in TABLE}
    assert Category.HIDDEN_FAILING in BAD_TRANSITIONS
