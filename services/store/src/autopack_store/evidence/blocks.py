"""Test ids as they rest: blocks of neighbouring ids, each packed by itself, so that one can be looked into without
reading the others.

Unpacked, a block is its ids in UTF-8 with a separator before, between and behind them: the lowest character that none
of them has.
"""

import hashlib
import operator
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from autopack_model.errors import InvalidValue
from autopack_model.evidence.test_ids import COUNT_BYTES, LENGTH_BYTES
from autopack_store.database.compression import packer, unpacked
from autopack_store.errors import damaged

BLOCK_CHARACTERS = 320 * 1024
"""A block is closed with the list of ids with which it has so many characters. In larger ones fewer bytes are lost to
the database's pages, and looking into one takes longer."""


def block_of(ids: Sequence[str]) -> bytes:
    """The block of ``ids``, at least one."""
    text = "\0".join(ids)
    if text.count("\0") != len(ids) - 1:
        # UTF-8 has no surrogates.
        others = map(chr, chain(range(1, 0xD800), range(0xE000, sys.maxunicode + 1)))
        used = set(text)
        separator = next(character for character in others if character not in used)
        text = separator.join(ids)
    else:
        separator = "\0"
    return f"{separator}{text}{separator}".encode()


def ids_of(block: bytes, what: str) -> list[str]:
    """The ids that ``block_of`` was given. Raises DataLoss about ``what`` when it is not a block."""
    separator = _separator(block, what)
    try:
        return block[len(separator) : -len(separator)].decode().split(separator.decode())
    except UnicodeDecodeError as error:
        raise damaged(what, str(error)) from error


def picked(block: bytes, indexes: Sequence[int], what: str) -> list[str]:
    """The ids of a block at ``indexes``; no string is made for the others. Raises DataLoss as ``ids_of``, and for an
    index that the block does not have.
    """
    separator = _separator(block, what)
    ids = block[len(separator) : -len(separator)].split(separator)
    if not all(0 <= index < len(ids) for index in indexes):
        raise damaged(what, "a block has fewer")
    try:
        return [ids[index].decode() for index in indexes]
    except UnicodeDecodeError as error:
        raise damaged(what, str(error)) from error


def contains(block: bytes, test_id: str, what: str) -> bool:
    """Whether ``test_id`` is one of the block's ids: a binary search, since bytes of UTF-8 ascend as code points do.

    Raises DataLoss as ``ids_of``.
    """
    separator, wanted = _separator(block, what), test_id.encode()
    # The places of two separators; the id lies between them, if it is there.
    low, high = 0, len(block) - len(separator)
    while low < high:
        middle = block.rfind(separator, low, (low + high) // 2 + len(separator))
        end = block.find(separator, middle + len(separator))
        found = block[middle + len(separator) : end]
        if found == wanted:
            return True
        low, high = (end, high) if found < wanted else (low, middle)
    return False


def _separator(block: bytes, what: str) -> bytes:
    separator = block[:4].decode(errors="ignore")[:1].encode()
    if not separator or len(block) < 2 * len(separator) or not block.endswith(separator):
        raise damaged(what, "a block is cut short")
    return separator


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedBlock:
    """A packed block, its first id, and the index of that among all ids."""

    first_index: int
    first_id: str
    data: bytes


class PackedTestIds:
    """Test ids that come list by list and are packed at once: of a million there are about 6 MB in memory, not 100."""

    def __init__(self) -> None:
        self._pack = packer()
        self._blocks: list[PackedBlock] = []
        self._lengths = array("I")
        self._waiting: list[str] = []
        self._waiting_characters = 0
        self._last: str | None = None

    @classmethod
    def of(cls, lists: Iterable[Sequence[str]]) -> "PackedTestIds":
        """The ids of all ``lists``. Raises InvalidValue when they do not ascend strictly."""
        packed = cls()
        for ids in lists:
            packed.add(ids)
        return packed

    def add(self, ids: Sequence[str]) -> None:
        """Add ``ids`` at the end. Raises InvalidValue when they do not ascend strictly, also beside what is there."""
        if not ids:
            return
        if (self._last is not None and ids[0] <= self._last) or not all(map(operator.lt, ids, islice(ids, 1, None))):
            raise InvalidValue("test_ids", "must be strictly ascending by code point")
        self._last = ids[-1]
        lengths = array("I", map(len, ids))
        self._lengths.extend(lengths)
        self._waiting += ids
        self._waiting_characters += sum(lengths)
        if self._waiting_characters >= BLOCK_CHARACTERS:
            self._close()

    @property
    def count(self) -> int:
        """How many ids there are."""
        return len(self._lengths)

    @property
    def blocks(self) -> Sequence[PackedBlock]:
        """All of them, packed."""
        self._close()
        return self._blocks

    @property
    def digest(self) -> str:
        """Their content address, which is that of ``TestIds``."""
        lengths = array("I", self._lengths)
        if lengths.itemsize != LENGTH_BYTES:
            raise RuntimeError("this platform's unsigned int has not four bytes")
        if sys.byteorder == "big":
            lengths.byteswap()
        digest = hashlib.sha256(self.count.to_bytes(COUNT_BYTES, "little"))
        digest.update(lengths)
        for packed in self.blocks:
            block = unpacked(packed.data, "an upload")
            digest.update(block.replace(_separator(block, "an upload"), b""))
        return f"sha256:{digest.hexdigest()}"

    def _close(self) -> None:
        if self._waiting:
            self._blocks.append(
                PackedBlock(
                    first_index=self.count - len(self._waiting),
                    first_id=self._waiting[0],
                    data=self._pack(block_of(self._waiting)),
                )
            )
            self._waiting, self._waiting_characters = [], 0
