"""The delta between two sides: every test id in exactly one category (docs/rules.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autopack_model.errors import InvalidValue
from autopack_model.evidence.columns import tally
from autopack_model.labels import Labelled
from autopack_model.text import check_ascending


class Category(Labelled):
    """The cells of the transition matrix by name. The number is both the byte in a cells column and the number in
    ``autopack.results.v1.Category``. RENAMED and MOVED_AND_REWRITTEN
    hold the old ids of tests that live on under a new one.
    """

    STILL_PASSING = 1
    NEWLY_FAILING = 2
    NEWLY_FLAKY = 3
    NEWLY_MUTED = 4
    NEW_COLLECTION_ERROR = 5
    REMOVED = 6
    NEWLY_PASSING = 7
    STILL_FAILING = 8
    CHANGED_FAILURE = 9
    NOW_FLAKY = 10
    MUTED_FAILING = 11
    REMOVED_FAILING = 12
    FLAKY = 13
    FLAKY_FAILING = 14
    STILL_FLAKY = 15
    UNMUTED = 16
    STILL_MUTED = 17
    REMOVED_MUTED = 18
    COLLECTED = 19
    REVEALED_FAILING = 20
    REVEALED_FLAKY = 21
    COLLECTED_MUTED = 22
    PERSISTENT_COLLECTION_ERROR = 23
    REMOVED_MODULE = 24
    ADDED_PASSING = 25
    ADDED_FAILING = 26
    ADDED_FLAKY = 27
    ADDED_MUTED = 28
    REPARAMETRISED = 29
    RENAMED = 30
    COLLECTED_EMPTY = 31
    SHADOWED_MODULE = 32
    MOVED_AND_REWRITTEN = 34
    PASSES_WITH_NEW_RERUNS = 36
    REWRITTEN = 37
    ADAPTED = 38
    RETIRED = 39
    RETIRED_MUTED = 40
    RETIRED_WITH_SUBJECT = 41
    HIDDEN_FAILING = 42
    PASSES_BY_EDIT = 43
    PROVES_NOTHING = 44


COLLECTOR_CATEGORIES = frozenset(
    {
        Category.NEW_COLLECTION_ERROR,
        Category.PERSISTENT_COLLECTION_ERROR,
        Category.REMOVED_MODULE,
        Category.COLLECTED_EMPTY,
        Category.SHADOWED_MODULE,
    }
)

_CATEGORY_BYTES = bytes(category.value for category in Category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The comparison of two suite runs, compactly.

    ``cells`` has one byte (a Category number) per test id of the sorted union of both sides' ids. ``collectors``
    holds, for each collector category that occurs, the sorted collectors that it concerns.
    """

    cells: bytes
    collectors: Mapping[Category, tuple[str, ...]]

    def __post_init__(self) -> None:
        if self.cells.translate(None, _CATEGORY_BYTES):
            raise InvalidValue("delta.cells", "holds a number that is not a Category")
        if not set(self.collectors) <= COLLECTOR_CATEGORIES:
            raise InvalidValue("delta.collectors", "holds a category that is not about collectors")
        for collectors in self.collectors.values():
            check_ascending(collectors, "delta.collectors")

    def counts(self) -> dict[Category, int]:
        """The number of test ids in each category."""
        found = tally(self.cells)
        return {category: found.get(category, 0) for category in Category}

    def listing(self, base_ids: Sequence[str], head_ids: Sequence[str]) -> dict[Category, tuple[str, ...]]:
        """Every category with its sorted test ids, or its sorted collectors for the collector categories.

        Raises InvalidValue when the ids are not those that the delta was made from.
        """
        union = union_ids(base_ids, head_ids)
        if len(union) != len(self.cells):
            raise InvalidValue("delta.cells", f"{len(self.cells)} cells for {len(union)} test ids")
        lists: dict[int, list[str]] = {category.value: [] for category in Category}
        for test_id, cell in zip(union, self.cells, strict=True):
            lists[cell].append(test_id)
        return {
            category: self.collectors.get(category, ())
            if category in COLLECTOR_CATEGORIES
            else tuple(lists[category.value])
            for category in Category
        }


def union_ids(base_ids: Sequence[str], head_ids: Sequence[str]) -> Sequence[str]:
    """The sorted union of both sides' test ids: the order of a delta's cells."""
    if base_ids == head_ids:
        return base_ids
    # Both lists are sorted, so few ids of head's own behind base's long run are merged in nearly one pass.
    return sorted([*base_ids, *set(head_ids).difference(base_ids)])
