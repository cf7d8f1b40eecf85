"""Test sets in SQL: lists of test ids, each named by its digest and kept once, in blocks that can be looked into."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select

from autopack_model.errors import InvalidValue
from autopack_model.evidence.test_ids import TestIds
from autopack_store.database.compression import unpacked
from autopack_store.database.insertion import insert_new
from autopack_store.errors import damaged
from autopack_store.evidence.blocks import PackedTestIds, contains, ids_of, picked
from autopack_store.schema.tables.evidence import test_set, test_set_block


class SqlTestSets:
    """Content-addressed lists of test ids."""

    __test__ = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, digest: str) -> int | None:
        """How many ids the list with this digest has; None when there is no such list."""
        return self._connection.execute(
            select(test_set.c.test_count).where(test_set.c.test_set_digest == digest)
        ).scalar_one_or_none()

    def add(self, digest: str, test_ids: PackedTestIds) -> None:
        """Store the ids whose digest is ``digest``, unless they are there."""
        if self.count(digest) is not None:
            return
        # Another transaction that was quicker has written the blocks too.
        if insert_new(self._connection, test_set, {"test_set_digest": digest, "test_count": test_ids.count}):
            rows = [
                {
                    "test_set_digest": digest,
                    "position": position,
                    "first_index": block.first_index,
                    "first_id": block.first_id,
                    "test_ids": block.data,
                }
                for position, block in enumerate(test_ids.blocks)
            ]
            if rows:
                self._connection.execute(insert(test_set_block), rows)

    def get(self, digest: str) -> TestIds:
        """The ids of a list that there is. Raises DataLoss."""
        what = f"test set {digest}"
        rows = self._connection.execute(_WHOLE, {"digest": digest}).all()
        try:
            test_ids = TestIds.of_lists(_lists(((row.first_index, row.test_ids) for row in rows), what))
        except InvalidValue as error:
            raise damaged(what, str(error)) from error
        if {len(test_ids)} != {row.test_count for row in rows}:
            raise damaged(
                what, f"there are {len(test_ids)}, its count says {rows[0].test_count if rows else 'nothing'}"
            )
        return test_ids

    def containing(self, test_id: str, digests: Collection[str]) -> Mapping[str, bool]:
        """Whether ``test_id`` is in each of the test sets with these ``digests``. Raises DataLoss."""
        if not digests:
            return {}
        rows = self._connection.execute(_BLOCKS_OF, {"digests": sorted(digests), "test_id": test_id})
        found: dict[str, bool] = {}
        for digest, count, data in rows:
            what = f"test set {digest}"
            if data is None and count:
                raise damaged(what, "a block is missing")
            found[digest] = data is not None and contains(unpacked(data, what), test_id, what)
        return found

    def ids_at(self, digest: str, indexes: Sequence[int]) -> Mapping[int, str]:
        """The ids at the ascending ``indexes``. Raises DataLoss."""
        if not indexes:
            return {}
        starts = self._starts(digest)
        firsts = [first for _, first in starts]
        wanted: dict[int, list[int]] = {}
        for index in indexes:
            wanted.setdefault(max(bisect_right(firsts, index) - 1, 0), []).append(index)
        what = f"test set {digest}"
        found: dict[int, str] = {}
        for position, first, block in self._read(digest, [starts[number] for number in wanted if number < len(starts)]):
            ids = picked(block, [index - first for index in wanted[position]], what)
            found |= zip(wanted[position], ids, strict=True)
        if len(found) != len(indexes):
            raise damaged(what, "a block is missing")
        return found

    def _starts(self, digest: str) -> list[tuple[int, int]]:
        """The place of each block, and the index of its first id."""
        block = test_set_block.c
        rows = self._connection.execute(
            select(block.position, block.first_index).where(block.test_set_digest == digest).order_by(block.position)
        )
        return [(int(row.position), int(row.first_index)) for row in rows]

    def _read(self, digest: str, starts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bytes]]:
        """The blocks that begin so, each with its place and the index of its first id; a few in memory at a time."""
        for number in range(0, len(starts), _BLOCKS_AT_ONCE):
            some = {"digest": digest, "places": [place for place, _ in starts[number : number + _BLOCKS_AT_ONCE]]}
            for row in self._connection.execute(_BLOCKS_AT, some).all():
                yield row.position, int(row.first_index), unpacked(row.test_ids, f"test set {digest}")


def _lists(blocks: Iterable[tuple[int | None, bytes]], what: str) -> Iterator[list[str]]:
    """The ids of packed blocks, each given with the index of its first id; a block is in memory at a time."""
    count = 0
    for first, data in blocks:
        if first is None:
            return
        if first != count:
            raise damaged(what, f"the block from {first} on follows {count} ids")
        ids = ids_of(unpacked(data, what), what)
        count += len(ids)
        yield ids


_BLOCKS_AT_ONCE = 32

_WHOLE = (
    select(test_set.c.test_count, test_set_block.c.first_index, test_set_block.c.test_ids)
    .select_from(test_set)
    .outerjoin(test_set_block, test_set_block.c.test_set_digest == test_set.c.test_set_digest)
    .where(test_set.c.test_set_digest == bindparam("digest"))
    .order_by(test_set_block.c.position)
)
"""All blocks of a test set; one row without a block when it has no ids."""

_BLOCKS_AT = (
    select(test_set_block.c.position, test_set_block.c.first_index, test_set_block.c.test_ids)
    .where(
        test_set_block.c.test_set_digest == bindparam("digest"),
        test_set_block.c.position.in_(bindparam("places", expanding=True)),
    )
    .order_by(test_set_block.c.position)
)

_other = test_set_block.alias()
_last = (
    # Behind the first block, or in it, which says no by itself.
    select(func.coalesce(func.max(_other.c.position), 0))
    .where(_other.c.test_set_digest == test_set.c.test_set_digest, _other.c.first_id <= bindparam("test_id"))
    .scalar_subquery()
)
_BLOCKS_OF = (
    select(test_set.c.test_set_digest, test_set.c.test_count, test_set_block.c.test_ids)
    .select_from(test_set)
    .outerjoin(
        test_set_block,
        (test_set_block.c.test_set_digest == test_set.c.test_set_digest) & (test_set_block.c.position == _last),
    )
    .where(test_set.c.test_set_digest.in_(bindparam("digests", expanding=True)))
)
"""Of the blocks of each test set the one that holds a test, if any does."""
