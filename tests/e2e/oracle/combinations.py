"""Combinations of an edit of a product module and an edit of its tests, drawn by hypothesis."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.oracle.edits import APPLY, Edited, ProductEdit, TestEdit
from tests.e2e.oracle.subjects import ALWAYS_WRONG, SUBJECTS, Subject
from tests.e2e.oracle.written import MODULE, Check, Style, TestModule, Written

OTHER_NAME: Final = "renamed"
"""What a renamed product function is called."""

_TEST_EDITS = (*TestEdit, TestEdit.NONE, TestEdit.REFORMATTED, TestEdit.TEST_ADDED)
_PRODUCT_EDITS = (*ProductEdit, ProductEdit.WRONG, ProductEdit.WRONG, ProductEdit.OTHER_WORDS)

_LABEL = f"def label():\n    return '{MODULE}'\n"
_UNIMPORTABLE = "raise RuntimeError('broken')\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One side of a combination: the source of its product module, and of its test modules by their names."""

    product: str
    tests: Mapping[str, str]

    def files(self, module: str) -> dict[str, str]:
        """The files by their paths."""
        return {f"shop/{module}.py": self.product} | {f"tests/{name}.py": text for name, text in self.tests.items()}

    def named(self, module: str) -> "Tree":
        """The same for the product module of that name."""
        tests = {name.replace(MODULE, module): text.replace(MODULE, module) for name, text in self.tests.items()}
        return Tree(product=self.product.replace(MODULE, module), tests=tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """A product module with its tests on both sides. ``new_name`` is that of the product function where it was renamed
    from ``name``, else empty. ``words`` say what was drawn.
    """

    module: str
    base: Tree
    head: Tree
    name: str
    new_name: str
    words: str

    def __str__(self) -> str:
        """What a failure of a test shows."""
        files = [
            *(("base", *file) for file in self.base_files.items()),
            *(("head", *file) for file in self.head_files.items()),
        ]
        shown = "".join(f"--- {side} {path}\n{text}" for side, path, text in files)
        return f"{self.module}: {self.words}\n{shown}"

    @property
    def base_files(self) -> dict[str, str]:
        """The files of base, by their paths."""
        return self.base.files(self.module)

    @property
    def head_files(self) -> dict[str, str]:
        """The files of head, by their paths."""
        return self.head.files(self.module)

    def numbered(self, number: int) -> "Combination":
        """The same with a product module of its own."""
        module = f"p{number:03}"
        return replace(self, module=module, base=self.base.named(module), head=self.head.named(module))


def all_combinations() -> list[Combination]:
    """Each edit of tests with each edit of the product, some more than once, on what hypothesis draws: the same each
    time unless its profile searches for something new.
    """
    pairs = [(test_edit, product_edit) for product_edit in _PRODUCT_EDITS for test_edit in _TEST_EDITS]
    drawn: dict[str, Drawn] = {}

    # Nothing is judged here, so there is nothing to shrink. Some examples come twice.
    @settings(max_examples=len(pairs), phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    @given(_drawn())
    def draw(found: Drawn) -> None:
        drawn.setdefault(repr(found), found)

    draw()
    return [
        _combined(found, *pair).numbered(number)
        for number, (pair, found) in enumerate(zip(pairs, itertools.cycle(drawn.values()), strict=False))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What is left to chance. ``body`` is that of base, ``wrong`` what an edit that breaks the function makes of it,
    and ``right`` what one that does not; ``missing`` is in the place of base's function where it is not None.
    """

    subject: Subject
    body: str
    right: str
    wrong: str
    always_wrong: str
    missing: str | None
    tests: TestModule
    index: int | None
    second_edit: TestEdit
    follows: bool


@st.composite
def _drawn(draw: st.DrawFn) -> Drawn:
    subject = draw(st.sampled_from(SUBJECTS))
    body = draw(st.sampled_from((subject.good, subject.good, subject.good, subject.wrong[0])))
    rights = (subject.same,) if body == subject.good else (subject.good, subject.same)
    return Drawn(
        subject=subject,
        body=body,
        right=draw(st.sampled_from(rights)),
        wrong=draw(st.sampled_from(subject.wrong)),
        always_wrong=draw(st.sampled_from(ALWAYS_WRONG)),
        missing=draw(st.sampled_from((*[None] * 10, "", _UNIMPORTABLE, _UNIMPORTABLE))),
        tests=draw(_test_modules(subject)),
        index=draw(st.sampled_from((None, None, 0, 1))),
        second_edit=draw(st.sampled_from((*[TestEdit.NONE] * 60, *TestEdit))),
        follows=draw(st.booleans()),
    )


def _combined(drawn: Drawn, test_edit: TestEdit, product_edit: ProductEdit) -> Combination:
    subject = drawn.subject
    new_name = OTHER_NAME if product_edit in (ProductEdit.RENAMED, ProductEdit.RENAMED_AND_WRONG) else ""
    head = _head(drawn, product_edit, new_name)
    edits = [test_edit, drawn.second_edit]
    if new_name and drawn.follows:
        edits = [TestEdit.FOLLOWED, *edits]
    function = new_name or subject.name
    observed = _observed(subject, head, function)
    edited = Edited(first=drawn.tests, index=drawn.index, function=function, observed=observed)
    for edit in edits:
        edited = APPLY[edit](edited)
    base = subject.source(drawn.body) if drawn.missing is None else drawn.missing
    return Combination(
        module=MODULE,
        base=Tree(product=f"{_LABEL}\n\n{base}", tests={f"test_{MODULE}": drawn.tests.source()}),
        head=Tree(product=f"{_LABEL}\n\n{head}", tests=_written(edited)),
        name=subject.name,
        new_name=new_name,
        words=f"{subject.name} {product_edit.value}, tests {' '.join(each.value for each in edits)}",
    )


def _head(drawn: Drawn, edit: ProductEdit, new_name: str) -> str:
    """The product function of head."""
    if edit is ProductEdit.DELETED:
        return ""
    if edit is ProductEdit.UNIMPORTABLE:
        return _UNIMPORTABLE
    bodies = {
        ProductEdit.NONE: drawn.body,
        ProductEdit.RENAMED: drawn.body,
        ProductEdit.OTHER_WORDS: drawn.right,
        ProductEdit.ALWAYS_WRONG: drawn.always_wrong,
    }
    return drawn.subject.source(bodies.get(edit, drawn.wrong), new_name)


@st.composite
def _test_modules(draw: st.DrawFn, subject: Subject) -> TestModule:
    count = draw(st.integers(1, 3))
    tests = tuple(draw(_tests(subject, f"test_{subject.name}_{number}")) for number in range(count))
    return TestModule(
        subject=subject,
        function=subject.name,
        tests=tests,
        by_name=draw(st.booleans()),
        steady=draw(st.booleans()),
    )


@st.composite
def _tests(draw: st.DrawFn, subject: Subject, name: str) -> Written:
    style = draw(st.sampled_from(Style))
    checks = [Check.EQUAL, Check.EQUAL, Check.IN]
    checks += [Check.APPROX] if subject.name == "net" else []
    checks += [Check.LENGTH] if subject.samples[0][1][0] in "[{'" else []
    checks += [Check.RAISES] if subject.raising else []
    check = draw(st.sampled_from(checks))
    pool = subject.raising if check is Check.RAISES else subject.samples
    most = 1 if style is Style.FIXTURE else len(pool)
    samples = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=most, unique=True))
    return Written(name=name, style=style, check=check, samples=tuple(samples))


def _observed(subject: Subject, product: str, function: str) -> dict[str, str]:
    """What the product of head gives for each sample, as source; nothing where it raises."""
    found: dict[str, str] = {}
    for arguments, _ in subject.samples:
        names: dict[str, object] = {}
        try:
            exec(f"{product}\nresult = {subject.call(function, arguments)}", names)
        except Exception:  # noqa: BLE001 - whatever a broken product raises
            continue
        found[arguments] = repr(names["result"])
    return found


def _written(edited: Edited) -> dict[str, str]:
    modules = {f"test_{MODULE}": edited.first, f"test_{MODULE}_more": edited.second}
    return {name: module.source() for name, module in modules.items() if module is not None}
