"""A real project, broken on purpose, against what its own suite says without Autopack."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.gating import Gates, verdict
from tests.real.agreement import assert_agreement
from tests.real.bench import Bench, set_up
from tests.real.independent import IndependentRun
from tests.real.projects import PROJECTS
from tests.real.source_releases import HEAD, commit, git

pytestmark = pytest.mark.real

BROKEN, HIDDEN = "broken", "hidden"
MODULE, TESTS = "src/cachetools/__init__.py", "tests/test_lru.py"
REMEMBERED = """
    def __update(self, key):
        try:
            self.__order.move_to_end(key)
"""
FORGOTTEN = REMEMBERED.replace(".move_to_end(key)", "[key]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotaged:
    """The project with the branches BROKEN and HIDDEN on HEAD, and what each does without Autopack."""

    bench: Bench
    runs: dict[str, IndependentRun]


@pytest.fixture(scope="module")
def sabotaged(tmp_path_factory: pytest.TempPathFactory, fetching_python: Path) -> Sabotaged:
    """BROKEN makes a least-recently-used cache forget what was used; HIDDEN then deletes the tests that notice."""
    (project,) = (each for each in PROJECTS if each.name == "cachetools")
    bench = set_up(project, tmp_path_factory.mktemp("sabotaged"), fetching_python)
    git(bench.repository, "switch", "--quiet", "--create", BROKEN)
    source = (bench.repository / MODULE).read_text(encoding="utf-8")
    assert 1 == source.count(REMEMBERED)
    (bench.repository / MODULE).write_text(source.replace(REMEMBERED, FORGOTTEN), encoding="utf-8")
    commit(bench.repository, "broken")
    git(bench.repository, "switch", "--quiet", "--create", HIDDEN)
    (bench.repository / TESTS).unlink()
    commit(bench.repository, "hidden")
    return Sabotaged(bench=bench, runs={name: bench.independent_run(name) for name in (HEAD, BROKEN, HIDDEN)})


@pytest.mark.parametrize(
    ("base", "head", "changed", "expected_verdict", "expected_category"),
    [
        (HEAD, BROKEN, MODULE, "BLOCK", "newly_failing"),
        (BROKEN, HEAD, MODULE, "ALLOW", "newly_passing"),
        (BROKEN, HIDDEN, TESTS, "BLOCK", "removed_failing"),
    ],
)
def test_sabotage_is_found_test_by_test(
    sabotaged: Sabotaged,
    gates: Gates,
    base: str,
    head: str,
    changed: str,
    expected_verdict: str,
    expected_category: str,
) -> None:
    """Breaking a function blocks with exactly the tests that fail without Autopack, mending it is allowed, and
    deleting those tests instead is blocked again.
    """
    report = sabotaged.bench.gate(gates, base=base, head=head)

    categories = assert_agreement(report, sabotaged.runs[base], sabotaged.runs[head], [changed])
    assert expected_verdict == verdict(report)
    failing = sorted(key for key, outcomes in sabotaged.runs[BROKEN].outcomes.items() if outcomes == ("failed",))
    assert failing
    assert failing == categories[expected_category]
