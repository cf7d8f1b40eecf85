"""What two independent runs imply for a gate, written down a second time and without Autopack's own code."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import TypeAlias

from tests.real.independent import Key, Outcomes

Categories: TypeAlias = dict[str, list[Key]]

_GOOD, _BAD, _MUTED, _ABSENT = "good", "bad", "muted", "absent"
_KINDS = {"passed": _GOOD, "failed": _BAD, "errored": _BAD, "skipped": _MUTED, "xfailed": _MUTED}
_CATEGORIES = {
    (_GOOD, _GOOD): "still_passing",
    (_GOOD, _BAD): "newly_failing",
    (_GOOD, _MUTED): "newly_muted",
    (_GOOD, _ABSENT): "removed",
    (_BAD, _GOOD): "newly_passing",
    (_BAD, _BAD): "still_failing",
    (_BAD, _MUTED): "muted_failing",
    (_BAD, _ABSENT): "removed_failing",
    (_MUTED, _GOOD): "unmuted",
    (_MUTED, _BAD): "newly_failing",
    (_MUTED, _MUTED): "still_muted",
    (_MUTED, _ABSENT): "removed_muted",
    (_ABSENT, _GOOD): "added_passing",
    (_ABSENT, _BAD): "added_failing",
    (_ABSENT, _MUTED): "added_muted",
}
_BLOCKING = {
    *("newly_failing", "newly_muted", "removed", "muted_failing", "removed_failing", "added_failing"),
    "hidden_failing",
}
_PROTECTED_NAMES = {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py", ".coveragerc"}
_PROTECTED_STARTS = (".github/workflows/", ".travis.yml", "appveyor.yml", "azure-pipelines.yml")
_ASKING = {"rewritten", "retired", "retired_muted", "retired_with_subject", "passes_by_edit"}
# What base's tests on the candidate's code, and new tests on base's code, may make of a category of the two sides.
_SAID_BY_THIRD_SIDES = {
    "still_passing": {"rewritten", "adapted"},
    "reparametrised": {"rewritten"},
    "newly_passing": {"passes_by_edit"},
    "newly_muted": {"retired_muted", "hidden_failing"},
    "unmuted": {"passes_by_edit"},
    "removed": {"adapted", "renamed", "moved_and_rewritten", "retired", "retired_with_subject", "hidden_failing"},
    "added_passing": {"rewritten", "proves_nothing"},
    "added_muted": {"hidden_failing"},
}


def expected_categories(base: Outcomes, head: Outcomes) -> Categories:
    """Every test of either run under the category that its two outcomes give it, sorted.

    The kind of a failure is not compared: what failed twice is ``still_failing``.
    """
    cells = {key: _CATEGORIES[_kind(base, key), _kind(head, key)] for key in base.keys() | head.keys()}
    cells |= dict.fromkeys(_with_new_parameter_names(cells, base, head), "reparametrised")
    return grouped(cells)


def grouped(cells: dict[Key, str]) -> Categories:
    """The keys of each category, sorted."""
    found: defaultdict[str, list[Key]] = defaultdict(list)
    for key, category in cells.items():
        found[category].append(key)
    return {category: sorted(keys) for category, keys in found.items()}


def two_sided(expected: Categories, found: Categories) -> Categories:
    """What was ``found``, where each test that a third side says more of is put back into the category that is
    ``expected`` of the two sides, if it can come from that one.
    """
    of_two = {key: category for category, keys in expected.items() for key in keys}
    cells = {key: category for category, keys in found.items() for key in keys}
    return grouped(
        {
            key: of_two[key] if category in _SAID_BY_THIRD_SIDES.get(of_two.get(key, ""), ()) else category
            for key, category in cells.items()
        }
    )


def expected_verdict(categories: Categories, *, asked_otherwise: bool) -> str:
    """The verdict that the categories of a change between two complete runs call for, and whether something else than
    a test asks a person: a protected file, or a finding.
    """
    if _BLOCKING & categories.keys():
        return "BLOCK"
    return "NEEDS_HUMAN" if asked_otherwise or _ASKING & categories.keys() else "ALLOW"


def protected(path: str) -> bool:
    """Whether the name of the file says that it can alter how tests run."""
    return path.rpartition("/")[2] in _PROTECTED_NAMES or path.startswith(_PROTECTED_STARTS)


def changed_paths(base: Path, head: Path) -> list[str]:
    """The files that differ between two folders, or that only one of them has, sorted."""
    before, after = _contents(base), _contents(head)
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _kind(outcomes: Outcomes, key: Key) -> str:
    kinds = {_KINDS[outcome] for outcome in outcomes.get(key, ())}
    assert len(kinds) <= 1, f"tests that share the name {key} ended differently: {outcomes[key]}"
    return kinds.pop() if kinds else _ABSENT


def _with_new_parameter_names(cells: dict[Key, str], base: Outcomes, head: Outcomes) -> list[Key]:
    """Lost and gained tests of functions that have no fewer tests than before, all of which pass now."""
    lost = [key for key, category in cells.items() if category == "removed"]
    gained = [key for key, category in cells.items() if category.startswith("added_")]
    gone = Counter(_function(key) for key in base.keys() - head.keys())
    come = Counter(map(_function, gained))
    failing = {_function(key) for key in head if _kind(head, key) != _GOOD}
    excused = {function for function in map(_function, lost) if gone[function] <= come[function]} - failing
    return [key for key in lost + gained if _function(key) in excused]


def _function(key: Key) -> Key:
    return key[0], key[1].partition("[")[0]


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {str(path.relative_to(folder)): _content(path) for path in files}


def _content(path: Path) -> bytes:
    return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
