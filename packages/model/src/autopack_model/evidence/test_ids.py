"""The sorted test ids of a suite run, compactly: a million of them take little more memory than their characters."""

import hashlib
import operator
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise
from typing import overload

from autopack_model.errors import InvalidValue

BLOCK_IDS = 5000
BLOCK_CHARACTERS = 128 * 1024
"""A block of ids has at most so many ids and, but for a single longer id, so many characters."""

COUNT_BYTES = 8
LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Neighbouring ids: their characters, one id after the other, and where each ends (from the block's beginning)."""

    text: str
    ends: "array[int]"

    @staticmethod
    def of(ids: Sequence[str]) -> "Block":
        """The block of ``ids``, at least one."""
        return Block("".join(ids), array("I", accumulate(map(len, ids))))

    def __len__(self) -> int:
        """How many ids it has."""
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        """The id at ``index``, from 0."""
        return self.text[self.ends[index - 1] if index else 0 : self.ends[index]]

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return self.run(0, len(self))

    def run(self, start: int, end: int) -> Iterator[str]:
        """The ids from ``start`` up to ``end``."""
        text, begin = self.text, self._begin(start)
        for stop in self.ends[start:end]:
            yield text[begin:stop]
            begin = stop

    def matches(self, start: int, end: int, other: "Block", other_start: int) -> bool:
        """Whether the ids from ``start`` up to ``end`` are as many ids of ``other`` from ``other_start`` on."""
        begin, other_begin = self._begin(start), other._begin(other_start)
        ends, other_ends = self.ends[start:end], other.ends[other_start : other_start + end - start]
        if not self.text.startswith(other.text[other_begin : other_ends[-1]], begin):
            return False
        # One subtraction of long integers tells whether every end is shifted by the same number of characters.
        shift = begin - other_begin
        return ends == other_ends if not shift else _integer(ends) - _integer(other_ends) == shift * _ones(len(ends))

    def lengths(self) -> bytes:
        """The length of each id in characters, four bytes each, little-endian."""
        # One subtraction of long integers: no id ends before it begins, so none borrows from the next.
        ends = self.ends[:]
        if sys.byteorder == "big":
            ends.byteswap()
        after = ends.tobytes()
        before = bytes(LENGTH_BYTES) + after[:-LENGTH_BYTES]
        lengths = int.from_bytes(after, "little") - int.from_bytes(before, "little")
        return lengths.to_bytes(len(after), "little")

    def _begin(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class TestIds(Sequence[str]):
    """Test ids, strictly ascending by code point. Immutable.

    Indexing and searching cost a few comparisons; a slice is a tuple of strings.
    """

    __test__ = False
    __slots__ = ("_blocks", "_digest", "_firsts", "_starts")

    def __init__(self, blocks: Sequence[Block] = ()) -> None:
        """Ids that are known to ascend strictly; use ``of`` or ``of_lists`` for others."""
        self._blocks = tuple(blocks)
        self._starts = [0, *accumulate(map(len, self._blocks))]
        self._firsts = [block[0] for block in self._blocks]
        self._digest = ""

    @staticmethod
    def of(ids: Iterable[str]) -> "TestIds":
        """The ``ids`` in their order. Raises InvalidValue when they do not ascend strictly."""
        iterator = iter(ids)
        return TestIds.of_lists(iter(lambda: list(islice(iterator, BLOCK_IDS)), []))

    @staticmethod
    def of_lists(lists: Iterable[Sequence[str]]) -> "TestIds":
        """The ids of all ``lists``, one after the other, which are read once. Raises InvalidValue as ``of``."""
        growing = GrowingTestIds()
        for ids in lists:
            growing.add(ids)
        return growing.ids()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The ids in blocks. How they are cut says nothing about them."""
        return self._blocks

    def __len__(self) -> int:
        """How many there are."""
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        """The id at an index, or those of a slice."""
        if isinstance(index, slice):
            return tuple(self._sliced(range(*index.indices(len(self)))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(index)
        block = bisect_right(self._starts, position) - 1
        return self._blocks[block][position - self._starts[block]]

    def _sliced(self, positions: range) -> Iterator[str]:
        if positions.step != 1:
            return (self[position] for position in positions)
        return self.run(positions.start, positions.stop)

    def run(self, start: int, end: int) -> Iterator[str]:
        """The ids from ``start`` up to ``end``, one by one."""
        return chain.from_iterable(block.run(first, last) for block, first, last in self._parts(start, end))

    def _parts(self, start: int, end: int) -> Iterator[tuple[Block, int, int]]:
        """The blocks that hold the ids from ``start`` up to ``end``, each with the indices of these in it."""
        number = bisect_right(self._starts, start) - 1
        while start < end:
            first, stop = self._starts[number], min(end, self._starts[number + 1])
            yield self._blocks[number], start - first, stop - first
            start, number = stop, number + 1

    def __iter__(self) -> Iterator[str]:
        """The ids, ascending."""
        return chain.from_iterable(self._blocks)

    def __contains__(self, value: object) -> bool:
        """Whether ``value`` is one of them."""
        return isinstance(value, str) and self.find(value) is not None

    def find(self, test_id: str) -> int | None:
        """The index of ``test_id``, from 0; None when it is not among them."""
        place = self.place(test_id)
        return place if place < len(self) and self[place] == test_id else None

    def place(self, test_id: str) -> int:
        """The index that ``test_id`` has or would have."""
        number = bisect_right(self._firsts, test_id) - 1
        if number < 0:
            return 0
        return self._starts[number] + bisect_left(self._blocks[number], test_id)

    def matches(self, start: int, end: int, other: "TestIds", other_start: int) -> bool:
        """Whether the ids from ``start`` up to ``end`` are as many ids of ``other`` from ``other_start`` on.

        Both have that many. It costs little more than comparing the characters, wherever the blocks end.
        """
        for block, first, last in self._parts(start, end):
            at = first
            for theirs, low, high in other._parts(other_start, other_start + last - first):
                if not block.matches(at, at + high - low, theirs, low):
                    return False
                at += high - low
            other_start += last - first
        return True

    def __eq__(self, other: object) -> bool:
        """Whether ``other`` has the same ids."""
        if not isinstance(other, TestIds):
            return NotImplemented
        if self is other or self._blocks is other._blocks:
            return True
        return len(self) == len(other) and self.matches(0, len(self), other, 0)

    def __hash__(self) -> int:
        """Equal ids have equal hashes."""
        return hash((len(self), *(self[:1]), *(self[-1:])))

    def __repr__(self) -> str:
        """A few of them."""
        shown = ", ".join(map(repr, self[:3]))
        return f"TestIds({shown})" if len(self) <= 3 else f"TestIds({shown}, ... {len(self)} in all)"

    @property
    def digest(self) -> str:
        """Their content address: ``sha256:`` and the hex SHA-256 over ``encoded``."""
        if not self._digest:
            digest = hashlib.sha256()
            for piece in self.encoded():
                digest.update(piece)
            self._digest = f"sha256:{digest.hexdigest()}"
        return self._digest

    def encoded(self) -> Iterator[bytes]:
        """The bytes that stand for these ids wherever they are digested or stored, in pieces.

        First their number in eight bytes, then the length of each in characters in four (both little-endian), then all
        ids as UTF-8, one after the other.
        """
        yield len(self).to_bytes(COUNT_BYTES, "little")
        for block in self._blocks:
            yield block.lengths()
        for block in self._blocks:
            yield block.text.encode()


class GrowingTestIds:
    """Test ids that come list by list."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._last: str | None = None

    def add(self, ids: Sequence[str]) -> None:
        """Add ``ids`` at the end. Raises InvalidValue when they do not ascend strictly, also beside what is there."""
        if not ids:
            return
        if (self._last is not None and ids[0] <= self._last) or not all(map(operator.lt, ids, islice(ids, 1, None))):
            raise InvalidValue("test_ids", "must be strictly ascending by code point")
        self._last = ids[-1]
        self._blocks.extend(_blocks(ids))

    def ids(self) -> TestIds:
        """What was added."""
        return TestIds(self._blocks)


def _blocks(ids: Sequence[str]) -> Iterator[Block]:
    block = Block.of(ids)
    if len(ids) == 1 or (len(ids) <= BLOCK_IDS and len(block.text) <= BLOCK_CHARACTERS):
        yield block
    else:
        middle = len(ids) // 2
        for start, end in pairwise((0, middle, len(ids))):
            yield from _blocks(ids[start:end])


def _integer(numbers: "array[int]") -> int:
    """The numbers as digits of one integer."""
    return int.from_bytes(numbers.tobytes(), sys.byteorder)


def _ones(count: int) -> int:
    """The integer of as many ones."""
    return _ALL_ONES >> 8 * LENGTH_BYTES * (BLOCK_IDS - count)


if array("I").itemsize != LENGTH_BYTES:
    raise RuntimeError("this platform's unsigned int has not four bytes")
_ALL_ONES = _integer(array("I", (1,)) * BLOCK_IDS)
