"""Collectors that gave no tests: what they hide, and what became of them between base and head."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autopack_gatekeeper.domain.matrix import MATRIX, Group
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import CollectorState

_EVERYTHING = ("", ".")

# pytest imports modules of one name only once, and refuses the second: a fault of the tree, in every environment.
SHADOWED_CAUSE = "ImportPathMismatchError: "


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentCollectors:
    """The names of one side's collectors that errored, that were skipped, and that passed without tests.

    ``shadowed`` has the signatures of the errored modules that pytest refused because of another one of their name.
    """

    errored: frozenset[str]
    skipped: frozenset[str]
    passed: frozenset[str]
    shadowed: Mapping[str, str]

    @staticmethod
    def of(evidence: Evidence | None, renames: Renames) -> "SilentCollectors":
        """Those of ``evidence``, under the names that they have after ``renames``; none without evidence."""
        outcomes = () if evidence is None else evidence.suite_run.recorder.collectors
        names = {
            state: frozenset(renames.apply(each.collector) for each in outcomes if each.state is state)
            for state in CollectorState
        }
        return SilentCollectors(
            errored=names[CollectorState.ERRORED],
            skipped=names[CollectorState.SKIPPED],
            passed=names[CollectorState.PASSED],
            shadowed={
                renames.apply(each.collector): each.signature
                for each in outcomes
                if each.cause.startswith(SHADOWED_CAUSE)
            },
        )

    @property
    def names(self) -> frozenset[str]:
        """Those that hide tests."""
        return self.errored | self.skipped

    def group(self, name: str) -> Group:
        """What a test or collector that the side did not report is to the matrix. An error outweighs a skip."""
        if covered(name, self.errored):
            return Group.UNCOLLECTED
        return Group.MUTED if covered(name, self.skipped) else Group.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedFiles:
    """The paths that the change touches, as they are on head; None when they are unknown, and anything may be."""

    paths: frozenset[str] | None

    def touch(self, name: str) -> bool:
        """Whether the change touches, or may touch, the file or folder of the collector ``name``."""
        path = name.partition("::")[0]
        return (
            self.paths is None
            or path in _EVERYTHING
            or path in self.paths
            or any(each.startswith(f"{path}/") for each in self.paths)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorDelta:
    """What became of collectors, sorted per category.

    ``errors`` holds the collector categories. ``muted`` holds the categories of skipped collectors of which no test is
    known on either side, so that no test id can stand for them in the delta.
    """

    errors: Mapping[Category, tuple[str, ...]]
    muted: Mapping[Category, tuple[str, ...]]


def covered(name: str, collectors: Collection[str]) -> bool:
    """Whether one of ``collectors`` is ``name`` itself or holds it.

    The empty name and ``.`` hold everything; any other name holds what follows it behind ``::`` or ``/``.
    """
    return bool(collectors) and (name in collectors or any(each in collectors for each in _ancestors(name)))


def holds_any(collector: str, ordered_ids: Sequence[str]) -> bool:
    """Whether ``collector`` holds at least one of the sorted ids; logarithmic in their number."""
    if collector in _EVERYTHING:
        return bool(ordered_ids)
    for prefix in (f"{collector}::", f"{collector}/", collector):
        position = bisect_left(ordered_ids, prefix)
        if position < len(ordered_ids):
            found = ordered_ids[position]
            if found == collector or (prefix != collector and found.startswith(prefix)):
                return True
    return False


def compare_collectors(
    base: SilentCollectors,
    head: SilentCollectors,
    *,
    base_ids: Sequence[str],
    head_ids: Sequence[str],
    lost: Sequence[str],
    touched: TouchedFiles,
) -> CollectorDelta:
    """Look every silent collector up in the matrix: it stands for the tests that nobody could see.

    ``base_ids`` and ``head_ids`` are the sorted ids of each side; ``lost`` are the base's ids that head does not
    report, under the names that their files have on head. A head error that hides tests known on base is new, even
    beside a base error. Where tests or an outer or inner collector tell the story already, nothing is added.

    A collector that passes on head without tests is not gone. Only where the change touches its file can it be that
    its tests are.
    """
    hides_lost = _holders(head.errored, lost)
    has_inner = _holders(base.names | head.names, head.names)
    base_known = _holders(base.names | head.names, lost)
    found: dict[Category, list[str]] = {}
    for name in sorted(base.names | head.names):
        base_group, head_group = base.group(name), head.group(name)
        if name in head.errored:
            base_group = Group.ABSENT if name in hides_lost else base_group
        else:
            told_on_head = head_group is Group.UNCOLLECTED or name in has_inner or holds_any(name, head_ids)
            told_on_base = base_group is not Group.UNCOLLECTED and (name in base_known or holds_any(name, base_ids))
            if told_on_head or told_on_base:
                continue
            if name in head.passed:
                if not touched.touch(name):
                    continue
                if base_group is Group.UNCOLLECTED:
                    found.setdefault(Category.COLLECTED_EMPTY, []).append(name)
                    continue
        category = MATRIX[base_group, head_group]
        shadowed = name in head.shadowed and head.shadowed[name] == base.shadowed.get(name)
        if category is Category.PERSISTENT_COLLECTION_ERROR and shadowed and not touched.touch(name):
            category = Category.SHADOWED_MODULE
        found.setdefault(category, []).append(name)
    listed = {category: tuple(found[category]) for category in sorted(found)}
    return CollectorDelta(
        errors={category: names for category, names in listed.items() if category in COLLECTOR_CATEGORIES},
        muted={category: names for category, names in listed.items() if category not in COLLECTOR_CATEGORIES},
    )


def _ancestors(name: str) -> Iterator[str]:
    """Every collector that would hold ``name``, innermost first, without ``name`` itself."""
    end = len(name)
    while (end := max(name.rfind("/", 0, end), name.rfind("::", 0, end))) > 0:
        yield name[:end]
    yield from (each for each in _EVERYTHING if each != name)


def _holders(collectors: frozenset[str], names: Iterable[str]) -> frozenset[str]:
    """Those of ``collectors`` that hold at least one of ``names``, other than by being it."""
    if not collectors:
        return frozenset()
    return frozenset(each for name in names for each in _ancestors(name) if each in collectors)
