"""Which test a report belongs to. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from autopack_recorder.names import Names
    from autopack_recorder.stream import Stream

_IDS_PER_EVENT = 500
_CHARACTERS_PER_EVENT = 65536


class Numbering:
    """Gives each test a number, writes the names in the order of the numbers, and finds a report's test again."""

    def __init__(self, names: Names, stream: Stream) -> None:
        self._names = names
        self._stream = stream
        self._numbers: dict[str, int] = {}  # name -> number of the test
        self._by_id: dict[str, int] = {}  # node id as pytest says it -> number of its first occurrence
        self._by_item: dict[int, list[int]] = {}  # id(item) -> numbers of the tests it stands for, next one last
        self._by_worker: dict[str, list[int]] = {}  # worker -> number of the test at each item index
        self._running: tuple[int, str] | None = None  # number and node id of the item that runs

    def list_items(self, items: Sequence[pytest.Item]) -> None:
        """Number the tests that this process is going to run."""
        numbers = self._list([item.nodeid for item in items], "collected")
        for number, item in zip(reversed(numbers), reversed(items)):
            self._by_item.setdefault(id(item), []).append(number)

    def list_of_worker(self, worker: str, node_ids: Sequence[str]) -> None:
        """Number the tests that a worker of pytest-xdist collected."""
        self._by_worker[worker] = self._list(node_ids, "collected")

    def enter(self, item: pytest.Item) -> tuple[int, str] | None:
        """Know from now on that ``item`` runs. Returns what ``leave`` wants."""
        before = self._running
        numbers = self._by_item.get(id(item))
        if numbers is not None:
            self._running = numbers.pop() if len(numbers) > 1 else numbers[0], item.nodeid
        return before

    def leave(self, before: tuple[int, str] | None) -> None:
        """Know from now on that the item does not run any more."""
        self._running = before

    def of(self, report: pytest.TestReport, worker: str | None) -> int:
        """The number of the test that ``report`` belongs to: its id may be another one, or that of several items."""
        node_id = report.nodeid
        if self._running is not None and (node_id == self._running[1] or node_id not in self._by_id):
            return self._running[0]
        if worker is not None:
            place = self.of_worker(worker, getattr(report, "item_index", -1))
            if place is not None:
                return place
        number = self._by_id.get(node_id)
        return self._list([node_id], "unlisted")[0] if number is None else number

    @property
    def running(self) -> int | None:
        """The number of the item that runs, if one does."""
        return None if self._running is None else self._running[0]

    def of_worker(self, worker: str, index: int) -> int | None:
        """The number of the test that a worker has at ``index``, if it has one there."""
        numbers = self._by_worker.get(worker, ())
        return numbers[index] if 0 <= index < len(numbers) else None

    def listed(self, node_id: str) -> int | None:
        """The number of the first test with this id, if one is listed."""
        return self._by_id.get(node_id)

    def _list(self, node_ids: Sequence[str], event: str) -> list[int]:
        """The number of each test; those not seen before are given one and written."""
        names = self._names.of_all(node_ids)
        fresh = [name for name in names if name not in self._numbers]
        for name in fresh:
            self._numbers[name] = len(self._numbers)
        for part in parts(fresh):
            self._stream.write(event, ids=part)
        numbers = [self._numbers[name] for name in names]
        for node_id, number in zip(node_ids, numbers):
            self._by_id.setdefault(node_id, number)
        return numbers


def parts(names: Sequence[str]) -> Iterator[list[str]]:
    """The ``names`` in lists that are short enough for one event."""
    part: list[str] = []
    size = 0
    for name in names:
        if part and (len(part) >= _IDS_PER_EVENT or size + len(name) > _CHARACTERS_PER_EVENT):
            yield part
            part, size = [], 0
        part.append(name)
        size += len(name)
    if part:
        yield part
