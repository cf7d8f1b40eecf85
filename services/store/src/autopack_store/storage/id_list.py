"""Reading the bytes of a test set back: the very ones that its digest covers (``TestIds.encoded``)."""

import codecs
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate

from autopack_model.errors import InvalidValue
from autopack_model.evidence.test_ids import BLOCK_IDS, COUNT_BYTES, LENGTH_BYTES, Block, TestIds
from autopack_store.domain.errors import DataLoss

_PIECE = 1 << 17


def decoded(pieces: Iterator[bytes], what: str) -> TestIds:
    """What ``TestIds.encoded`` was made of, read in ``pieces`` of any size, with no more in memory than the ids.

    Raises DataLoss about ``what`` when lengths and text do not fit, or when the ids do not ascend.
    """
    reader = _Reader(pieces, what)
    count = int.from_bytes(reader.take(COUNT_BYTES), "little")
    lengths = array("I", reader.take(LENGTH_BYTES * count))
    if _BIG_ENDIAN:
        lengths.byteswap()
    try:
        ids = TestIds.of_lists(_lists(lengths, reader))
    except (UnicodeDecodeError, InvalidValue) as error:
        raise _damaged(what, str(error)) from error
    if reader.rest():
        raise _damaged(what, "its lengths say less")
    return ids


def decoded_block(data: bytes, what: str) -> Block:
    """As ``decoded``, of a block of ids that is only looked into: no string is made for each, and nobody asks whether
    they ascend. Raises DataLoss about ``what`` when lengths and text do not fit.
    """
    lengths, text = _split(data, what)
    return Block(text, array("I", accumulate(lengths)))


def picked(data: bytes, indexes: Sequence[int], what: str) -> list[str]:
    """The ids at the ascending ``indexes`` of a block, which ``decoded_block`` would read. Raises DataLoss as that, and
    for an index that the block does not have.
    """
    lengths, text = _split(data, what)
    if indexes and not 0 <= indexes[0] <= indexes[-1] < len(lengths):
        raise _damaged(what, "it has fewer")
    ids: list[str] = []
    before = start = 0
    for index in indexes:
        # Much quicker than where each of the others ends.
        start += sum(lengths[before:index])
        before = index
        ids.append(text[start : start + lengths[index]])
    return ids


def _split(data: bytes, what: str) -> tuple["array[int]", str]:
    """The lengths of a block's ids, and their characters."""
    start = COUNT_BYTES + LENGTH_BYTES * int.from_bytes(data[:COUNT_BYTES], "little")
    if start > len(data):
        raise _damaged(what, "it is cut short")
    lengths = array("I", data[COUNT_BYTES:start])
    if _BIG_ENDIAN:
        lengths.byteswap()
    try:
        text = data[start:].decode()
    except UnicodeDecodeError as error:
        raise _damaged(what, str(error)) from error
    if sum(lengths) != len(text):
        raise _damaged(what, "its lengths say something else")
    return lengths, text


class _Reader:
    """Takes what it is asked for from pieces of another size."""

    def __init__(self, pieces: Iterator[bytes], what: str) -> None:
        self._pieces = pieces
        self._what = what
        self._held = bytearray()
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises DataLoss."""
        while len(self._held) < size:
            self._held += self._next()
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def characters(self, count: int) -> str:
        """The next ``count`` characters; nothing else is taken after that. Raises DataLoss, UnicodeDecodeError."""
        texts, length = [self._text], len(self._text)
        while length < count:
            piece = bytes(self._held[:_PIECE]) or self._next()
            del self._held[:_PIECE]
            texts.append(self._decoder.decode(piece))
            length += len(texts[-1])
        text = "".join(texts)
        taken, self._text = text[:count], text[count:]
        return taken

    def rest(self) -> bool:
        """Whether there is anything left."""
        return bool(self._held or self._text or self._decoder.getstate()[0] or any(self._pieces))

    def _next(self) -> bytes:
        for piece in self._pieces:
            if piece:
                return piece
        raise _damaged(self._what, "it is cut short")


def _lists(lengths: "array[int]", reader: _Reader) -> Iterator[list[str]]:
    for start in range(0, len(lengths), BLOCK_IDS):
        block = lengths[start : start + BLOCK_IDS]
        text = reader.characters(sum(block))
        ids, position = [], 0
        for length in block:
            ids.append(text[position : position + length])
            position += length
        yield ids


def _damaged(what: str, how: str) -> DataLoss:
    return DataLoss(f"{what}: its test ids are damaged ({how}); restore the database from a backup", subject=what)


_BIG_ENDIAN = array("I", (1,)).tobytes()[0] == 0
