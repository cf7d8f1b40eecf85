"""Test sets in SQL: the ids as one blob, which their digest covers, and again in blocks, which can be looked into."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select

from autopack_model.evidence.test_ids import TestIds
from autopack_store.domain.errors import DataLoss
from autopack_store.storage.compression import packed_pieces, packer, unpacked, unpacked_pieces
from autopack_store.storage.id_list import decoded, decoded_block, picked
from autopack_store.storage.insertion import insert_new
from autopack_store.storage.schema import test_set, test_set_block


class SqlTestSets:
    """Content-addressed lists of test ids."""

    __test__ = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, digest: str, test_ids: TestIds) -> None:
        """Store the ids whose digest is ``digest``, unless they are there."""
        query = select(test_set.c.test_set_digest).where(test_set.c.test_set_digest == digest)
        if self._connection.execute(query).one_or_none() is not None:
            return
        row = {"test_set_digest": digest, "test_count": len(test_ids), "test_ids": packed_pieces(test_ids.encoded())}
        # Another transaction that was quicker has written the blocks too.
        if insert_new(self._connection, test_set, row) and test_ids:
            self._connection.execute(insert(test_set_block), list(_blocks(digest, test_ids)))

    def containing(self, test_id: str, digests: Collection[str]) -> Mapping[str, bool]:
        """Whether ``test_id`` is in each of the test sets with these ``digests``. Raises DataLoss."""
        if not digests:
            return {}
        rows = self._connection.execute(_BLOCKS_OF, {"digests": sorted(digests), "test_id": test_id})
        return {row.test_set_digest: self._contained(row, test_id) for row in rows}

    def _contained(self, row: Row[str, bytes | None, bool], test_id: str) -> bool:
        what = f"test set {row.test_set_digest}"
        if row.test_ids is None:
            # It would be before the first block, or there are no blocks.
            return not row.has_blocks and test_id in self._whole(row.test_set_digest)
        data = unpacked(row.test_ids, what)
        # Its characters are looked for first: mostly that says no, and costs nothing.
        return test_id.encode() in data and test_id in TestIds([decoded_block(data, what)])

    def ids_at(self, digest: str, positions: Sequence[int]) -> Mapping[int, str]:
        """The ids at the ascending ``positions``. Raises DataLoss."""
        if not positions:
            return {}
        block = test_set_block.c
        rows = self._connection.execute(
            select(block.position, block.first_index).where(block.test_set_digest == digest).order_by(block.position)
        ).all()
        if not rows:
            whole = self._whole(digest)
            return {position: whole[position] for position in positions}
        starts = [int(row.first_index) for row in rows]
        wanted: dict[int, list[int]] = {}
        for position in positions:
            number = max(bisect_right(starts, position) - 1, 0)
            wanted.setdefault(rows[number].position, []).append(position)
        what = f"test set {digest}"
        found: dict[int, str] = {}
        for at, first_index, data in self._blocks_at(digest, [*wanted]):
            ids = picked(data, [position - first_index for position in wanted[at]], what)
            found |= zip(wanted[at], ids, strict=True)
        if len(found) != len(positions):
            raise DataLoss(f"{what}: a block is missing; restore the database from a backup", subject=what)
        return found

    def _blocks_at(self, digest: str, places: Sequence[int]) -> Iterator[tuple[int, int, bytes]]:
        """The blocks at ``places``, each with its place and the index of its first id; a few in memory at a time."""
        for start in range(0, len(places), _BLOCKS_AT_ONCE):
            some = {"digest": digest, "places": places[start : start + _BLOCKS_AT_ONCE]}
            for row in self._connection.execute(_BLOCKS_AT, some).all():
                yield row.position, int(row.first_index), unpacked(row.test_ids, f"test set {digest}")

    def _whole(self, digest: str) -> TestIds:
        blob = self._connection.execute(
            select(test_set.c.test_ids).where(test_set.c.test_set_digest == digest)
        ).scalar_one()
        what = f"test set {digest}"
        return decoded(unpacked_pieces(blob, what), what)


_BLOCKS_AT_ONCE = 64

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
    select(func.max(_other.c.position))
    .where(_other.c.test_set_digest == test_set.c.test_set_digest, _other.c.first_id <= bindparam("test_id"))
    .scalar_subquery()
)
_BLOCKS_OF = (
    select(
        test_set.c.test_set_digest,
        test_set_block.c.test_ids,
        exists().where(_other.c.test_set_digest == test_set.c.test_set_digest).label("has_blocks"),
    )
    .select_from(test_set)
    .outerjoin(
        test_set_block,
        (test_set_block.c.test_set_digest == test_set.c.test_set_digest) & (test_set_block.c.position == _last),
    )
    .where(test_set.c.test_set_digest.in_(bindparam("digests", expanding=True)))
)
"""Of the blocks of each test set the one that holds a test, if any does."""


def _blocks(digest: str, test_ids: TestIds) -> Iterator[dict[str, object]]:
    pack, first_index = packer(), 0
    for position, block in enumerate(test_ids.blocks):
        yield {
            "test_set_digest": digest,
            "position": position,
            "first_index": first_index,
            "first_id": block[0],
            "test_ids": pack(b"".join(TestIds([block]).encoded())),
        }
        first_index += len(block)
