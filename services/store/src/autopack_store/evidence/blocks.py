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
from autopack_store.errors import DataLoss

BLOCK_CHARACTERS = 192 * 1024
"""A block is closed with the list of ids with which it has so many characters."""


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
    """The ids that ``block_of`` was given. Raises DataLoss about ``what`` when it is no block."""
    try:
        text = block.decode()
    except UnicodeDecodeError as error:
        raise damaged(what, str(error)) from error
    if len(text) < 2 or text[0] != text[-1]:
        raise damaged(what, "a block is cut short")
    return text[1:-1].split(text[0])


def contains(block: bytes, test_id: str) -> bool:
    """Whether ``test_id`` is one of the block's ids; no string is made for each of them."""
    separator = _separator(block)
    return separator not in test_id and f"{separator}{test_id}{separator}".encode() in block


def _separator(block: bytes) -> str:
    return block[:4].decode(errors="ignore")[:1]


def damaged(what: str, how: str) -> DataLoss:
    """The error about the test ids of ``what``."""
    return DataLoss(f"{what}: its test ids are damaged ({how}); restore the database from a backup", subject=what)


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
            digest.update(block.replace(_separator(block).encode(), b""))
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
