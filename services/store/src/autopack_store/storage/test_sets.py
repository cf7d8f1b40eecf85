"""Test sets in SQL: the ids as one blob, which their digest covers, and again in blocks, which can be looked into."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select

from autopack_results.test_ids import Block, TestIds
from autopack_store.domain.errors import DataLoss
from autopack_store.storage.compression import packed_pieces, packer, unpacked_pieces
from autopack_store.storage.id_list import decoded, decoded_block
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

    def position(self, digest: str, test_id: str) -> int | None:
        """The index of ``test_id`` in the test set, None when it is not in it. Raises DataLoss."""
        rows = self._connection.execute(_BLOCK_OF, {"digest": digest, "test_id": test_id}).all()
        if rows:
            what = f"test set {digest}"
            block = decoded_block(unpacked_pieces(rows[0].test_ids, what), what)
            found = TestIds([block]).find(test_id)
            return None if found is None else found + int(rows[0].first_index)
        return None if self._has_blocks(digest) else self._whole(digest).find(test_id)

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
        found: dict[int, str] = {}
        for at, first_index, ids in self._blocks_at(digest, [*wanted]):
            if not (first_index <= wanted[at][0] and wanted[at][-1] < first_index + len(ids)):
                what = f"test set {digest}"
                raise DataLoss(f"{what}: a block is missing or cut; restore the database from a backup", subject=what)
            found |= {position: ids[position - first_index] for position in wanted[at]}
        return found

    def _blocks_at(self, digest: str, places: Sequence[int]) -> Iterator[tuple[int, int, Block]]:
        """The blocks at ``places``, each with its place and the index of its first id; a few in memory at a time."""
        what = f"test set {digest}"
        for start in range(0, len(places), _BLOCKS_AT_ONCE):
            some = {"digest": digest, "places": places[start : start + _BLOCKS_AT_ONCE]}
            for row in self._connection.execute(_BLOCKS_AT, some).all():
                yield row.position, int(row.first_index), decoded_block(unpacked_pieces(row.test_ids, what), what)

    def _whole(self, digest: str) -> TestIds:
        blob = self._connection.execute(
            select(test_set.c.test_ids).where(test_set.c.test_set_digest == digest)
        ).scalar_one()
        what = f"test set {digest}"
        return decoded(unpacked_pieces(blob, what), what)

    def _has_blocks(self, digest: str) -> bool:
        query = select(test_set_block.c.position).where(test_set_block.c.test_set_digest == digest).limit(1)
        return self._connection.execute(query).one_or_none() is not None


_BLOCKS_AT_ONCE = 64

_BLOCKS_AT = (
    select(test_set_block.c.position, test_set_block.c.first_index, test_set_block.c.test_ids)
    .where(
        test_set_block.c.test_set_digest == bindparam("digest"),
        test_set_block.c.position.in_(bindparam("places", expanding=True)),
    )
    .order_by(test_set_block.c.position)
)

_BLOCK_OF = (
    select(test_set_block.c.first_index, test_set_block.c.test_ids)
    .where(
        test_set_block.c.test_set_digest == bindparam("digest"),
        test_set_block.c.first_id <= bindparam("test_id"),
    )
    .order_by(test_set_block.c.position.desc())
    .limit(1)
)
"""Of the blocks of a test set the one that holds a test, if any does."""


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
